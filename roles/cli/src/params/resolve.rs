//! The layers of parameter values. Later ones win: file, flags, copied workspace, last build, preset.

use std::collections::BTreeMap;

use anyhow::{Result, anyhow};
use warren_api::{TemplateVersionParameter, WorkspaceBuildParameter};

use crate::frame::Cx;
use crate::params::{Inputs, ask, title};

/// What kind of build the values are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Create,
    Start,
    Restart,
    Update,
}

/// The values to send with a build.
pub async fn resolve(
    cx: &Cx,
    mode: Mode,
    parameters: &[TemplateVersionParameter],
    inputs: &Inputs,
) -> Result<Vec<WorkspaceBuildParameter>> {
    let mut values = layered(mode, parameters, inputs)?;
    for parameter in parameters {
        if values.contains_key(&parameter.name) || !must_ask(mode, parameter, inputs) {
            if mode == Mode::Update && !parameter.mutable && last(inputs, parameter).is_some() && !inputs.use_defaults {
                cx.prompt_stream().line(&format!(
                    "Parameter {:?} is not mutable, and cannot be customized after workspace creation.",
                    title(parameter)
                ));
            }
            continue;
        }
        let value = value_of(cx, parameter, inputs).await?;
        values.insert(parameter.name.clone(), value);
    }
    Ok(values.into_iter().map(|(name, value)| WorkspaceBuildParameter { name, value }).collect())
}

async fn value_of(cx: &Cx, parameter: &TemplateVersionParameter, inputs: &Inputs) -> Result<String> {
    let given = inputs.defaults.get(&parameter.name);
    let default = given.unwrap_or(&parameter.default_value);
    if inputs.use_defaults && (given.is_some() || !parameter.required) {
        cx.prompt_stream().line(&format!("Using default value for {}: '{default}'", title(parameter)));
        return Ok(default.clone());
    }
    let before = last(inputs, parameter);
    let offered = before.filter(|value| is_still_offered(parameter, value)).unwrap_or(default);
    ask::ask(cx, parameter, offered, before.map(String::as_str)).await
}

fn layered(mode: Mode, parameters: &[TemplateVersionParameter], inputs: &Inputs) -> Result<BTreeMap<String, String>> {
    let find = |name: &str| parameters.iter().find(|parameter| parameter.name == name);
    let mut values = BTreeMap::new();
    for (name, value) in &inputs.values {
        let parameter = find(name).ok_or_else(|| unknown(name, parameters))?;
        if parameter.ephemeral && !inputs.prompt_ephemeral && !inputs.ephemeral.contains_key(name) {
            return Err(anyhow!(
                "ephemeral parameter {name:?} can be used only with --prompt-ephemeral-parameters or --ephemeral-parameter flag"
            ));
        }
        if mode != Mode::Create && !parameter.mutable && last(inputs, parameter).is_some_and(|before| before != value) {
            return Err(anyhow!("parameter {name:?} is immutable and cannot be updated"));
        }
        values.insert(name.clone(), value.clone());
    }
    for copied in &inputs.source {
        if find(&copied.name).is_some_and(|parameter| !parameter.ephemeral) {
            values.insert(copied.name.clone(), copied.value.clone());
        }
    }
    if !inputs.always_prompt {
        for before in &inputs.last {
            // Values that cannot be changed are kept by the server without being sent.
            let keep =
                find(&before.name).is_some_and(|p| !p.ephemeral && p.mutable && is_still_offered(p, &before.value));
            if keep {
                values.insert(before.name.clone(), before.value.clone());
            }
        }
    }
    for preset in &inputs.preset {
        values.insert(preset.name.clone(), preset.value.clone());
    }
    for (name, value) in &inputs.ephemeral {
        let parameter = find(name).ok_or_else(|| unknown(name, parameters))?;
        if !parameter.ephemeral {
            return Err(anyhow!("parameter {name:?} is not ephemeral: give it with --parameter"));
        }
        values.insert(name.clone(), value.clone());
    }
    Ok(values)
}

fn must_ask(mode: Mode, parameter: &TemplateVersionParameter, inputs: &Inputs) -> bool {
    if parameter.ephemeral {
        return inputs.prompt_ephemeral || (mode == Mode::Create && parameter.required);
    }
    let before = last(inputs, parameter);
    if mode == Mode::Create {
        return true;
    }
    if inputs.always_prompt && parameter.mutable {
        return true;
    }
    // A build of another version: what is new must be asked, and what the last value no longer fits.
    mode == Mode::Update
        && match before {
            Some(value) => parameter.mutable && !is_still_offered(parameter, value),
            None => parameter.required || !parameter.mutable,
        }
}

fn last<'a>(inputs: &'a Inputs, parameter: &TemplateVersionParameter) -> Option<&'a String> {
    inputs.last.iter().find(|before| before.name == parameter.name).map(|before| &before.value)
}

fn is_still_offered(parameter: &TemplateVersionParameter, value: &str) -> bool {
    let known = |value: &str| parameter.options.iter().any(|option| option.value == value);
    if parameter.options.is_empty() {
        return true;
    }
    if parameter.kind == "list(string)" {
        return serde_json::from_str::<Vec<String>>(value).is_ok_and(|items| items.iter().all(|item| known(item)));
    }
    known(value)
}

fn unknown(name: &str, parameters: &[TemplateVersionParameter]) -> anyhow::Error {
    let near: Vec<_> = parameters
        .iter()
        .filter(|parameter| distance(name, &parameter.name) <= name.chars().count() / 2)
        .map(|parameter| format!("{:?}", parameter.name))
        .collect();
    let hint = if near.is_empty() { String::new() } else { format!("\nDid you mean: {}", near.join(", ")) };
    anyhow!("parameter {name:?} is not present in the template.{hint}")
}

/// Edit distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use warren_api::TemplateVersionParameterOption;

    use super::*;

    #[test]
    fn the_last_build_overrides_flags_unless_asked_to_prompt() {
        let parameters = [mutable("size")];
        let mut inputs = Inputs { last: vec![value("size", "2")], ..Inputs::default() };
        inputs.values.insert("size".into(), "9".into());
        assert_eq!(layered(Mode::Start, &parameters, &inputs).expect("values")["size"], "2");
        inputs.always_prompt = true;
        assert_eq!(layered(Mode::Start, &parameters, &inputs).expect("values")["size"], "9");
    }

    #[test]
    fn an_unknown_name_is_refused_with_its_neighbours() {
        let mut inputs = Inputs::default();
        inputs.values.insert("siez".into(), "1".into());
        let error = layered(Mode::Create, &[mutable("size")], &inputs).expect_err("unknown");
        assert_eq!(error.to_string(), "parameter \"siez\" is not present in the template.\nDid you mean: \"size\"");
    }

    #[test]
    fn a_vanished_option_is_dropped_and_asked_again_by_an_update() {
        let mut parameter = mutable("region");
        parameter.options = vec![TemplateVersionParameterOption { value: "eu".into(), ..Default::default() }];
        let inputs = Inputs { last: vec![value("region", "mars")], ..Inputs::default() };
        assert!(layered(Mode::Update, std::slice::from_ref(&parameter), &inputs).expect("values").is_empty());
        assert!(must_ask(Mode::Update, &parameter, &inputs));
        assert!(!must_ask(Mode::Start, &parameter, &inputs));
    }

    #[test]
    fn an_immutable_value_cannot_be_changed_later() {
        let parameter = TemplateVersionParameter { name: "region".into(), ..Default::default() };
        let mut inputs = Inputs { last: vec![value("region", "eu")], ..Inputs::default() };
        inputs.values.insert("region".into(), "us".into());
        assert!(layered(Mode::Start, std::slice::from_ref(&parameter), &inputs).is_err());
        assert!(layered(Mode::Create, std::slice::from_ref(&parameter), &inputs).is_ok());
    }

    fn mutable(name: &str) -> TemplateVersionParameter {
        TemplateVersionParameter { name: name.into(), kind: "string".into(), mutable: true, ..Default::default() }
    }

    fn value(name: &str, value: &str) -> WorkspaceBuildParameter {
        WorkspaceBuildParameter { name: name.into(), value: value.into() }
    }
}
