//! The table of contents of the API: one module for each area.

pub(crate) mod deployment;
mod external_auth;
mod keys;
mod notifications;
mod organizations;
pub(crate) mod pages;
mod root;
mod users;

use crate::api::Api;

/// Every route of the server.
pub fn api() -> Api {
    let mut api = Api::default();
    root::routes(&mut api);
    deployment::routes(&mut api);
    users::routes(&mut api);
    keys::routes(&mut api);
    organizations::routes(&mut api);
    notifications::routes(&mut api);
    external_auth::routes(&mut api);
    pages::routes(&mut api);
    api
}
