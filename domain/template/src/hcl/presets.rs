//! `data "coder_workspace_preset"` and `data "coder_parameter"` blocks: what contradicts itself already as it is written.
//! Only literals are looked at, and blocks that are there in any case; the plan has the last word.

use std::collections::{BTreeMap, BTreeSet};

use hcl_edit::Span;
use hcl_edit::expr::Expression;
use hcl_edit::structure::{Block, Body};

use super::{Content, File, Module, literal, workspace_tags};
use crate::parameters::{Parameter, ParameterOption, Problem, check_value};

/// What is wrong with the form of a template.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FormProblems {
    /// Names that several parameters have, with the places of their blocks.
    pub parameters: Vec<(String, Vec<String>)>,
    /// Names of presets that cannot be built, with the reason.
    pub presets: Vec<(String, Problem)>,
}

/// The declared parameters as far as they are literals.
struct Declared {
    by_name: BTreeMap<String, Option<Parameter>>,
    /// There may be more than these.
    more: bool,
}

impl Module {
    /// Parameters and presets that contradict each other or themselves.
    pub fn form_problems(&self) -> FormProblems {
        let declared = self.declared_parameters();
        FormProblems { parameters: self.same_names(), presets: self.preset_problems(&declared) }
    }

    fn data<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = (&'a File, &'a Block)> {
        let of_kind = move |block: &Block| block.labels.first().is_some_and(|label| label.as_str() == kind);
        self.blocks("data").filter(move |(_, block)| of_kind(block))
    }

    fn declared_parameters(&self) -> Declared {
        let json = self.files.iter().any(|file| matches!(file.content, Content::Json(_)));
        let mut more = json || self.blocks("module").next().is_some() || !self.problems().is_empty();
        let mut by_name = BTreeMap::new();
        for (_, block) in self.data("coder_parameter") {
            match text(&block.body, "name") {
                Some(name) => drop(by_name.insert(name.clone(), parameter(name, &block.body))),
                None => more = true,
            }
        }
        Declared { by_name, more }
    }

    fn same_names(&self) -> Vec<(String, Vec<String>)> {
        let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (file, block) in self.data("coder_parameter").filter(|(_, block)| is_unconditional(block)) {
            if let Some(name) = text(&block.body, "name") {
                let label = block.labels.get(1).map_or("", |label| label.as_str());
                let line = file.line(block.ident.span().map_or(0, |span| span.start));
                places.entry(name).or_default().push(format!("data.coder_parameter.{label} at {}:{line}", file.name));
            }
        }
        places.into_iter().filter(|(_, places)| places.len() > 1).collect()
    }

    fn preset_problems(&self, declared: &Declared) -> Vec<(String, Problem)> {
        let (mut problems, mut names, mut default) = (Vec::new(), BTreeSet::new(), None);
        for (file, block) in self.data("coder_workspace_preset").filter(|(_, block)| is_unconditional(block)) {
            let Some(name) = text(&block.body, "name") else { continue };
            if !names.insert(name.clone()) {
                let detail = "another preset of the template has this name";
                problems.push((name.clone(), Problem::new("The name of a preset must be unique", detail)));
            }
            if value(&block.body, "default") == Some(true.into()) {
                if let Some(first) = &default {
                    let detail = format!("{first:?} is the default already");
                    problems.push((name.clone(), Problem::new("Only one preset can be the default", detail)));
                }
                default.get_or_insert_with(|| name.clone());
            }
            let values = values(file, &block.body);
            problems.extend(values.iter().filter_map(|(parameter, value)| {
                let problem = match declared.by_name.get(parameter) {
                    None if declared.more => return None,
                    None => Problem::new(
                        "A preset names an unknown parameter",
                        format!("the template does not define the parameter {parameter:?}"),
                    ),
                    Some(known) => check_value(known.as_ref()?, value.as_ref()?, None).err()?,
                };
                Some((name.clone(), problem))
            }));
        }
        problems
    }
}

/// Blocks with a count may exclude each other.
fn is_unconditional(block: &Block) -> bool {
    !block.body.has_attribute("count") && !block.body.has_attribute("for_each")
}

fn value(body: &Body, name: &str) -> Option<serde_json::Value> {
    literal::evaluate(&body.get_attribute(name)?.value)
}

fn text(body: &Body, name: &str) -> Option<String> {
    value(body, name)?.as_str().map(str::to_owned)
}

/// An attribute that may be missing: `Some(None)`. `None`: it is there and no literal.
fn optional<T>(body: &Body, name: &str, read: impl Fn(&serde_json::Value) -> Option<T>) -> Option<Option<T>> {
    if body.has_attribute(name) { read(&value(body, name)?).map(Some) } else { Some(None) }
}

/// `None` if a value cannot be checked because not everything about the parameter is a literal.
fn parameter(name: String, body: &Body) -> Option<Parameter> {
    if body.has_blocks("dynamic") {
        return None;
    }
    let string = |value: &serde_json::Value| value.as_str().map(str::to_owned);
    let mut parameter = Parameter { name, ..Parameter::default() };
    parameter.kind = optional(body, "type", string)?.unwrap_or_else(|| "string".to_owned());
    parameter.form_type = optional(body, "form_type", string)?.unwrap_or_default();
    for option in body.get_blocks("option") {
        let value = optional(&option.body, "value", |value| Some(literal::default_text(value)))??;
        parameter.options.push(ParameterOption { value, ..ParameterOption::default() });
    }
    for validation in body.get_blocks("validation") {
        let body = &validation.body;
        parameter.validation_regex = optional(body, "regex", string)?.unwrap_or_default();
        parameter.validation_error = optional(body, "error", string)?.unwrap_or_default();
        parameter.validation_min = optional(body, "min", serde_json::Value::as_i64)?;
        parameter.validation_max = optional(body, "max", serde_json::Value::as_i64)?;
    }
    Some(parameter)
}

/// Names and values of a preset; a value that is no literal is `None`.
fn values(file: &File, body: &Body) -> Vec<(String, Option<String>)> {
    let Some(Expression::Object(object)) = body.get_attribute("parameters").map(|attribute| &attribute.value) else {
        return Vec::new();
    };
    let text = |value: &Expression| literal::evaluate(value).map(|value| literal::default_text(&value));
    object.iter().map(|(key, value)| (workspace_tags::key_text(file, key), text(value.expr()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> FormProblems {
        Module::parse([("main.tf", text)]).form_problems()
    }

    const NUMBER: &str =
        "data \"coder_parameter\" \"n\" {\n  name = \"n\"\n  type = \"number\"\n  validation {\n    max = 8\n  }\n}\n";

    fn preset(name: &str, more: &str) -> String {
        format!("data \"coder_workspace_preset\" \"p{}\" {{\n  name = \"{name}\"\n{more}}}\n", more.len())
    }

    #[test]
    fn presets_are_checked_against_the_parameters() {
        for (values, expected) in [
            ("{ n = \"5\" }", None),
            ("{ n = 5 }", None),
            ("{ n = var.x }", None),
            ("var.values", None),
            ("{ n = \"9\" }", Some("Invalid parameter value according to 'validation' block")),
            ("{ q = \"1\" }", Some("A preset names an unknown parameter")),
        ] {
            let found = problems(&format!("{NUMBER}{}", preset("A", &format!("  parameters = {values}\n")))).presets;
            let summaries: Vec<_> =
                found.iter().map(|(name, problem)| (name.as_str(), problem.summary.as_str())).collect();
            assert_eq!(summaries, expected.map(|summary| ("A", summary)).into_iter().collect::<Vec<_>>(), "{values}");
        }
        // A module may define more parameters.
        let module = format!("module \"m\" {{\n}}\n{}", preset("A", "  parameters = { q = \"1\" }\n"));
        assert_eq!(problems(&module), FormProblems::default());
    }

    #[test]
    fn one_default_and_one_of_each_name() {
        let twice = preset("A", "  default = true\n") + &preset("B", "  default  = true\n");
        assert_eq!(problems(&twice).presets[0].0, "B");
        let same = preset("A", "") + &preset("A", "\n");
        assert_eq!(problems(&same).presets.len(), 1);
        let exclusive = preset("A", "  count = var.x\n") + &preset("A", "  count  = 1 - var.x\n");
        assert_eq!(problems(&exclusive), FormProblems::default());
    }

    #[test]
    fn parameters_with_one_name_are_told_with_their_places() {
        let again = NUMBER.replace("\"coder_parameter\" \"n\"", "\"coder_parameter\" \"m\"");
        let found = problems(&format!("{NUMBER}{again}")).parameters;
        let places = ["data.coder_parameter.n at main.tf:1", "data.coder_parameter.m at main.tf:8"];
        assert_eq!(found, [("n".to_owned(), places.map(str::to_owned).to_vec())]);
        let counted = again.replace("  name", "  count = 0\n  name");
        assert_eq!(problems(&format!("{NUMBER}{counted}")).parameters, []);
    }
}
