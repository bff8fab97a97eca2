//! Makes `source = "coder/coder"` resolve to this program without a registry: a filesystem mirror
//! that holds it under whatever version is asked for, and lock files that do not stand in the way.

mod lock;
mod version;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

pub use lock::{Renewal, renew_lock_file};
pub use version::{VersionError, version_for};

/// The version under which the program is offered when nothing else is asked for: the release whose
/// features it has.
pub const DEFAULT_VERSION: &str = "2.18.0";

/// The registries whose `coder/coder` is ours: Terraform's and OpenTofu's.
pub const REGISTRIES: [&str; 2] = ["registry.terraform.io", "registry.opentofu.org"];

/// The mirror could not be written.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// The version would not be a folder's name.
    #[error("{0:?} is no version")]
    Version(String),
    /// A file or folder could not be made.
    #[error("could not write {}", path.display())]
    Io {
        /// Which one.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// Where the program lies in a mirror, for one registry.
pub fn path_in_mirror(mirror: &Path, registry: &str, version: &str) -> PathBuf {
    let program = format!("{}_v{version}{}", crate::PROGRAM, std::env::consts::EXE_SUFFIX);
    let folder = mirror.join(registry).join("coder").join("coder");
    folder.join(version).join(platform()).join(program)
}

/// Puts `program` into the mirror under a version, for both registries. Repeating it is cheap and
/// safe, also from several processes at once; a program that was replaced meanwhile is put in anew.
///
/// The file is a hard link where that is possible, else a symbolic link, else a copy.
pub fn ensure_installed(mirror: &Path, program: &Path, version: &str) -> Result<(), InstallError> {
    if !version::is_version(version) {
        return Err(InstallError::Version(version.to_owned()));
    }
    let program = fs::canonicalize(program).map_err(|source| InstallError::Io { path: program.to_owned(), source })?;
    REGISTRIES.iter().try_for_each(|registry| {
        let path = path_in_mirror(mirror, registry, version);
        put(&program, &path).map_err(|source| InstallError::Io { path, source })
    })
}

/// The text of a CLI configuration file (`TF_CLI_CONFIG_FILE`) that takes `coder/coder` from the
/// mirror and everything else as usual.
pub fn cli_config(mirror: &Path) -> String {
    let mut path = String::new();
    for c in mirror.to_string_lossy().chars() {
        match c {
            '\\' | '"' => path.extend(['\\', c]),
            '$' | '%' => path.extend([c, c]),
            c => path.push(c),
        }
    }
    let ours = REGISTRIES.map(|registry| format!("\"{registry}/coder/coder\"")).join(", ");
    format!(
        "provider_installation {{\n  filesystem_mirror {{\n    path    = \"{path}\"\n    \
         include = [{ours}]\n  }}\n  direct {{\n    exclude = [{ours}]\n  }}\n}}\n"
    )
}

/// `linux_amd64`
fn platform() -> String {
    let os = match std::env::consts::OS {
        "macos" => "darwin",
        os => os,
    };
    let arch = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "386",
        arch => arch,
    };
    format!("{os}_{arch}")
}

fn put(program: &Path, path: &Path) -> io::Result<()> {
    if is_current(program, path)? {
        return Ok(());
    }
    let dir = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(dir)?;
    // Made beside the mirror's tree and moved in whole: Terraform hashes whatever the folder holds.
    let staging = tempfile::Builder::new().prefix(".install-").tempdir_in(dir.parent().unwrap_or(dir))?;
    let made = staging.path().join(crate::PROGRAM);
    fs::hard_link(program, &made).or_else(|_| link(program, &made)).or_else(|_| fs::copy(program, &made).map(drop))?;
    fs::rename(&made, path)
}

#[cfg(unix)]
fn link(program: &Path, path: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(program, path)
}

#[cfg(not(unix))]
fn link(_program: &Path, _path: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Whether what lies there is the program of today: the same file, or a copy not older than it.
fn is_current(program: &Path, path: &Path) -> io::Result<bool> {
    let theirs = match fs::metadata(path) {
        Ok(theirs) => theirs,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    let ours = fs::metadata(program)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        if (ours.dev(), ours.ino()) == (theirs.dev(), theirs.ino()) {
            return Ok(true);
        }
    }
    Ok(ours.len() == theirs.len() && theirs.modified()? >= ours.modified()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_lies_under_both_registries_and_is_renewed_when_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let (program, mirror) = (dir.path().join("program"), dir.path().join("mirror"));
        fs::write(&program, "one").unwrap();
        let read = |registry| fs::read_to_string(path_in_mirror(&mirror, registry, "2.5.3")).unwrap();
        for _ in 0..2 {
            ensure_installed(&mirror, &program, "2.5.3").unwrap();
            assert_eq!((read(REGISTRIES[0]), read(REGISTRIES[1])), ("one".into(), "one".into()));
        }
        // As an upgrade does it: a new file under the old name.
        let new = dir.path().join("new");
        fs::write(&new, "another").unwrap();
        fs::rename(&new, &program).unwrap();
        ensure_installed(&mirror, &program, "2.5.3").unwrap();
        assert_eq!(read(REGISTRIES[1]), "another");
        // Nothing else is left in the tree, which Terraform would take for a package.
        let version = mirror.join("registry.terraform.io/coder/coder/2.5.3");
        assert_eq!(fs::read_dir(version).unwrap().count(), 1);
    }

    #[test]
    fn only_versions_become_folders() {
        let dir = tempfile::tempdir().unwrap();
        for bad in ["", "..", "2.0.0/../x", "latest"] {
            assert!(matches!(ensure_installed(dir.path(), dir.path(), bad), Err(InstallError::Version(_))));
        }
    }

    #[test]
    fn the_configuration_quotes_the_path() {
        let text = cli_config(Path::new("/a \"b\"/${c}"));
        assert!(text.contains(r#"path    = "/a \"b\"/$${c}""#), "{text}");
    }
}
