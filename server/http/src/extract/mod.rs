//! What handlers take.

mod body;
mod cx;
mod form;
mod path;
mod query;

pub use body::{Body, RawBody};
pub use cx::{Agent, Request, Server, SessionToken};
pub use form::{Csrf, Form};
pub(crate) use form::{NewCsrfCookie, csrf_token};
pub use path::Path;
pub use query::{PAGE, Page, Query};
