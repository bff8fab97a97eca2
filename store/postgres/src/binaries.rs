//! Finding an installation: `WARREN_PG_BIN`, the PATH, `pg_config`, and where distributions put it.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Error;

/// An installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binaries {
    /// The folder with `initdb` and `postgres`.
    pub dir: PathBuf,
    /// Its major version.
    pub major: u32,
}

/// Oldest major version that the migrations are written for.
const OLDEST_MAJOR: u32 = 13;

/// Finds an installation: the one of `wanted` (the major version of existing data), else the newest.
///
/// # Errors
/// [`Error::NotInstalled`], or [`Error::OtherMajor`] when no installation fits the data in `data_dir`.
pub fn find_binaries(wanted: Option<u32>, data_dir: &Path) -> Result<Binaries, Error> {
    let (looked_in, found) = installations();
    let Some(wanted) = wanted else {
        let newest = found.into_iter().max_by_key(|binaries| binaries.major);
        return newest.ok_or_else(|| Error::NotInstalled(display(&looked_in)));
    };
    if found.is_empty() {
        return Err(Error::NotInstalled(display(&looked_in)));
    }
    let versions = found.iter().map(|b| b.major.to_string()).collect::<Vec<_>>().join(", ");
    found.into_iter().find(|binaries| binaries.major == wanted).ok_or_else(|| Error::OtherMajor {
        dir: data_dir.to_owned(),
        cluster: wanted,
        found: versions,
    })
}

fn installations() -> (Vec<PathBuf>, Vec<Binaries>) {
    let mut dirs: Vec<PathBuf> = Vec::new();
    if let Some(dir) = std::env::var_os("WARREN_PG_BIN").filter(|dir| !dir.is_empty()) {
        // An explicit choice is the only candidate.
        dirs.push(dir.into());
    } else {
        dirs.extend(std::env::var_os("PATH").iter().flat_map(std::env::split_paths));
        dirs.extend(pg_config_dir());
        dirs.extend(versioned("/usr/lib/postgresql", ""));
        dirs.extend(versioned("/usr", "pgsql-"));
        dirs.extend(versioned("/opt/homebrew/opt", "postgresql@"));
        dirs.extend(versioned("/usr/local/opt", "postgresql@"));
        dirs.extend(["/usr/local/pgsql/bin", "/usr/libexec/postgresql"].map(PathBuf::from));
    }
    let mut found: Vec<Binaries> = Vec::new();
    for dir in &dirs {
        let Some(binaries) = probe(dir) else { continue };
        if !found.contains(&binaries) {
            found.push(binaries);
        }
    }
    (dirs, found)
}

fn probe(dir: &Path) -> Option<Binaries> {
    let postgres = dir.join("postgres").canonicalize().ok()?;
    let dir = postgres.parent()?.to_owned();
    if !dir.join("initdb").is_file() {
        return None;
    }
    // The folder's name tells the version in most installations, which saves starting a process.
    let named = dir.parent().and_then(Path::file_name).and_then(|name| name.to_str()?.parse().ok());
    let major = named.or_else(|| version_of(&postgres))?;
    (major >= OLDEST_MAJOR).then_some(Binaries { dir, major })
}

fn version_of(postgres: &Path) -> Option<u32> {
    let output = Command::new(postgres).arg("--version").output().ok()?;
    parse_version(&String::from_utf8_lossy(&output.stdout))
}

/// `postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)` → 15
fn parse_version(text: &str) -> Option<u32> {
    let number = text.split_once(") ")?.1;
    number.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

fn pg_config_dir() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let text = text.trim();
    (!text.is_empty()).then(|| text.into())
}

fn versioned(parent: &str, prefix: &str) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(parent) else { return Vec::new() };
    entries
        .filter_map(Result::ok)
        .filter(|entry| {
            entry.file_name().to_str().and_then(|name| name.strip_prefix(prefix)?.parse::<u32>().ok()).is_some()
        })
        .map(|entry| entry.path().join("bin"))
        .collect()
}

fn display(dirs: &[PathBuf]) -> String {
    dirs.iter().map(|dir| dir.display().to_string()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_major_version() {
        assert_eq!(parse_version("postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)\n"), Some(15));
        assert_eq!(parse_version("postgres (PostgreSQL) 18beta1\n"), Some(18));
        assert_eq!(parse_version("nonsense"), None);
    }

    #[test]
    fn refuses_data_of_a_major_version_that_is_not_installed() {
        let error = find_binaries(Some(9), Path::new("/data")).unwrap_err();
        assert!(matches!(error, Error::OtherMajor { cluster: 9, .. } | Error::NotInstalled(_)), "{error}");
    }
}
