//! The files of a login: shared with the official command line, so that one login serves both.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

const DIR_NAME: &str = "coderv2";

/// The per-user configuration directory.
pub fn default_dir() -> PathBuf {
    let home = || PathBuf::from(std::env::var_os("HOME").unwrap_or_default());
    let base = if cfg!(target_os = "macos") {
        home().join("Library/Application Support")
    } else if cfg!(windows) {
        PathBuf::from(std::env::var_os("APPDATA").unwrap_or_default())
    } else {
        match std::env::var_os("XDG_CONFIG_HOME").filter(|dir| !dir.is_empty()) {
            Some(dir) => PathBuf::from(dir),
            None => home().join(".config"),
        }
    };
    base.join(DIR_NAME)
}

/// A configuration directory.
#[derive(Debug, Clone)]
pub struct Config {
    dir: PathBuf,
}

impl Config {
    pub fn at(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// A file's text without surrounding white space; `None` if it is absent or empty.
    pub fn read(&self, name: &str) -> Result<Option<String>> {
        let path = self.dir.join(name);
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("read {}", path.display())),
        }
    }

    /// Replaces a file (mode 0600, no newline at the end); its directory is made as needed (0750).
    pub fn write(&self, name: &str, text: &str) -> Result<()> {
        let path = self.dir.join(name);
        make_dir(&self.dir, 0o750).with_context(|| format!("create {}", self.dir.display()))?;
        let mut file =
            tempfile::NamedTempFile::new_in(&self.dir).with_context(|| format!("write {}", path.display()))?;
        file.write_all(text.as_bytes()).with_context(|| format!("write {}", path.display()))?;
        file.persist(&path).with_context(|| format!("write {}", path.display()))?;
        Ok(())
    }

    /// Removes a file; its absence is fine.
    pub fn remove(&self, name: &str) -> Result<()> {
        let path = self.dir.join(name);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("remove {}", path.display()))
            }
            _ => Ok(()),
        }
    }

    pub fn url(&self) -> Result<Option<String>> {
        self.read("url")
    }

    pub fn session(&self) -> Result<Option<String>> {
        self.read("session")
    }
}

/// Creates a directory and its parents with a mode.
pub fn make_dir(dir: &Path, mode: u32) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, mode);
    let _ = mode;
    builder.create(dir)
}

/// `~` and `~/x` become paths below the home directory.
pub fn expand_home(path: &str) -> PathBuf {
    match path.strip_prefix('~') {
        Some("") => PathBuf::from(std::env::var_os("HOME").unwrap_or_default()),
        Some(rest) if rest.starts_with('/') => {
            PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(rest.trim_start_matches('/'))
        }
        _ => PathBuf::from(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_private_have_no_newline_and_are_read_trimmed() {
        let dir = tempfile::tempdir().expect("temp dir");
        let config = Config::at(dir.path().join("a/b"));
        assert_eq!(config.url().expect("read"), None);
        config.write("url", "http://x").expect("write");
        let path = dir.path().join("a/b/url");
        assert_eq!(std::fs::read(&path).expect("file"), b"http://x");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).expect("file").permissions().mode() & 0o777, 0o600);
            let parent = std::fs::metadata(dir.path().join("a/b")).expect("dir");
            assert_eq!(parent.permissions().mode() & 0o777, 0o750);
        }
        std::fs::write(&path, " http://y \n").expect("write");
        assert_eq!(config.url().expect("read").as_deref(), Some("http://y"));
        config.remove("url").expect("remove");
        config.remove("url").expect("remove twice");
    }
}
