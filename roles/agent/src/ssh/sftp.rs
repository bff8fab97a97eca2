//! The built-in SFTP server, version 3 (draft-ietf-secsh-filexfer-02), on the agent's own files.
//!
//! File calls are made in place: each moves at most one packet (≤ 256 KiB) to or from the page cache, which is
//! cheaper than handing it to another thread.

use std::collections::HashMap;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use russh_sftp::protocol::{
    Attrs, Data, File as Entry, FileAttributes, Handle, Name, OpenFlags, Packet, Status, StatusCode, Version,
};
use russh_sftp::server::{Handler, StatusReply};

/// The most bytes that one read answers with.
const MAX_READ: u32 = 256 * 1024;
/// The most open files and directories of one client.
const MAX_HANDLES: usize = 512;
/// Entries per answer to a directory read.
const ENTRIES: usize = 100;

enum Open {
    File { file: File, append: bool },
    Dir(fs::ReadDir),
}

/// One SFTP session; relative paths start at the session's working directory.
pub struct Sftp {
    root: PathBuf,
    open: HashMap<String, Open>,
    next: u64,
}

impl Sftp {
    /// A session whose relative paths start at `root`.
    pub fn new(root: PathBuf) -> Self {
        Self { root, open: HashMap::new(), next: 0 }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    fn insert(&mut self, open: Open) -> Result<String, StatusReply> {
        if self.open.len() >= MAX_HANDLES {
            return Err(StatusReply::new(StatusCode::Failure).with_message("too many open files"));
        }
        self.next += 1;
        let handle = self.next.to_string();
        self.open.insert(handle.clone(), open);
        Ok(handle)
    }

    fn file(&self, handle: &str) -> Result<(&File, bool), StatusReply> {
        match self.open.get(handle) {
            Some(Open::File { file, append }) => Ok((file, *append)),
            _ => Err(StatusReply::new(StatusCode::Failure).with_message("no such handle")),
        }
    }
}

impl Handler for Sftp {
    type Error = StatusReply;

    fn unimplemented(&self) -> StatusReply {
        StatusReply::new(StatusCode::OpUnsupported)
    }

    async fn init(&mut self, _version: u32, _: HashMap<String, String>) -> Result<Version, StatusReply> {
        let mut version = Version::new();
        version.extensions.insert("posix-rename@openssh.com".into(), "1".into());
        version.extensions.insert("fsync@openssh.com".into(), "1".into());
        Ok(version)
    }

    async fn open(
        &mut self,
        id: u32,
        name: String,
        flags: OpenFlags,
        attrs: FileAttributes,
    ) -> Result<Handle, StatusReply> {
        let append = flags.contains(OpenFlags::APPEND);
        let file = OpenOptions::new()
            .read(flags.contains(OpenFlags::READ) || !flags.intersects(OpenFlags::WRITE | OpenFlags::APPEND))
            .write(flags.contains(OpenFlags::WRITE) && !append)
            .append(append)
            .create(flags.contains(OpenFlags::CREATE))
            .create_new(flags.contains(OpenFlags::CREATE | OpenFlags::EXCLUDE))
            .truncate(flags.contains(OpenFlags::TRUNCATE) && !append)
            .mode(attrs.permissions.map_or(0o644, |mode| mode & 0o7777))
            .open(self.path(&name))
            .map_err(reply)?;
        Ok(Handle { id, handle: self.insert(Open::File { file, append })? })
    }

    async fn close(&mut self, id: u32, handle: String) -> Result<Status, StatusReply> {
        match self.open.remove(&handle) {
            Some(_) => Ok(ok(id)),
            None => Err(StatusReply::new(StatusCode::Failure).with_message("no such handle")),
        }
    }

    async fn read(&mut self, id: u32, handle: String, offset: u64, len: u32) -> Result<Data, StatusReply> {
        let (file, _) = self.file(&handle)?;
        let mut data = vec![0; len.min(MAX_READ) as usize];
        let n = file.read_at(&mut data, offset).map_err(reply)?;
        if n == 0 && len > 0 {
            return Err(StatusReply::new(StatusCode::Eof));
        }
        data.truncate(n);
        Ok(Data { id, data })
    }

    async fn write(&mut self, id: u32, handle: String, offset: u64, data: Vec<u8>) -> Result<Status, StatusReply> {
        let (mut file, append) = self.file(&handle)?;
        if append {
            io::Write::write_all(&mut file, &data).map_err(reply)?;
        } else {
            file.write_all_at(&data, offset).map_err(reply)?;
        }
        Ok(ok(id))
    }

    async fn lstat(&mut self, id: u32, path: String) -> Result<Attrs, StatusReply> {
        Ok(Attrs { id, attrs: attributes(&fs::symlink_metadata(self.path(&path)).map_err(reply)?) })
    }

    async fn stat(&mut self, id: u32, path: String) -> Result<Attrs, StatusReply> {
        Ok(Attrs { id, attrs: attributes(&fs::metadata(self.path(&path)).map_err(reply)?) })
    }

    async fn fstat(&mut self, id: u32, handle: String) -> Result<Attrs, StatusReply> {
        Ok(Attrs { id, attrs: attributes(&self.file(&handle)?.0.metadata().map_err(reply)?) })
    }

    async fn setstat(&mut self, id: u32, path: String, attrs: FileAttributes) -> Result<Status, StatusReply> {
        let path = self.path(&path);
        if let Some(size) = attrs.size {
            OpenOptions::new().write(true).open(&path).and_then(|file| file.set_len(size)).map_err(reply)?;
        }
        if let Some(mode) = attrs.permissions {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode & 0o7777)).map_err(reply)?;
        }
        if let (Some(uid), Some(gid)) = (attrs.uid, attrs.gid) {
            std::os::unix::fs::chown(&path, Some(uid), Some(gid)).map_err(reply)?;
        }
        if let (Some(atime), Some(mtime)) = (attrs.atime, attrs.mtime) {
            File::open(&path).and_then(|file| file.set_times(times(atime, mtime))).map_err(reply)?;
        }
        Ok(ok(id))
    }

    async fn fsetstat(&mut self, id: u32, handle: String, attrs: FileAttributes) -> Result<Status, StatusReply> {
        let (file, _) = self.file(&handle)?;
        if let Some(size) = attrs.size {
            file.set_len(size).map_err(reply)?;
        }
        if let Some(mode) = attrs.permissions {
            file.set_permissions(fs::Permissions::from_mode(mode & 0o7777)).map_err(reply)?;
        }
        if let (Some(uid), Some(gid)) = (attrs.uid, attrs.gid) {
            std::os::unix::fs::fchown(file, Some(uid), Some(gid)).map_err(reply)?;
        }
        if let (Some(atime), Some(mtime)) = (attrs.atime, attrs.mtime) {
            file.set_times(times(atime, mtime)).map_err(reply)?;
        }
        Ok(ok(id))
    }

    async fn opendir(&mut self, id: u32, path: String) -> Result<Handle, StatusReply> {
        let dir = fs::read_dir(self.path(&path)).map_err(reply)?;
        Ok(Handle { id, handle: self.insert(Open::Dir(dir))? })
    }

    async fn readdir(&mut self, id: u32, handle: String) -> Result<Name, StatusReply> {
        let Some(Open::Dir(dir)) = self.open.get_mut(&handle) else {
            return Err(StatusReply::new(StatusCode::Failure).with_message("no such handle"));
        };
        let mut files = Vec::new();
        for entry in dir.by_ref().take(ENTRIES) {
            let entry = entry.map_err(reply)?;
            // An entry that vanished since the directory was read is left out.
            if let Ok(metadata) = entry.metadata() {
                files.push(Entry::new(entry.file_name().to_string_lossy(), attributes(&metadata)));
            }
        }
        if files.is_empty() { Err(StatusReply::new(StatusCode::Eof)) } else { Ok(Name { id, files }) }
    }

    async fn remove(&mut self, id: u32, path: String) -> Result<Status, StatusReply> {
        fs::remove_file(self.path(&path)).map_err(reply)?;
        Ok(ok(id))
    }

    async fn mkdir(&mut self, id: u32, path: String, attrs: FileAttributes) -> Result<Status, StatusReply> {
        let path = self.path(&path);
        fs::create_dir(&path).map_err(reply)?;
        if let Some(mode) = attrs.permissions {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode & 0o7777)).map_err(reply)?;
        }
        Ok(ok(id))
    }

    async fn rmdir(&mut self, id: u32, path: String) -> Result<Status, StatusReply> {
        fs::remove_dir(self.path(&path)).map_err(reply)?;
        Ok(ok(id))
    }

    async fn realpath(&mut self, id: u32, path: String) -> Result<Name, StatusReply> {
        let path = self.path(&path);
        let path = fs::canonicalize(&path).unwrap_or_else(|_| lexical(&path));
        Ok(Name { id, files: vec![Entry::dummy(path.to_string_lossy())] })
    }

    async fn rename(&mut self, id: u32, from: String, to: String) -> Result<Status, StatusReply> {
        let to = self.path(&to);
        if to.symlink_metadata().is_ok() {
            return Err(StatusReply::new(StatusCode::Failure).with_message("the target exists"));
        }
        fs::rename(self.path(&from), to).map_err(reply)?;
        Ok(ok(id))
    }

    async fn readlink(&mut self, id: u32, path: String) -> Result<Name, StatusReply> {
        let target = fs::read_link(self.path(&path)).map_err(reply)?;
        Ok(Name { id, files: vec![Entry::dummy(target.to_string_lossy())] })
    }

    /// OpenSSH sends the two paths in the opposite order of the draft; every server follows it.
    async fn symlink(&mut self, id: u32, target: String, link: String) -> Result<Status, StatusReply> {
        std::os::unix::fs::symlink(target, self.path(&link)).map_err(reply)?;
        Ok(ok(id))
    }

    async fn extended(&mut self, id: u32, request: String, data: Vec<u8>) -> Result<Packet, StatusReply> {
        match request.as_str() {
            "posix-rename@openssh.com" => {
                let mut strings = strings(&data);
                let (Some(from), Some(to)) = (strings.next(), strings.next()) else {
                    return Err(StatusReply::new(StatusCode::BadMessage));
                };
                fs::rename(self.path(&from), self.path(&to)).map_err(reply)?;
            }
            "fsync@openssh.com" => {
                let handle = strings(&data).next().ok_or_else(|| StatusReply::new(StatusCode::BadMessage))?;
                self.file(&handle)?.0.sync_all().map_err(reply)?;
            }
            _ => return Err(self.unimplemented()),
        }
        Ok(Packet::Status(ok(id)))
    }
}

fn ok(id: u32) -> Status {
    Status { id, status_code: StatusCode::Ok, error_message: "Ok".into(), language_tag: "en-US".into() }
}

fn reply(error: io::Error) -> StatusReply {
    let code = match error.kind() {
        io::ErrorKind::NotFound => StatusCode::NoSuchFile,
        io::ErrorKind::PermissionDenied => StatusCode::PermissionDenied,
        io::ErrorKind::UnexpectedEof => StatusCode::Eof,
        _ => StatusCode::Failure,
    };
    StatusReply::new(code).with_message(error.to_string())
}

fn attributes(metadata: &Metadata) -> FileAttributes {
    let seconds = |at: i64| Some(u32::try_from(at).unwrap_or(0));
    FileAttributes {
        size: Some(metadata.len()),
        uid: Some(metadata.uid()),
        gid: Some(metadata.gid()),
        permissions: Some(metadata.mode()),
        atime: seconds(metadata.atime()),
        mtime: seconds(metadata.mtime()),
        user: None,
        group: None,
    }
}

fn times(atime: u32, mtime: u32) -> fs::FileTimes {
    let at = |seconds: u32| std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds.into());
    fs::FileTimes::new().set_accessed(at(atime)).set_modified(at(mtime))
}

/// Resolves `.` and `..` without asking the file system: for paths that do not exist yet.
fn lexical(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

/// The length-prefixed strings of an extended request; stops at the first that is cut.
fn strings(mut data: &[u8]) -> impl Iterator<Item = String> {
    std::iter::from_fn(move || {
        let (len, rest) = data.split_first_chunk::<4>()?;
        let len = u32::from_be_bytes(*len) as usize;
        let text = rest.get(..len)?;
        data = &rest[len..];
        Some(String::from_utf8_lossy(text).into_owned())
    })
}
