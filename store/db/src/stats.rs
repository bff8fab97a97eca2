//! How long each query takes, and how many statements a piece of work sends.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

/// Upper bounds of the histogram in seconds: those of `coderd_db_query_latencies_seconds` (metrics.md §7).
pub const BUCKETS: [f64; 11] = [0.005, 0.010, 0.025, 0.050, 0.100, 0.250, 0.500, 1.0, 2.5, 5.0, 10.0];

/// The measurements of one query.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sample {
    /// Runs, by bucket; the last one counts what was slower than every bound.
    pub buckets: [u64; BUCKETS.len() + 1],
    /// Total seconds.
    pub sum: f64,
    /// Runs.
    pub count: u64,
}

/// The measurements of every query; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct QueryStats(Arc<Mutex<BTreeMap<&'static str, Sample>>>);

impl QueryStats {
    /// The measurements so far, by statement name.
    pub fn snapshot(&self) -> Vec<(&'static str, Sample)> {
        self.0.lock().iter().map(|(name, sample)| (*name, *sample)).collect()
    }

    pub(crate) fn record(&self, name: &'static str, elapsed: Duration) {
        let _outside_a_count = COUNT.try_with(|count| count.set(count.get() + 1));
        let seconds = elapsed.as_secs_f64();
        let bucket = BUCKETS.partition_point(|bound| *bound < seconds);
        let mut samples = self.0.lock();
        let sample = samples.entry(name).or_default();
        if let Some(count) = sample.buckets.get_mut(bucket) {
            *count += 1;
        }
        sample.sum += seconds;
        sample.count += 1;
    }
}

tokio::task_local! {
    static COUNT: Cell<u64>;
}

/// Runs `work` and tells how many statements it sent from its own task.
pub async fn count_statements<T>(work: impl Future<Output = T>) -> (T, u64) {
    COUNT
        .scope(Cell::new(0), async {
            let result = work.await;
            (result, COUNT.with(Cell::get))
        })
        .await
}
