//! A TCP link that can be cut and restored.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Forwards every connection to one target. While it is cut, all connections are closed and new ones are refused at once.
pub struct Link {
    address: SocketAddr,
    up: Arc<watch::Sender<bool>>,
    // Ends the forwarding with the link.
    _tasks: JoinSet<()>,
}

impl Link {
    /// Opens the link on a free port of the loopback interface.
    pub async fn open(target: SocketAddr) -> Link {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let up = Arc::new(watch::Sender::new(true));
        let mut tasks = JoinSet::new();
        tasks.spawn(forward(listener, target, up.subscribe()));
        Link { address, up, _tasks: tasks }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn cut(&self) {
        self.up.send_replace(false);
    }

    pub fn restore(&self) {
        self.up.send_replace(true);
    }
}

async fn forward(listener: TcpListener, target: SocketAddr, up: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    while let Ok((mut near, _)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        let mut up = up.clone();
        connections.spawn(async move {
            if !*up.borrow_and_update() {
                return;
            }
            let copy = async {
                if let Ok(mut far) = TcpStream::connect(target).await {
                    let _ = copy_bidirectional(&mut near, &mut far).await;
                }
            };
            tokio::select! {
                () = copy => {}
                _ = up.wait_for(|up| !up) => {}
            }
        });
    }
}
