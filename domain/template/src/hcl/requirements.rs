//! `required_providers`: which providers in which versions a module asks for.

use hcl_edit::expr::Expression;
use serde_json::Value;

use super::{Constraint, Module, literal};

/// One entry of `required_providers`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// Local name.
    pub name: String,
    /// Source address as written (`coder/coder`), or the local name.
    pub source: String,
    /// Version constraint as written, possibly "".
    pub version: String,
}

impl Requirement {
    /// Whether the source is `namespace/type` on the default host.
    pub fn is(&self, address: &str) -> bool {
        let source = self.source.to_ascii_lowercase();
        let source = source
            .strip_prefix("registry.terraform.io/")
            .or(source.strip_prefix("registry.opentofu.org/"))
            .unwrap_or(&source);
        source == address
    }

    /// The parsed constraint; `None` if it is not understood.
    pub fn constraint(&self) -> Option<Constraint> {
        Constraint::parse(&self.version)
    }
}

impl Module {
    /// All requirements of the module.
    pub fn requirements(&self) -> Vec<Requirement> {
        let mut found = Vec::new();
        for (_, terraform) in self.blocks("terraform") {
            for block in terraform.body.get_blocks("required_providers") {
                for attr in block.body.attributes() {
                    // Configuration aliases are references, so the object is read member by member.
                    let value = match &attr.value {
                        Expression::Object(object) => Value::Object(
                            object
                                .iter()
                                .filter_map(|(key, value)| {
                                    let key = key.as_ident()?.as_str().to_owned();
                                    Some((key, literal::evaluate(value.expr())?))
                                })
                                .collect(),
                        ),
                        other => literal::evaluate(other).unwrap_or_default(),
                    };
                    found.push(requirement(attr.key.as_str(), &value));
                }
            }
        }
        for (_, terraform) in self.json("terraform") {
            let providers = terraform.get("required_providers").map(super::each_body).unwrap_or_default();
            for map in providers.into_iter().filter_map(Value::as_object) {
                found.extend(map.iter().map(|(name, value)| requirement(name, value)));
            }
        }
        found
    }
}

fn requirement(name: &str, value: &Value) -> Requirement {
    let member = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    Requirement {
        name: name.to_owned(),
        source: member("source").unwrap_or_else(|| name.to_owned()),
        version: member("version").or(value.as_str().map(str::to_owned)).unwrap_or_default(),
    }
}
