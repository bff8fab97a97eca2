//! What the workspace may open towards this computer: forwarded ports and sockets, and the authentication agent.

use std::path::PathBuf;

use anyhow::{Result, anyhow, bail};
use russh::Channel;
use russh::client::{ChannelOpenHandle, Msg, Session};
use russh::keys::PublicKeyOrCertificate;
use tokio::net::TcpStream;
use tokio_util::task::TaskTracker;

/// A remote forward: what listens there and where it leads here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RemoteForward {
    /// `remote_port:local_host:local_port`; the remote side listens on its loopback address.
    Port { remote: u16, host: String, port: u16 },
    /// `/remote/socket:/local/socket`.
    Socket { remote: String, local: PathBuf },
}

/// Reads one `-R`.
pub fn parse(text: &str) -> Result<RemoteForward> {
    if text.starts_with('/') {
        return match text.split_once(":/") {
            Some((remote, local)) if !remote.is_empty() && !local.is_empty() => {
                Ok(RemoteForward::Socket { remote: remote.to_owned(), local: PathBuf::from(format!("/{local}")) })
            }
            _ => bail!("invalid format of remote-forward, expected: /remote/socket:/local/socket"),
        };
    }
    let wrong = || anyhow!("invalid format of remote-forward, expected: remote_port:local_address:local_port");
    let (remote, rest) = text.split_once(':').ok_or_else(wrong)?;
    let (host, port) = rest.rsplit_once(':').ok_or_else(wrong)?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let number = |text: &str| text.parse::<u16>().ok().filter(|port| *port > 0).ok_or_else(wrong);
    if host.is_empty() {
        return Err(wrong());
    }
    Ok(RemoteForward::Port { remote: number(remote)?, host: host.to_owned(), port: number(port)? })
}

/// Accepts what the agent opens, and nothing that was not asked for.
pub struct Incoming {
    pub forwards: Vec<RemoteForward>,
    pub agent_socket: Option<PathBuf>,
    pub tasks: TaskTracker,
}

impl Incoming {
    #[cfg(unix)]
    async fn join_socket(&self, path: PathBuf, channel: Channel<Msg>, reply: ChannelOpenHandle) {
        match tokio::net::UnixStream::connect(&path).await {
            Ok(mut local) => {
                reply.accept().await;
                self.tasks.spawn(async move {
                    let mut remote = channel.into_stream();
                    let _ = tokio::io::copy_bidirectional(&mut local, &mut remote).await;
                });
            }
            Err(error) => {
                tracing::warn!(%error, path = %path.display(), "connect to the local socket");
                refuse(reply).await;
            }
        }
    }

    #[cfg(not(unix))]
    async fn join_socket(&self, _: PathBuf, _: Channel<Msg>, reply: ChannelOpenHandle) {
        refuse(reply).await;
    }
}

async fn refuse(reply: ChannelOpenHandle) {
    reply.reject(russh::ChannelOpenFailure::ConnectFailed).await;
}

impl russh::client::Handler for Incoming {
    type Error = russh::Error;

    /// The tunnel has authenticated the agent: its host key adds nothing.
    async fn check_server_key(&mut self, _: &PublicKeyOrCertificate) -> Result<bool, Self::Error> {
        Ok(true)
    }

    async fn server_channel_open_agent_forward(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        match self.agent_socket.clone() {
            Some(path) => self.join_socket(path, channel, reply).await,
            None => refuse(reply).await,
        }
        Ok(())
    }

    async fn server_channel_open_forwarded_tcpip(
        &mut self,
        channel: Channel<Msg>,
        _: &str,
        connected_port: u32,
        _: &str,
        _: u32,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        let wanted = self.forwards.iter().find_map(|forward| match forward {
            RemoteForward::Port { remote, host, port } if u32::from(*remote) == connected_port => {
                Some((host.clone(), *port))
            }
            _ => None,
        });
        let Some((host, port)) = wanted else {
            refuse(reply).await;
            return Ok(());
        };
        // Connecting may take long: it must not hold up the session.
        self.tasks.spawn(async move {
            match TcpStream::connect((host.as_str(), port)).await {
                Ok(mut local) => {
                    reply.accept().await;
                    let mut remote = channel.into_stream();
                    let _ = tokio::io::copy_bidirectional(&mut local, &mut remote).await;
                }
                Err(error) => {
                    tracing::warn!(%error, host, port, "connect to the local port");
                    refuse(reply).await;
                }
            }
        });
        Ok(())
    }

    async fn server_channel_open_forwarded_streamlocal(
        &mut self,
        channel: Channel<Msg>,
        socket_path: &str,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        let wanted = self.forwards.iter().find_map(|forward| match forward {
            RemoteForward::Socket { remote, local } if remote == socket_path => Some(local.clone()),
            _ => None,
        });
        match wanted {
            Some(path) => self.join_socket(path, channel, reply).await,
            None => refuse(reply).await,
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forwards_have_two_forms() {
        let port = |remote, host: &str, port| RemoteForward::Port { remote, host: host.into(), port };
        assert_eq!(parse("8080:localhost:80").ok(), Some(port(8080, "localhost", 80)));
        assert_eq!(parse("8080:[::1]:80").ok(), Some(port(8080, "::1", 80)));
        assert_eq!(
            parse("/run/a.sock:/tmp/b.sock").ok(),
            Some(RemoteForward::Socket { remote: "/run/a.sock".into(), local: "/tmp/b.sock".into() })
        );
        for bad in ["8080:localhost", "8080", "/a", "0:x:1", "a:b:c"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
        assert_eq!(
            parse("8080:localhost").unwrap_err().to_string(),
            "invalid format of remote-forward, expected: remote_port:local_address:local_port"
        );
    }
}
