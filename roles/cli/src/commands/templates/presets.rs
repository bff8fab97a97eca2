//! `templates presets list`.

use anyhow::{Context, Result};
use serde_json::json;
use warren_api::Preset;

use crate::commands::{ORG, OUTPUT, columns};
use crate::frame::{Args, Command, Cx, Opt};
use crate::output::table::{Column, render};

pub static COMMAND: Command =
    Command::new("presets", "Manage presets of a template.").aliases(&["preset"]).children(&[&LIST]);

static LIST: Command = Command::new("list", "List the presets of a template.")
    .usage("<template>", Args::Exactly(1))
    .options(&[&[
        Opt::text("template-version", "Version to look at; the active one by default."),
        ORG,
        columns(
            &["name", "description", "parameters", "default", "desired prebuild instances"],
            "name,description,parameters,default,desired prebuild instances",
        ),
        OUTPUT,
    ]])
    .run(crate::action!(list));

const COLUMNS: &[Column<Preset>] = &[
    Column::new("name", |p| p.name.clone()),
    Column::new("description", |p| p.description.clone()),
    Column::new("parameters", |p| {
        p.parameters.iter().map(|x| format!("{}={}", x.name, x.value)).collect::<Vec<_>>().join(",")
    }),
    Column::new("default", |p| p.default.to_string()),
    Column::new("desired prebuild instances", |p| {
        p.desired_prebuild_instances.map_or_else(|| "-".into(), |n| n.to_string())
    }),
];

async fn list(cx: &Cx) -> Result<()> {
    let client = cx.client()?;
    let organization = cx.organization().await?;
    let template = super::by_name(&client, organization.id, cx.arg(0)).await?;
    let version = match cx.opts.filled("template-version") {
        Some(name) => {
            client.template_version_by_name(template.id, name).await.context("get template version by name")?
        }
        None => client.template_version(template.active_version_id).await.context("get active template version")?,
    };
    let presets =
        client.version_presets(version.id).await.context("get template version presets by template version")?;
    if cx.opts.json() {
        let json: Vec<_> = presets.iter().map(|preset| json!({ "TemplatePreset": preset })).collect();
        outln!("{}", crate::output::json(&json)?);
    } else if presets.is_empty() {
        eprintln!("No presets found for template {:?} and template-version {:?}.", template.name, version.name);
    } else {
        outln!("Showing presets for template {:?} and template version {:?}.", template.name, version.name);
        outln!("{}", render(COLUMNS, &cx.opts.columns(), &presets)?);
    }
    Ok(())
}
