//! A template's directory as `templates push` sees it: what is uploaded, which variables its files set.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use warren_api::VariableValue;
use warren_template::archive::{PackOptions, pack_directory};

use crate::frame::Matches;
use crate::params::inputs::{pairs, yaml_map};

/// The lock file of Terraform's providers.
pub const LOCK_FILE: &str = ".terraform.lock.hcl";

/// The archive of a directory.
pub fn pack(dir: &Path) -> Result<Vec<u8>> {
    pack_directory(dir, PackOptions::default()).with_context(|| format!("archive {}", dir.display()))
}

/// The name of a directory, for a template that has none.
pub fn base_name(dir: &Path) -> Result<String> {
    let full = std::path::absolute(dir).with_context(|| format!("find {}", dir.display()))?;
    let name = full.components().next_back().map(|part| part.as_os_str().to_string_lossy().into_owned());
    name.filter(|name| !name.is_empty() && name != "/").ok_or_else(|| anyhow!("pass a name: the directory has none"))
}

/// Values of variables: the directory's tfvars files, then `--variables-file`, then `--variable`.
pub fn variables(dir: Option<&Path>, opts: &Matches) -> Result<Vec<VariableValue>> {
    let mut values = BTreeMap::new();
    if let Some(dir) = dir {
        for file in variable_files(dir)? {
            values.extend(read_variables(&file).with_context(|| format!("read {}", file.display()))?);
        }
    }
    if let Some(path) = opts.filled("variables-file") {
        let text = std::fs::read_to_string(path).with_context(|| format!("read {path}"))?;
        values.extend(yaml_map(&text).with_context(|| format!("read the variables of {path}"))?);
    }
    for name in ["variable", "var"] {
        values.extend(pairs(opts.list(name)).context("parse variables")?);
    }
    Ok(values.into_iter().map(|(name, value)| VariableValue { name, value }).collect())
}

/// In Terraform's order: `terraform.tfvars`, its JSON form, then the `.auto` files by name.
fn variable_files(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut auto = Vec::new();
    for entry in std::fs::read_dir(dir).with_context(|| format!("read {}", dir.display()))? {
        let path = entry?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if name.ends_with(".auto.tfvars") || name.ends_with(".auto.tfvars.json") {
            auto.push(path);
        }
    }
    auto.sort();
    let mut files: Vec<PathBuf> = ["terraform.tfvars", "terraform.tfvars.json"]
        .iter()
        .map(|name| dir.join(name))
        .filter(|path| path.exists())
        .collect();
    files.extend(auto);
    Ok(files)
}

fn read_variables(path: &Path) -> Result<BTreeMap<String, String>> {
    let text = std::fs::read_to_string(path)?;
    if path.extension().is_some_and(|extension| extension == "json") {
        let map: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&text)?;
        return map.into_iter().map(|(name, value)| Ok((name, json_text(value)))).collect();
    }
    let body: hcl::Value = hcl::from_str(&text).context("parse the HCL")?;
    let hcl::Value::Object(map) = body else { bail!("the file must hold attributes") };
    map.into_iter()
        .map(|(name, value)| {
            let json = serde_json::to_value(&value)?;
            Ok((name, json_text(json)))
        })
        .collect()
}

fn json_text(value: serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variable_files_are_read_in_the_order_of_terraform() {
        let dir = tempfile::tempdir().expect("temp dir");
        let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).expect("write");
        write("terraform.tfvars", "a = \"1\"\nb = \"1\"\nlist = [\"x\"]\n");
        write("terraform.tfvars.json", r#"{"b": "2", "c": true}"#);
        write("z.auto.tfvars", "c = false\n");
        let mut values = BTreeMap::new();
        for file in variable_files(dir.path()).expect("files") {
            values.extend(read_variables(&file).expect("variables"));
        }
        assert_eq!(values["a"], "1");
        assert_eq!(values["b"], "2");
        assert_eq!(values["c"], "false");
        assert_eq!(values["list"], r#"["x"]"#);
    }
}
