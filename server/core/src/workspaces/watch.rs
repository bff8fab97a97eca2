//! Watching a workspace.

use std::time::Duration;

use futures_util::Stream;
use uuid::Uuid;
use warren_api::Workspace;
use warren_builds::{WorkspaceEvent, owner_channel};
use warren_db::workspaces;
use warren_pubsub::{Event, Subscription};
use warren_rbac::Action;

use super::shown_one;
use crate::{Cx, Error, Result};

/// How often a workspace is read although nothing was announced.
const BACKUP_POLL: Duration = Duration::from_secs(60);
/// Events within this time are answered by one reading.
const COALESCE: Duration = Duration::from_millis(50);

struct Watcher {
    cx: Cx,
    id: Uuid,
    news: Subscription,
    first: bool,
}

/// The workspace now and after every change of it, its builds, agents and apps. Ends when the caller may no longer see it.
///
/// # Errors
/// 404.
pub async fn watch_workspace(cx: &Cx, id: Uuid) -> Result<impl Stream<Item = Result<Workspace>> + Send + use<>> {
    let conn = cx.db().conn().await?;
    let found = workspaces::find_workspace(&conn, id).await?.ok_or_else(Error::not_found)?;
    let row = found.allow(&cx.actor, Action::Read)?;
    let news = cx.services.bus.subscribe(&owner_channel(row.owner_id));
    let watcher = Watcher { cx: cx.clone(), id, news, first: true };
    Ok(futures_util::stream::unfold(Some(watcher), |watcher| async move {
        let mut watcher = watcher?;
        if !std::mem::take(&mut watcher.first) {
            watcher.changed().await;
        }
        match watcher.read().await {
            Ok(workspace) => Some((Ok(workspace), Some(watcher))),
            Err(error) => Some((Err(error), None)),
        }
    }))
}

impl Watcher {
    async fn changed(&mut self) {
        let backup = tokio::time::sleep(BACKUP_POLL);
        let mut backup = std::pin::pin!(backup);
        loop {
            let event = tokio::select! {
                event = self.news.recv() => event,
                () = &mut backup => return,
            };
            if self.concerns(&event) {
                break;
            }
        }
        let more = async {
            loop {
                self.news.recv().await;
            }
        };
        // A build's end and its agents' first steps come together.
        let _until_quiet = tokio::time::timeout(COALESCE, more).await;
    }

    fn concerns(&self, event: &Event) -> bool {
        match event {
            Event::Dropped => true,
            Event::Message(text) => {
                serde_json::from_str::<WorkspaceEvent>(text).is_ok_and(|event| event.workspace_id == self.id)
            }
        }
    }

    async fn read(&self) -> Result<Workspace> {
        let conn = self.cx.db().conn().await?;
        let found = workspaces::find_workspace(&conn, self.id).await?.ok_or_else(Error::not_found)?;
        let row = found.allow(&self.cx.actor, Action::Read)?;
        shown_one(&self.cx, &conn, row).await
    }
}
