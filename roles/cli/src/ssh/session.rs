//! The native SSH client: one session in the tunnel, with a terminal or with plain pipes.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use russh::client::{Config, Handle};
use russh::{ChannelMsg, ChannelReadHalf, ChannelWriteHalf, Disconnect, cipher, kex};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_util::task::TaskTracker;

use crate::ssh::forward::{Incoming, RemoteForward};
use crate::ssh::standard;
use crate::ssh::terminal::{RawTerminal, Resizes, size};

/// Bytes in flight per channel: enough for a fast link with a long way.
const WINDOW_BYTES: u32 = 8 << 20;
const INPUT_BYTES: usize = 64 << 10;
/// The size of a terminal that nobody looks at.
const BLIND_SIZE: (u32, u32) = (128, 128);

/// What to run and how.
#[derive(Debug, Default)]
pub struct Options {
    /// A shell without one.
    pub command: Option<String>,
    /// A terminal for the command too.
    pub tty: bool,
    pub env: Vec<(String, String)>,
    /// Socket of the local authentication agent to pass on.
    pub agent_socket: Option<PathBuf>,
    pub forwards: Vec<RemoteForward>,
}

/// How a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Status(u32),
    /// The connection went away without a status.
    Lost,
}

/// Where a session's input comes from and its output goes.
pub struct Ends<I, O, E> {
    pub input: I,
    pub output: O,
    pub error: E,
}

/// The standard streams of this process.
pub fn standard_ends() -> Ends<impl AsyncRead + Unpin, impl AsyncWrite + Unpin, impl FnMut(&[u8]) -> std::io::Result<()>>
{
    Ends { input: standard::input(), output: standard::output(), error: standard::write_error }
}

/// Runs a session over a connection to the agent's SSH server.
pub async fn run<S, I, O, E>(stream: S, options: Options, ends: Ends<I, O, E>) -> Result<End>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    I: AsyncRead + Unpin,
    O: AsyncWrite + Unpin,
    E: FnMut(&[u8]) -> std::io::Result<()>,
{
    let tasks = TaskTracker::new();
    let incoming = Incoming {
        forwards: options.forwards.clone(),
        agent_socket: options.agent_socket.clone(),
        tasks: tasks.clone(),
    };
    let handle = russh::client::connect_stream(config(), stream, incoming).await.context("ssh handshake")?;
    let mut handle = handle;
    if !handle.authenticate_none("").await.context("ssh authentication")?.success() {
        bail!("the agent refused the session");
    }
    request_forwards(&handle, &options.forwards).await?;
    let channel = handle.channel_open_session().await.context("open a session")?;
    if options.agent_socket.is_some() {
        channel.agent_forward(false).await.context("request agent forwarding")?;
    }
    for (name, value) in &options.env {
        channel.set_env(false, name.as_str(), value.as_str()).await.with_context(|| format!("set {name}"))?;
    }
    let wants_terminal = options.command.is_none() || options.tty;
    let raw = if wants_terminal {
        let (columns, rows) = size().unwrap_or(BLIND_SIZE);
        channel.request_pty(false, "xterm-256color", columns, rows, 0, 0, &[]).await.context("request a terminal")?;
        Some(RawTerminal::enter()?)
    } else {
        None
    };
    match &options.command {
        Some(command) => channel.exec(true, command.as_bytes()).await.context("run command")?,
        None => channel.request_shell(true).await.context("start the shell")?,
    }
    let (reader, writer) = channel.split();
    let end = tokio::select! {
        end = receive(reader, ends.output, ends.error) => end,
        error = send(&writer, ends.input) => Err(error),
        never = resize(&writer, wants_terminal) => never,
    };
    drop(raw);
    let _ = handle.disconnect(Disconnect::ByApplication, "", "").await;
    tasks.close();
    end
}

fn config() -> Arc<Config> {
    let mut config = Config { window_size: WINDOW_BYTES, channel_buffer_size: 1024, ..Config::default() };
    // The tunnel encrypts already: take what the processor does fastest.
    config.preferred.cipher =
        Cow::Borrowed(&[cipher::AES_128_GCM, cipher::CHACHA20_POLY1305, cipher::AES_256_GCM, cipher::AES_256_CTR]);
    config.preferred.kex = Cow::Borrowed(&[
        kex::CURVE25519,
        kex::CURVE25519_PRE_RFC_8731,
        kex::ECDH_SHA2_NISTP256,
        kex::EXTENSION_SUPPORT_AS_CLIENT,
        kex::EXTENSION_OPENSSH_STRICT_KEX_AS_CLIENT,
    ]);
    config.preferred.compression = Cow::Borrowed(&[russh::compression::NONE]);
    Arc::new(config)
}

async fn request_forwards(handle: &Handle<Incoming>, forwards: &[RemoteForward]) -> Result<()> {
    for forward in forwards {
        match forward {
            RemoteForward::Port { remote, .. } => {
                handle
                    .tcpip_forward("127.0.0.1", u32::from(*remote))
                    .await
                    .with_context(|| format!("listen on port {remote} of the workspace"))?;
            }
            RemoteForward::Socket { remote, .. } => {
                handle
                    .streamlocal_forward(remote.as_str())
                    .await
                    .with_context(|| format!("listen on {remote} of the workspace"))?;
            }
        }
    }
    Ok(())
}

/// Writes what comes to standard output and error until the channel ends.
async fn receive(
    mut channel: ChannelReadHalf,
    mut output: impl AsyncWrite + Unpin,
    mut error: impl FnMut(&[u8]) -> std::io::Result<()>,
) -> Result<End> {
    let mut status = None;
    while let Some(message) = channel.wait().await {
        match message {
            ChannelMsg::Data { data } => {
                output.write_all(&data).await.context("write to standard output")?;
            }
            ChannelMsg::ExtendedData { data, ext: 1 } => {
                error(&data)?;
            }
            ChannelMsg::ExitStatus { exit_status } => status = Some(exit_status),
            ChannelMsg::ExitSignal { .. } => status = Some(255),
            ChannelMsg::Failure => bail!("the agent refused the request: it may be shutting down"),
            ChannelMsg::Close => break,
            _ => {}
        }
    }
    output.shutdown().await.context("write to standard output")?;
    Ok(status.map_or(End::Lost, End::Status))
}

/// Sends standard input. Comes back only with an error: after the end of input the session goes on.
async fn send(channel: &ChannelWriteHalf<russh::client::Msg>, mut input: impl AsyncRead + Unpin) -> anyhow::Error {
    let mut buffer = vec![0u8; INPUT_BYTES];
    loop {
        match input.read(&mut buffer).await {
            Ok(0) => {
                let _ = channel.eof().await;
                return std::future::pending().await;
            }
            Ok(count) => {
                // A failure means that the channel is gone: the receiving side knows why.
                if channel.data_bytes(Bytes::copy_from_slice(&buffer[..count])).await.is_err() {
                    return std::future::pending().await;
                }
            }
            Err(error) => return anyhow::Error::new(error).context("read standard input"),
        }
    }
}

async fn resize(channel: &ChannelWriteHalf<russh::client::Msg>, wanted: bool) -> Result<End> {
    if !wanted {
        return std::future::pending().await;
    }
    let mut resizes = Resizes::new();
    loop {
        let (columns, rows) = resizes.next().await;
        let _ = channel.window_change(columns, rows, 0, 0).await;
    }
}

/// A command's input and output as a stream, for short helpers in the workspace.
pub async fn exec<S>(stream: S, command: &str) -> Result<impl AsyncRead + AsyncWrite + Unpin + use<S>>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let incoming = Incoming { forwards: Vec::new(), agent_socket: None, tasks: TaskTracker::new() };
    let mut handle = russh::client::connect_stream(config(), stream, incoming).await.context("ssh handshake")?;
    if !handle.authenticate_none("").await.context("ssh authentication")?.success() {
        bail!("the agent refused the session");
    }
    let channel = handle.channel_open_session().await.context("open a session")?;
    channel.exec(true, command.as_bytes()).await.context("run command")?;
    Ok(ExecStream { stream: channel.into_stream(), _handle: handle })
}

/// Keeps the connection for as long as its only channel.
struct ExecStream {
    stream: russh::ChannelStream<russh::client::Msg>,
    _handle: Handle<Incoming>,
}

impl AsyncRead for ExecStream {
    fn poll_read(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
        buffer: &mut tokio::io::ReadBuf<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::pin::Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for ExecStream {
    fn poll_write(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
        bytes: &[u8],
    ) -> std::task::Poll<std::io::Result<usize>> {
        std::pin::Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::pin::Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::pin::Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests;
