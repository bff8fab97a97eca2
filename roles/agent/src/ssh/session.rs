//! One session channel: collects the requests before the command starts, then runs a shell, a command or SFTP.

use std::sync::Arc;

use russh::server::{Handle, Msg};
use russh::{Channel, ChannelMsg};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_util::sync::{CancellationToken, DropGuard};
use uuid::Uuid;

use super::process::{self, PtyRequest};
use super::{SessionEvent, Shared, sftp};

/// Exit statuses of our own (agent.md §21.2).
pub const EXIT_INTERNAL: u32 = 229;
pub const EXIT_SIGNALLED: u32 = 255;
const EXIT_BLOCKED: u32 = 65;

/// The variable by which IDEs say what kind of session they open; it never reaches the process.
const APP_VARIABLE: &str = "CODER_SSH_SESSION_TYPE";
const HIDDEN_VARIABLES: &[&str] = &[APP_VARIABLE, "CODER_CONTAINER", "CODER_CONTAINER_USER"];
/// More variables than any client sends; what is over it is refused.
const MAX_VARIABLES: usize = 1024;

/// What the client asked for before the command.
#[derive(Default)]
pub struct Requests {
    pub env: Vec<(String, String)>,
    pub pty: Option<PtyRequest>,
    pub signals: Vec<russh::Sig>,
    pub agent_forward: bool,
    app: String,
}

enum Start {
    Command(String),
    Sftp,
}

/// A session channel and what it needs.
pub struct SessionTask {
    pub(super) shared: Arc<Shared>,
    pub(super) channel: Channel<Msg>,
    pub(super) handle: Handle,
    peer: String,
}

impl SessionTask {
    pub fn new(shared: Arc<Shared>, channel: Channel<Msg>, handle: Handle, peer: String) -> Self {
        Self { shared, channel, handle, peer }
    }

    /// Runs the session to its end; `connection` is cancelled when the client is gone.
    pub async fn run(mut self, connection: CancellationToken) {
        let id = self.channel.id();
        let handle = self.handle.clone();
        let mut requests = Requests::default();
        let Some(start) = self.collect(&mut requests, &connection).await else { return };

        let event_id = Uuid::new_v4();
        let app = app_name(&requests.app);
        let ip = self.peer.clone();
        let shared = self.shared.clone();
        (shared.events)(SessionEvent::Started { id: event_id, app: app.clone(), ip: ip.clone() });

        let (code, reason) = match start {
            _ if shared.limits.block_file_transfer && is_transfer(&start) => {
                let text = bytes::Bytes::from_static(b"\x02File transfer has been disabled.\n");
                let _ = handle.data(id, text).await;
                (Some(EXIT_BLOCKED), "file transfer blocked".to_owned())
            }
            Start::Sftp => self.sftp(&connection).await,
            Start::Command(line) => process::run(self, requests, line, connection).await,
        };
        if let Some(code) = code {
            let _ = handle.exit_status_request(id, code).await;
        }
        let _ = handle.eof(id).await;
        let _ = handle.close(id).await;
        let code = code.map_or(0, |code| i32::try_from(code).unwrap_or(-1));
        (shared.events)(SessionEvent::Ended { id: event_id, app, ip, code, reason });
    }

    async fn collect(&mut self, requests: &mut Requests, connection: &CancellationToken) -> Option<Start> {
        let id = self.channel.id();
        loop {
            let message = tokio::select! {
                () = connection.cancelled() => return None,
                () = self.shared.shutdown.cancelled() => {
                    let _ = self.handle.close(id).await;
                    return None;
                }
                message = self.channel.wait() => message?,
            };
            let accepted = match message {
                ChannelMsg::SetEnv { variable_name, variable_value, .. } => requests.set(variable_name, variable_value),
                ChannelMsg::RequestPty { term, col_width, row_height, terminal_modes, .. } => {
                    let first = requests.pty.is_none();
                    if first {
                        requests.pty = Some(PtyRequest::new(term, col_width, row_height, terminal_modes));
                    }
                    first
                }
                ChannelMsg::WindowChange { col_width, row_height, .. } => {
                    if let Some(pty) = &mut requests.pty {
                        pty.resize(col_width, row_height);
                    }
                    continue;
                }
                ChannelMsg::AgentForward { .. } => {
                    requests.agent_forward = true;
                    true
                }
                ChannelMsg::Signal { signal } => {
                    requests.signals.push(signal);
                    requests.signals.truncate(16);
                    continue;
                }
                ChannelMsg::RequestShell { .. } => {
                    let _ = self.handle.channel_success(id).await;
                    return Some(Start::Command(String::new()));
                }
                ChannelMsg::Exec { command, .. } => {
                    let _ = self.handle.channel_success(id).await;
                    return Some(Start::Command(String::from_utf8_lossy(&command).into_owned()));
                }
                ChannelMsg::RequestSubsystem { name, .. } if name == "sftp" => {
                    let _ = self.handle.channel_success(id).await;
                    return Some(Start::Sftp);
                }
                ChannelMsg::RequestSubsystem { .. } | ChannelMsg::RequestX11 { .. } => false,
                ChannelMsg::Close => return None,
                _ => continue,
            };
            let _ =
                if accepted { self.handle.channel_success(id).await } else { self.handle.channel_failure(id).await };
        }
    }

    async fn sftp(self, connection: &CancellationToken) -> (Option<u32>, String) {
        let Some(workspace) = self.shared.workspace.borrow().clone() else {
            return (Some(EXIT_INTERNAL), "no manifest yet".into());
        };
        let root = workspace.working_dir(&self.shared.user);
        let ended = CancellationToken::new();
        let stream = Watched { inner: self.channel.into_stream(), _ended: ended.clone().drop_guard() };
        russh_sftp::server::run(stream, sftp::Sftp::new(root)).await;
        tokio::select! {
            () = ended.cancelled() => (Some(0), String::new()),
            () = connection.cancelled() => (None, String::new()),
            () = self.shared.shutdown.cancelled() => (None, "workspace_stopped".into()),
        }
    }
}

impl Requests {
    fn set(&mut self, name: String, value: String) -> bool {
        if name == APP_VARIABLE {
            self.app.clone_from(&value);
        }
        if self.env.len() >= MAX_VARIABLES {
            return false;
        }
        if !HIDDEN_VARIABLES.contains(&name.as_str()) {
            self.env.push((name, value));
        }
        true
    }
}

fn is_transfer(start: &Start) -> bool {
    match start {
        Start::Sftp => true,
        Start::Command(line) => {
            let word = line.split_whitespace().next().unwrap_or_default();
            matches!(word.rsplit('/').next(), Some("nc" | "rsync" | "scp" | "sftp"))
        }
    }
}

/// The name of the kind of session: lower case, at most 64 characters (agent.md §18.2).
fn app_name(given: &str) -> String {
    let name: String =
        given.replace('\0', "").trim().chars().take(64).collect::<String>().to_lowercase().replace('-', "_");
    match (given.is_empty(), name.is_empty()) {
        (true, _) => "ssh".into(),
        (false, true) => "unknown".into(),
        _ => name,
    }
}

/// Tells when the SFTP server is done with its stream.
struct Watched<S> {
    inner: S,
    _ended: DropGuard,
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::pin::Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
        buf: &[u8],
    ) -> std::task::Poll<std::io::Result<usize>> {
        std::pin::Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_flush(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::pin::Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::pin::Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
