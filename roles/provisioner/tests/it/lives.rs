//! A named pipe that every process of a script holds: it ends when the last of them has ended.

use std::path::PathBuf;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe;

/// Lives of processes that a test does not know.
pub struct Lives {
    path: PathBuf,
    receiver: pipe::Receiver,
}

impl Lives {
    /// Below `dir`.
    pub fn new(dir: &std::path::Path) -> Self {
        let path = dir.join("lives");
        nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
        // Also a writer, so that it does not end before the first one comes.
        let receiver = pipe::OpenOptions::new().read_write(true).open_receiver(&path).unwrap();
        Self { path, receiver }
    }

    /// Where it is.
    #[allow(dead_code, reason = "this file belongs to two test programs")]
    pub fn path(&self) -> &std::path::Path {
        &self.path
    }

    /// Lets a shell and whatever it starts hold the pipe as descriptor 7.
    pub fn hold(&self, script: &str) -> String {
        format!("exec 7>'{}'; {script}", self.path.display())
    }

    /// Waits until somebody has written so many bytes.
    pub async fn written(&mut self, bytes: usize) {
        let mut all = vec![0; bytes];
        tokio::time::timeout(Duration::from_secs(120), self.receiver.read_exact(&mut all))
            .await
            .expect("it starts")
            .unwrap();
    }

    /// Waits until nobody holds it any more. To be called while somebody does.
    pub async fn ended(self) {
        let mut end = pipe::OpenOptions::new().open_receiver(&self.path).unwrap();
        drop(self.receiver);
        let mut rest = Vec::new();
        tokio::time::timeout(Duration::from_secs(60), end.read_to_end(&mut rest)).await.expect("all end").unwrap();
    }

    /// Whether somebody still holds it.
    #[allow(dead_code, reason = "this file belongs to two test programs")]
    pub fn held(&self) -> bool {
        std::fs::read_dir("/proc").unwrap().flatten().any(|process| {
            let files = std::fs::read_dir(process.path().join("fd")).into_iter().flatten().flatten();
            process.file_name().to_string_lossy().parse::<u32>().is_ok_and(|pid| pid != std::process::id())
                && files.filter_map(|file| std::fs::read_link(file.path()).ok()).any(|target| target == self.path)
        })
    }
}
