//! Dry run: the resources that a workspace with given parameters would have.

use uuid::Uuid;
use warren_proto::provisioner::{Metadata, WorkspaceTransition};
use warren_proto::provisionerd::{acquired_job, completed_job};

use super::{Failure, Job, stage};
use crate::terraform::{InitInput, PlanInput, Session};

pub(super) async fn run(
    job: &Job<'_>,
    dry_run: &acquired_job::TemplateDryRun,
) -> Result<completed_job::TemplateDryRun, Failure> {
    let failure = |error: String| Failure::new(format!("run dry-run provision job: {error}"));
    let mut session = job.session().await.map_err(failure)?;
    let result = steps(job, dry_run, &mut session).await.map_err(failure);
    session.close().await;
    result
}

async fn steps(
    job: &Job<'_>,
    dry_run: &acquired_job::TemplateDryRun,
    session: &mut Session,
) -> Result<completed_job::TemplateDryRun, String> {
    let template = &job.acquired.template_source_archive;
    let init = session.init(InitInput { template, reuse: true, ..InitInput::default() }, &job.log(stage::INIT)).await?;
    job.check_canceled()?;
    let input = PlanInput {
        metadata: filled(dry_run.metadata.clone().unwrap_or_default()),
        parameters: dry_run.rich_parameter_values.clone(),
        variables: dry_run.variable_values.clone(),
        ..PlanInput::default()
    };
    let plan = session.plan(&input, &job.log(stage::PERSISTENT)).await;
    plan.map_err(|error| format!("plan during template import provision error: {error}"))?;
    let graph = session.graph_of_plan(&job.log(stage::GRAPH)).await;
    let (extracted, _) = graph.map_err(|error| format!("graph during template import provision error: {error}"))?;
    Ok(completed_job::TemplateDryRun { resources: extracted.resources, modules: init.modules })
}

/// A dry run has no workspace: what the server left out is invented.
fn filled(mut metadata: Metadata) -> Metadata {
    let fill = |field: &mut String, value: String| {
        if field.is_empty() {
            *field = value;
        }
    };
    fill(&mut metadata.coder_url, "http://localhost:3000".to_owned());
    fill(&mut metadata.workspace_name, "dryrun".to_owned());
    fill(&mut metadata.workspace_owner, "dryrunner".to_owned());
    fill(&mut metadata.workspace_id, Uuid::new_v4().to_string());
    fill(&mut metadata.workspace_owner_id, Uuid::new_v4().to_string());
    metadata.workspace_transition = WorkspaceTransition::Start.into();
    metadata
}
