//! Tar in memory: entries out of bytes and back.

use std::io::Read;

use super::{ArchiveError, ENTRY_LIMIT, clean_name};

/// What an entry is. Links and devices carry no content and are never followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A directory.
    Directory,
    /// A regular file.
    File,
    /// A symbolic link; its target is the entry's data.
    Symlink,
    /// Anything else: hard links, devices, pipes.
    Other,
}

/// One record of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Cleaned name, without a trailing slash; never empty.
    pub path: String,
    /// Kind of the record.
    pub kind: Kind,
    /// Permission bits.
    pub mode: u32,
    /// Content of a file, target of a symbolic link, else empty.
    pub data: Vec<u8>,
}

impl Entry {
    /// A regular file with mode 0644.
    pub fn file(path: impl Into<String>, data: impl Into<Vec<u8>>) -> Self {
        Self { path: path.into(), kind: Kind::File, mode: 0o644, data: data.into() }
    }

    /// A directory with mode 0755.
    pub fn directory(path: impl Into<String>) -> Self {
        Self { path: path.into(), kind: Kind::Directory, mode: 0o755, data: Vec::new() }
    }
}

/// Reads all entries; content of more than `limit` bytes in total is refused.
pub fn read_tar(bytes: &[u8], limit: u64) -> Result<Vec<Entry>, ArchiveError> {
    let mut entries = Vec::new();
    visit_tar(bytes, limit, |entry| {
        entries.push(entry);
        Ok(())
    })?;
    Ok(entries)
}

/// Calls `each` for every entry, in order.
pub(super) fn visit_tar(
    bytes: &[u8],
    limit: u64,
    mut each: impl FnMut(Entry) -> Result<(), ArchiveError>,
) -> Result<(), ArchiveError> {
    let malformed = |error: std::io::Error| ArchiveError::Malformed(error.to_string());
    let mut archive = tar::Archive::new(bytes);
    let mut left = limit;
    for (count, record) in archive.entries().map_err(malformed)?.enumerate() {
        if count >= ENTRY_LIMIT {
            return Err(ArchiveError::TooMany { limit: ENTRY_LIMIT });
        }
        let mut record = record.map_err(malformed)?;
        let header = record.header();
        let kind = match header.entry_type() {
            kind if kind.is_dir() => Kind::Directory,
            kind if kind.is_symlink() => Kind::Symlink,
            tar::EntryType::Regular | tar::EntryType::Continuous | tar::EntryType::GNUSparse => Kind::File,
            tar::EntryType::XGlobalHeader => continue,
            _ => Kind::Other,
        };
        let mode = header.mode().map_err(malformed)? & 0o777;
        let name = String::from_utf8(record.path_bytes().into_owned()).map_err(|error| ArchiveError::UnsafePath {
            path: String::from_utf8_lossy(error.as_bytes()).into_owned(),
        })?;
        let path = clean_name(&name)?;
        if path.is_empty() {
            continue;
        }
        let mut data = Vec::new();
        match kind {
            Kind::File => {
                record.by_ref().take(left.saturating_add(1)).read_to_end(&mut data).map_err(malformed)?;
                left = left.checked_sub(data.len() as u64).ok_or(ArchiveError::TooLarge { limit })?;
            }
            Kind::Symlink => data = record.link_name_bytes().unwrap_or_default().into_owned(),
            Kind::Directory | Kind::Other => {}
        }
        each(Entry { path, kind, mode, data })?;
    }
    Ok(())
}

/// Writes entries as ustar (long names by GNU records) without times or owners, so that equal entries give equal bytes.
/// Entries of kind [`Kind::Other`] are left out.
pub fn write_tar<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Result<Vec<u8>, ArchiveError> {
    let failed = |error: std::io::Error| ArchiveError::Malformed(error.to_string());
    let mut builder = tar::Builder::new(Vec::new());
    for entry in entries {
        let path = clean_name(&entry.path)?;
        let mut header = tar::Header::new_gnu();
        header.set_mode(entry.mode);
        header.set_mtime(0);
        header.set_uid(0);
        header.set_gid(0);
        header.set_size(0);
        match entry.kind {
            Kind::File => {
                header.set_entry_type(tar::EntryType::Regular);
                header.set_size(entry.data.len() as u64);
                builder.append_data(&mut header, &path, entry.data.as_slice()).map_err(failed)?;
            }
            Kind::Directory => {
                header.set_entry_type(tar::EntryType::Directory);
                builder.append_data(&mut header, format!("{path}/"), std::io::empty()).map_err(failed)?;
            }
            Kind::Symlink => {
                header.set_entry_type(tar::EntryType::Symlink);
                let target = String::from_utf8_lossy(&entry.data).into_owned();
                builder.append_link(&mut header, &path, target).map_err(failed)?;
            }
            Kind::Other => {}
        }
    }
    builder.into_inner().map_err(failed)
}
