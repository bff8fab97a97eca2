//! Template archives: tar and zip in memory, packing a directory, unpacking into one.
//! Every reader has an output budget; nothing is allocated from a size that the archive declares.
//! Rules: docs/protocol/provisioner.md, "Template archives".

mod directory;
mod tarball;
mod unpack;
mod zipfile;

use std::path::PathBuf;

pub use directory::{PackOptions, pack_directory};
pub use tarball::{Entry, Kind, read_tar, write_tar};
pub use unpack::{Unpacked, unpack_tar};
pub use zipfile::{tar_to_zip, zip_member, zip_to_tar};

/// Bytes that an uploaded archive may have, also once a zip is expanded to a tar.
pub const UPLOAD_LIMIT: u64 = 100 * 1024 * 1024;
/// Bytes that a packed template directory may have.
pub const TEMPLATE_LIMIT: u64 = 1024 * 1024;
/// Bytes of one regular file in a template.
pub const FILE_LIMIT: u64 = 10 * 1024 * 1024;
/// Entries that one archive may have.
pub const ENTRY_LIMIT: usize = 50_000;

/// Why an archive was refused.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The output would exceed the budget (bytes).
    #[error("the archive is larger than {limit} bytes")]
    TooLarge {
        /// The budget in bytes.
        limit: u64,
    },
    /// More entries than an archive may have.
    #[error("the archive has more than {limit} entries")]
    TooMany {
        /// The largest number of entries.
        limit: usize,
    },
    /// A name that is absolute, has `..` or a drive, or is not UTF-8.
    #[error("the archive holds an unsafe path: {path:?}")]
    UnsafePath {
        /// The name as found.
        path: String,
    },
    /// Not a tar or zip, or a damaged one.
    #[error("the archive is malformed: {0}")]
    Malformed(String),
    /// The directory to pack has no Terraform file at its top.
    #[error("{} contains no .tf or .tf.json file", dir.display())]
    NoTerraformFiles {
        /// The directory.
        dir: PathBuf,
    },
    /// Reading or writing the file system failed.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
}

impl ArchiveError {
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}

/// Checks and cleans a name: forward slashes, no leading `./`, nothing that leaves the root.
/// The root itself (`.`, `./`) is the empty string.
pub fn clean_name(name: &str) -> Result<String, ArchiveError> {
    let refuse = || ArchiveError::UnsafePath { path: name.to_owned() };
    if name.starts_with('/') || name.contains(['\\', '\0']) || name.as_bytes().get(1) == Some(&b':') {
        return Err(refuse());
    }
    let mut parts = Vec::new();
    for part in name.split('/') {
        match part {
            "" | "." => {}
            ".." => return Err(refuse()),
            part => parts.push(part),
        }
    }
    Ok(parts.join("/"))
}

#[cfg(test)]
mod tests;
