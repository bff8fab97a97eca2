//! Start, stop or deletion of a workspace.

use bytes::Bytes;
use tokio::sync::watch;
use warren_proto::provisioner::{LogLevel, Metadata, Timing, WorkspaceTransition};
use warren_proto::provisionerd::provisioner_daemon_methods as methods;
use warren_proto::provisionerd::{CommitQuotaRequest, acquired_job, completed_job, failed_job};

use super::{Failure, Job, stage};
use crate::lines::StageLog;
use crate::terraform::{ApplyDone, InitInput, PlanInput, Session};

pub(super) async fn run(
    job: &Job<'_>,
    build: &acquired_job::WorkspaceBuild,
) -> Result<completed_job::WorkspaceBuild, Failure> {
    let metadata = build.metadata.clone().unwrap_or_default();
    if metadata.workspace_transition() == WorkspaceTransition::Destroy && build.state.is_empty() {
        return nothing_to_destroy(job).await;
    }
    // Nothing has touched the infrastructure yet: the state stays what it was.
    let unchanged = |error: String| failure(error, build.state.clone(), Vec::new());
    let mut session = job.session().await.map_err(unchanged)?;
    let result = steps(job, build, metadata, &mut session).await;
    session.close().await;
    result
}

/// A workspace without state has nothing that Terraform could end.
async fn nothing_to_destroy(job: &Job<'_>) -> Result<completed_job::WorkspaceBuild, Failure> {
    const NO_STATE: &str = "The terraform state does not exist, there is nothing to do";
    job.log(stage::INIT).line(LogLevel::Info, NO_STATE).await;
    job.log(stage::PLAN).line(LogLevel::Info, NO_STATE).await;
    let log = job.log(stage::DESTROY);
    log.open().await;
    log.line(LogLevel::Info, NO_STATE).await;
    Ok(completed_job::WorkspaceBuild::default())
}

async fn steps(
    job: &Job<'_>,
    build: &acquired_job::WorkspaceBuild,
    metadata: Metadata,
    session: &mut Session,
) -> Result<completed_job::WorkspaceBuild, Failure> {
    let unchanged = |error: String| failure(error, build.state.clone(), Vec::new());
    let modules = match metadata.template_version_modules_file.as_str() {
        "" => Vec::new(),
        id => job.link.download(id).await.map_err(|error| unchanged(format!("download of the modules: {error}")))?,
    };
    let template = &job.acquired.template_source_archive;
    let init = session
        .init(InitInput { template, module_archive: &modules, reuse: true, want_modules: false }, &job.log(stage::INIT))
        .await
        .map_err(unchanged)?;
    job.check_canceled().map_err(unchanged)?;

    let input = PlanInput {
        metadata: metadata.clone(),
        parameters: build.rich_parameter_values.clone(),
        previous: build.previous_parameter_values.clone(),
        variables: build.variable_values.clone(),
        external_auth: build.external_auth_providers.clone(),
        state: build.state.to_vec(),
        want_json: false,
    };
    // A plan changes nothing, so the server keeps what it has.
    let no_state = |error: String| Failure::new(error);
    let plan = session.plan(&input, &job.log(stage::PLAN)).await.map_err(no_state)?;
    if plan.ai_tasks > 1 {
        return Err(no_state("only one 'coder_ai_task' resource can be provisioned per template".to_owned()));
    }
    let transition = metadata.workspace_transition();
    if plan.daily_cost != 0 && transition != WorkspaceTransition::Destroy {
        commit_quota(job, plan.daily_cost).await?;
    }
    job.check_canceled().map_err(no_state)?;

    let log = job.log(match transition {
        WorkspaceTransition::Start => stage::START,
        WorkspaceTransition::Stop => stage::STOP,
        WorkspaceTransition::Destroy => stage::DESTROY,
    });
    log.open().await;
    job.updates.flush().await;
    let apply = apply(job, session, &metadata, &log).await;
    let state = Bytes::from(apply.state);
    let mut timings = init.timings;
    timings.extend(plan.timings);
    timings.extend(apply.timings);
    if let Some(error) = apply.error {
        return Err(failure(error, state, timings));
    }
    let graph = session.graph_of_state(&state, &job.log(stage::GRAPH)).await;
    let (extracted, graph_timings) = graph.map_err(|error| failure(error, state.clone(), timings.clone()))?;
    timings.extend(graph_timings);
    Ok(completed_job::WorkspaceBuild {
        state,
        resources: extracted.resources,
        timings,
        modules: init.modules,
        resource_replacements: plan.replacements,
        ai_tasks: extracted.ai_tasks,
    })
}

/// Applies, and tells the server of each state on the way: if this daemon is lost, what it made is not.
async fn apply(job: &Job<'_>, session: &mut Session, metadata: &Metadata, log: &StageLog) -> ApplyDone {
    let (states, mut reached) = watch::channel(Bytes::new());
    let tell = async {
        while reached.changed().await.is_ok() {
            let state = reached.borrow_and_update().clone();
            job.updates.state(state).await;
        }
    };
    let apply = async {
        let done = session.apply(metadata, log, &states).await;
        drop(states);
        done
    };
    tokio::join!(apply, tell).0
}

async fn commit_quota(job: &Job<'_>, daily_cost: i32) -> Result<(), Failure> {
    let request = CommitQuotaRequest { job_id: job.acquired.job_id.clone(), daily_cost };
    let quota = job.link.unary(methods::COMMIT_QUOTA, &request).await;
    let quota = quota.map_err(|error| Failure::new(format!("commit quota: {error}")))?;
    let log = job.log(stage::QUOTA);
    log.line(LogLevel::Info, format!("Build cost       —   {daily_cost}")).await;
    log.line(LogLevel::Info, format!("Budget           —   {}", quota.budget)).await;
    log.line(LogLevel::Info, format!("Credits consumed —   {}", quota.credits_consumed)).await;
    job.updates.flush().await;
    if quota.ok {
        return Ok(());
    }
    log.line(LogLevel::Warn, "This build would exceed your quota. Failing.").await;
    Err(Failure { error: "insufficient quota".to_owned(), code: "INSUFFICIENT_QUOTA", kind: None })
}

fn failure(error: String, state: Bytes, timings: Vec<Timing>) -> Failure {
    let kind = failed_job::Type::WorkspaceBuild(failed_job::WorkspaceBuild { state, timings });
    Failure { error, code: "", kind: Some(kind) }
}
