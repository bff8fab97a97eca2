//! Prepared directories: the result of `terraform init` kept per template version, so that a build needs none.
//! The key covers everything that `init` reads; what it chose at import is what every build gets.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use warren_proto::provisioner::LogLevel;

use super::tree;

/// Prepared directories that nobody used for this long are removed.
const STALE: Duration = Duration::from_secs(30 * 24 * 3600);
const LINES: &str = "lines.json";
/// What `init` leaves in a work directory.
const PARTS: [&str; 2] = [".terraform", ".terraform.lock.hcl"];

#[derive(Debug, Serialize, Deserialize)]
struct Record {
    lines: Vec<(i32, String)>,
}

/// Name of the directory for a set of inputs.
pub(super) fn key(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hex::encode(hash.finalize())
}

fn root(cache_dir: &Path) -> PathBuf {
    cache_dir.join("prepared")
}

/// Puts a prepared directory's content into `dir`. Returns the log lines of its `init`, or `None` if there is no
/// usable one; then `dir` is as before.
pub(super) fn restore(cache_dir: &Path, key: &str, dir: &Path) -> Option<Vec<(LogLevel, String)>> {
    let source = root(cache_dir).join(key);
    let record: Record = serde_json::from_slice(&fs::read(source.join(LINES)).ok()?).ok()?;
    let copied = PARTS.iter().all(|part| {
        let from = source.join(part);
        from.symlink_metadata().is_err() || tree::copy(&from, &dir.join(format!("{part}.prepared"))).is_ok()
    });
    if !copied {
        PARTS.iter().for_each(|part| remove(&dir.join(format!("{part}.prepared"))));
        let _ = fs::remove_dir_all(&source);
        return None;
    }
    for part in PARTS {
        let to = dir.join(part);
        // The template's own lock file, and modules unpacked from their archive, are part of what was prepared.
        remove(&to);
        let _ = fs::rename(dir.join(format!("{part}.prepared")), &to);
    }
    if let Ok(file) = fs::File::open(source.join(LINES)) {
        let _ = file.set_modified(SystemTime::now());
    }
    Some(
        record
            .lines
            .into_iter()
            .map(|(level, text)| (LogLevel::try_from(level).unwrap_or(LogLevel::Info), text))
            .collect(),
    )
}

/// Keeps what `init` left in `dir`.
pub(super) fn keep(cache_dir: &Path, key: &str, dir: &Path, lines: &[(LogLevel, String)]) -> std::io::Result<()> {
    let root = root(cache_dir);
    fs::create_dir_all(&root)?;
    let temporary = root.join(format!(".new-{}", uuid::Uuid::new_v4()));
    fs::create_dir(&temporary)?;
    let result = fill(&temporary, dir, lines).and_then(|()| {
        let target = root.join(key);
        if target.exists() {
            let old = root.join(format!(".old-{}", uuid::Uuid::new_v4()));
            fs::rename(&target, &old)?;
            let _ = fs::remove_dir_all(old);
        }
        fs::rename(&temporary, target)
    });
    if result.is_err() {
        let _ = fs::remove_dir_all(&temporary);
    }
    result
}

fn fill(target: &Path, dir: &Path, lines: &[(LogLevel, String)]) -> std::io::Result<()> {
    for part in PARTS {
        let from = dir.join(part);
        if from.symlink_metadata().is_ok() {
            tree::copy(&from, &target.join(part))?;
        }
    }
    let lines = lines.iter().map(|(level, text)| (i32::from(*level), text.clone())).collect();
    fs::write(target.join(LINES), serde_json::to_vec(&Record { lines })?)
}

/// Removes directories that were not used for a long time, and remains of interrupted work.
pub(super) fn remove_stale(cache_dir: &Path) {
    for item in fs::read_dir(root(cache_dir)).into_iter().flatten().flatten() {
        let used = item.path().join(LINES).metadata().or_else(|_| item.metadata()).and_then(|meta| meta.modified());
        let age = used.ok().and_then(|time| time.elapsed().ok()).unwrap_or_default();
        let unfinished = item.file_name().to_string_lossy().starts_with('.') && age > Duration::from_secs(3600);
        if unfinished || age > STALE {
            let _ = fs::remove_dir_all(item.path());
        }
    }
}

fn remove(path: &Path) {
    match path.symlink_metadata() {
        Ok(meta) if meta.is_dir() => drop(fs::remove_dir_all(path)),
        Ok(_) => drop(fs::remove_file(path)),
        Err(_) => {}
    }
}
