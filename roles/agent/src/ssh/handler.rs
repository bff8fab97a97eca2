//! One SSH connection: opens channels and forwards. Callbacks only hand work to tasks; a callback that waited
//! for a process or a socket would stall every channel of the connection.

use std::collections::HashMap;
use std::sync::Arc;

use russh::server::{Auth, ChannelOpenHandle, Handler, Msg, Session};
use russh::{Channel, ChannelOpenFailure};
use tokio_util::sync::CancellationToken;

use super::{Shared, forward, session};

/// The state of one connection.
pub struct Connection {
    shared: Arc<Shared>,
    /// Cancelled when the connection ends: forwards and sessions end with it.
    cancel: CancellationToken,
    peer: String,
    forwards: HashMap<forward::Key, CancellationToken>,
}

impl Connection {
    pub fn new(shared: Arc<Shared>, cancel: CancellationToken, peer: String) -> Self {
        Self { shared, cancel, peer, forwards: HashMap::new() }
    }

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let cancel = self.cancel.clone();
        self.shared.tasks.spawn(async move {
            tokio::select! {
                () = cancel.cancelled() => {}
                () = task => {}
            }
        });
    }

    fn start_forward(&mut self, key: forward::Key, listener: forward::Listener, session: &Session) {
        let cancel = self.cancel.child_token();
        self.forwards.insert(key, cancel.clone());
        let handle = session.handle();
        self.shared.tasks.spawn(async move {
            tokio::select! {
                () = cancel.cancelled() => {}
                () = listener.run(handle) => {}
            }
        });
    }
}

impl Handler for Connection {
    type Error = russh::Error;

    async fn auth_none(&mut self, _user: &str) -> Result<Auth, Self::Error> {
        Ok(Auth::Accept)
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        reply.accept().await;
        let task = session::SessionTask::new(self.shared.clone(), channel, session.handle(), self.peer.clone());
        // A session decides itself what happens to its process when the client goes.
        self.shared.tasks.spawn(task.run(self.cancel.clone()));
        Ok(())
    }

    async fn channel_open_direct_tcpip(
        &mut self,
        channel: Channel<Msg>,
        host: &str,
        port: u32,
        _originator: &str,
        _originator_port: u32,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), Self::Error> {
        if self.shared.limits.block_local_forwarding {
            reply.reject(ChannelOpenFailure::AdministrativelyProhibited).await;
            return Ok(());
        }
        let target = (host.to_owned(), u16::try_from(port).unwrap_or(0));
        self.spawn(async move {
            match tokio::net::TcpStream::connect(target).await {
                Ok(stream) => {
                    let _ = stream.set_nodelay(true);
                    reply.accept().await;
                    forward::splice(channel, stream).await;
                }
                Err(error) => {
                    tracing::debug!(%error, "forwarded connection refused");
                    reply.reject(ChannelOpenFailure::ConnectFailed).await;
                }
            }
        });
        Ok(())
    }

    async fn channel_open_direct_streamlocal(
        &mut self,
        channel: Channel<Msg>,
        path: &str,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), Self::Error> {
        if self.shared.limits.block_local_forwarding {
            reply.reject(ChannelOpenFailure::AdministrativelyProhibited).await;
            return Ok(());
        }
        let path = path.to_owned();
        self.spawn(async move {
            match tokio::net::UnixStream::connect(path).await {
                Ok(stream) => {
                    reply.accept().await;
                    forward::splice(channel, stream).await;
                }
                Err(_) => reply.reject(ChannelOpenFailure::ConnectFailed).await,
            }
        });
        Ok(())
    }

    async fn tcpip_forward(
        &mut self,
        address: &str,
        port: &mut u32,
        session: &mut Session,
    ) -> Result<bool, Self::Error> {
        if self.shared.limits.block_reverse_forwarding {
            return Ok(false);
        }
        let Ok(wanted) = u16::try_from(*port) else { return Ok(false) };
        let Ok((listener, bound)) = forward::Listener::tcp(address, wanted).await else { return Ok(false) };
        *port = bound.into();
        self.start_forward(forward::Key::Tcp(address.to_owned(), bound), listener, session);
        Ok(true)
    }

    async fn cancel_tcpip_forward(&mut self, address: &str, port: u32, _: &mut Session) -> Result<bool, Self::Error> {
        let Ok(port) = u16::try_from(port) else { return Ok(false) };
        let found = self.forwards.remove(&forward::Key::Tcp(address.to_owned(), port));
        Ok(found.inspect(CancellationToken::cancel).is_some())
    }

    async fn streamlocal_forward(&mut self, path: &str, session: &mut Session) -> Result<bool, Self::Error> {
        if self.shared.limits.block_reverse_forwarding {
            return Ok(false);
        }
        let key = forward::Key::Unix(path.to_owned());
        if self.forwards.contains_key(&key) {
            return Ok(true);
        }
        let Ok(listener) = forward::Listener::unix(path) else { return Ok(false) };
        self.start_forward(key, listener, session);
        Ok(true)
    }

    async fn cancel_streamlocal_forward(&mut self, path: &str, _: &mut Session) -> Result<bool, Self::Error> {
        let found = self.forwards.remove(&forward::Key::Unix(path.to_owned()));
        Ok(found.inspect(CancellationToken::cancel).is_some())
    }
}
