//! Where the server keeps its data: `CODER_CONFIG_DIR`, else `/var/lib/warren` as root, else `$XDG_DATA_HOME/warren`.

use std::collections::BTreeMap;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The data directory; a temporary one removes itself when dropped.
#[derive(Debug)]
pub(crate) struct DataDir {
    path: PathBuf,
    temporary: bool,
}

impl DataDir {
    /// Finds and makes it.
    pub(crate) fn open(environment: &BTreeMap<String, String>, ephemeral: bool) -> Result<Self> {
        if ephemeral {
            let path = std::env::temp_dir().join(format!("warren-{}", uuid::Uuid::new_v4().simple()));
            make(&path)?;
            return Ok(Self { path, temporary: true });
        }
        let set = |name: &str| environment.get(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let path = set("CODER_CONFIG_DIR")
            .or_else(|| nix::unistd::Uid::effective().is_root().then(|| "/var/lib/warren".into()))
            .or_else(|| set("XDG_DATA_HOME").map(|dir| dir.join("warren")))
            .or_else(|| set("HOME").map(|dir| dir.join(".local/share/warren")))
            .context("there is no home directory; set CODER_CONFIG_DIR")?;
        make(&path)?;
        let path = path.canonicalize().with_context(|| format!("cannot find {}", path.display()))?;
        Ok(Self { path, temporary: false })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for DataDir {
    fn drop(&mut self) {
        if self.temporary {
            let _the_system_removes_it_some_day = std::fs::remove_dir_all(&self.path);
        }
    }
}

/// Others may pass through (an unprivileged database and workspaces lie below) but not look.
fn make(path: &Path) -> Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true).mode(0o711).create(path).with_context(|| format!("cannot create {}", path.display()))
}
