//! The table of contents of the API: one module for each area.

mod agent_me;
mod agents;
mod apps;
mod audit;
mod bin;
mod debug;
pub(crate) mod deployment;
mod dynamic_parameters;
mod external_auth;
mod files;
mod keys;
mod logs;
mod notifications;
mod openapi;
mod organizations;
pub(crate) mod pages;
mod provisioners;
pub(crate) mod relay;
mod root;
mod template_versions;
mod templates;
mod users;
mod workspace_builds;
mod workspaces;

use crate::api::Api;

/// Every route of the server.
pub fn api() -> Api {
    let mut api = Api::default();
    root::routes(&mut api);
    deployment::routes(&mut api);
    debug::routes(&mut api);
    users::routes(&mut api);
    keys::routes(&mut api);
    organizations::routes(&mut api);
    notifications::routes(&mut api);
    audit::routes(&mut api);
    external_auth::routes(&mut api);
    files::routes(&mut api);
    templates::routes(&mut api);
    template_versions::routes(&mut api);
    workspaces::routes(&mut api);
    workspace_builds::routes(&mut api);
    provisioners::routes(&mut api);
    agents::routes(&mut api);
    agent_me::routes(&mut api);
    apps::routes(&mut api);
    bin::routes(&mut api);
    relay::routes(&mut api);
    openapi::routes(&mut api);
    pages::routes(&mut api);
    api
}

/// A page of a list as the database takes it.
fn page(page: crate::extract::Page) -> warren_db::versions::Page {
    warren_db::versions::Page { after_id: page.after_id, offset: page.offset, limit: page.limit }
}
