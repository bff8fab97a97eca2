//! The settings file.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};

use super::values::{Source, Values};
use super::{Kind, OPTIONS, OptionSpec};

/// Applies a file; a key that nobody knows is an error.
pub(crate) fn apply(text: &str, values: &mut Values) -> Result<()> {
    if text.trim().is_empty() {
        return Ok(());
    }
    let root: Value = serde_saphyr::from_str(text).context("the file is not valid YAML")?;
    let by_path: BTreeMap<&str, &OptionSpec> =
        OPTIONS.iter().filter(|spec| !spec.yaml.is_empty()).map(|spec| (spec.yaml, spec)).collect();
    walk("", &root, &by_path, values)
}

fn walk(path: &str, value: &Value, by_path: &BTreeMap<&str, &OptionSpec>, values: &mut Values) -> Result<()> {
    if let Some(spec) = by_path.get(path) {
        return values.set(spec, texts(spec, value)?, Source::Yaml);
    }
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                walk(&path, value, by_path, values)?;
            }
            Ok(())
        }
        Value::Null => Ok(()),
        _ => bail!("unknown option {path:?}"),
    }
}

fn texts(spec: &OptionSpec, value: &Value) -> Result<Vec<String>> {
    let scalar = |value: &Value| match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(flag) => Ok(flag.to_string()),
        Value::Null => Ok(String::new()),
        other => bail!("{:?} takes a plain value, not {other}", spec.yaml),
    };
    match (spec.kind, value) {
        (Kind::Json, value) => Ok(vec![value.to_string()]),
        (Kind::List, Value::Array(items)) => items.iter().map(scalar).collect(),
        (Kind::List, Value::Null) => Ok(Vec::new()),
        (_, value) => Ok(vec![scalar(value)?]),
    }
}

/// Every setting without the secret ones.
pub(crate) fn to_yaml(values: &Values) -> String {
    let mut root = Map::new();
    for spec in OPTIONS.iter().filter(|spec| !spec.yaml.is_empty() && !spec.secret) {
        let value = match spec.kind {
            Kind::Duration => json!(super::duration::format(values.duration(spec.name))),
            _ => values.json(spec),
        };
        let mut map = &mut root;
        let mut keys = spec.yaml.split('.').peekable();
        while let Some(key) = keys.next() {
            if keys.peek().is_none() {
                map.insert(key.to_owned(), value.clone());
                break;
            }
            let next = map.entry(key).or_insert_with(|| json!({}));
            let Value::Object(next) = next else { break };
            map = next;
        }
    }
    let mut text = String::new();
    write(&Value::Object(root), 0, &mut text);
    text
}

/// Block style for maps and lists; texts as JSON strings, which YAML reads too.
fn write(value: &Value, depth: usize, text: &mut String) {
    let indent = "  ".repeat(depth);
    if let Value::Object(fields) = value {
        for (key, value) in fields {
            text.push_str(&indent);
            text.push_str(key);
            text.push(':');
            match value {
                Value::Object(inner) if !inner.is_empty() => {
                    text.push('\n');
                    write(value, depth + 1, text);
                }
                Value::Array(items) if !items.is_empty() => {
                    text.push('\n');
                    for item in items {
                        text.push_str(&format!("{indent}  - {item}\n"));
                    }
                }
                scalar => text.push_str(&format!(" {scalar}\n")),
            }
        }
    }
}
