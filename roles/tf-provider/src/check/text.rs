//! Rules for single texts.

use super::cron;
use crate::findings::Finding;

/// Folders other than the home directory are tolerated.
pub fn working_directory(dir: &str) -> Vec<Finding> {
    if matches!(dir, "" | "$HOME" | "~") {
        return Vec::new();
    }
    vec![
        Finding::warning("\"dir\" is deprecated and will be removed in a future release."),
        Finding::warning(
            "Setting \"dir\" to a value other than $HOME will break Coder Desktop file sync and \
             other clients that look for files in the home directory.",
        ),
    ]
}

/// A volume to watch.
pub fn volume_path(path: &str) -> Result<(), String> {
    match path {
        "" => Err("volume path must not be empty".to_owned()),
        path if path.starts_with('/') => Ok(()),
        // A Windows agent's drive: "C:\" or "C:/".
        path if matches!(path.as_bytes(), [d, b':', b'\\' | b'/', ..] if d.is_ascii_alphabetic()) => Ok(()),
        _ => Err("volume path must be an absolute path".to_owned()),
    }
}

/// `^[a-z0-9](-?[a-z0-9])*$`
pub fn app_slug(slug: &str) -> Result<(), String> {
    let words = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    if slug.split('-').all(words) {
        return Ok(());
    }
    Err(format!("invalid \"coder_app\" slug, must be a valid hostname (\"^[a-z0-9](-?[a-z0-9])*$\"): {slug:?}"))
}

/// Who may open an app.
pub fn app_share(share: &str) -> Result<(), String> {
    if matches!(share, "owner" | "authenticated" | "public") {
        return Ok(());
    }
    Err(format!("invalid app share {share:?}, must be one of \"owner\", \"authenticated\", \"public\""))
}

/// Where an app opens.
pub fn open_in(window: &str) -> Result<(), String> {
    if matches!(window, "tab" | "slim-window") {
        return Ok(());
    }
    Err(format!("invalid \"coder_app\" open_in value, must be one of \"tab\", \"slim-window\": {window:?}"))
}

/// `^[a-zA-Z_][a-zA-Z0-9_]*$`
fn is_posix_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// The name of an environment variable.
pub fn env_name(name: &str) -> Result<(), String> {
    if is_posix_name(name) {
        return Ok(());
    }
    Err(format!("invalid value for name (must be a valid environment variable name), got {name:?}"))
}

/// The variable that holds a secret.
pub fn secret_env(name: &str) -> Result<(), String> {
    if is_posix_name(name) {
        return Ok(());
    }
    Err(format!("`env` must be a POSIX-compliant identifier matching \"^[a-zA-Z_][a-zA-Z0-9_]*$\"; got {name:?}"))
}

/// The file that holds a secret.
pub fn secret_file(path: &str) -> Result<(), String> {
    if path.starts_with('/') || path.starts_with("~/") {
        return Ok(());
    }
    Err(format!("`file` must start with `/` or `~/`; got {path:?}"))
}

/// When a script runs: six fields, seconds first.
pub fn script_cron(spec: &str) -> Result<(), String> {
    cron::check_with_seconds(spec).map_err(|why| format!("{spec} is not a valid cron expression: {why}"))
}

/// Five fields are read as if the day of the week had been left out, which is rarely what was meant.
pub fn five_field_cron(spec: &str) -> Vec<Finding> {
    if spec.split_whitespace().count() != 5 || cron::check_standard(spec).is_err() {
        return Vec::new();
    }
    vec![
        Finding::warning(format!(
            "The cron expression '{spec}' appears to be in Unix 5-field format, but 6 fields are expected"
        ))
        .detail(format!("Seconds come first. To run it as in Unix, write '0 {spec}'.")),
    ]
}

/// When more or fewer prebuilt workspaces are kept: five fields, the minute always `*`.
pub fn preset_cron(spec: &str) -> Result<(), String> {
    let fields: Vec<_> = spec.split_whitespace().collect();
    let checked = match fields.as_slice() {
        ["*", _, _, _, _] => cron::check_standard(spec),
        [_, _, _, _, _] => Err("minute field should be *".to_owned()),
        fields => Err(format!("cron specification should consist of 5 fields, found {}", fields.len())),
    };
    checked.map_err(|why| format!("cron spec failed validation: {why}"))
}

/// A time zone. A host without zone data cannot tell: there any well-formed name passes.
pub fn timezone(name: &str) -> Result<(), String> {
    if matches!(name, "" | "UTC" | "Local") {
        return Ok(());
    }
    let zones = jiff::tz::db();
    let known = if zones.is_definitively_empty() {
        name.bytes().all(|b| b.is_ascii_alphanumeric() || b"/_+-".contains(&b))
    } else {
        zones.get(name).is_ok()
    };
    if known {
        return Ok(());
    }
    Err(format!("failed to load timezone {name:?}: unknown time zone {name}"))
}
