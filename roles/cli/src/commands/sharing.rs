//! `sharing`: who else may use a workspace.

use std::collections::BTreeMap;

use anyhow::{Context, Result, anyhow, bail};
use warren_api::{UpdateWorkspaceAcl, Workspace, WorkspaceRole};
use warren_client::Client;

use crate::frame::{Args, Command, Cx, Opt};
use crate::output::table::render_cells;
use crate::resolve;

const USERS: Opt = Opt::list("user", "A user, with a role (use or admin): name[:role]. May be repeated.");
const GROUPS: Opt = Opt::list("group", "A group, with a role (use or admin): name[:role]. May be repeated.");

pub static COMMAND: Command = Command::new("sharing", "Share workspaces.")
    .aliases(&["share"])
    .usage("[subcommand]", Args::Any)
    .hidden()
    .children(&[&ADD, &REMOVE, &STATUS]);

static ADD: Command = Command::new("add", "Share a workspace with users or groups.")
    .aliases(&["share"])
    .usage("<workspace> --user <user>:<role> --group <group>:<role>", Args::Exactly(1))
    .hidden()
    .options(&[&[USERS, GROUPS]])
    .run(crate::action!(add));

static REMOVE: Command = Command::new("remove", "Stop sharing a workspace with users or groups.")
    .aliases(&["unshare", "rm"])
    .usage("<workspace> --user <user> --group <group>", Args::Exactly(1))
    .hidden()
    .options(&[&[USERS, GROUPS]])
    .run(crate::action!(remove));

static STATUS: Command = Command::new("status", "Show who a workspace is shared with.")
    .aliases(&["list"])
    .usage("<workspace>", Args::Exactly(1))
    .hidden()
    .run(crate::action!(status));

async fn status(cx: &Cx) -> Result<()> {
    let client = cx.client()?;
    let workspace = resolve::workspace(&client, cx.arg(0)).await.context("unable to fetch Workspace")?;
    print(&client, &workspace).await
}

async fn print(client: &Client, workspace: &Workspace) -> Result<()> {
    let acl = client.workspace_acl(workspace.id).await.context("unable to fetch ACL for Workspace")?;
    let mut rows: Vec<Vec<String>> =
        acl.users.iter().map(|user| vec![user.username.clone(), "-".into(), user.role.to_string()]).collect();
    for group in &acl.group {
        rows.push(vec!["-".into(), group.name.clone(), group.role.to_string()]);
    }
    let header = ["USER", "GROUP", "ROLE"].map(str::to_owned);
    outln!("{}", render_cells(&header, &[false; 3], &rows));
    Ok(())
}

async fn add(cx: &Cx) -> Result<()> {
    change(cx, false).await
}

async fn remove(cx: &Cx) -> Result<()> {
    change(cx, true).await
}

async fn change(cx: &Cx, remove: bool) -> Result<()> {
    let (users, groups) = (cx.opts.list("user"), cx.opts.list("group"));
    if users.is_empty() && groups.is_empty() {
        bail!("at least one user or group must be provided");
    }
    let client = cx.client()?;
    let workspace = resolve::workspace(&client, cx.arg(0)).await.context("unable to fetch Workspace")?;
    let mut acl = UpdateWorkspaceAcl::default();
    let mut user_roles = BTreeMap::new();
    for entry in users {
        let (name, role) = entry_role(entry, remove)?;
        let member = client.member(workspace.organization_id, name).await;
        user_roles.insert(member.with_context(|| format!("find user {name:?}"))?.user_id.to_string(), role.to_string());
    }
    let mut group_roles = BTreeMap::new();
    for entry in groups {
        let (name, role) = entry_role(entry, remove)?;
        let group = client.group_by_name(workspace.organization_id, name).await;
        group_roles.insert(group.with_context(|| format!("find group {name:?}"))?.id.to_string(), role.to_string());
    }
    acl.user_roles = user_roles;
    acl.group_roles = group_roles;
    client.update_workspace_acl(workspace.id, &acl).await?;
    print(&client, &workspace).await
}

/// `name[:role]`; a removal is the empty role.
fn entry_role(entry: &str, remove: bool) -> Result<(&str, WorkspaceRole)> {
    let (name, role) = entry.split_once(':').unwrap_or((entry, "use"));
    if remove {
        return Ok((name, WorkspaceRole::Unset));
    }
    match WorkspaceRole::parse(role) {
        WorkspaceRole::Unset => Err(anyhow!("invalid role {role:?}: expected \"use\" or \"admin\"")),
        role => Ok((name, role)),
    }
}
