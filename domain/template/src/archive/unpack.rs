//! Unpacking into a directory: never through a link, never outside.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use super::tarball::{Kind, visit_tar};
use super::{ArchiveError, FILE_LIMIT};

/// What was written.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Unpacked {
    /// Regular files.
    pub files: usize,
    /// Records that were left out: links and devices.
    pub skipped: usize,
}

/// Unpacks a tar below `root`, which must exist. Missing parents are made (0755), files are replaced, links are
/// left out; a name that leaves the root, a parent that is a link on disk, a file above [`FILE_LIMIT`] or more than
/// `limit` bytes in total are refused.
pub fn unpack_tar(bytes: &[u8], root: &Path, limit: u64) -> Result<Unpacked, ArchiveError> {
    let mut done = Unpacked::default();
    visit_tar(bytes, limit, |entry| {
        if entry.data.len() as u64 > FILE_LIMIT {
            return Err(ArchiveError::TooLarge { limit: FILE_LIMIT });
        }
        let (parent, name) = entry.path.rsplit_once('/').unwrap_or(("", &entry.path));
        match entry.kind {
            Kind::Directory => {
                make_directories(root, &entry.path)?;
                let path = root.join(&entry.path);
                // The owner must be able to go on writing below it.
                let mode = fs::Permissions::from_mode(entry.mode | 0o700);
                fs::set_permissions(&path, mode).map_err(ArchiveError::io(&path))?;
            }
            Kind::File => {
                make_directories(root, parent)?;
                let path = root.join(parent).join(name);
                if path.symlink_metadata().is_ok_and(|meta| meta.is_symlink()) {
                    fs::remove_file(&path).map_err(ArchiveError::io(&path))?;
                }
                let mode = if entry.mode == 0 { 0o600 } else { entry.mode };
                let mut options = fs::OpenOptions::new();
                options.write(true).create(true).truncate(true).mode(mode);
                let mut file = options.open(&path).map_err(ArchiveError::io(&path))?;
                file.write_all(&entry.data).map_err(ArchiveError::io(&path))?;
                done.files += 1;
            }
            Kind::Symlink | Kind::Other => done.skipped += 1,
        }
        Ok(())
    })?;
    Ok(done)
}

fn make_directories(root: &Path, relative: &str) -> Result<(), ArchiveError> {
    let mut path = root.to_path_buf();
    for part in relative.split('/').filter(|part| !part.is_empty()) {
        path.push(part);
        match path.symlink_metadata() {
            Ok(meta) if meta.is_dir() => {}
            Ok(_) => {
                return Err(ArchiveError::UnsafePath { path: relative.to_owned() });
            }
            Err(_) => fs::create_dir(&path).map_err(ArchiveError::io(&path))?,
        }
    }
    Ok(())
}
