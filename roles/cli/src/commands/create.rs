//! `create`.

use anyhow::{Context, Result, anyhow, bail};
use uuid::Uuid;
use warren_api::*;
use warren_client::Client;

use crate::build::{self, Preparation};
use crate::commands::schedule::parse_start;
use crate::commands::{ORG, YES};
use crate::frame::{Args, Command, Cx, Opt};
use crate::output::{Stream, human};
use crate::params::{Inputs, Mode, PARAMETER_OPTIONS};
use crate::progress;
use crate::resolve::{self, check_name};

pub const CREATE_OPTIONS: &[Opt] = &[
    Opt::text("template", "Name of the template.").short('t').env("CODER_TEMPLATE_NAME"),
    Opt::text("template-version", "Name of the template's version.").env("CODER_TEMPLATE_VERSION"),
    Opt::text("preset", "Name of a preset of parameter values, or none.").env("CODER_PRESET_NAME"),
    Opt::text("start-at", "When to start by itself, for instance \"9:30AM Mon-Fri Europe/Dublin\".")
        .env("CODER_WORKSPACE_START_AT"),
    Opt::duration("stop-after", "How long after a start to stop by itself.").env("CODER_WORKSPACE_STOP_AFTER"),
    Opt::text("automatic-updates", "Whether starts use the newest version: always or never.")
        .env("CODER_WORKSPACE_AUTOMATIC_UPDATES")
        .default("never"),
    Opt::text("copy-parameters-from", "Workspace whose template, version and parameters to copy.")
        .env("CODER_WORKSPACE_COPY_PARAMETERS_FROM"),
    Opt::flag("no-wait", "Return at once and let the workspace start in the background.").env("CODER_CREATE_NO_WAIT"),
    YES,
    ORG,
];

pub static COMMAND: Command = Command::new("create", "Create a workspace.")
    .usage("[workspace]", Args::Between(0, 1))
    .long("  - Create a workspace for another user (if you may):\n      $ {name} create <username>/<workspace_name>")
    .options(&[CREATE_OPTIONS, PARAMETER_OPTIONS])
    .run(crate::action!(run));

async fn run(cx: &Cx) -> Result<()> {
    create(cx, false).await.map(drop)
}

/// Creates a workspace; `external` wants a template with an external agent.
pub async fn create(cx: &Cx, external: bool) -> Result<Workspace> {
    let client = cx.client()?;
    let (owner, name) = name(cx, &client).await?;
    let schedule = match cx.opts.filled("start-at") {
        Some(text) => Some(parse_start(&text.split_whitespace().map(str::to_owned).collect::<Vec<_>>())?),
        None => None,
    };
    let updates = AutomaticUpdates::parse(cx.opts.text("automatic-updates").unwrap_or("never"));
    if updates == AutomaticUpdates::Unset {
        bail!("--automatic-updates must be either of \"always\" or \"never\"");
    }
    let source = source_workspace(cx, &client).await?;
    let (template, version) = template_and_version(cx, &client, source.as_ref()).await?;
    if external && !client.template_version(version).await?.has_external_agent {
        bail!("the template version has no external agent: use '{} create'", cx.program.name);
    }
    let preset = preset(cx, &client, version).await?;
    let mut inputs = Inputs::of(&cx.opts)?;
    if let Some(source) = &source {
        inputs.source =
            client.build_parameters(source.latest_build.id).await.context("get source workspace build parameters")?;
    }
    let mut preset_id = Uuid::nil();
    if let Some(preset) = preset {
        outln!("Preset '{}' applied:", preset.name);
        for parameter in &preset.parameters {
            outln!("  {}: '{}'", parameter.name, parameter.value);
        }
        preset_id = preset.id.parse().unwrap_or_default();
        inputs.preset = preset
            .parameters
            .into_iter()
            .map(|parameter| WorkspaceBuildParameter { name: parameter.name, value: parameter.value })
            .collect();
    } else {
        outln!("No preset applied.");
    }
    let preparation =
        Preparation { mode: Mode::Create, version, workspace_name: &name, owner: &owner, inputs, dry_run: true };
    let values = build::prepare(cx, &client, preparation).await.context("prepare build")?;
    cx.confirm("Confirm create?", true).await?;
    let ttl_ms = match cx.opts.duration("stop-after") {
        Some(ttl) => Some(i64::try_from(ttl.as_millis()).unwrap_or(i64::MAX)),
        None if template.default_ttl_ms > 0 => Some(template.default_ttl_ms),
        None => None,
    };
    let request = CreateWorkspaceRequest {
        template_version_id: version,
        name,
        autostart_schedule: schedule,
        ttl_ms,
        rich_parameter_values: values,
        automatic_updates: updates,
        template_version_preset_id: preset_id,
        ..Default::default()
    };
    let workspace = client.create_workspace(&owner, &request).await.context("create workspace")?;
    let build = &workspace.latest_build;
    progress::warn_unmatched(Stream::Stderr, &build.job, build.matched_provisioners.as_ref());
    if cx.opts.flag("no-wait") {
        outln!(
            "\nThe {} workspace has been created in no-wait mode and is building in the background.",
            workspace.name
        );
        return Ok(workspace);
    }
    build::follow_build(cx, &client, build, Stream::Stdout).await.context("watch build")?;
    build::success(cx, &workspace.name, "created");
    Ok(workspace)
}

/// Owner and name; the name must be free.
async fn name(cx: &Cx, client: &Client) -> Result<(String, String)> {
    let (owner, name) = match cx.args.first() {
        Some(text) => resolve::split_owner(text)?,
        None => ("me", ""),
    };
    if name.is_empty() {
        let check = |text: &str| check_name("workspace", text).map_err(|error| error.to_string());
        let name = cx.prompt("Specify a name for your workspace:", None, check).await?;
        must_be_free(client, owner, &name).await?;
        return Ok((owner.to_owned(), name));
    }
    check_name("workspace", name)?;
    must_be_free(client, owner, name).await?;
    Ok((owner.to_owned(), name.to_owned()))
}

async fn must_be_free(client: &Client, owner: &str, name: &str) -> Result<()> {
    match client.workspace_by_name(owner, name).await {
        Ok(_) => Err(anyhow!("a workspace already exists named {name:?}")),
        Err(error) if error.api().is_none() || error.status() == Some(http::StatusCode::UNAUTHORIZED) => {
            Err(error.into())
        }
        Err(_) => Ok(()),
    }
}

async fn source_workspace(cx: &Cx, client: &Client) -> Result<Option<Workspace>> {
    let Some(text) = cx.opts.filled("copy-parameters-from") else { return Ok(None) };
    let (owner, name) = resolve::split_owner(text)?;
    let found = client.workspace_by_name(owner, name).await.context("get source workspace")?;
    outln!("Copying parameters of the workspace {}/{}.", found.owner_name, found.name);
    Ok(Some(found))
}

async fn template_and_version(cx: &Cx, client: &Client, source: Option<&Workspace>) -> Result<(Template, Uuid)> {
    let template = match (source, cx.opts.filled("template")) {
        (Some(source), _) => client.template(source.template_id).await.context("get source template")?,
        (None, Some(name)) => by_name(cx, client, name).await?,
        (None, None) => ask_template(cx, client).await?,
    };
    if cx.opts.given("org") {
        let organization = cx.organization().await?;
        if organization.id != template.organization_id {
            bail!(
                "template is in organization {:?}, but the requested one is {:?}",
                template.organization_name,
                organization.name
            );
        }
    }
    let version = match (cx.opts.filled("template-version"), source) {
        (Some(name), _) => {
            client.template_version_by_name(template.id, name).await.context("get template version by name")?.id
        }
        (None, Some(source)) => source.latest_build.template_version_id,
        (None, None) => template.active_version_id,
    };
    Ok((template, version))
}

async fn by_name(cx: &Cx, client: &Client, name: &str) -> Result<Template> {
    let mut found = client.templates(&format!("exact_name:{name:?}")).await.context("get template by name")?;
    if found.is_empty() {
        bail!("no template found with the name {name:?}");
    }
    if found.len() > 1 {
        let organizations = found.iter().map(|t| t.organization_name.clone()).collect::<Vec<_>>().join(", ");
        if !cx.opts.given("org") {
            bail!(
                "multiple templates found with the name {name:?}, use '--org=<organization>' to choose one of [{organizations}]"
            );
        }
        let organization = cx.organization().await?;
        found.retain(|template| template.organization_id == organization.id);
    }
    found.into_iter().next().ok_or_else(|| anyhow!("no template found with the name {name:?} in this organization"))
}

async fn ask_template(cx: &Cx, client: &Client) -> Result<Template> {
    let mut templates = client.templates("").await.context("get templates")?;
    if templates.is_empty() {
        bail!("no templates found: push one with '{} templates push'", cx.program.name);
    }
    templates.sort_by_key(|template| std::cmp::Reverse(template.active_user_count));
    let several = templates.iter().any(|template| template.organization_id != templates[0].organization_id);
    let labels = templates
        .iter()
        .map(|template| {
            let organization = if several { format!(" ({})", template.organization_name) } else { String::new() };
            let used = match template.active_user_count {
                n if n > 0 => format!(" used by {}", human::active_developers(n)),
                _ => String::new(),
            };
            format!("{}{organization}{used}", template.name)
        })
        .collect();
    let picked = cx.select("Select a template to preview the provisioned infrastructure:", labels, 0, "--template")?;
    Ok(templates.swap_remove(picked))
}

async fn preset(cx: &Cx, client: &Client, version: Uuid) -> Result<Option<Preset>> {
    let mut presets = client.version_presets(version).await.context("get template version presets")?;
    let wanted = cx.opts.filled("preset");
    if presets.is_empty() || wanted.is_some_and(|name| name.eq_ignore_ascii_case("none")) {
        return Ok(None);
    }
    if let Some(name) = wanted {
        let place = presets.iter().position(|preset| preset.name == name);
        return place.map(|place| Some(presets.swap_remove(place))).ok_or_else(|| anyhow!("preset {name:?} not found"));
    }
    if let Some(place) = presets.iter().position(|preset| preset.default) {
        return Ok(Some(presets.swap_remove(place)));
    }
    let labels = presets
        .iter()
        .map(|preset| {
            if preset.description.is_empty() {
                preset.name.clone()
            } else {
                format!("{}: {}", preset.name, preset.description)
            }
        })
        .collect();
    let picked = cx.select("Select a preset:", labels, 0, "--preset (a name, or none)")?;
    Ok(Some(presets.swap_remove(picked)))
}
