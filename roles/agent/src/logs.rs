//! Script output on its way to the server: bounded queues per source, sent in batches, at least once (agent.md §14.4).

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::Instant;
use uuid::Uuid;
use warren_proto::agent::{BatchCreateLogsRequest, Log, agent_methods, log::Level};

use crate::wire::timestamp;

/// Output that may wait, over all sources; slightly more than a server stores for one agent.
const MAX_QUEUED: usize = 1 << 20;
/// Output of one request.
const MAX_BATCH: usize = 1 << 20;
/// What a record costs besides its text.
const RECORD_OVERHEAD: usize = 21;
/// Age at which a source's lines are sent.
const FLUSH_AFTER: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_millis(250);

#[derive(Clone)]
struct Record {
    at: Timestamp,
    output: String,
    level: Level,
}

struct Source {
    records: VecDeque<Record>,
    flushed: Instant,
    flush_now: bool,
}

#[derive(Default)]
struct State {
    sources: BTreeMap<Uuid, Source>,
    queued: usize,
    exceeded: bool,
}

/// The queue of one agent process; lives across reconnects.
#[derive(Default)]
pub struct LogQueue {
    state: Mutex<State>,
    changed: Notify,
    drained: Notify,
}

impl LogQueue {
    /// Adds one line. Lines over the bound are dropped: the server would refuse them too.
    pub fn push(&self, source: Uuid, level: Level, output: &str) {
        let output = sanitize(output);
        let mut state = self.state.lock();
        let cost = output.len() + RECORD_OVERHEAD;
        if state.exceeded || cost > MAX_BATCH || state.queued + output.len() > MAX_QUEUED {
            return;
        }
        state.queued += output.len();
        let entry = state.sources.entry(source).or_insert_with(|| Source {
            records: VecDeque::new(),
            flushed: Instant::now(),
            flush_now: false,
        });
        entry.records.push_back(Record { at: Timestamp::now(), output, level });
        drop(state);
        self.changed.notify_one();
    }

    /// Sends what a source has at the next occasion, for example at the end of its script.
    pub fn flush(&self, source: Uuid) {
        if let Some(source) = self.state.lock().sources.get_mut(&source) {
            source.flush_now = true;
        }
        self.changed.notify_one();
    }

    /// Waits until nothing is queued.
    pub async fn drained(&self) {
        loop {
            let waiting = self.drained.notified();
            if self.state.lock().queued == 0 {
                return;
            }
            waiting.await;
        }
    }

    /// Sends for as long as the connection lives. Returns `Ok` when the server takes no more.
    pub async fn send(&self, session: &warren_rpc::Session) -> Result<(), warren_rpc::Error> {
        loop {
            if self.state.lock().exceeded {
                return Ok(());
            }
            let Some((source, records)) = self.next_batch() else {
                let wait = if self.state.lock().queued > 0 { TICK } else { Duration::from_secs(3600) };
                let _ = tokio::time::timeout(wait, self.changed.notified()).await;
                continue;
            };
            let logs = records
                .iter()
                .map(|r| Log { created_at: Some(timestamp(r.at)), output: r.output.clone(), level: r.level.into() })
                .collect();
            let request = BatchCreateLogsRequest { log_source_id: Bytes::copy_from_slice(source.as_bytes()), logs };
            let answer = session.unary(agent_methods::BATCH_CREATE_LOGS, &request).await?;
            // Only now: a lost connection sends the batch again.
            self.sent(source, records.len(), answer.log_limit_exceeded);
        }
    }

    fn next_batch(&self) -> Option<(Uuid, Vec<Record>)> {
        let state = self.state.lock();
        let (id, source) = state
            .sources
            .iter()
            .filter(|(_, s)| !s.records.is_empty() && (s.flush_now || s.flushed.elapsed() >= FLUSH_AFTER))
            .min_by_key(|(_, s)| s.flushed)?;
        let mut size = 0;
        let batch = source.records.iter().take_while(|r| {
            size += r.output.len() + RECORD_OVERHEAD;
            size <= MAX_BATCH
        });
        Some((*id, batch.cloned().collect()))
    }

    fn sent(&self, source: Uuid, count: usize, exceeded: bool) {
        let mut state = self.state.lock();
        if exceeded {
            tracing::warn!("the server takes no more script output of this agent");
            *state = State { exceeded: true, ..State::default() };
        } else if let Some(entry) = state.sources.get_mut(&source) {
            let freed: usize = entry.records.drain(..count.min(entry.records.len())).map(|r| r.output.len()).sum();
            entry.flushed = Instant::now();
            entry.flush_now &= !entry.records.is_empty();
            state.queued -= freed;
        }
        if state.queued == 0 {
            self.drained.notify_waiters();
        }
    }
}

/// Text that PostgreSQL and protobuf take: no NUL, valid UTF-8.
fn sanitize(text: &str) -> String {
    text.replace(['\0', char::REPLACEMENT_CHARACTER], "❌")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn lines_over_the_bound_are_dropped_and_batches_stay_below_it() {
        let queue = LogQueue::default();
        let source = Uuid::new_v4();
        for _ in 0..40 {
            queue.push(source, Level::Info, &"x".repeat(32 << 10));
        }
        queue.flush(source);
        let (_, batch) = queue.next_batch().unwrap();
        assert!(batch.iter().map(|r| r.output.len() + RECORD_OVERHEAD).sum::<usize>() <= MAX_BATCH);
        assert_eq!(queue.state.lock().queued, MAX_QUEUED);
    }

    #[tokio::test(start_paused = true)]
    async fn a_batch_leaves_the_queue_only_when_it_was_taken() {
        let queue = LogQueue::default();
        let source = Uuid::new_v4();
        queue.push(source, Level::Info, "one\0");
        queue.flush(source);
        assert_eq!(queue.next_batch().unwrap().1[0].output, "one❌");
        assert!(queue.next_batch().is_some(), "not confirmed yet");
        queue.sent(source, 1, false);
        assert!(queue.next_batch().is_none());
        queue.drained().await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_server_empties_the_queue_for_good() {
        let queue = LogQueue::default();
        let source = Uuid::new_v4();
        queue.push(source, Level::Info, "one");
        queue.sent(source, 1, true);
        queue.push(source, Level::Info, "two");
        queue.drained().await;
    }
}
