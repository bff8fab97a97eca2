//! Counts sessions and reports connections (agent.md §17, §18).

use std::collections::BTreeMap;

use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::sync::mpsc;
use uuid::Uuid;
use warren_proto::agent::Connection;
use warren_proto::agent::connection::{Action, Type};

use crate::ssh::SessionEvent;
use crate::wire;

/// The applications that count as VS Code.
const VSCODE: &[&str] = &[
    "vscode",
    "vscode_insiders",
    "vscode_web",
    "code_server",
    "cursor",
    "windsurf",
    "positron",
    "vscodium",
    "codium",
    "antigravity",
    "trae",
    "kiro",
    "devin",
];

/// Sessions of this moment, by application.
#[derive(Default)]
pub struct Sessions(Mutex<BTreeMap<String, i64>>);

impl Sessions {
    pub fn add(&self, app: &str, by: i64) {
        *self.0.lock().entry(app.to_owned()).or_insert(0) += by;
    }

    /// Counts by application, without those at zero.
    pub fn counts(&self) -> BTreeMap<String, i64> {
        self.0.lock().iter().filter(|(_, n)| **n > 0).map(|(app, n)| (app.clone(), *n)).collect()
    }
}

/// Where connection reports are queued; the newest is dropped when the server is away for long.
pub struct Reports {
    queue: mpsc::Sender<Connection>,
    pub sessions: Sessions,
}

impl Reports {
    pub fn new(queue: mpsc::Sender<Connection>) -> Self {
        Self { queue, sessions: Sessions::default() }
    }

    /// A session of the SSH server began or ended.
    pub fn session(&self, event: SessionEvent) {
        match event {
            SessionEvent::Started { id, app, ip } => {
                self.sessions.add(&app, 1);
                self.connected(id, family(&app), &ip);
            }
            SessionEvent::Ended { id, app, ip, code, reason } => {
                self.sessions.add(&app, -1);
                let reason = if reason.is_empty() { "graceful".to_owned() } else { reason };
                self.disconnected(id, family(&app), &ip, (code, reason));
            }
        }
    }

    pub fn connected(&self, id: Uuid, kind: Type, ip: &str) {
        self.push(id, Action::Connect, kind, ip, (0, None));
    }

    pub fn disconnected(&self, id: Uuid, kind: Type, ip: &str, (code, reason): (i32, String)) {
        self.push(id, Action::Disconnect, kind, ip, (code, Some(reason)));
    }

    fn push(&self, id: Uuid, action: Action, kind: Type, ip: &str, (status_code, reason): (i32, Option<String>)) {
        let connection = Connection {
            id: wire::id(id),
            action: action.into(),
            r#type: kind.into(),
            timestamp: Some(wire::timestamp(Timestamp::now())),
            ip: ip.to_owned(),
            status_code,
            reason,
        };
        let _ = self.queue.try_send(connection);
    }
}

/// What the server calls the kind of a session.
fn family(app: &str) -> Type {
    match app {
        "ssh" | "zed" => Type::Ssh,
        "jetbrains" => Type::Jetbrains,
        "reconnecting_pty" => Type::ReconnectingPty,
        app if VSCODE.contains(&app) => Type::Vscode,
        _ => Type::Unspecified,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_count_up_and_down_by_application() {
        let (sender, mut queue) = mpsc::channel(8);
        let reports = Reports::new(sender);
        let id = Uuid::new_v4();
        reports.session(SessionEvent::Started { id, app: "cursor".into(), ip: "::1".into() });
        assert_eq!(reports.sessions.counts(), [("cursor".to_owned(), 1)].into());
        let (app, ip) = ("cursor".into(), "::1".into());
        reports.session(SessionEvent::Ended { id, app, ip, code: 0, reason: String::new() });
        assert!(reports.sessions.counts().is_empty());
        assert_eq!(queue.try_recv().unwrap().r#type(), Type::Vscode);
        assert_eq!(queue.try_recv().unwrap().reason.as_deref(), Some("graceful"));
    }
}
