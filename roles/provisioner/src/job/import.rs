//! Import of a template version: what it declares, and which resources exist in a started and in a stopped workspace.

use warren_proto::provisioner::{Metadata, VariableValue, WorkspaceTransition};
use warren_proto::provisionerd::{UpdateJobRequest, acquired_job, completed_job};

use super::{Failure, Job, stage};
use crate::extract::Extracted;
use crate::terraform::{InitInput, PlanDone, PlanInput, Session};

pub(super) async fn run(
    job: &Job<'_>,
    import: &acquired_job::TemplateImport,
) -> Result<completed_job::TemplateImport, Failure> {
    let mut session =
        job.session().await.map_err(|error| Failure::new(format!("template import init error: {error}")))?;
    let result = steps(job, import, &mut session).await;
    session.close().await;
    result
}

async fn steps(
    job: &Job<'_>,
    import: &acquired_job::TemplateImport,
    session: &mut Session,
) -> Result<completed_job::TemplateImport, Failure> {
    let template = &job.acquired.template_source_archive;
    let init =
        session.init(InitInput { template, want_modules: true, ..InitInput::default() }, &job.log(stage::INIT)).await;
    let init = init.map_err(|error| Failure::new(format!("template import init error: {error}")))?;
    let log = job.log(stage::PARSE);
    log.open().await;
    let parsed = session.parse(&log).await;
    let update = UpdateJobRequest {
        template_variables: parsed.template_variables,
        user_variable_values: import.user_variable_values.clone(),
        readme: parsed.readme,
        workspace_tags: parsed.workspace_tags,
        ..UpdateJobRequest::default()
    };
    let response = job.updates.update(update).await.map_err(|error| Failure {
        code: error_code(&error),
        error: format!("update job: {error}"),
        kind: None,
    })?;
    let metadata = import.metadata.clone().unwrap_or_default();
    let variables = &response.variable_values;
    let (start, plan) = pass(job, session, &metadata, variables, WorkspaceTransition::Start).await?;
    let (stop, _) = pass(job, session, &metadata, variables, WorkspaceTransition::Stop).await?;
    Ok(completed_job::TemplateImport {
        start_resources: start.resources,
        stop_resources: stop.resources,
        rich_parameters: start.parameters,
        external_auth_providers_names: start.external_auth.iter().map(|provider| provider.id.clone()).collect(),
        external_auth_providers: start.external_auth,
        start_modules: init.modules,
        presets: start.presets,
        plan: plan.json.into(),
        module_files: init.module_files.into(),
        module_files_hash: bytes::Bytes::new(),
        has_ai_tasks: plan.ai_tasks > 0,
        has_external_agents: start.has_external_agents,
    })
}

/// Plans one transition and reads its resources.
async fn pass(
    job: &Job<'_>,
    session: &mut Session,
    metadata: &Metadata,
    variables: &[VariableValue],
    transition: WorkspaceTransition,
) -> Result<(Extracted, PlanDone), Failure> {
    let (name, stage_name) = match transition {
        WorkspaceTransition::Start => ("start", stage::PERSISTENT),
        WorkspaceTransition::Stop | WorkspaceTransition::Destroy => ("stop", stage::EPHEMERAL),
    };
    let failure = |error: String| Failure::new(format!("template import provision for {name}: {error}"));
    let log = job.log(stage_name);
    log.open().await;
    job.check_canceled().map_err(failure)?;
    let input = PlanInput {
        metadata: Metadata {
            coder_url: metadata.coder_url.clone(),
            workspace_owner_groups: metadata.workspace_owner_groups.clone(),
            workspace_transition: transition.into(),
            ..Metadata::default()
        },
        variables: variables.to_vec(),
        want_json: transition == WorkspaceTransition::Start,
        ..PlanInput::default()
    };
    let plan = session.plan(&input, &log).await;
    let plan = plan.map_err(|error| failure(format!("plan during template import provision error: {error}")))?;
    let graph = session.graph_of_plan(&job.log(stage::GRAPH)).await;
    let (extracted, _) =
        graph.map_err(|error| failure(format!("graph during template import provision error: {error}")))?;
    job.updates.flush().await;
    Ok((extracted, plan))
}

/// Codes that clients act on, by the server's words.
fn error_code(error: &str) -> &'static str {
    if error.contains("required template variables") {
        "REQUIRED_TEMPLATE_VARIABLES"
    } else if error.contains("missing parameter") {
        "MISSING_TEMPLATE_PARAMETER"
    } else {
        ""
    }
}
