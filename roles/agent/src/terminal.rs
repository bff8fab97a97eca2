//! Reconnecting terminals (agent.md §22): a terminal outlives the connection that shows it, and what it printed
//! last is replayed to whoever attaches.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf as _, Bytes, BytesMut};
use parking_lot::Mutex;
use pty_process::{OwnedWritePty, Size};
use serde::Deserialize;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::{broadcast, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::environment::{Paths, WorkspaceWatch};
use crate::user::User;

/// Output that is replayed at attach.
const RING: usize = 64 * 1024;
/// Output chunks that a slow viewer may lag behind before it skips.
const VIEWER_QUEUE: usize = 256;
/// Input that waits for the terminal.
const INPUT_QUEUE: usize = 32;
/// How long a terminal lives without a viewer.
const KEEP: Duration = Duration::from_secs(5 * 60);
/// Terminals of one agent.
const MAX_TERMINALS: usize = 256;
/// One message of a viewer.
const MAX_MESSAGE: usize = 1 << 20;

/// The first message of a connection.
#[derive(Debug, Deserialize)]
struct Init {
    #[serde(alias = "ID")]
    id: Uuid,
    #[serde(alias = "Height", default)]
    height: u16,
    #[serde(alias = "Width", default)]
    width: u16,
    #[serde(alias = "Command", default)]
    command: String,
}

/// What a viewer sends.
#[derive(Debug, Deserialize)]
struct Request {
    #[serde(default)]
    data: String,
    #[serde(default)]
    height: u16,
    #[serde(default)]
    width: u16,
}

enum Input {
    Data(String),
    Resize(Size),
}

struct Ring {
    kept: BytesMut,
    live: broadcast::Sender<Bytes>,
}

struct Terminal {
    ring: Mutex<Ring>,
    input: mpsc::Sender<Input>,
    ended: CancellationToken,
    /// One count for each viewer.
    viewers: tokio::sync::watch::Sender<usize>,
}

/// All terminals of this agent.
pub struct Terminals {
    user: User,
    paths: Paths,
    workspace: WorkspaceWatch,
    open: Mutex<HashMap<Uuid, Arc<Terminal>>>,
    shutdown: CancellationToken,
    tasks: TaskTracker,
}

impl Terminals {
    pub fn new(
        user: User,
        paths: Paths,
        workspace: WorkspaceWatch,
        (shutdown, tasks): (CancellationToken, TaskTracker),
    ) -> Arc<Self> {
        Arc::new(Self { user, paths, workspace, open: Mutex::default(), shutdown, tasks })
    }

    /// The number of open terminals.
    pub fn count(&self) -> usize {
        self.open.lock().len()
    }

    /// Serves one connection: a length, the first message, then JSON in and raw output out.
    pub async fn serve(self: Arc<Self>, mut stream: impl AsyncRead + AsyncWrite + Unpin) -> std::io::Result<()> {
        let len = stream.read_u16_le().await?;
        let mut init = vec![0; len.into()];
        stream.read_exact(&mut init).await?;
        let init: Init = serde_json::from_slice(&init)?;
        let terminal = self.attach(&init)?;
        terminal.viewers.send_modify(|n| *n += 1);
        let shown = terminal.show(stream).await;
        terminal.viewers.send_modify(|n| *n -= 1);
        shown
    }

    fn attach(self: &Arc<Self>, init: &Init) -> std::io::Result<Arc<Terminal>> {
        let mut open = self.open.lock();
        let terminal = match open.get(&init.id) {
            Some(terminal) => terminal.clone(),
            None if open.len() >= MAX_TERMINALS => return Err(std::io::Error::other("too many terminals")),
            None => {
                let terminal = self.start(init)?;
                open.insert(init.id, terminal.clone());
                terminal
            }
        };
        if init.height > 0 && init.width > 0 {
            let _ = terminal.input.try_send(Input::Resize(Size::new(init.height, init.width)));
        }
        Ok(terminal)
    }

    fn start(self: &Arc<Self>, init: &Init) -> std::io::Result<Arc<Terminal>> {
        let workspace = self.workspace.borrow().clone().ok_or_else(|| std::io::Error::other("no manifest yet"))?;
        let (pty, pts) = pty_process::open().map_err(std::io::Error::other)?;
        if init.height > 0 && init.width > 0 {
            pty.resize(Size::new(init.height, init.width)).map_err(std::io::Error::other)?;
        }
        let mut env = workspace.environment(&self.user, &self.paths, &[]);
        env.insert("TERM".into(), "xterm-256color".into());
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| env.get(*name).filter(|v| !v.is_empty()));
        if !locale.is_some_and(|l| l.to_lowercase().contains("utf")) && env.get("LC_ALL").is_none_or(String::is_empty) {
            env.insert("LC_CTYPE".into(), "C.UTF-8".into());
        }
        let words = self.user.command(&init.command);
        let (program, args) = words.split_first().ok_or(std::io::ErrorKind::InvalidInput)?;
        let mut child = pty_process::Command::new(program)
            .args(args)
            .env_clear()
            .envs(env)
            .current_dir(workspace.working_dir(&self.user))
            .spawn(pts)
            .map_err(std::io::Error::other)?;
        let group = crate::process::Group::of(&child);

        let (mut output, input) = pty.into_split();
        let (queue, waiting) = mpsc::channel(INPUT_QUEUE);
        let (viewers, watch) = tokio::sync::watch::channel(0);
        let ended = CancellationToken::new();
        let (live, _) = broadcast::channel(VIEWER_QUEUE);
        let ring = Mutex::new(Ring { kept: BytesMut::new(), live });
        let terminal = Arc::new(Terminal { ring, input: queue, ended: ended.clone(), viewers });

        let (this, id, task) = (self.clone(), init.id, terminal.clone());
        self.tasks.spawn(async move {
            let copy = async {
                let mut buffer = BytesMut::with_capacity(4096);
                while let Ok(1..) = output.read_buf(&mut buffer).await {
                    task.print(buffer.split().freeze());
                    buffer.reserve(4096);
                }
            };
            let write = write_input(waiting, input);
            tokio::select! {
                // The output ends (EIO) when the last process of the terminal is gone.
                () = copy => {}
                () = async { write.await; std::future::pending().await } => {}
                () = abandoned(watch) => {}
                () = this.shutdown.cancelled() => {}
            }
            this.open.lock().remove(&id);
            ended.cancel();
            group.signal(nix::sys::signal::Signal::SIGHUP);
            let gone = tokio::time::timeout(Duration::from_secs(1), child.wait()).await;
            if gone.is_ok() {
                group.release();
            }
        });
        Ok(terminal)
    }
}

impl Terminal {
    fn print(&self, data: Bytes) {
        let mut ring = self.ring.lock();
        ring.kept.extend_from_slice(&data);
        if ring.kept.len() > RING {
            let over = ring.kept.len() - RING;
            ring.kept.advance(over);
        }
        let _ = ring.live.send(data);
    }

    /// Replays, then follows; ends when the terminal or the viewer does.
    async fn show(&self, stream: impl AsyncRead + AsyncWrite + Unpin) -> std::io::Result<()> {
        let (mut read, mut write) = tokio::io::split(stream);
        let (replay, mut live) = {
            let ring = self.ring.lock();
            (Bytes::copy_from_slice(&ring.kept), ring.live.subscribe())
        };
        let output = async {
            write.write_all(&replay).await?;
            loop {
                tokio::select! {
                    biased;
                    chunk = live.recv() => match chunk {
                        Ok(data) => write.write_all(&data).await?,
                        // A viewer that is too slow loses the middle, not the terminal.
                        Err(broadcast::error::RecvError::Lagged(_)) => {}
                        Err(broadcast::error::RecvError::Closed) => return Ok(()),
                    },
                    () = self.ended.cancelled() => {
                        write.shutdown().await?;
                        return Ok(());
                    }
                }
            }
        };
        let input = async {
            let mut buffer = BytesMut::new();
            while read.read_buf(&mut buffer).await? > 0 {
                self.take_requests(&mut buffer).await?;
                if buffer.len() > MAX_MESSAGE {
                    return Err(std::io::Error::other("a terminal message is too long"));
                }
            }
            Ok(())
        };
        tokio::select! {
            ended = output => ended,
            ended = input => ended,
        }
    }

    /// Takes the complete JSON values out of the buffer.
    async fn take_requests(&self, buffer: &mut BytesMut) -> std::io::Result<()> {
        let mut values = serde_json::Deserializer::from_slice(buffer).into_iter::<Request>();
        let mut requests = Vec::new();
        let mut used = 0;
        for value in values.by_ref() {
            match value {
                Ok(request) => requests.push(request),
                Err(error) if error.is_eof() => break,
                Err(error) => return Err(error.into()),
            }
        }
        used += values.byte_offset();
        buffer.advance(used);
        for request in requests {
            if request.height > 0 && request.width > 0 {
                let _ = self.input.send(Input::Resize(Size::new(request.height, request.width))).await;
            }
            if !request.data.is_empty() {
                let _ = self.input.send(Input::Data(request.data)).await;
            }
        }
        Ok(())
    }
}

async fn write_input(mut waiting: mpsc::Receiver<Input>, mut pty: OwnedWritePty) {
    while let Some(input) = waiting.recv().await {
        match input {
            Input::Data(data) => {
                if pty.write_all(data.as_bytes()).await.is_err() {
                    return;
                }
            }
            Input::Resize(size) => {
                let _ = pty.resize(size);
            }
        }
    }
}

/// Ends when nobody has looked for [`KEEP`].
async fn abandoned(mut viewers: tokio::sync::watch::Receiver<usize>) {
    loop {
        let none = *viewers.borrow_and_update() == 0;
        if none && tokio::time::timeout(KEEP, viewers.changed()).await.is_err() {
            return;
        }
        if !none && viewers.changed().await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests;
