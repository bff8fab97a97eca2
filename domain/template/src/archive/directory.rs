//! Packing a template directory: which files travel.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::tarball::{Entry, Kind, write_tar};
use super::{ArchiveError, TEMPLATE_LIMIT};

/// How to pack.
#[derive(Debug, Clone, Copy)]
pub struct PackOptions {
    /// Bytes that the archive may have.
    pub limit: u64,
    /// Refuse a directory without `.tf` or `.tf.json` at its top.
    pub require_terraform: bool,
}

impl Default for PackOptions {
    fn default() -> Self {
        Self { limit: TEMPLATE_LIMIT, require_terraform: true }
    }
}

/// Packs a directory as a tar. Left out: hidden files and directories (but `.terraform.lock.hcl`), paths with
/// `.tfstate`, `terraform.tfvars[.json]` at the top and any `*.auto.tfvars[.json]`. Symbolic links stay links.
pub fn pack_directory(root: &Path, options: PackOptions) -> Result<Vec<u8>, ArchiveError> {
    if options.require_terraform && !has_terraform(root)? {
        return Err(ArchiveError::NoTerraformFiles { dir: root.to_owned() });
    }
    let mut entries = Vec::new();
    let mut left = options.limit;
    collect(root, "", options.limit, &mut left, &mut entries)?;
    let bytes = write_tar(&entries)?;
    if bytes.len() as u64 >= options.limit {
        return Err(ArchiveError::TooLarge { limit: options.limit });
    }
    Ok(bytes)
}

fn has_terraform(root: &Path) -> Result<bool, ArchiveError> {
    for item in fs::read_dir(root).map_err(ArchiveError::io(root))? {
        let name = item.map_err(ArchiveError::io(root))?.file_name();
        let name = name.as_bytes();
        if name.ends_with(b".tf") || name.ends_with(b".tf.json") {
            return Ok(true);
        }
    }
    Ok(false)
}

fn collect(
    root: &Path,
    prefix: &str,
    limit: u64,
    left: &mut u64,
    entries: &mut Vec<Entry>,
) -> Result<(), ArchiveError> {
    let dir = root.join(prefix);
    let mut names = Vec::new();
    for item in fs::read_dir(&dir).map_err(ArchiveError::io(&dir))? {
        let name = item.map_err(ArchiveError::io(&dir))?.file_name();
        let name =
            name.into_string().map_err(|name| ArchiveError::UnsafePath { path: name.to_string_lossy().into() })?;
        names.push(name);
    }
    names.sort_unstable();
    for name in names {
        let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}/{name}") };
        if is_left_out(&path, &name) {
            continue;
        }
        let full = root.join(&path);
        let meta = full.symlink_metadata().map_err(ArchiveError::io(&full))?;
        let mode = meta.permissions().mode() & 0o777;
        if meta.is_dir() {
            entries.push(Entry { path: path.clone(), kind: Kind::Directory, mode, data: Vec::new() });
            collect(root, &path, limit, left, entries)?;
        } else if meta.is_symlink() {
            let target = fs::read_link(&full).map_err(ArchiveError::io(&full))?;
            entries.push(Entry { path, kind: Kind::Symlink, mode, data: target.as_os_str().as_bytes().to_vec() });
        } else if meta.is_file() {
            *left = left.checked_sub(meta.len()).ok_or(ArchiveError::TooLarge { limit })?;
            let data = fs::read(&full).map_err(ArchiveError::io(&full))?;
            entries.push(Entry { path, kind: Kind::File, mode, data });
        }
    }
    Ok(())
}

fn is_left_out(path: &str, name: &str) -> bool {
    let hidden = name.starts_with('.') && name != ".terraform.lock.hcl";
    hidden
        || path.contains(".tfstate")
        || matches!(path, "terraform.tfvars" | "terraform.tfvars.json")
        || name.ends_with(".auto.tfvars")
        || name.ends_with(".auto.tfvars.json")
}
