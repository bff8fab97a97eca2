//! The CLI configuration file: our provider from the mirror, everything else as the operator has it.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::TerraformError;
use super::mirror;

/// Bytes of an operator's configuration that are taken over.
const OPERATOR_LIMIT: u64 = 1024 * 1024;

/// Writes the file and returns its path. An operator's file (`TF_CLI_CONFIG_FILE` or `~/.terraformrc`) is taken over;
/// if it has its own `provider_installation` that one stays in force, unchanged.
pub(super) fn write(cache_dir: &Path, environment: &[(OsString, OsString)]) -> Result<PathBuf, TerraformError> {
    let operator = operator_file(environment);
    let text = operator.as_deref().and_then(read).unwrap_or_default();
    if text.contains("provider_installation")
        && let Some(path) = operator
    {
        tracing::info!(path = %path.display(), "the operator's provider_installation is used, without the bundled provider");
        return Ok(path);
    }
    let path = cache_dir.join("terraform.rc");
    let text = format!("{text}\n{}", provider_installation(&mirror::root(cache_dir), environment));
    // Several daemons may share the directory: the file is replaced in one step and always says the same.
    let temporary = cache_dir.join(format!(".terraform.rc.{}", uuid::Uuid::new_v4()));
    std::fs::write(&temporary, text).map_err(TerraformError::io(&temporary))?;
    std::fs::rename(&temporary, &path).map_err(TerraformError::io(&path))?;
    Ok(path)
}

fn operator_file(environment: &[(OsString, OsString)]) -> Option<PathBuf> {
    let variable =
        |wanted: &str| environment.iter().find(|(name, _)| name == wanted).map(|(_, value)| PathBuf::from(value));
    variable("TF_CLI_CONFIG_FILE")
        .or_else(|| variable("HOME").map(|home| home.join(".terraformrc")))
        .filter(|path| path.is_file())
}

fn read(path: &Path) -> Option<String> {
    path.metadata().ok().filter(|meta| meta.len() <= OPERATOR_LIMIT)?;
    std::fs::read_to_string(path).ok()
}

fn provider_installation(mirror: &Path, environment: &[(OsString, OsString)]) -> String {
    let mut text = String::from("provider_installation {\n");
    let ours = ["coder/coder".to_owned(), "registry.opentofu.org/coder/coder".to_owned()];
    filesystem_mirror(&mut text, mirror, ours.iter());
    let mut elsewhere: BTreeSet<String> = ours.into_iter().collect();
    // Writing this block switches the implied mirrors off, so they are named.
    for dir in implied_mirrors(environment) {
        let found: BTreeSet<String> = providers_in(&dir).into_iter().filter(|name| !elsewhere.contains(name)).collect();
        if !found.is_empty() {
            filesystem_mirror(&mut text, &dir, found.iter());
            elsewhere.extend(found);
        }
    }
    let _ = writeln!(text, "  direct {{\n    exclude = [{}]\n  }}\n}}", quoted(elsewhere.iter()));
    text
}

fn filesystem_mirror<'a>(text: &mut String, path: &Path, include: impl Iterator<Item = &'a String>) {
    let path = serde_json::Value::from(path.to_string_lossy());
    let _ = writeln!(text, "  filesystem_mirror {{\n    path    = {path}\n    include = [{}]\n  }}", quoted(include));
}

fn quoted<'a>(names: impl Iterator<Item = &'a String>) -> String {
    names.map(|name| serde_json::Value::from(name.as_str()).to_string()).collect::<Vec<_>>().join(", ")
}

fn implied_mirrors(environment: &[(OsString, OsString)]) -> Vec<PathBuf> {
    let home = environment
        .iter()
        .find(|(name, _)| name == "HOME")
        .map(|(_, home)| PathBuf::from(home).join(".terraform.d/plugins"));
    home.into_iter()
        .chain(["/usr/local/share/terraform/plugins", "/usr/share/terraform/plugins"].map(PathBuf::from))
        .filter(|dir| dir.is_dir())
        .collect()
}

/// `host/namespace/type` directories of a mirror.
fn providers_in(dir: &Path) -> Vec<String> {
    let names = |dir: &Path| -> Vec<String> {
        std::fs::read_dir(dir)
            .into_iter()
            .flatten()
            .flatten()
            .filter(|item| item.path().is_dir())
            .filter_map(|item| item.file_name().into_string().ok())
            .collect()
    };
    let mut found = Vec::new();
    for host in names(dir) {
        for namespace in names(&dir.join(&host)) {
            for kind in names(&dir.join(&host).join(&namespace)) {
                found.push(format!("{host}/{namespace}/{kind}"));
            }
        }
    }
    found
}
