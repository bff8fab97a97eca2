//! `templates versions`.

use anyhow::{Context, Result, bail};
use serde_json::json;
use warren_api::{Template, TemplateVersion};
use warren_client::Client;

use crate::commands::{ORG, OUTPUT, YES, columns, print_list};
use crate::frame::{Args, Command, Cx, Opt};
use crate::output::human;
use crate::output::table::Column;

pub static COMMAND: Command = Command::new("versions", "Manage versions of a template.")
    .aliases(&["version"])
    .children(&[&ARCHIVE, &LIST, &PROMOTE, &UNARCHIVE]);

const NAMES: &[&str] = &["id", "name", "created at", "created by", "status", "active", "archived"];

static LIST: Command = Command::new("list", "List the versions of a template.")
    .usage("<template>", Args::Exactly(1))
    .options(&[&[
        Opt::flag("include-archived", "Show archived versions too."),
        ORG,
        columns(NAMES, "name,created at,created by,status,active"),
        OUTPUT,
    ]])
    .run(crate::action!(list));

static PROMOTE: Command = Command::new("promote", "Make a version the active one.")
    .usage("--template=<template_name> --template-version=<template_version_name>", Args::Exactly(0))
    .options(&[&[
        Opt::text("template", "Name of the template.").short('t').env("CODER_TEMPLATE_NAME").required(),
        Opt::text("template-version", "Name of the version.").env("CODER_TEMPLATE_VERSION_NAME").required(),
        ORG,
    ]])
    .run(crate::action!(promote));

static ARCHIVE: Command = Command::new("archive", "Archive versions of a template.")
    .usage("<template-name> [template-version-names...] ", Args::AtLeast(1))
    .options(&[&[YES, ORG]])
    .run(crate::action!(archive));

static UNARCHIVE: Command = Command::new("unarchive", "Bring archived versions of a template back.")
    .usage("<template-name> [template-version-names...] ", Args::AtLeast(1))
    .options(&[&[YES, ORG]])
    .run(crate::action!(unarchive));

struct Row {
    version: TemplateVersion,
    active: bool,
}

const COLUMNS: &[Column<Row>] = &[
    Column::new("id", |r| r.version.id.to_string()),
    Column::new("name", |r| r.version.name.clone()),
    Column::new("created at", |r| human::time_utc(r.version.created_at)),
    Column::new("created by", |r| r.version.created_by.username.clone()),
    Column::new("status", |r| {
        let status = r.version.job.status.to_string();
        let mut chars = status.chars();
        chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
    }),
    Column::new("active", |r| if r.active { "Active".into() } else { String::new() }),
    Column::new("archived", |r| if r.version.archived { "Archived".into() } else { String::new() }),
];

async fn list(cx: &Cx) -> Result<()> {
    let client = cx.client()?;
    let organization = cx.organization().await?;
    let template = super::by_name(&client, organization.id, cx.arg(0)).await?;
    let archived = cx.opts.flag("include-archived");
    let versions =
        client.template_versions(template.id, archived).await.context("get template versions by template")?;
    let rows: Vec<Row> =
        versions.into_iter().map(|version| Row { active: version.id == template.active_version_id, version }).collect();
    let json: Vec<_> = rows.iter().map(|row| json!({ "TemplateVersion": row.version, "active": row.active })).collect();
    if archived && !cx.opts.json() && !cx.opts.given("column") {
        let mut wanted = cx.opts.columns();
        wanted.push("archived".into());
        outln!("{}", crate::output::table::render(COLUMNS, &wanted, &rows)?);
        return Ok(());
    }
    print_list(cx, COLUMNS, &rows, &json, "No versions found.")
}

async fn promote(cx: &Cx) -> Result<()> {
    let client = cx.client()?;
    let organization = cx.organization().await?;
    let (template, version) =
        (cx.opts.text("template").unwrap_or_default(), cx.opts.text("template-version").unwrap_or_default());
    let found = super::by_name(&client, organization.id, template).await?;
    let target = client.template_version_by_name(found.id, version).await.context("get template version by name")?;
    client.set_active_version(found.id, target.id).await.context("update active template version")?;
    outln!("Successfully promoted version {version:?} to active for template {template:?}");
    Ok(())
}

async fn archive(cx: &Cx) -> Result<()> {
    set_archived(cx, "archive").await
}

async fn unarchive(cx: &Cx) -> Result<()> {
    set_archived(cx, "unarchive").await
}

async fn chosen(cx: &Cx, client: &Client, template: &Template, verb: &str) -> Result<Vec<TemplateVersion>> {
    let names = &cx.args[1..];
    if !names.is_empty() {
        let mut versions = Vec::new();
        for name in names {
            let version = client.template_version_by_name(template.id, name).await;
            versions.push(version.with_context(|| format!("get template version by name {name:?}"))?);
        }
        return Ok(versions);
    }
    let wants_archived = verb == "unarchive";
    let mut all = client.template_versions(template.id, true).await.context("get template versions")?;
    all.retain(|version| version.archived == wants_archived && version.id != template.active_version_id);
    if all.is_empty() {
        bail!("no versions to {verb}");
    }
    let labels = all.iter().map(|version| version.name.clone()).collect();
    let picked = cx.multi_select(&format!("Select versions to {verb}:"), labels, &[], "the names of the versions")?;
    Ok(picked.into_iter().map(|index| all[index].clone()).collect())
}

async fn set_archived(cx: &Cx, verb: &str) -> Result<()> {
    let client = cx.client()?;
    let organization = cx.organization().await?;
    let template = super::by_name(&client, organization.id, cx.arg(0)).await?;
    let versions = chosen(cx, &client, &template, verb).await?;
    let names = versions.iter().map(|version| version.name.clone()).collect::<Vec<_>>().join(", ");
    cx.confirm(&format!("{verb} these versions of the template {:?}: {names}?", template.name), false).await?;
    let done = if verb == "archive" { "archived" } else { "unarchived" };
    for version in &versions {
        if version.archived == (verb == "archive") {
            outln!("Version {} is {done} already", version.name);
            continue;
        }
        let outcome = client.set_version_archived(version.id, verb).await;
        outcome.with_context(|| format!("{verb} template version {:?}", version.name))?;
        outln!("Version {} {done} at {}", version.name, human::stamp(jiff::Timestamp::now()));
    }
    Ok(())
}
