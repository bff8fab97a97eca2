//! Asking for one parameter.

use anyhow::Result;
use warren_api::TemplateVersionParameter;

use crate::frame::Cx;
use crate::output::BOLD;
use crate::params::{check, title};

/// Asks for a value. `default` is what an empty answer means.
pub async fn ask(cx: &Cx, parameter: &TemplateVersionParameter, default: &str, last: Option<&str>) -> Result<String> {
    let stream = cx.prompt_stream();
    let mark = if parameter.ephemeral { " (build option)" } else { "" };
    stream.line(&format!("{}{mark}", stream.paint(BOLD, title(parameter))));
    let description = if parameter.description_plaintext.is_empty() {
        &parameter.description
    } else {
        &parameter.description_plaintext
    };
    for line in description.trim().lines() {
        stream.line(&format!("  {line}"));
    }
    let flag = format!("--parameter {}=<value>", parameter.name);
    if parameter.kind == "list(string)" && !parameter.options.is_empty() {
        let chosen: Vec<String> = serde_json::from_str(default).unwrap_or_default();
        let marked: Vec<usize> =
            (0..parameter.options.len()).filter(|index| chosen.contains(&parameter.options[*index].value)).collect();
        let picked = cx.multi_select(title(parameter), labels(parameter), &marked, &flag)?;
        let values: Vec<&str> = picked.iter().map(|index| parameter.options[*index].value.as_str()).collect();
        return Ok(serde_json::to_string(&values)?);
    }
    if !parameter.options.is_empty() {
        let start = parameter.options.iter().position(|option| option.value == default).unwrap_or(0);
        let picked = cx.select(title(parameter), labels(parameter), start, &flag)?;
        return Ok(parameter.options.get(picked).map(|option| option.value.clone()).unwrap_or_default());
    }
    let text = if parameter.required && default.is_empty() {
        "Enter a value:"
    } else {
        "Enter a value (default: the one in brackets):"
    };
    let default = Some(default).filter(|text| !text.is_empty());
    cx.prompt(text, default, |value| check::check(parameter, value, last)).await
}

fn labels(parameter: &TemplateVersionParameter) -> Vec<String> {
    parameter
        .options
        .iter()
        .map(|option| {
            let name = if option.name.is_empty() { &option.value } else { &option.name };
            if option.description.is_empty() { name.clone() } else { format!("{name} ({})", option.description) }
        })
        .collect()
}
