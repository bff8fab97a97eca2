//! Zip to tar and back.

use std::io::{Cursor, Read, Write};

use zip::write::SimpleFileOptions;

use super::tarball::{Entry, Kind, read_tar, write_tar};
use super::{ArchiveError, ENTRY_LIMIT, clean_name};

/// Bytes of a tar header, and the block to which contents are padded.
const TAR_BLOCK: u64 = 512;

/// Converts a zip to a tar. `limit` bounds the tar: headers, padding and end blocks count.
pub fn zip_to_tar(bytes: &[u8], limit: u64) -> Result<Vec<u8>, ArchiveError> {
    let malformed = |error: zip::result::ZipError| ArchiveError::Malformed(error.to_string());
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(malformed)?;
    if archive.len() > ENTRY_LIMIT {
        return Err(ArchiveError::TooMany { limit: ENTRY_LIMIT });
    }
    let mut left = limit.checked_sub(2 * TAR_BLOCK).ok_or(ArchiveError::TooLarge { limit })?;
    let mut take = |bytes: u64| -> Result<(), ArchiveError> {
        left = left.checked_sub(bytes).ok_or(ArchiveError::TooLarge { limit })?;
        Ok(())
    };
    let mut entries = Vec::new();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).map_err(malformed)?;
        let path = clean_name(&file.name().map_err(malformed)?)?;
        if path.is_empty() {
            continue;
        }
        take(TAR_BLOCK)?;
        let mode = file.unix_mode().unwrap_or(if file.is_dir() { 0o755 } else { 0o644 }) & 0o777;
        if file.is_dir() {
            entries.push(Entry { path, kind: Kind::Directory, mode, data: Vec::new() });
            continue;
        }
        let mut data = Vec::new();
        file.by_ref()
            .take(limit.saturating_add(1))
            .read_to_end(&mut data)
            .map_err(|error| ArchiveError::Malformed(error.to_string()))?;
        take((data.len() as u64).next_multiple_of(TAR_BLOCK))?;
        let kind = if file.is_symlink() { Kind::Symlink } else { Kind::File };
        entries.push(Entry { path, kind, mode, data });
    }
    write_tar(&entries)
}

/// Converts a tar to a zip (deflate).
pub fn tar_to_zip(bytes: &[u8], limit: u64) -> Result<Vec<u8>, ArchiveError> {
    let failed = |error: zip::result::ZipError| ArchiveError::Malformed(error.to_string());
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for entry in read_tar(bytes, limit)? {
        let options = SimpleFileOptions::default().unix_permissions(entry.mode);
        match entry.kind {
            Kind::Directory => writer.add_directory(entry.path, options).map_err(failed)?,
            Kind::File => {
                writer.start_file(entry.path, options).map_err(failed)?;
                writer.write_all(&entry.data).map_err(|error| ArchiveError::Malformed(error.to_string()))?;
            }
            Kind::Symlink => {
                let target = String::from_utf8_lossy(&entry.data).into_owned();
                writer.add_symlink(entry.path, target, options).map_err(failed)?;
            }
            Kind::Other => {}
        }
    }
    Ok(writer.finish().map_err(failed)?.into_inner())
}

/// Reads one member of a zip; `None` if there is none of that name. `limit` bounds its size.
pub fn zip_member(bytes: &[u8], name: &str, limit: u64) -> Result<Option<Vec<u8>>, ArchiveError> {
    let malformed = |error: zip::result::ZipError| ArchiveError::Malformed(error.to_string());
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(malformed)?;
    let file = match archive.by_name(name) {
        Ok(file) => file,
        Err(zip::result::ZipError::FileNotFound) => return Ok(None),
        Err(error) => return Err(malformed(error)),
    };
    let mut data = Vec::new();
    file.take(limit.saturating_add(1))
        .read_to_end(&mut data)
        .map_err(|error| ArchiveError::Malformed(error.to_string()))?;
    if data.len() as u64 > limit {
        return Err(ArchiveError::TooLarge { limit });
    }
    Ok(Some(data))
}
