//! The table of contents of the API: one module for each area.

pub(crate) mod pages;
mod root;

use crate::api::Api;

/// Every route of the server.
pub fn api() -> Api {
    let mut api = Api::default();
    root::routes(&mut api);
    pages::routes(&mut api);
    api
}
