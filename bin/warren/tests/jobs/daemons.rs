//! Real daemons, connected as the built-in ones are or as external ones are.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use parking_lot::Mutex;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use warren_builds::{BUILT_IN_KEY, DaemonIdentity, Provisionerd};
use warren_provisioner::{Credential, Daemon, DaemonOptions, Dial, DialError, External};
use warren_rpc::Session;

use crate::world::World;

/// How daemons reach the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// A byte pipe in the same process.
    Pipe,
    /// The served websocket.
    WebSocket,
}

/// What a daemon is to be.
pub struct Wanted {
    pub name: &'static str,
    pub tags: Vec<(&'static str, &'static str)>,
    pub force_cancel: Duration,
    /// What it says of its protocol; `None`: what daemons say.
    pub api_version: Option<&'static str>,
}

impl Default for Wanted {
    fn default() -> Self {
        Self { name: "d0", tags: Vec::new(), force_cancel: Duration::from_secs(600), api_version: None }
    }
}

/// A running daemon.
pub struct Running {
    connection: Cut,
    stop: CancellationToken,
    task: AbortOnDropHandle<Result<(), DialError>>,
}

/// The connections of a daemon, to be cut.
#[derive(Clone, Default)]
struct Cut(Arc<Mutex<(CancellationToken, bool)>>);

impl Cut {
    /// The end of the present connection; `None` when none is allowed any more.
    fn token(&self) -> Option<CancellationToken> {
        let state = self.0.lock();
        (!state.1).then(|| state.0.clone())
    }

    fn cut(&self, for_good: bool) {
        let mut state = self.0.lock();
        state.1 = for_good;
        std::mem::take(&mut state.0).cancel();
    }
}

impl Running {
    /// Cuts the connection; the daemon may dial again.
    pub fn disconnect(&self) {
        self.connection.cut(false);
    }

    /// As a machine that loses its power: nothing is said, and it never comes back.
    pub fn lose(self) {
        self.connection.cut(true);
    }

    /// Stops it and waits for its end.
    pub async fn stop(self) -> Result<(), DialError> {
        self.stop.cancel();
        tokio::time::timeout(Duration::from_secs(60), self.task).await.expect("the daemon ends").unwrap()
    }

    /// Waits until it ends by itself.
    pub async fn ended(self) -> Result<(), DialError> {
        tokio::time::timeout(Duration::from_secs(60), self.task).await.expect("the daemon ends").unwrap()
    }
}

impl World {
    /// Starts a daemon with the usual tags.
    pub async fn daemon(&self) -> Running {
        self.daemon_with(Wanted::default()).await
    }

    /// Starts a daemon.
    pub async fn daemon_with(&self, wanted: Wanted) -> Running {
        let connection = Cut::default();
        let dial = match self.transport {
            Transport::Pipe => self.dial_pipe(&wanted, connection.clone()),
            Transport::WebSocket => self.dial_websocket(&wanted, connection.clone()).await,
        };
        let options = DaemonOptions {
            force_cancel: wanted.force_cancel,
            ..DaemonOptions::built_in(wanted.name, self.terraform.clone())
        };
        let stop = CancellationToken::new();
        let task = AbortOnDropHandle::new(tokio::spawn(Daemon::run(dial, options, stop.clone())));
        Running { connection, stop, task }
    }

    fn dial_pipe(&self, wanted: &Wanted, connection: Cut) -> Dial {
        let tags = [("scope", "organization"), ("owner", "")].into_iter().chain(wanted.tags.iter().copied());
        let identity = DaemonIdentity {
            organization_id: self.organization.parse().unwrap(),
            key_id: BUILT_IN_KEY,
            name: wanted.name.to_owned(),
            provisioners: vec!["terraform".to_owned()],
            tags: tags.map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
            version: "v0.0.0-test".to_owned(),
            api_version: wanted.api_version.unwrap_or("1.18").to_owned(),
        };
        let builds = self.builds.clone();
        Arc::new(move || {
            let (builds, identity, connection) = (builds.clone(), identity.clone(), connection.clone());
            async move {
                let Some(cut) = connection.token() else { return std::future::pending().await };
                let (near, far) = warren_rpc::pipe();
                tokio::spawn(async move {
                    let server = Provisionerd(builds);
                    // The pipe breaks in the middle of whatever goes on.
                    tokio::select! {
                        _ = server.serve(far, identity, CancellationToken::new()) => {}
                        () = cut.cancelled() => {}
                    }
                });
                Ok(Session::client(near))
            }
            .boxed()
        })
    }

    async fn dial_websocket(&self, wanted: &Wanted, connection: Cut) -> Dial {
        let address = relay(self.address, connection).await;
        let external = External {
            server: format!("http://{address}").parse().unwrap(),
            organization: "default".to_owned(),
            name: wanted.name.to_owned(),
            tags: wanted.tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
            credential: Credential::Token(self.token.clone()),
            build_version: "v0.0.0-test".to_owned(),
            tls: None,
        };
        match wanted.api_version {
            None => external.dial().unwrap(),
            Some(version) => dial_as(&external, version, self.token.clone()),
        }
    }
}

/// As [`External::dial`], with another version of the protocol.
fn dial_as(external: &External, version: &str, token: String) -> Dial {
    let mut url = external.server.join("/api/v2/organizations/default/provisionerdaemons/serve").unwrap();
    url.query_pairs_mut()
        .append_pair("version", version)
        .append_pair("name", &external.name)
        .append_pair("provisioner", "terraform");
    Arc::new(move || {
        let token = http::HeaderValue::from_str(&token).unwrap();
        let options = warren_rpc::DialOptions::new(url.clone())
            .header(http::HeaderName::from_static("coder-session-token"), token);
        async move {
            match warren_rpc::dial(options).await {
                Ok(pipe) => Ok(Session::client(pipe)),
                Err(error) => Err(DialError::Refused(format!("{:?}", error.status()))),
            }
        }
        .boxed()
    })
}

/// A way to the server that can be cut. Its listener ends with the test's runtime.
async fn relay(server: SocketAddr, connection: Cut) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            let Some(cut) = connection.token() else { continue };
            tokio::spawn(async move {
                let mut far = TcpStream::connect(server).await.unwrap();
                tokio::select! {
                    _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
                    () = cut.cancelled() => {}
                }
            });
        }
    });
    address
}

/// Tags as the server shows them.
pub fn shown(tags: &[(&str, &str)]) -> BTreeMap<String, String> {
    let plain = [("scope", "organization"), ("owner", "")];
    plain.iter().chain(tags).map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}
