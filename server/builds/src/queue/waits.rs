//! How long jobs wait for a daemon, for `coderd_provisioner_job_queue_wait_seconds`.

use std::collections::BTreeMap;

use parking_lot::Mutex;

/// Upper bounds in seconds.
pub const QUEUE_WAIT_BUCKETS: [f64; 12] = [0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0];

/// What a wait is told apart by; transition and reason are empty for jobs that are no builds.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct QueueWaitLabels {
    pub provisioner_type: String,
    pub job_type: String,
    pub transition: String,
    pub build_reason: String,
}

/// Waits with the same labels.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct QueueWaitSample {
    /// Waits by bucket; the last one counts what was longer than every bound.
    pub buckets: [u64; QUEUE_WAIT_BUCKETS.len() + 1],
    /// Total seconds.
    pub sum: f64,
}

/// Every wait of this process.
#[derive(Debug, Default)]
pub(crate) struct QueueWaits(Mutex<BTreeMap<QueueWaitLabels, QueueWaitSample>>);

impl QueueWaits {
    pub(crate) fn record(&self, labels: QueueWaitLabels, seconds: f64) {
        let bucket = QUEUE_WAIT_BUCKETS.partition_point(|bound| *bound < seconds);
        let mut samples = self.0.lock();
        let sample = samples.entry(labels).or_default();
        if let Some(count) = sample.buckets.get_mut(bucket) {
            *count += 1;
        }
        sample.sum += seconds;
    }

    pub(crate) fn snapshot(&self) -> Vec<(QueueWaitLabels, QueueWaitSample)> {
        self.0.lock().iter().map(|(labels, sample)| (labels.clone(), *sample)).collect()
    }
}
