//! `variable` blocks of the root module.

use hcl_edit::Span;
use hcl_edit::structure::Block;
use serde_json::Value;

use super::{File, Module, each_body, literal};

/// A template variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Name.
    pub name: String,
    /// Description, possibly "".
    pub description: String,
    /// Source text of the type, possibly "".
    pub type_source: String,
    /// Default: a string as it is, null as "", anything else as JSON; "" when there is none.
    pub default_value: String,
    /// No default: a value must be given.
    pub required: bool,
    /// Must not be shown.
    pub sensitive: bool,
    /// File that declares it.
    pub file: String,
    /// Line of the declaration, from 1.
    pub line: usize,
}

impl Module {
    /// Variables sorted by file and line. A later declaration in an override file replaces single attributes only in
    /// Terraform itself; here the first declaration counts.
    pub fn variables(&self) -> Vec<Variable> {
        let mut found: Vec<Variable> = Vec::new();
        for (file, block) in self.blocks("variable") {
            found.extend(native(file, block));
        }
        for (file, value) in self.json("variable") {
            let Some(map) = value.as_object() else {
                continue;
            };
            for (name, body) in map {
                found.extend(each_body(body).first().map(|body| json(file, name, body)));
            }
        }
        found.sort_by(|a, b| (&a.file, a.line, &a.name).cmp(&(&b.file, b.line, &b.name)));
        let mut names = std::collections::HashSet::new();
        found.retain(|variable| names.insert(variable.name.clone()));
        found
    }
}

fn native(file: &File, block: &Block) -> Option<Variable> {
    let name = block.labels.first()?.as_str().to_owned();
    let literal = |key: &str| block.body.get_attribute(key).and_then(|attr| literal::evaluate(&attr.value));
    let type_source = match block.body.get_attribute("type") {
        Some(attr) => match attr.value.as_str() {
            Some(quoted) => quoted.to_owned(),
            None => file.source(attr.value.span()).to_owned(),
        },
        None => String::new(),
    };
    Some(Variable {
        name,
        description: text(literal("description")),
        type_source,
        default_value: literal("default").as_ref().map(literal::default_text).unwrap_or_default(),
        required: !block.body.has_attribute("default"),
        sensitive: literal("sensitive").is_some_and(|value| value == Value::Bool(true)),
        file: file.name.clone(),
        line: file.line(block.span().map_or(0, |span| span.start)),
    })
}

fn json(file: &File, name: &str, body: &Value) -> Variable {
    let offset = file.text.find(&format!("\"{name}\"")).unwrap_or(0);
    Variable {
        name: name.to_owned(),
        description: text(body.get("description").cloned()),
        type_source: text(body.get("type").cloned()),
        default_value: body.get("default").map(literal::default_text).unwrap_or_default(),
        required: body.get("default").is_none(),
        sensitive: body.get("sensitive").is_some_and(|value| *value == Value::Bool(true)),
        file: file.name.clone(),
        line: file.line(offset),
    }
}

fn text(value: Option<Value>) -> String {
    match value {
        Some(Value::String(text)) => text,
        _ => String::new(),
    }
}
