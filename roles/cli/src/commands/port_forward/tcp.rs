//! Forwarded TCP ports: one connection in the tunnel for each local one.

use anyhow::Result;
use tokio::net::TcpListener;

use super::spec::Forward;
use super::{Shared, announce, bind};

/// Listens and serves in the background.
pub async fn start(forward: &Forward, shared: &Shared) -> Result<()> {
    for listener in bind(forward, TcpListener::bind).await? {
        announce(forward, listener.local_addr()?);
        shared.tasks.spawn(serve(listener, forward.remote, shared.clone()));
    }
    Ok(())
}

async fn serve(listener: TcpListener, remote: u16, shared: Shared) {
    let Shared { tunnel, cancel, tasks } = shared;
    loop {
        let accepted = tokio::select! {
            () = cancel.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let mut local = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Too many open files and the like pass.
                tracing::warn!(%error, "accept a connection");
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                continue;
            }
        };
        let (tunnel, cancel) = (tunnel.clone(), cancel.clone());
        tasks.spawn(async move {
            let carry = async {
                let mut stream = match tunnel.dial(remote).await {
                    Ok(stream) => stream,
                    Err(error) => {
                        eprintln!("Failed to dial port {remote} in the workspace: {error:#}");
                        return;
                    }
                };
                let _ = local.set_nodelay(true);
                let _ = tokio::io::copy_bidirectional_with_sizes(&mut local, &mut stream, 128 << 10, 128 << 10).await;
            };
            tokio::select! {
                () = cancel.cancelled() => {}
                () = carry => {}
            }
        });
    }
}
