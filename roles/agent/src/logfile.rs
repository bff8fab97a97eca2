//! The agent's log file: bounded, with a few predecessors.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use parking_lot::Mutex;

/// The name of the log in use; predecessors have a number behind it.
pub const NAME: &str = "coder-agent.log";
/// A log that is longer is set aside, bytes.
const LIMIT: u64 = 5 << 20;
/// Logs that are kept beside the one in use.
const KEPT: u32 = 3;

/// Writes to the log; what cannot be written is lost.
pub struct LogFile {
    dir: PathBuf,
    open: Mutex<Open>,
}

struct Open {
    file: File,
    length: u64,
}

impl LogFile {
    /// Opens the log of a directory for appending.
    ///
    /// # Errors
    /// It cannot be created.
    pub fn open(dir: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(dir)?;
        let open = Mutex::new(open(dir)?);
        Ok(Self { dir: dir.to_owned(), open })
    }

    fn append(&self, bytes: &[u8]) -> io::Result<usize> {
        let mut current = self.open.lock();
        if current.length >= LIMIT {
            for number in (1..KEPT).rev() {
                let _ = std::fs::rename(numbered(&self.dir, number), numbered(&self.dir, number + 1));
            }
            std::fs::rename(self.dir.join(NAME), numbered(&self.dir, 1))?;
            *current = open(&self.dir)?;
        }
        current.file.write_all(bytes)?;
        current.length += bytes.len() as u64;
        Ok(bytes.len())
    }
}

fn open(dir: &Path) -> io::Result<Open> {
    let mut options = File::options();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(dir.join(NAME))?;
    let length = file.metadata()?.len();
    Ok(Open { file, length })
}

fn numbered(dir: &Path, number: u32) -> PathBuf {
    dir.join(format!("{NAME}.{number}"))
}

impl Write for &LogFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.append(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The log and its predecessors that were written to since a time, oldest first.
pub fn written_since(dir: &Path, since: SystemTime) -> Vec<(PathBuf, SystemTime)> {
    let all = (1..=KEPT).rev().map(|number| numbered(dir, number)).chain([dir.join(NAME)]);
    all.filter_map(|path| {
        let at = std::fs::metadata(&path).ok()?.modified().ok()?;
        (at >= since).then_some((path, at))
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_log_is_set_aside_and_few_are_kept() {
        let dir = tempfile::tempdir().expect("temp dir");
        let log = LogFile::open(dir.path()).expect("open");
        let half = vec![b'x'; LIMIT as usize / 2];
        for _ in 0..12 {
            (&log).write_all(&half).expect("write");
        }
        let found = written_since(dir.path(), SystemTime::UNIX_EPOCH);
        assert_eq!(found.len(), 1 + KEPT as usize);
        assert!(found.iter().all(|(path, _)| std::fs::metadata(path).expect("a file").len() <= LIMIT + LIMIT / 2));
        assert_eq!(std::fs::read_dir(dir.path()).expect("dir").count(), found.len());
    }

    #[test]
    fn a_log_goes_on_where_the_last_process_ended() {
        let dir = tempfile::tempdir().expect("temp dir");
        for text in ["one ", "two"] {
            (&LogFile::open(dir.path()).expect("open")).write_all(text.as_bytes()).expect("write");
        }
        assert_eq!(std::fs::read_to_string(dir.path().join(NAME)).expect("read"), "one two");
    }
}
