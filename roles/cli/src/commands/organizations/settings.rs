//! `organizations settings`: JSON in and out.

use anyhow::{Context, Result};

use crate::frame::{Command, Cx};
use crate::prompt;

pub static COMMAND: Command =
    Command::new("settings", "Manage organization settings.").aliases(&["setting"]).children(&[&SET, &SHOW]);

static SET: Command = Command::new("set", "Update a setting with JSON from standard input.").children(&[
    &SET_GROUP,
    &SET_ORGANIZATION,
    &SET_ROLE,
    &SET_SHARING,
]);
static SHOW: Command = Command::new("show", "Print a setting as JSON.").children(&[
    &SHOW_GROUP,
    &SHOW_ORGANIZATION,
    &SHOW_ROLE,
    &SHOW_SHARING,
]);

macro_rules! setting {
    ($set:ident, $show:ident, $name:literal, $aliases:expr, $path:expr) => {
        static $set: Command = Command::new($name, concat!("Update ", $name, "."))
            .aliases($aliases)
            .run(|cx| Box::pin(async move { set(cx, $name, $path).await }));
        static $show: Command = Command::new($name, concat!("Show ", $name, "."))
            .aliases($aliases)
            .run(|cx| Box::pin(async move { show(cx, $name, $path).await }));
    };
}

/// The path of a setting; `None` as organization means the whole deployment.
type PathOf = fn(&uuid::Uuid) -> String;

const GROUPS: PathOf = |id| format!("/api/v2/organizations/{id}/settings/idpsync/groups");
const ROLES: PathOf = |id| format!("/api/v2/organizations/{id}/settings/idpsync/roles");
const SHARING: PathOf = |id| format!("/api/v2/organizations/{id}/settings/workspace-sharing");
const ORGANIZATIONS: PathOf = |_| "/api/v2/settings/idpsync/organization".to_owned();

setting!(SET_GROUP, SHOW_GROUP, "group-sync", &["groupsync"], GROUPS);
setting!(SET_ROLE, SHOW_ROLE, "role-sync", &["rolesync"], ROLES);
setting!(
    SET_ORGANIZATION,
    SHOW_ORGANIZATION,
    "organization-sync",
    &["organizationsync", "org-sync", "orgsync"],
    ORGANIZATIONS
);
setting!(SET_SHARING, SHOW_SHARING, "workspace-sharing", &["workspacesharing"], SHARING);

async fn show(cx: &Cx, name: &str, path: PathOf) -> Result<()> {
    let client = cx.client()?;
    let organization = cx.organization().await?;
    let value = client.settings(&path(&organization.id)).await.with_context(|| format!("fetching {name:?}"))?;
    print(&value)
}

async fn set(cx: &Cx, name: &str, path: PathOf) -> Result<()> {
    let client = cx.client()?;
    let organization = cx.organization().await?;
    let bytes = prompt::read_all().context("reading stdin")?;
    let wanted: serde_json::Value = serde_json::from_slice(&bytes).context("parse the setting")?;
    let value = client.patch_settings(&path(&organization.id), &wanted).await;
    print(&value.with_context(|| format!("patching {name:?}"))?)
}

fn print(value: &serde_json::Value) -> Result<()> {
    use serde::Serialize;
    let mut bytes = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"\t");
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, formatter))?;
    outln!("{}", String::from_utf8_lossy(&bytes));
    Ok(())
}
