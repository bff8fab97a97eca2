//! Port and socket forwarding: copies between SSH channels and the workspace's sockets.

use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use russh::Channel;
use russh::server::{Handle, Msg};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};

/// Bytes copied at once.
const COPY_BUFFER: usize = 32 * 1024;

/// Names a listener on the workspace's side.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Key {
    Tcp(String, u16),
    Unix(String),
}

/// A listener whose connections become channels to the client.
pub enum Listener {
    Tcp { listener: TcpListener, address: String, port: u16 },
    Unix { listener: UnixListener, path: SocketPath },
}

/// Removes the socket file when the forward ends.
pub struct SocketPath(PathBuf);

impl Drop for SocketPath {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Listener {
    /// Listens on the address as the client gave it; the second value is the port in use.
    pub async fn tcp(address: &str, port: u16) -> io::Result<(Self, u16)> {
        let bind = match address {
            "" | "*" => "0.0.0.0",
            "localhost" => "127.0.0.1",
            other => other,
        };
        let listener = TcpListener::bind((bind, port)).await?;
        let bound = listener.local_addr()?.port();
        Ok((Self::Tcp { listener, address: address.to_owned(), port: bound }, bound))
    }

    /// Listens on a socket file; its folder is made private, a stale socket is replaced.
    pub fn unix(path: &str) -> io::Result<Self> {
        let path = Path::new(path);
        if let Some(dir) = path.parent() {
            std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        }
        if path.symlink_metadata().is_ok_and(|m| !m.is_dir()) {
            std::fs::remove_file(path)?;
        }
        Ok(Self::Unix { listener: UnixListener::bind(path)?, path: SocketPath(path.to_owned()) })
    }

    /// Accepts for ever; each connection is a channel of its own. Ends when the client is gone.
    pub async fn run(self, handle: Handle) {
        let mut copies = tokio::task::JoinSet::new();
        loop {
            while copies.try_join_next().is_some() {}
            match &self {
                Self::Tcp { listener, address, port } => {
                    let Ok((stream, from)) = listener.accept().await else { return };
                    let _ = stream.set_nodelay(true);
                    let opened = handle
                        .channel_open_forwarded_tcpip(
                            address.clone(),
                            (*port).into(),
                            from.ip().to_string(),
                            from.port().into(),
                        )
                        .await;
                    let Ok(channel) = opened else { continue };
                    copies.spawn(splice(channel, stream));
                }
                Self::Unix { listener, path } => {
                    let Ok((stream, _)) = listener.accept().await else { return };
                    let name = path.0.display().to_string();
                    let Ok(channel) = handle.channel_open_forwarded_streamlocal(name).await else { continue };
                    copies.spawn(splice(channel, stream));
                }
            }
        }
    }
}

/// Copies both ways until both ends have finished.
pub async fn splice<S: AsyncRead + AsyncWrite + Unpin>(channel: Channel<Msg>, mut stream: S) {
    let mut channel = channel.into_stream();
    let _ = tokio::io::copy_bidirectional_with_sizes(&mut channel, &mut stream, COPY_BUFFER, COPY_BUFFER).await;
}
