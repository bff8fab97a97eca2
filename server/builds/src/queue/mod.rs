//! The queue: posting, acquiring, canceling, logs.

mod acquirer;
mod cancel;
mod logs;
mod waits;

pub(crate) use acquirer::Acquirer;
pub use cancel::{Canceled, cancel_job};
pub(crate) use logs::{LogLine, prepare_lines, store_lines};
pub(crate) use waits::QueueWaits;
pub use waits::{QUEUE_WAIT_BUCKETS, QueueWaitLabels, QueueWaitSample};
