//! What handlers take.

mod body;
mod cx;
mod path;
mod query;

pub use body::{Body, RawBody};
pub use cx::{Agent, Request, Server};
pub use path::Path;
pub use query::{Page, Query};
