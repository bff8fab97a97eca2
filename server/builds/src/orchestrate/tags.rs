//! Tags of a job: what `coder_workspace_tags` says for these values.

use std::collections::BTreeMap;

use warren_api::VariableValue;
use warren_db::jobs::Tags;
use warren_template::Module;

use crate::Error;

/// Values of the two kinds of reference that a tag may have.
#[derive(Debug, Clone, Default)]
pub(super) struct TagContext {
    pub variables: BTreeMap<String, String>,
    pub parameters: BTreeMap<String, String>,
}

/// Evaluates the source texts of tags: a string, number or bool; `var.NAME`; `data.coder_parameter.NAME.value`; strings with
/// such references in `${…}`.
///
/// # Errors
/// Each tag that cannot be evaluated, with the reason.
pub(super) fn evaluate(sources: &Tags, context: &TagContext) -> Result<Tags, Vec<(String, String)>> {
    let (mut tags, mut problems) = (Tags::new(), Vec::new());
    for (key, source) in sources {
        match value(source.trim(), context) {
            Ok(value) => {
                tags.insert(key.clone(), value);
            }
            Err(problem) => problems.push((key.clone(), problem)),
        }
    }
    if problems.is_empty() { Ok(tags) } else { Err(problems) }
}

/// The tags that a template's archive asks for, with these variables and the defaults of its parameters. An archive that
/// cannot be read asks for none: its import will say why.
///
/// # Errors
/// [`Error::Tags`].
pub fn import_tags(tar: &[u8], variables: &[VariableValue]) -> Result<Tags, Error> {
    let Ok(module) = Module::from_tar(tar) else { return Ok(Tags::new()) };
    let sources = module.workspace_tags();
    if sources.is_empty() {
        return Ok(sources);
    }
    let mut context = TagContext { parameters: module.parameter_defaults(), ..TagContext::default() };
    let declared = module.variables().into_iter().filter(|variable| !variable.required);
    context.variables.extend(declared.map(|variable| (variable.name, variable.default_value)));
    context.variables.extend(variables.iter().map(|variable| (variable.name.clone(), variable.value.clone())));
    evaluate(&sources, &context).map_err(Error::Tags)
}

fn value(source: &str, context: &TagContext) -> Result<String, String> {
    if let Some(text) = source.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        return interpolate(text, context);
    }
    if matches!(source, "true" | "false") || source.parse::<f64>().is_ok() {
        return Ok(source.to_owned());
    }
    reference(source, context)
}

fn interpolate(text: &str, context: &TagContext) -> Result<String, String> {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, tail)) = rest.split_once("${") {
        let (inside, after) =
            tail.split_once('}').ok_or_else(|| format!("the string {text:?} does not end its reference"))?;
        result.push_str(before);
        result.push_str(&value(inside.trim(), context)?);
        rest = after;
    }
    result.push_str(rest);
    Ok(result.replace("\\\"", "\"").replace("\\\\", "\\"))
}

fn reference(source: &str, context: &TagContext) -> Result<String, String> {
    let found = if let Some(name) = source.strip_prefix("var.") {
        context.variables.get(name)
    } else if let Some(name) = source.strip_prefix("data.coder_parameter.").and_then(|rest| rest.strip_suffix(".value"))
    {
        context.parameters.get(name)
    } else {
        return Err(format!("{source:?} is not a value, a variable or a parameter"));
    };
    found.cloned().ok_or_else(|| format!("{source:?} has no value"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn archives_ask_for_tags() {
        use warren_template::archive::{Entry, write_tar};
        let tags = |tags: &str| {
            let text = format!(
                "variable \"zone\" {{ default = \"a\" }}\ndata \"coder_parameter\" \"region\" {{ default = \"eu\" }}\n\
                 data \"coder_workspace_tags\" \"t\" {{\n  tags = {{ {tags} }}\n}}\n"
            );
            import_tags(&write_tar(&[Entry::file("main.tf", text)]).unwrap(), &[])
        };
        let found = tags("fixed = \"x\", zone = var.zone, region = data.coder_parameter.region.value").unwrap();
        assert_eq!((found["fixed"].as_str(), found["zone"].as_str(), found["region"].as_str()), ("x", "a", "eu"));
        assert!(matches!(tags("list = [\"x\"]"), Err(Error::Tags(_))));
        assert!(import_tags(b"no tar", &[]).unwrap().is_empty());
    }

    #[test]
    fn tags_are_values_and_references() {
        let context = TagContext {
            variables: BTreeMap::from([("zone".into(), "a".into())]),
            parameters: BTreeMap::from([("region".into(), "eu".into())]),
        };
        let source = |text: &str| Tags::from([("tag".to_owned(), text.to_owned())]);
        for (text, expected) in [
            ("\"fixed\"", "fixed"),
            ("3", "3"),
            ("true", "true"),
            ("var.zone", "a"),
            ("data.coder_parameter.region.value", "eu"),
            ("\"${data.coder_parameter.region.value}-${var.zone}\"", "eu-a"),
        ] {
            assert_eq!(evaluate(&source(text), &context).unwrap()["tag"], expected, "{text}");
        }
        for bad in ["[1]", "var.other", "local.x", "\"${var.zone\""] {
            assert_eq!(evaluate(&source(bad), &context).unwrap_err()[0].0, "tag", "{bad}");
        }
    }
}
