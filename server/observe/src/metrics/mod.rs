//! Metrics in the Prometheus text format 0.0.4.

mod http;
mod process;
mod text;

pub use http::{HTTP, HttpMetrics, Measured, http};
pub use process::process;
pub use text::{CONTENT_TYPE, Histogram, Text};
