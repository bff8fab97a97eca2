//! What the recorded daemons answered, given by a scripted one.

use std::time::Duration;

use uuid::Uuid;
use warren_proto::provisioner::{self as proto, agent::Auth};
use warren_proto::provisionerd::{
    AcquiredJob, FailedJob, Log, UpdateJobRequest, acquired_job, completed_job, failed_job,
    provisioner_daemon_methods as methods,
};

use crate::scripted_daemon::Daemon;

/// How long a job is waited for before there is none.
const NO_JOB: Duration = Duration::from_millis(300);
pub(super) const APP_PORT: u16 = 18_080;

/// The archives of the templates that the recording uses; a scripted daemon recognises them by their text.
pub(super) const NEEDS_VARIABLES: &str = "# two variables";
pub(super) const HAS_PRESET: &str = "# a preset";
pub(super) const BROKEN: &str = "# broken";

/// A started workspace: its agent's token.
pub(super) struct Started {
    pub(super) workspace: String,
    pub(super) token: String,
}

/// Takes the next job, if there is one, and ends it as the template says.
pub(super) async fn run_next(daemon: &Daemon) -> Option<Option<Started>> {
    let job = tokio::time::timeout(NO_JOB, daemon.acquire()).await.ok()?;
    Some(run(daemon, &job).await)
}

/// Ends a job as its template says.
pub(super) async fn run(daemon: &Daemon, job: &AcquiredJob) -> Option<Started> {
    let text = &*String::from_utf8_lossy(&job.template_source_archive);
    for (source, level, stage) in [
        (0, proto::LogLevel::Info, "Setting up"),
        (1, proto::LogLevel::Warn, "Initializing Terraform Directory"),
        (1, proto::LogLevel::Info, "Initializing Terraform Directory"),
        (0, proto::LogLevel::Info, "Cleaning Up"),
    ] {
        let (created_at, output) = (jiff::Timestamp::now().as_millisecond(), String::new());
        let log = Log { source, level: level.into(), created_at, stage: stage.into(), output };
        let update = UpdateJobRequest { job_id: job.job_id.clone(), logs: vec![log], ..Default::default() };
        if daemon.session.unary(methods::UPDATE_JOB, &update).await.is_ok_and(|answer| answer.canceled) {
            let kind = match job.r#type {
                Some(acquired_job::Type::WorkspaceBuild(_)) => failed_job::Type::WorkspaceBuild(Default::default()),
                _ => failed_job::Type::TemplateImport(Default::default()),
            };
            daemon.fail(job, "the job was canceled", kind).await;
            return None;
        }
    }
    match job.r#type.as_ref().expect("a kind of job") {
        acquired_job::Type::TemplateImport(_) => import(daemon, job, text).await,
        acquired_job::Type::WorkspaceBuild(build) => return build_workspace(daemon, job, build).await,
        acquired_job::Type::TemplateDryRun(_) => {
            let result = completed_job::TemplateDryRun { resources: resources(None), modules: Vec::new() };
            daemon.complete(job, completed_job::Type::TemplateDryRun(result)).await;
        }
    }
    None
}

/// Ends an import that found these parameters.
pub(super) async fn import_parameters(daemon: &Daemon, job: &AcquiredJob, parameters: Vec<proto::RichParameter>) {
    let result = completed_job::TemplateImport { rich_parameters: parameters, plan: "{}".into(), ..Default::default() };
    daemon.complete(job, completed_job::Type::TemplateImport(result)).await;
}

async fn import(daemon: &Daemon, job: &AcquiredJob, text: &str) {
    let variable = |name: &str, required: bool, sensitive: bool| proto::TemplateVariable {
        name: name.into(),
        r#type: "string".into(),
        required,
        sensitive,
        ..Default::default()
    };
    let mut update = UpdateJobRequest { job_id: job.job_id.clone(), readme: "# read me".into(), ..Default::default() };
    if text.contains(NEEDS_VARIABLES) {
        update.template_variables = vec![variable("bar", false, true), variable("foo", true, false)];
        if let Some(acquired_job::Type::TemplateImport(import)) = &job.r#type {
            update.user_variable_values = import.user_variable_values.clone();
        }
    }
    if let Err(error) = daemon.session.unary(methods::UPDATE_JOB, &update).await {
        return fail(daemon, job, &format!("update job: {error}"), "REQUIRED_TEMPLATE_VARIABLES").await;
    }
    if text.contains(BROKEN) {
        return fail(daemon, job, "initialize terraform: exit status 1", "").await;
    }
    let mut result = completed_job::TemplateImport {
        start_resources: resources(Some((Uuid::new_v4().to_string(), String::new()))),
        stop_resources: resources(None),
        rich_parameters: parameters(),
        plan: "{}".into(),
        ..Default::default()
    };
    if text.contains(HAS_PRESET) {
        let size = proto::PresetParameter { name: "size".into(), value: "1".into() };
        let preset =
            proto::Preset { name: "Small".into(), parameters: vec![size], default: true, ..Default::default() };
        result.presets = vec![preset];
    }
    daemon.complete(job, completed_job::Type::TemplateImport(result)).await;
}

async fn fail(daemon: &Daemon, job: &AcquiredJob, error: &str, code: &str) {
    let failed = FailedJob {
        job_id: job.job_id.clone(),
        error: error.into(),
        error_code: code.into(),
        r#type: Some(failed_job::Type::TemplateImport(Default::default())),
    };
    daemon.session.unary(methods::FAIL_JOB, &failed).await.unwrap();
}

async fn build_workspace(daemon: &Daemon, job: &AcquiredJob, build: &acquired_job::WorkspaceBuild) -> Option<Started> {
    let metadata = build.metadata.clone().unwrap_or_default();
    let starts = metadata.workspace_transition() == proto::WorkspaceTransition::Start;
    let started = Started { workspace: metadata.workspace_id, token: Uuid::new_v4().to_string() };
    let agent = starts.then(|| (started.token.clone(), started.workspace.clone()));
    let destroyed = !starts && metadata.workspace_transition == i32::from(proto::WorkspaceTransition::Destroy);
    let timing = |stage: &str, source: &str, action: &str| {
        let now = jiff::Timestamp::now();
        let at = prost_types::Timestamp { seconds: now.as_second(), nanos: now.subsec_nanosecond() };
        proto::Timing {
            start: Some(at),
            end: Some(at),
            action: action.into(),
            source: source.into(),
            resource: "x".into(),
            stage: stage.into(),
            state: proto::TimingState::Completed.into(),
        }
    };
    let result = completed_job::WorkspaceBuild {
        state: format!("state of {}", build.workspace_build_id).into(),
        resources: if destroyed { Vec::new() } else { resources(agent) },
        timings: vec![timing("init", "coder", "terraform"), timing("plan", "coder", "terraform")],
        ..Default::default()
    };
    daemon.complete(job, completed_job::Type::WorkspaceBuild(result)).await;
    starts.then_some(started)
}

/// The resources of the recorded template; with an agent when its token and an id for its app are given.
fn resources(agent: Option<(String, String)>) -> Vec<proto::Resource> {
    let resource =
        |kind: &str, name: &str| proto::Resource { name: name.into(), r#type: kind.into(), ..Default::default() };
    let process = proto::Resource {
        icon: "/icon/memory.svg".into(),
        agents: agent.map(|(token, _)| self::agent(token)).into_iter().collect(),
        metadata: vec![proto::resource::Metadata { key: "k".into(), value: "v".into(), ..Default::default() }],
        ..resource("terraform_data", "process")
    };
    vec![resource("coder_env", "extra"), resource("terraform_data", "home"), process]
}

fn agent(token: String) -> proto::Agent {
    let script = |name: &str, start: bool, stop: bool| proto::Script {
        display_name: name.into(),
        icon: "/emojis/25b6-fe0f.png".into(),
        script: "true".into(),
        run_on_start: start,
        run_on_stop: stop,
        ..Default::default()
    };
    let app = |slug: &str| proto::App {
        id: Uuid::new_v4().to_string(),
        slug: slug.into(),
        display_name: slug.into(),
        ..Default::default()
    };
    let check = proto::Healthcheck { url: "http://localhost:1/".into(), interval: 3, threshold: 10 };
    proto::Agent {
        name: "main".into(),
        operating_system: "linux".into(),
        architecture: "amd64".into(),
        directory: "/home/coder".into(),
        env: [("GREETING".to_owned(), "a".to_owned())].into(),
        connection_timeout_seconds: 120,
        auth: Some(Auth::Token(token)),
        scripts: vec![
            script("Extra", true, false),
            script("Shutdown Script", false, true),
            script("Startup Script", true, false),
        ],
        apps: vec![
            proto::App { url: "https://example.com/docs".into(), external: true, ..app("docs") },
            proto::App { url: format!("http://localhost:{APP_PORT}"), healthcheck: Some(check), ..app("web") },
        ],
        metadata: vec![proto::agent::Metadata {
            key: "load".into(),
            display_name: "Load".into(),
            script: "cat".into(),
            interval: 5,
            timeout: 2,
            order: 0,
        }],
        display_apps: Some(proto::DisplayApps {
            vscode: true,
            ssh_helper: true,
            port_forwarding_helper: true,
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn parameters() -> Vec<proto::RichParameter> {
    let parameter = |name: &str, kind: &str, default: &str, form: proto::ParameterFormType| proto::RichParameter {
        name: name.into(),
        r#type: kind.into(),
        default_value: default.into(),
        mutable: true,
        form_type: form.into(),
        ..Default::default()
    };
    let option = |name: &str, value: &str| proto::RichParameterOption {
        name: name.into(),
        value: value.into(),
        ..Default::default()
    };
    let (input, radio) = (proto::ParameterFormType::Input, proto::ParameterFormType::Radio);
    vec![
        proto::RichParameter {
            mutable: false,
            options: vec![option("Europe", "eu"), option("America", "us")],
            ..parameter("region", "string", "eu", radio)
        },
        proto::RichParameter {
            validation_min: Some(1),
            validation_max: Some(8),
            ..parameter("size", "number", "2", input)
        },
        proto::RichParameter {
            display_name: "Greeting".into(),
            description: "What the shell says".into(),
            order: 1,
            ..parameter("greeting", "string", "hello", input)
        },
    ]
}
