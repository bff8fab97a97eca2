//! The programs under `/bin`: an operator's own files in the data directory come first, then the program that lies beside
//! the server's. Each is hashed once and again when it changes; compressed copies are kept in the cache directory.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use parking_lot::Mutex;
use sha1::{Digest, Sha1};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Name of the program for workspaces and laptops, beside the server's.
const SLIM: &str = "warren-slim";
/// Where another one is.
const SLIM_VARIABLE: &str = "WARREN_SLIM_BINARY";

/// A program as it lies on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Binary {
    pub(crate) path: PathBuf,
    pub(crate) length: u64,
    /// Hexadecimal.
    pub(crate) sha1: String,
    modified: Option<SystemTime>,
}

/// Finds programs.
pub(crate) struct Binaries {
    /// Files of the operator.
    directory: PathBuf,
    /// Compressed copies.
    cache: PathBuf,
    /// The program for this machine's kind.
    own: Option<(String, PathBuf)>,
    known: Mutex<HashMap<PathBuf, Binary>>,
    /// Copies that are being compressed.
    compressing: Mutex<Vec<String>>,
    tasks: TaskTracker,
    shutdown: CancellationToken,
}

impl Binaries {
    /// Looks for the program beside the server's.
    pub(crate) fn new(data_dir: &Path, cache_dir: &Path, tasks: TaskTracker, shutdown: CancellationToken) -> Self {
        let own = slim().and_then(|path| Some((own_name()?, path)));
        match &own {
            Some((name, path)) => tracing::debug!(name, path = %path.display(), "program for workspaces"),
            None => tracing::warn!("no {SLIM} beside the server's program: workspaces cannot download their agent"),
        }
        Self {
            directory: data_dir.join("bin"),
            cache: cache_dir.join("bin"),
            own,
            known: Mutex::default(),
            compressing: Mutex::default(),
            tasks,
            shutdown,
        }
    }

    /// The program of this name.
    pub(crate) async fn find(&self, name: &str) -> io::Result<Option<Binary>> {
        let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'));
        if !plain || name.starts_with('.') || !name.starts_with("coder-") {
            return Ok(None);
        }
        let operators = self.directory.join(name);
        if tokio::fs::metadata(&operators).await.is_ok_and(|found| found.is_file()) {
            return self.hashed(operators).await.map(Some);
        }
        match &self.own {
            Some((own, path)) if own == name => self.hashed(path.clone()).await.map(Some),
            _ => Ok(None),
        }
    }

    async fn hashed(&self, path: PathBuf) -> io::Result<Binary> {
        let found = tokio::fs::metadata(&path).await?;
        let (length, modified) = (found.len(), found.modified().ok());
        if let Some(known) = self.known.lock().get(&path)
            && (known.length, known.modified) == (length, modified)
        {
            return Ok(known.clone());
        }
        let file = path.clone();
        let sha1 = tokio::task::spawn_blocking(move || sha1(&file)).await.map_err(io::Error::other)??;
        let binary = Binary { path: path.clone(), length, sha1, modified };
        self.known.lock().insert(path, binary.clone());
        Ok(binary)
    }

    /// The compressed copy and its length. The first caller gets none and causes it to be made.
    pub(crate) async fn gzipped(self: &Arc<Self>, binary: &Binary) -> Option<(PathBuf, u64)> {
        let path = self.cache.join(format!("{}.gz", binary.sha1));
        if let Ok(found) = tokio::fs::metadata(&path).await {
            return Some((path, found.len()));
        }
        {
            let mut compressing = self.compressing.lock();
            if compressing.contains(&binary.sha1) {
                return None;
            }
            compressing.push(binary.sha1.clone());
        }
        let (binaries, binary) = (self.clone(), binary.clone());
        self.tasks.spawn_blocking(move || {
            if let Err(error) = compress(&binary.path, &path, &binaries.shutdown)
                && !binaries.shutdown.is_cancelled()
            {
                tracing::warn!(%error, path = %binary.path.display(), "cannot compress a program");
            }
            binaries.compressing.lock().retain(|sha1| *sha1 != binary.sha1);
        });
        None
    }
}

fn slim() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os(SLIM_VARIABLE).filter(|path| !path.is_empty()) {
        return Some(path.into());
    }
    let path = std::env::current_exe().ok()?.with_file_name(SLIM);
    path.is_file().then_some(path)
}

/// The name under which clients of this machine's kind ask.
fn own_name() -> Option<String> {
    let os = match std::env::consts::OS {
        "linux" => "linux",
        "macos" => "darwin",
        _ => return None,
    };
    let arch = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "arm" => "armv7",
        _ => return None,
    };
    Some(format!("coder-{os}-{arch}"))
}

fn sha1(path: &Path) -> io::Result<String> {
    let mut file = std::fs::File::open(path)?;
    let mut hash = Sha1::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match io::Read::read(&mut file, &mut buffer)? {
            0 => return Ok(hex::encode(hash.finalize())),
            read => hash.update(&buffer[..read]),
        }
    }
}

/// Whole or not at all: written beside, then renamed.
/// A file that ends with an error when the server stops: nobody waits for what may take minutes.
struct UntilShutdown<'a>(std::fs::File, &'a CancellationToken);

impl io::Read for UntilShutdown<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.1.is_cancelled() {
            return Err(io::Error::other("the server stops"));
        }
        self.0.read(buffer)
    }
}

fn compress(from: &Path, to: &Path, shutdown: &CancellationToken) -> io::Result<()> {
    if let Some(directory) = to.parent() {
        std::fs::create_dir_all(directory)?;
    }
    let beside = to.with_extension(format!("{}.part", std::process::id()));
    let written = (|| {
        // Unoptimized builds are ten times as large and compress ten times as slowly.
        let level = flate2::Compression::new(if cfg!(debug_assertions) { 1 } else { 6 });
        let mut encoder = flate2::write::GzEncoder::new(std::fs::File::create(&beside)?, level);
        io::copy(&mut UntilShutdown(std::fs::File::open(from)?, shutdown), &mut encoder)?;
        encoder.finish()?.sync_all()?;
        std::fs::rename(&beside, to)
    })();
    if written.is_err() {
        // What is left over is of no use.
        let _ = std::fs::remove_file(&beside);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn operators_files_are_found_and_hashed_again_when_they_change() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("bin")).unwrap();
        let binaries = Arc::new(Binaries::new(
            dir.path(),
            &dir.path().join("cache"),
            TaskTracker::new(),
            CancellationToken::new(),
        ));
        let path = dir.path().join("bin/coder-windows-amd64.exe");
        assert_eq!(binaries.find("coder-windows-amd64.exe").await.unwrap(), None);
        std::fs::write(&path, "abc").unwrap();
        let found = binaries.find("coder-windows-amd64.exe").await.unwrap().unwrap();
        assert_eq!((found.length, found.sha1.as_str()), (3, "a9993e364706816aba3e25717850c26c9cd0d89d"));
        std::fs::write(&path, "abcd").unwrap();
        assert_ne!(binaries.find("coder-windows-amd64.exe").await.unwrap().unwrap().sha1, found.sha1);
        for name in ["../bin/coder-x", "coder-/x", "other", ".coder-x", "coder-foo"] {
            assert_eq!(binaries.find(name).await.unwrap(), None, "{name}");
        }
    }

    #[tokio::test]
    async fn compressed_copy_is_there_for_the_second_caller() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("bin")).unwrap();
        std::fs::write(dir.path().join("bin/coder-x"), vec![7; 100_000]).unwrap();
        let tasks = TaskTracker::new();
        let binaries =
            Arc::new(Binaries::new(dir.path(), &dir.path().join("cache"), tasks.clone(), CancellationToken::new()));
        let binary = binaries.find("coder-x").await.unwrap().unwrap();
        assert_eq!(binaries.gzipped(&binary).await, None);
        tasks.close();
        tasks.wait().await;
        let (path, length) = binaries.gzipped(&binary).await.unwrap();
        assert!(length < 10_000);
        let mut text = Vec::new();
        io::Read::read_to_end(&mut flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap()), &mut text)
            .unwrap();
        assert_eq!(text, vec![7; 100_000]);
    }
}
