//! Which ports of the workspace something listens on.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde::Serialize;

/// Ports below it belong to the agent.
const FIRST_USER_PORT: u16 = 9;
/// Dashboards and clients ask often; the answer is good for this long.
const FRESH: Duration = Duration::from_secs(1);

/// A port on which something listens.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct ListeningPort {
    pub process_name: String,
    pub network: &'static str,
    pub port: u16,
}

/// The last answer, with its time.
#[derive(Default)]
pub struct Ports(Mutex<Option<(Instant, Vec<ListeningPort>)>>);

impl Ports {
    /// The ports, at most a second old.
    pub async fn list(&self) -> Vec<ListeningPort> {
        let last = self.0.lock().clone();
        if let Some((at, ports)) = last
            && at.elapsed() < FRESH
        {
            return ports;
        }
        let ports = tokio::task::spawn_blocking(listening).await.unwrap_or_default();
        *self.0.lock() = Some((Instant::now(), ports.clone()));
        ports
    }
}

/// The TCP ports of this network namespace that something listens on.
fn listening() -> Vec<ListeningPort> {
    let mut sockets: BTreeMap<u16, u64> = BTreeMap::new();
    let tables = [procfs::net::tcp(), procfs::net::tcp6()];
    for entry in tables.into_iter().flatten().flatten() {
        if entry.state == procfs::net::TcpState::Listen && entry.local_address.port() >= FIRST_USER_PORT {
            sockets.entry(entry.local_address.port()).or_insert(entry.inode);
        }
    }
    let owners = socket_owners();
    sockets
        .into_iter()
        .map(|(port, inode)| ListeningPort {
            process_name: owners.get(&inode).cloned().unwrap_or_default(),
            network: "tcp",
            port,
        })
        .collect()
}

/// Process names by socket inode; processes of other users cannot be seen and are left out.
fn socket_owners() -> BTreeMap<u64, String> {
    let mut owners = BTreeMap::new();
    for process in procfs::process::all_processes().into_iter().flatten().flatten() {
        let (Ok(fds), Ok(stat)) = (process.fd(), process.stat()) else { continue };
        for fd in fds.flatten() {
            if let procfs::process::FDTarget::Socket(inode) = fd.target {
                owners.entry(inode).or_insert_with(|| stat.comm.clone());
            }
        }
    }
    owners
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_listener_of_this_process_is_found_with_its_name() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let found = listening().into_iter().find(|p| p.port == port).unwrap();
        assert!(!found.process_name.is_empty());
    }
}
