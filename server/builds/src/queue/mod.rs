//! The queue: posting, acquiring, canceling, logs.

mod acquirer;
mod cancel;
mod logs;

pub(crate) use acquirer::Acquirer;
pub use cancel::{Canceled, cancel_job};
pub(crate) use logs::{LogLine, prepare_lines, store_lines};
