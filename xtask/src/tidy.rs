//! Checks what the compiler does not: the layer arrows between crates, file sizes, module headers and
//! words that do not belong in the project.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

/// The layers from the bottom up; a crate may use the layers before its own.
const LAYERS: &[&str] = &["base", "wire", "domain", "net", "store", "server", "roles", "bin"];

/// Arrows inside a layer, and the few that cross `net` and `store` or leave `roles` (ARCHITECTURE.md, "The map").
const INSIDE: &[(&str, &str)] = &[
    ("wire/derp", "wire/disco"),
    ("net/client", "net/rpc"),
    ("net/tailnet", "net/rpc"),
    ("store/pubsub", "store/db"),
    ("store/db", "store/postgres"), // only with its feature `testing`
    ("server/builds", "server/auth"),
    ("server/core", "server/auth"),
    ("server/core", "server/builds"),
    ("server/agents", "server/auth"),
    ("server/agents", "server/core"),
    ("server/agents", "server/builds"),
    ("server/apps", "server/auth"),
    ("server/http", "server/auth"),
    ("server/http", "server/core"),
    ("server/http", "server/builds"),
    ("server/http", "server/agents"),
    ("server/http", "server/apps"),
    ("server/http", "server/observe"),
    ("server/control", "server/auth"),
    ("server/control", "server/core"),
    ("server/control", "server/builds"),
    ("server/control", "server/agents"),
    ("server/control", "server/apps"),
    ("server/control", "server/observe"),
    ("server/control", "server/http"),
    ("roles/cli", "roles/agent"),
];

/// What protocol cores and decisions must not have: a runtime, sockets, a database.
const NOT_BELOW_NET: &[&str] = &["tokio", "hyper", "axum", "reqwest", "tokio-postgres", "tokio-tungstenite"];

/// Lines: above the first a warning, above the second an error.
const FILE_LINES: (usize, usize) = (400, 800);
/// Tables that may be longer.
const LONG_FILES: &[&str] = &["server/control/src/options/table.rs"];

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    manifest_path: PathBuf,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    kind: Option<String>,
    path: Option<PathBuf>,
}

/// Runs every check; the error lists all findings.
pub fn run(root: &Path) -> Result<()> {
    let mut findings = Vec::new();
    check_arrows(root, &mut findings)?;
    check_files(root, &mut findings)?;
    if findings.is_empty() {
        println!("tidy: ok");
        return Ok(());
    }
    bail!("{} findings:\n  {}", findings.len(), findings.join("\n  "))
}

fn check_arrows(root: &Path, findings: &mut Vec<String>) -> Result<()> {
    let out = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(root)
        .output()
        .context("run cargo metadata")?;
    if !out.status.success() {
        bail!("cargo metadata failed: {}", String::from_utf8_lossy(&out.stderr));
    }
    let metadata: Metadata = serde_json::from_slice(&out.stdout)?;
    let folders: BTreeMap<&str, String> =
        metadata.packages.iter().map(|p| (p.name.as_str(), folder(root, &p.manifest_path))).collect();
    for package in &metadata.packages {
        let from = &folders[package.name.as_str()];
        for dep in &package.dependencies {
            if dep.kind.as_deref() == Some("dev") {
                continue;
            }
            let below_net = ["base/types", "wire/", "domain/"].iter().any(|layer| from.starts_with(layer));
            if below_net && NOT_BELOW_NET.contains(&dep.name.as_str()) {
                findings.push(format!("{from} must not depend on {}: it has no I/O", dep.name));
            }
            if dep.path.is_none() {
                continue;
            }
            if let Some(to) = folders.get(dep.name.as_str())
                && let Some(why) = forbidden(from, to)
            {
                findings.push(format!("{from} must not depend on {to}: {why}"));
            }
        }
    }
    Ok(())
}

/// Why the arrow is forbidden, or `None`.
fn forbidden(from: &str, to: &str) -> Option<&'static str> {
    let rank = |folder: &str| LAYERS.iter().position(|layer| folder.split('/').next() == Some(layer));
    let (Some(a), Some(b)) = (rank(from), rank(to)) else { return None };
    let layer = |folder: &str| folder.split('/').next().unwrap_or_default().to_owned();
    match (layer(from).as_str(), layer(to).as_str()) {
        ("store", "net") => Some("net and store do not know each other"),
        ("roles", "store" | "server") => Some("a role reaches the server over the wire only"),
        _ if b > a => Some("it lies in a later layer"),
        _ if a == b && from != to && !INSIDE.contains(&(from, to)) => Some("this arrow is not in the map"),
        _ => None,
    }
}

fn folder(root: &Path, manifest: &Path) -> String {
    let dir = manifest.parent().unwrap_or(manifest);
    dir.strip_prefix(root).unwrap_or(dir).display().to_string()
}

/// The project's files below `root`: what Git tracks, or, in a copy without Git, everything that was not built.
fn files(root: &Path) -> Result<Vec<String>> {
    let tracked = Command::new("git").args(["ls-files"]).current_dir(root).output();
    if let Some(tracked) = tracked.ok().filter(|tracked| tracked.status.success()) {
        return Ok(String::from_utf8_lossy(&tracked.stdout).lines().map(str::to_owned).collect());
    }
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| format!("read {}", folder.display()))? {
            let entry = entry?;
            let path = entry.path();
            let name = entry.file_name();
            if name == "target" || name == ".git" {
                continue;
            }
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else if entry.file_type()?.is_file() {
                found.push(path.strip_prefix(root).unwrap_or(&path).display().to_string());
            }
        }
    }
    found.sort();
    Ok(found)
}

fn check_files(root: &Path, findings: &mut Vec<String>) -> Result<()> {
    for name in &files(root)? {
        let name = name.as_str();
        let generated = name.contains("/gen/");
        let text = match fs::read_to_string(root.join(name)) {
            Ok(text) => text,
            Err(_) => continue, // binary, or deleted in the work tree
        };
        if name.ends_with(".rs") && !generated {
            let lines = text.lines().count();
            if lines > FILE_LINES.1 && !LONG_FILES.contains(&name) {
                findings.push(format!("{name}: {lines} lines, at most {}", FILE_LINES.1));
            } else if lines > FILE_LINES.0 && !LONG_FILES.contains(&name) {
                println!("tidy: {name} has {lines} lines (aim for {})", FILE_LINES.0);
            }
            if !text.starts_with("//!") && !text.starts_with("#![") && !name.ends_with("tests.rs") && !name.contains("/tests/") {
                findings.push(format!("{name}: no module header"));
            }
        }
        if name != "xtask/src/tidy.rs" {
            // Joined here, so that this file does not hold what it forbids.
            for word in [concat!("/wo", "rk/"), concat!("/ro", "ot/")] {
                if text.contains(word) && name != "Cargo.lock" {
                    findings.push(format!("{name}: contains `{word}`"));
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::forbidden;

    #[test]
    fn arrows_point_down_only() {
        assert_eq!(forbidden("server/http", "store/db"), None);
        assert!(forbidden("wire/api", "net/rpc").is_some());
        assert!(forbidden("roles/cli", "store/db").is_some());
        assert!(forbidden("store/db", "net/rpc").is_some());
        assert!(forbidden("server/auth", "server/http").is_some());
    }
}
