//! `organizations roles`.

use anyhow::{Context, Result, bail};
use warren_api::{AssignableRoles, CustomRoleRequest, Role};

use crate::commands::{OUTPUT, YES, columns, print_list};
use crate::frame::{Args, Command, Cx, Opt};
use crate::output::table::Column;
use crate::prompt;

const NAMES: &[&str] =
    &["name", "display name", "organization id", "site permissions", "organization permissions", "user permissions"];
const SHOWN: &str = "name,display name,site permissions,organization permissions,user permissions";
const DRY_RUN: Opt = Opt::flag("dry-run", "Print the role, save nothing.");
const STDIN: Opt = Opt::flag("stdin", "Read the role as JSON from standard input.");

pub static COMMAND: Command =
    Command::new("roles", "Manage organization roles.").aliases(&["role"]).children(&[&CREATE, &SHOW, &UPDATE]);

static SHOW: Command = Command::new("show", "Show roles.")
    .usage("[role_names ...]", Args::Any)
    .options(&[&[columns(NAMES, SHOWN), OUTPUT]])
    .run(crate::action!(show));

static CREATE: Command = Command::new("create", "Create a role.")
    .usage("<role_name>", Args::Between(0, 1))
    .options(&[&[DRY_RUN, STDIN, YES]])
    .run(crate::action!(create));

static UPDATE: Command = Command::new("update", "Replace a role.")
    .usage("<role_name>", Args::Between(0, 1))
    .options(&[&[DRY_RUN, STDIN, YES, columns(NAMES, SHOWN), OUTPUT]])
    .run(crate::action!(update));

const COLUMNS: &[Column<AssignableRoles>] = &[
    Column::new("name", |r| r.name.clone()),
    Column::new("display name", |r| r.display_name.clone()),
    Column::new("organization id", |r| r.organization_id.to_string()),
    Column::new("site permissions", |r| format!("{} permissions", r.site_permissions.len())),
    Column::new("organization permissions", |r| format!("{} permissions", r.organization_permissions.len())),
    Column::new("user permissions", |r| format!("{} permissions", r.user_permissions.len())),
];

async fn show(cx: &Cx) -> Result<()> {
    let client = cx.client()?;
    let organization = cx.organization().await?;
    let mut roles = client.organization_roles(organization.id).await.context("listing roles")?;
    if !cx.args.is_empty() {
        roles.retain(|role| cx.args.iter().any(|name| name.eq_ignore_ascii_case(&role.name)));
    }
    roles.sort_by(|a, b| a.name.cmp(&b.name));
    print_list(cx, COLUMNS, &roles, &roles, "No roles found.")
}

async fn typed_role(cx: &Cx) -> Result<CustomRoleRequest> {
    if !cx.opts.flag("stdin") {
        bail!(
            "pass the role as JSON on standard input with --stdin: {{\"name\": …, \"organization_permissions\": [{{\"resource_type\": …, \"action\": …}}]}}"
        );
    }
    let bytes = prompt::read_all()?;
    let mut role: CustomRoleRequest = serde_json::from_slice(&bytes).context("parse the role")?;
    if !cx.arg(0).is_empty() {
        role.name = cx.arg(0).to_owned();
    }
    if role.name.is_empty() {
        bail!("the role needs a name");
    }
    Ok(role)
}

async fn create(cx: &Cx) -> Result<()> {
    let client = cx.client()?;
    let organization = cx.organization().await?;
    let role = typed_role(cx).await?;
    let known = client.organization_roles(organization.id).await.context("listing existing roles")?;
    if known.iter().any(|existing| existing.name == role.name) {
        bail!("the organization has a role {:?} already: use update", role.name);
    }
    if cx.opts.flag("dry-run") {
        outln!("{}", crate::output::json(&role)?);
        return Ok(());
    }
    let made = client.create_organization_role(organization.id, &role).await.context("failed to create the role")?;
    print_role(&made)
}

async fn update(cx: &Cx) -> Result<()> {
    let client = cx.client()?;
    let organization = cx.organization().await?;
    let role = typed_role(cx).await?;
    if cx.opts.flag("dry-run") {
        outln!("{}", crate::output::json(&role)?);
        return Ok(());
    }
    let changed = client.update_organization_role(organization.id, &role).await.context("patch role")?;
    if cx.opts.json() {
        outln!("{}", crate::output::json(&changed)?)
    } else {
        print_role(&changed)?
    }
    Ok(())
}

fn print_role(role: &Role) -> Result<()> {
    outln!("Role {} with {} organization permissions has been saved.", role.name, role.organization_permissions.len());
    Ok(())
}
