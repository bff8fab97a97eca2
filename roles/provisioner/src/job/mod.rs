//! One job from acquisition to its report. The recipes are in the sibling modules.

mod build;
mod dry_run;
mod import;

use std::time::Duration;

use prost::Message;
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use warren_proto::provisioner::LogLevel;
use warren_proto::provisionerd::provisioner_daemon_methods as methods;
use warren_proto::provisionerd::{AcquiredJob, CompletedJob, FailedJob, acquired_job, completed_job, failed_job};

use crate::daemon::DaemonOptions;
use crate::lines::StageLog;
use crate::link::Link;
use crate::terraform::{LazyTerraform, Session};
use crate::updates::{Updates, updates};

/// Stage names that clients show.
mod stage {
    pub const SET_UP: &str = "Setting up";
    pub const INIT: &str = "Initializing Terraform Directory";
    pub const PARSE: &str = "Parsing template parameters";
    pub const PERSISTENT: &str = "Detecting persistent resources";
    pub const EPHEMERAL: &str = "Detecting ephemeral resources";
    pub const PLAN: &str = "Planning Infrastructure";
    pub const QUOTA: &str = "Commit quota";
    pub const START: &str = "Starting workspace";
    pub const STOP: &str = "Stopping workspace";
    pub const DESTROY: &str = "Destroying workspace";
    pub const GRAPH: &str = "Graphing Infrastructure";
    pub const CLEAN_UP: &str = "Cleaning Up";
}

/// Bytes of one message.
const MESSAGE_LIMIT: usize = 4 * 1024 * 1024;
/// What a job gets after an interrupt of the daemon.
const ABORT_GRACE: Duration = Duration::from_secs(5);

/// A failure as it is reported: text, code, and the state of a build if it is known.
#[derive(Debug, Default)]
struct Failure {
    error: String,
    code: &'static str,
    kind: Option<failed_job::Type>,
}

impl Failure {
    fn new(error: impl Into<String>) -> Self {
        Self { error: error.into(), ..Self::default() }
    }
}

/// What recipes work with.
struct Job<'a> {
    acquired: &'a AcquiredJob,
    link: &'a Link,
    updates: &'a Updates,
    cancel: CancellationToken,
    terraform: &'a LazyTerraform,
    minimum: LogLevel,
}

impl Job<'_> {
    fn log(&self, stage: &'static str) -> StageLog {
        StageLog::new(self.updates.logs.clone(), stage, self.minimum)
    }

    /// A session with Terraform.
    async fn session(&self) -> Result<Session, String> {
        let terraform = self.terraform.get().await.map_err(|error| error.to_string())?;
        let debug = self.minimum_is_explicit();
        Session::start(&terraform, self.cancel.clone(), debug)
            .map_err(|error| format!("make the work directory: {error}"))
    }

    fn minimum_is_explicit(&self) -> bool {
        self.minimum != LogLevel::Trace
    }

    fn check_canceled(&self) -> Result<(), String> {
        if self.cancel.is_cancelled() { Err("canceled".to_owned()) } else { Ok(()) }
    }
}

/// Runs a job and reports its end.
pub(crate) async fn run(acquired: AcquiredJob, link: Link, options: &DaemonOptions) {
    let cancel = CancellationToken::new();
    let tasks = TaskTracker::new();
    let (updates, worker) = updates(link.clone(), acquired.job_id.clone(), options.update_interval, cancel.clone());
    tasks.spawn(worker);
    tasks.close();
    let job = Job {
        acquired: &acquired,
        link: &link,
        updates: &updates,
        cancel: cancel.clone(),
        terraform: &options.terraform,
        minimum: minimum_level(&acquired),
    };
    job.log(stage::SET_UP).open().await;
    let outcome = {
        let recipe = recipe(&job);
        let mut recipe = std::pin::pin!(recipe);
        let given_up = give_up(&cancel, options);
        tokio::select! {
            outcome = &mut recipe => outcome,
            reason = given_up => Err(Failure::new(reason)),
        }
    };
    job.log(stage::CLEAN_UP).open().await;
    updates.flush().await;
    let outcome = match (outcome, updates.failure()) {
        (Err(failure), Some(reason)) => Err(Failure { error: reason.to_owned(), ..failure }),
        (outcome, _) => outcome,
    };
    drop(updates);
    tasks.wait().await;
    report(&acquired, &link, outcome).await;
}

/// Ends when the job has had all the time that it gets, with the text for the report.
async fn give_up(cancel: &CancellationToken, options: &DaemonOptions) -> &'static str {
    tokio::select! {
        () = cancel.cancelled() => {
            tokio::select! {
                () = tokio::time::sleep(options.force_cancel) => "Cancel timed out",
                () = abort(cancel, options) => "provisioner daemon was shutdown gracefully",
            }
        }
        () = abort(cancel, options) => "provisioner daemon was shutdown gracefully",
    }
}

async fn abort(cancel: &CancellationToken, options: &DaemonOptions) {
    options.abort.cancelled().await;
    cancel.cancel();
    tokio::time::sleep(ABORT_GRACE).await;
}

async fn recipe(job: &Job<'_>) -> Result<completed_job::Type, Failure> {
    match &job.acquired.r#type {
        Some(acquired_job::Type::TemplateImport(import)) => {
            import::run(job, import).await.map(completed_job::Type::TemplateImport)
        }
        Some(acquired_job::Type::TemplateDryRun(dry_run)) => {
            dry_run::run(job, dry_run).await.map(completed_job::Type::TemplateDryRun)
        }
        Some(acquired_job::Type::WorkspaceBuild(build)) => {
            build::run(job, build).await.map(completed_job::Type::WorkspaceBuild)
        }
        None => Err(Failure::new("unknown type of job; is this daemon older than its server?")),
    }
}

fn minimum_level(acquired: &AcquiredJob) -> LogLevel {
    let wanted = match &acquired.r#type {
        Some(acquired_job::Type::WorkspaceBuild(build)) => build.log_level.as_str(),
        _ => "",
    };
    match wanted {
        "debug" => LogLevel::Debug,
        "info" => LogLevel::Info,
        "warn" => LogLevel::Warn,
        "error" => LogLevel::Error,
        _ => LogLevel::Trace,
    }
}

async fn report(acquired: &AcquiredJob, link: &Link, outcome: Result<completed_job::Type, Failure>) {
    let job_id = acquired.job_id.clone();
    let failure = match outcome {
        Ok(kind) => match complete(link, CompletedJob { job_id: job_id.clone(), r#type: Some(kind) }).await {
            Ok(()) => return,
            Err((error, state)) => Failure {
                error: format!("internal provisionerserver error: {error}"),
                code: "",
                kind: state.map(|state| {
                    failed_job::Type::WorkspaceBuild(failed_job::WorkspaceBuild { state, timings: Vec::new() })
                }),
            },
        },
        Err(failure) => failure,
    };
    let kind = failure.kind.or_else(|| match &acquired.r#type {
        Some(acquired_job::Type::WorkspaceBuild(_)) => {
            Some(failed_job::Type::WorkspaceBuild(failed_job::WorkspaceBuild::default()))
        }
        Some(acquired_job::Type::TemplateImport(_)) => {
            Some(failed_job::Type::TemplateImport(failed_job::TemplateImport {}))
        }
        Some(acquired_job::Type::TemplateDryRun(_)) => {
            Some(failed_job::Type::TemplateDryRun(failed_job::TemplateDryRun {}))
        }
        None => None,
    });
    tracing::info!(job = job_id, error = failure.error, "job failed");
    let failed = FailedJob { job_id, error: failure.error, r#type: kind, error_code: failure.code.to_owned() };
    if let Err(error) = link.unary(methods::FAIL_JOB, &failed).await {
        tracing::warn!(job = failed.job_id, error, "the failure of the job could not be reported");
    }
}

/// Reports success. On failure the state of a build comes back, so that it is not lost.
async fn complete(link: &Link, mut completed: CompletedJob) -> Result<(), (String, Option<bytes::Bytes>)> {
    let state = match &completed.r#type {
        Some(completed_job::Type::WorkspaceBuild(build)) => Some(build.state.clone()),
        _ => None,
    };
    let size = completed.encoded_len();
    if size > MESSAGE_LIMIT
        && let Some(completed_job::Type::TemplateImport(import)) = &mut completed.r#type
        && size - import.module_files.len() < MESSAGE_LIMIT
    {
        let files = std::mem::take(&mut import.module_files);
        import.module_files_hash = Sha256::digest(&files).to_vec().into();
        link.upload(&files).await.map_err(|error| (format!("upload of the modules: {error}"), None))?;
    }
    link.unary(methods::COMPLETE_JOB, &completed).await.map(drop).map_err(|error| (error, state))
}
