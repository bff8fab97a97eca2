//! Builds of workspaces: what must be settled before one (parameters, external authentication, a dry-run), and starting one.

use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use http::StatusCode;
use uuid::Uuid;
use warren_api::*;
use warren_client::{Client, JobRef};

use crate::frame::{Cx, Opt};
use crate::output::resources::{ResourceTable, render};
use crate::output::{CYAN, Stream};
use crate::params::{self, Inputs, Mode};
use crate::progress::{self, Display};

/// Hidden options of every command that builds. Plugins pass `--reason`.
pub const BUILD_OPTIONS: &[Opt] = &[
    Opt::flag("provisioner-log-debug", "Show debug logs of the provisioner.").hidden(),
    Opt::choice("reason", &["cli", "vscode_connection", "jetbrains_connection"], "Why the build is started.")
        .default("cli")
        .hidden(),
];

/// The reason option as the API has it.
pub fn reason(cx: &Cx) -> CreateWorkspaceBuildReason {
    CreateWorkspaceBuildReason::parse(cx.opts.text("reason").unwrap_or("cli"))
}

/// The log level of a build.
pub fn log_level(cx: &Cx) -> ProvisionerLogLevel {
    if cx.opts.flag("provisioner-log-debug") { ProvisionerLogLevel::Debug } else { ProvisionerLogLevel::Unset }
}

/// What to prepare.
pub struct Preparation<'a> {
    pub mode: Mode,
    pub version: Uuid,
    pub workspace_name: &'a str,
    /// Name or id of the owner, or `me`.
    pub owner: &'a str,
    pub inputs: Inputs,
    pub dry_run: bool,
}

/// Settles parameters, external authentication and, if wanted, a dry-run. Returns the values of the parameters.
pub async fn prepare(cx: &Cx, client: &Client, wanted: Preparation<'_>) -> Result<Vec<WorkspaceBuildParameter>> {
    let version = client.template_version(wanted.version).await.context("get template version")?;
    let template_id = version.template_id.filter(|id| !id.is_nil());
    let classic = match template_id {
        Some(id) => client.template(id).await.context("get template")?.use_classic_parameter_flow,
        None => true,
    };
    let parameters = if classic {
        client.rich_parameters(version.id).await.context("get template version rich parameters")?
    } else {
        dynamic_parameters(client, &version, &wanted).await?
    };
    let values = params::resolve(cx, wanted.mode, &parameters, &wanted.inputs).await?;
    authenticate_externally(cx, client, version.id).await?;
    if wanted.dry_run {
        dry_run(cx, client, version.id, wanted.workspace_name, &values).await?;
    }
    Ok(values)
}

async fn dynamic_parameters(
    client: &Client,
    version: &TemplateVersion,
    wanted: &Preparation<'_>,
) -> Result<Vec<TemplateVersionParameter>> {
    let owner_id = match client.member(version.organization_id, wanted.owner).await {
        Ok(member) => member.user_id,
        Err(_) => client.user(wanted.owner).await.context("fetch owner")?.id,
    };
    let request = DynamicParametersRequest { id: 1, inputs: wanted.inputs.initial(), owner_id };
    let answer = client.evaluate_parameters(version.id, &request).await.context("evaluate dynamic parameters")?;
    if let Some(error) = answer.diagnostics.iter().find(|d| d.severity == DiagnosticSeverityString::Error) {
        return Err(anyhow!("{}: {}", error.summary, error.detail).context("evaluate dynamic parameters"));
    }
    Ok(answer.parameters.iter().flatten().map(params::from_preview).collect())
}

/// Waits until the user has signed in to every required provider of the template.
async fn authenticate_externally(cx: &Cx, client: &Client, version: Uuid) -> Result<()> {
    let stream = cx.prompt_stream();
    let mut told = Vec::new();
    loop {
        let providers = client.version_external_auth(version).await.context("get external auth")?;
        let Some(next) = providers.into_iter().find(|provider| !provider.authenticated && !provider.optional) else {
            return Ok(());
        };
        if !told.contains(&next.id) {
            stream.line(&format!(
                "You must authenticate with {} to create a workspace with this template. Visit:\n\n\t{}\n",
                next.display_name, next.authenticate_url
            ));
            told.push(next.id);
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

async fn dry_run(
    cx: &Cx,
    client: &Client,
    version: Uuid,
    name: &str,
    values: &[WorkspaceBuildParameter],
) -> Result<()> {
    let stream = cx.prompt_stream();
    stream.line("Planning workspace...");
    let request = CreateTemplateVersionDryRunRequest {
        workspace_name: name.to_owned(),
        rich_parameter_values: values.to_vec(),
        ..Default::default()
    };
    let job = client.create_dry_run(version, &request).await.context("begin workspace dry-run")?;
    let matched = client.dry_run_matched_provisioners(version, job.id).await.context("get matched provisioners")?;
    progress::warn_unmatched(stream, &job, Some(&matched));
    let place = JobRef::DryRun { version, job: job.id };
    progress::follow(client, place, Display::of(cx, stream).silent())
        .await
        .context("run dry-run provision job")
        .context("dry-run workspace")?;
    let resources = client.job_resources(place).await.context("get workspace dry-run resources")?;
    let table = ResourceTable::new("Workspace Preview").without_status().with_access(cx.program.name, name);
    stream.line(&render(&resources, &table));
    Ok(())
}

/// What a start build needs beyond the workspace.
pub struct StartRequest {
    pub inputs: Inputs,
    pub mode: Mode,
    pub reason: CreateWorkspaceBuildReason,
    pub log_level: ProvisionerLogLevel,
}

/// A prepared start: values and version.
pub struct PreparedStart {
    pub version: Uuid,
    pub values: Vec<WorkspaceBuildParameter>,
}

/// The version that a start of the workspace uses.
pub fn start_version(workspace: &Workspace, mode: Mode) -> Uuid {
    let newest = mode == Mode::Update
        || workspace.automatic_updates == AutomaticUpdates::Always
        || workspace.template_require_active_version;
    if newest { workspace.template_active_version_id } else { workspace.latest_build.template_version_id }
}

/// Prepares a start; `mode` may be stronger than the request's after a refusal.
pub async fn prepare_start(
    cx: &Cx,
    client: &Client,
    workspace: &Workspace,
    request: &StartRequest,
    mode: Mode,
) -> Result<PreparedStart> {
    let version = start_version(workspace, mode);
    let mut inputs = request.inputs.clone();
    inputs.last = client.build_parameters(workspace.latest_build.id).await.context("get build parameters")?;
    // Another version than the last build's may have parameters that were never answered.
    let mode = if version == workspace.latest_build.template_version_id { mode } else { Mode::Update };
    let owner = workspace.owner_id.to_string();
    let preparation = Preparation {
        mode,
        version,
        workspace_name: &workspace.name,
        owner: &owner,
        inputs,
        dry_run: request.mode == Mode::Update,
    };
    let values = prepare(cx, client, preparation).await?;
    Ok(PreparedStart { version, values })
}

/// Starts a workspace; if the old version may not be built any more (403), the active one is used.
pub async fn start(cx: &Cx, client: &Client, workspace: &Workspace, request: &StartRequest) -> Result<WorkspaceBuild> {
    if workspace.dormant_at.is_some() {
        cx.prompt_stream().line("Activating dormant workspace...");
        client.set_dormant(workspace.id, false).await.context("activate workspace")?;
    }
    let prepared = prepare_start(cx, client, workspace, request, request.mode).await?;
    start_prepared(cx, client, workspace, request, prepared).await
}

/// Posts a prepared start.
pub async fn start_prepared(
    cx: &Cx,
    client: &Client,
    workspace: &Workspace,
    request: &StartRequest,
    prepared: PreparedStart,
) -> Result<WorkspaceBuild> {
    match post_start(client, workspace.id, request, &prepared).await {
        Err(error) if error.status() == Some(StatusCode::FORBIDDEN) && request.mode != Mode::Update => {
            cx.prompt_stream().line(
                "Unable to start the workspace with the template version from the last build. The active version is used instead.",
            );
            let prepared = prepare_start(cx, client, workspace, request, Mode::Update).await?;
            Ok(post_start(client, workspace.id, request, &prepared)
                .await
                .context("start workspace with active template version")?)
        }
        other => Ok(other?),
    }
}

async fn post_start(
    client: &Client,
    workspace: Uuid,
    request: &StartRequest,
    prepared: &PreparedStart,
) -> warren_client::Result<WorkspaceBuild> {
    let body = CreateWorkspaceBuildRequest {
        transition: WorkspaceTransition::Start,
        template_version_id: prepared.version,
        rich_parameter_values: prepared.values.clone(),
        reason: request.reason,
        log_level: request.log_level,
        ..Default::default()
    };
    client.create_build(workspace, &body).await
}

/// Follows a build on a stream.
pub async fn follow_build(cx: &Cx, client: &Client, build: &WorkspaceBuild, stream: Stream) -> Result<()> {
    progress::follow(client, JobRef::Build(build.id), Display::of(cx, stream)).await
}

/// `\nThe dev workspace has been started at Jan _2 15:04:05!`
pub fn success(cx: &Cx, name: &str, verb: &str) {
    let stream = cx.prompt_stream();
    let name = stream.paint(CYAN, name);
    let stamp = crate::output::human::stamp(jiff::Timestamp::now());
    stream.line(&format!("\nThe {name} workspace has been {verb} at {stamp}!"));
}
