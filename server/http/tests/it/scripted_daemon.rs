//! A provisioner daemon that follows a script: answers each job with what the test wants.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use warren_builds::{BUILT_IN_KEY, Builds, DaemonIdentity, Options, Provisionerd};
use warren_core::Services;
use warren_proto::provisioner::{self as proto, agent::Auth};
use warren_proto::provisionerd::provisioner_daemon_methods as methods;
use warren_proto::provisionerd::{
    AcquiredJob, CompletedJob, FailedJob, Log, UpdateJobRequest, acquired_job, completed_job, failed_job,
};
use warren_rpc::Session;

/// Starts the part of the server that owns builds.
pub fn start_builds(services: &Arc<Services>) -> Builds {
    let options = Options {
        access_url: services.config.access_url.as_str().trim_end_matches('/').to_owned(),
        ..Options::default()
    };
    let builds = Builds::start(services.db.clone(), services.bus.clone(), services.keys.clone(), options);
    warren_core::provisioning::install(services, builds.clone());
    builds
}

pub struct Daemon {
    pub session: Session,
    _serving: AbortOnDropHandle<()>,
}

impl Daemon {
    /// Connects a daemon of the default organization.
    pub async fn connect(services: &Services, builds: &Builds, name: &str) -> Self {
        let organization_id = warren_core::organizations::default_organization_id(services).await.unwrap();
        let identity = DaemonIdentity {
            organization_id,
            key_id: BUILT_IN_KEY,
            name: name.into(),
            provisioners: vec!["terraform".into(), "echo".into()],
            tags: BTreeMap::from([("scope".into(), "organization".into()), ("owner".into(), String::new())]),
            version: "v0.0.0-test".into(),
            api_version: "1.18".into(),
        };
        let (ours, theirs) = warren_rpc::pipe();
        let daemons = Provisionerd(builds.clone());
        let serving = tokio::spawn(async move {
            daemons.serve(theirs, identity, CancellationToken::new()).await.ok();
        });
        Self { session: Session::client(ours), _serving: AbortOnDropHandle::new(serving) }
    }

    /// Waits for a job.
    pub async fn acquire(&self) -> AcquiredJob {
        let (_requests, mut jobs) = self.session.bidi(methods::ACQUIRE_JOB_WITH_CANCEL).await.unwrap();
        jobs.recv().await.unwrap().expect("a job comes")
    }

    pub async fn log(&self, job: &AcquiredJob, stage: &str, output: &str) {
        let log = Log {
            source: 1,
            level: proto::LogLevel::Info.into(),
            created_at: jiff::Timestamp::now().as_millisecond(),
            stage: stage.into(),
            output: output.into(),
        };
        let update = UpdateJobRequest { job_id: job.job_id.clone(), logs: vec![log], ..Default::default() };
        self.session.unary(methods::UPDATE_JOB, &update).await.unwrap();
    }

    pub async fn complete(&self, job: &AcquiredJob, result: completed_job::Type) {
        let done = CompletedJob { job_id: job.job_id.clone(), r#type: Some(result) };
        self.session.unary(methods::COMPLETE_JOB, &done).await.unwrap();
    }

    pub async fn fail(&self, job: &AcquiredJob, error: &str, kind: failed_job::Type) {
        let failed = FailedJob {
            job_id: job.job_id.clone(),
            error: error.into(),
            error_code: String::new(),
            r#type: Some(kind),
        };
        self.session.unary(methods::FAIL_JOB, &failed).await.unwrap();
    }

    /// Takes the next job and ends it well; answers it.
    pub async fn run_one(&self) -> AcquiredJob {
        let job = self.acquire().await;
        self.log(&job, "Setting up", "").await;
        let result = match job.r#type.as_ref().expect("a kind of job") {
            acquired_job::Type::TemplateImport(_) => {
                self.parse(&job).await;
                completed_job::Type::TemplateImport(import_result())
            }
            acquired_job::Type::WorkspaceBuild(build) => completed_job::Type::WorkspaceBuild(build_result(build)),
            acquired_job::Type::TemplateDryRun(_) => {
                completed_job::Type::TemplateDryRun(completed_job::TemplateDryRun {
                    resources: vec![resource(None)],
                    modules: Vec::new(),
                })
            }
        };
        self.log(&job, "Cleaning Up", "").await;
        self.complete(&job, result).await;
        job
    }

    async fn parse(&self, job: &AcquiredJob) {
        let variable = |name: &str, sensitive: bool| proto::TemplateVariable {
            name: name.into(),
            r#type: "string".into(),
            default_value: "given".into(),
            sensitive,
            ..Default::default()
        };
        let update = UpdateJobRequest {
            job_id: job.job_id.clone(),
            template_variables: vec![variable("open", false), variable("hidden", true)],
            readme: "# read me".into(),
            ..Default::default()
        };
        let answer = self.session.unary(methods::UPDATE_JOB, &update).await.unwrap();
        assert_eq!(answer.variable_values.len(), 2);
    }
}

/// The resource of the scripted template; with an agent when its token and the id of its app are given.
pub fn resource(agent: Option<(&str, &str)>) -> proto::Resource {
    let agents = agent.map(|(token, app)| proto::Agent {
        name: "main".into(),
        operating_system: "linux".into(),
        architecture: "amd64".into(),
        connection_timeout_seconds: 120,
        auth: Some(Auth::Token(token.into())),
        scripts: vec![proto::Script {
            display_name: "Startup Script".into(),
            run_on_start: true,
            ..Default::default()
        }],
        apps: vec![proto::App {
            id: app.into(),
            slug: "web".into(),
            url: "http://localhost:1".into(),
            subdomain: true,
            ..Default::default()
        }],
        display_apps: Some(proto::DisplayApps { vscode: true, ..Default::default() }),
        ..Default::default()
    });
    proto::Resource {
        name: "process".into(),
        r#type: "terraform_data".into(),
        agents: agents.into_iter().collect(),
        metadata: vec![proto::resource::Metadata { key: "k".into(), value: "v".into(), ..Default::default() }],
        ..Default::default()
    }
}

fn import_result() -> completed_job::TemplateImport {
    let parameter = |name: &str, kind: &str, default: &str| proto::RichParameter {
        name: name.into(),
        r#type: kind.into(),
        default_value: default.into(),
        mutable: name != "region",
        ..Default::default()
    };
    let option =
        |value: &str| proto::RichParameterOption { name: value.into(), value: value.into(), ..Default::default() };
    let region =
        proto::RichParameter { options: vec![option("eu"), option("us")], ..parameter("region", "string", "eu") };
    let size = proto::RichParameter {
        validation_min: Some(1),
        validation_max: Some(8),
        order: 1,
        ..parameter("size", "number", "2")
    };
    completed_job::TemplateImport {
        start_resources: vec![resource(Some((&uuid::Uuid::new_v4().to_string(), "")))],
        stop_resources: vec![resource(None)],
        rich_parameters: vec![size, region],
        presets: vec![proto::Preset {
            name: "Small".into(),
            parameters: vec![proto::PresetParameter { name: "size".into(), value: "1".into() }],
            default: true,
            ..Default::default()
        }],
        plan: "{}".into(),
        ..Default::default()
    }
}

fn build_result(build: &acquired_job::WorkspaceBuild) -> completed_job::WorkspaceBuild {
    let metadata = build.metadata.clone().unwrap_or_default();
    let starts = metadata.workspace_transition() == proto::WorkspaceTransition::Start;
    let token = uuid::Uuid::new_v4().to_string();
    completed_job::WorkspaceBuild {
        state: format!("state of {}", build.workspace_build_id).into(),
        resources: if metadata.workspace_transition() == proto::WorkspaceTransition::Destroy {
            Vec::new()
        } else {
            vec![resource(starts.then_some((token.as_str(), metadata.workspace_id.as_str())))]
        },
        ..Default::default()
    }
}
