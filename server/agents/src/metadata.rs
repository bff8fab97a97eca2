//! Values that an agent measures again and again. They live in memory alone, on the replica that has the agent.

use std::collections::BTreeMap;

use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::sync::watch;
use warren_api::{WorkspaceAgentMetadata, WorkspaceAgentMetadataDescription, WorkspaceAgentMetadataResult};
use warren_db::resources::AgentMetadataDescription;

/// One measured value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Measured {
    pub(crate) collected_at: Timestamp,
    pub(crate) value: Box<str>,
    pub(crate) error: Box<str>,
}

/// The values of an agent.
pub(crate) struct MetadataValues {
    values: Mutex<Values>,
    changes: watch::Sender<u64>,
}

#[derive(Default)]
struct Values {
    /// The keys that the template declares; others are not kept.
    keys: Option<Box<[Box<str>]>>,
    by_key: BTreeMap<Box<str>, Measured>,
}

impl Default for MetadataValues {
    fn default() -> Self {
        Self { values: Mutex::default(), changes: watch::Sender::new(0) }
    }
}

impl MetadataValues {
    /// Declares the keys.
    pub(crate) fn declare<'a>(&self, keys: impl Iterator<Item = &'a str>) {
        let keys: Box<[Box<str>]> = keys.map(Into::into).collect();
        let mut values = self.values.lock();
        values.by_key.retain(|key, _| keys.contains(key));
        values.keys = Some(keys);
    }

    /// Keeps a value if its key is declared.
    pub(crate) fn put(&self, key: &str, measured: Measured) {
        let mut values = self.values.lock();
        if values.keys.as_ref().is_some_and(|keys| keys.iter().any(|known| **known == *key)) {
            values.by_key.insert(key.into(), measured);
        }
    }

    /// Tells watchers.
    pub(crate) fn changed(&self) {
        // Only the change itself is news.
        if self.changes.receiver_count() > 0 {
            self.changes.send_modify(|count| *count = count.wrapping_add(1));
        }
    }

    /// Changes from now on.
    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Every declared value in the form of the API, in the order of `descriptions`.
    pub(crate) fn list(
        &self,
        descriptions: &[AgentMetadataDescription],
        now: Timestamp,
    ) -> Vec<WorkspaceAgentMetadata> {
        let values = self.values.lock();
        descriptions.iter().map(|description| item(description, values.by_key.get(&*description.key), now)).collect()
    }
}

/// One item; without a value yet the time is the zero time.
pub(crate) fn item(
    description: &AgentMetadataDescription,
    measured: Option<&Measured>,
    now: Timestamp,
) -> WorkspaceAgentMetadata {
    WorkspaceAgentMetadata {
        description: WorkspaceAgentMetadataDescription {
            display_name: description.display_name.clone(),
            key: description.key.clone(),
            script: description.script.clone(),
            interval: description.interval,
            timeout: description.timeout,
        },
        result: measured.map_or_else(WorkspaceAgentMetadataResult::default, |measured| WorkspaceAgentMetadataResult {
            collected_at: measured.collected_at,
            age: now.duration_since(measured.collected_at).as_secs().max(0),
            value: measured.value.to_string(),
            error: measured.error.to_string(),
        }),
    }
}
