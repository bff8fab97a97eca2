//! `templates`.

mod archive;
mod create;
mod delete;
mod edit;
mod init;
mod list;
mod presets;
mod pull;
mod push;
mod upload;
mod versions;

use anyhow::{Context, Result};
use uuid::Uuid;
use warren_api::Template;
use warren_client::Client;

use crate::frame::Command;

pub static COMMAND: Command = Command::new("templates", "Manage templates.").aliases(&["template"]).children(&[
    &archive::COMMAND,
    &create::COMMAND,
    &delete::COMMAND,
    &edit::COMMAND,
    &init::COMMAND,
    &list::COMMAND,
    &presets::COMMAND,
    &pull::COMMAND,
    &push::COMMAND,
    &versions::COMMAND,
]);

async fn by_name(client: &Client, organization: Uuid, name: &str) -> Result<Template> {
    client.template_by_name(organization, name).await.context("get template by name")
}
