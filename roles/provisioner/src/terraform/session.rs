//! The work of one job in its own directory: init, parse, plan, apply, graph.

use std::ffi::OsString;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use std::io::Write;

use bytes::Bytes;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use warren_proto::provisioner::{
    ExternalAuthProvider, LogLevel, Metadata, Module as ProtoModule, ParseComplete, ResourceReplacement,
    RichParameterValue, TemplateVariable, Timing, VariableValue, WorkspaceTransition,
};
use warren_template::Module;
use warren_template::archive::{UPLOAD_LIMIT, unpack_tar};
use warren_template::graph::Graph;

use super::command::Run;
use super::events::Events;
use super::init::Init;
use super::plan_file::{self, Plan};
use super::{Shared, Terraform, environment, modules, plan_json, state_file};
use crate::extract::{self, Extracted, Instance};
use crate::lines::StageLog;

const STATE: &str = "terraform.tfstate";
const PLAN: &str = "terraform.tfplan";
/// Bytes of a README that are kept.
const README_LIMIT: u64 = 1024 * 1024;
/// Said when there is nothing to destroy.
const NO_STATE: &str = "The terraform state does not exist, there is nothing to do";

/// A job's directory. Dropping it removes the directory.
#[derive(Debug)]
pub struct Session {
    shared: Arc<Shared>,
    dir: PathBuf,
    cancel: CancellationToken,
    /// Terraform's own log is wanted.
    debug: bool,
    modules: Vec<modules::Installed>,
    planned: Planned,
}

#[derive(Debug, Default)]
enum Planned {
    #[default]
    Nothing,
    /// DESTROY without a state.
    Empty,
    Plan(Plan),
}

/// What a directory is made from.
#[derive(Debug, Default, Clone, Copy)]
pub struct InitInput<'a> {
    /// Tar of the template.
    pub template: &'a [u8],
    /// Tar of its remote modules, empty if there are none or they shall be downloaded.
    pub module_archive: &'a [u8],
    /// The result of an earlier init of the same files may be used.
    pub reuse: bool,
    /// The archive of remote modules is wanted.
    pub want_modules: bool,
}

/// Result of [`Session::init`].
#[derive(Debug, Default)]
pub struct InitDone {
    /// Modules with a source.
    pub modules: Vec<ProtoModule>,
    /// Tar of the remote modules, empty if there are none or it was not asked for.
    pub module_files: Vec<u8>,
    /// Timings of the stage.
    pub timings: Vec<Timing>,
}

/// What a plan is made from.
#[derive(Debug, Default, Clone)]
pub struct PlanInput {
    /// Facts of the workspace; decides the transition.
    pub metadata: Metadata,
    /// Values of parameters.
    pub parameters: Vec<RichParameterValue>,
    /// Values of the previous build.
    pub previous: Vec<RichParameterValue>,
    /// Values of template variables.
    pub variables: Vec<VariableValue>,
    /// Tokens of external services.
    pub external_auth: Vec<ExternalAuthProvider>,
    /// State of the workspace, possibly empty.
    pub state: Vec<u8>,
    /// The plan as JSON is wanted.
    pub want_json: bool,
}

/// Result of [`Session::plan`].
#[derive(Debug, Default)]
pub struct PlanDone {
    /// The plan as JSON, if wanted.
    pub json: Vec<u8>,
    /// Sum of the daily costs.
    pub daily_cost: i32,
    /// Resources that will be destroyed and made anew.
    pub replacements: Vec<ResourceReplacement>,
    /// Number of `coder_ai_task` resources.
    pub ai_tasks: usize,
    /// Timings of the stage.
    pub timings: Vec<Timing>,
}

/// Result of [`Session::apply`]: there is a state in any case.
#[derive(Debug, Default)]
pub struct ApplyDone {
    /// State after the apply, also after one that failed.
    pub state: Vec<u8>,
    /// Why it failed.
    pub error: Option<String>,
    /// Timings of the stage.
    pub timings: Vec<Timing>,
}

impl Session {
    /// Makes the directory. `cancel` interrupts whatever Terraform process runs.
    pub fn start(terraform: &Terraform, cancel: CancellationToken, debug: bool) -> std::io::Result<Self> {
        let shared = terraform.shared.clone();
        let dir = shared.work_dir.join(format!("Session{}", uuid::Uuid::new_v4()));
        std::fs::DirBuilder::new().mode(0o700).create(&dir)?;
        Ok(Self { shared, dir, cancel, debug, modules: Vec::new(), planned: Planned::Nothing })
    }

    /// The job's directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Unpacks the template and initializes Terraform. `Err` is the text for the job.
    pub async fn init(&mut self, input: InitInput<'_>, log: &StageLog) -> Result<InitDone, String> {
        let InitInput { template, module_archive, reuse, want_modules } = input;
        self.warn(log).await;
        let unpack = |bytes: &[u8]| unpack_tar(bytes, &self.dir, UPLOAD_LIMIT).map_err(|error| error.to_string());
        unpack(template).map_err(|error| format!("unpack the template: {error}"))?;
        if !module_archive.is_empty() {
            unpack(module_archive).map_err(|error| format!("unpack the modules: {error}"))?;
        }
        let mut events = Events::new(log, "init");
        let init = Init {
            shared: &self.shared,
            dir: &self.dir,
            log,
            cancel: &self.cancel,
            sources: [template, module_archive],
            reuse,
        };
        let installed = init.run(&mut events).await?;
        let archive = match (want_modules, module_archive.is_empty()) {
            (true, _) => {
                modules::archive(&self.dir, &installed).map_err(|error| format!("archive the modules: {error}"))?
            }
            (false, _) => module_archive.to_vec(),
        };
        if let Some(lines) = events.record.take() {
            init.keep(&installed, &archive, &lines);
        }
        let done = InitDone {
            modules: modules::reported(&installed),
            module_files: if want_modules { archive } else { Vec::new() },
            timings: events.timings.finish(true),
        };
        self.modules = installed;
        Ok(done)
    }

    /// Reads variables, README and workspace tags. Terraform itself has checked the syntax in [`Session::init`].
    pub async fn parse(&self, log: &StageLog) -> ParseComplete {
        let module = Module::from_directory(&self.dir).unwrap_or_default();
        for problem in module.problems() {
            log.line(LogLevel::Warn, format!("variables and tags of this file are not read: {problem}")).await;
        }
        let template_variables = module
            .variables()
            .into_iter()
            .map(|variable| TemplateVariable {
                name: variable.name,
                description: variable.description,
                r#type: variable.type_source,
                default_value: variable.default_value,
                required: variable.required,
                sensitive: variable.sensitive,
            })
            .collect();
        let readme = self.dir.join("README.md");
        let readme =
            readme.metadata().ok().filter(|meta| meta.len() <= README_LIMIT).and_then(|_| std::fs::read(&readme).ok());
        ParseComplete {
            error: String::new(),
            template_variables,
            readme: readme.unwrap_or_default().into(),
            workspace_tags: module.workspace_tags(),
        }
    }

    /// Plans. `Err` is the text for the job.
    pub async fn plan(&mut self, input: &PlanInput, log: &StageLog) -> Result<PlanDone, String> {
        self.warn(log).await;
        self.planned = Planned::Nothing;
        let destroy = input.metadata.workspace_transition() == WorkspaceTransition::Destroy;
        if destroy && state_file::is_empty(&input.state) {
            log.line(LogLevel::Info, NO_STATE).await;
            self.planned = Planned::Empty;
            return Ok(PlanDone::default());
        }
        let written = if input.state.is_empty() { Ok(()) } else { self.write_state(&input.state) };
        written.map_err(|error| format!("write the state: {error}"))?;
        let plan_path = self.dir.join(PLAN);
        let mut arguments: Vec<OsString> =
            ["plan", "-no-color", "-input=false", "-json", "-refresh=true"].map(OsString::from).into();
        let mut out = OsString::from("-out=");
        out.push(&plan_path);
        arguments.push(out);
        if destroy {
            arguments.push("-destroy".into());
        }
        let mut environment = self.environment(&input.metadata);
        arguments.extend(environment::add_variables(&mut environment, &input.variables));
        environment::add_inputs(&mut environment, &input.parameters, &input.previous, &input.external_auth);
        let mut events = Events::new(log, "plan");
        let run = self.run(arguments, &environment);
        if let Err(error) = run.lines(&self.cancel, &mut events).await {
            return Err(with_reason(format!("terraform plan: {error}"), &events));
        }
        let bytes = std::fs::read(&plan_path).map_err(|error| format!("read the plan file: {error}"))?;
        let read = plan_file::read(&bytes);
        let json = if input.want_json || read.is_none() { self.show(Some(&plan_path)).await? } else { Vec::new() };
        let plan = match read {
            Some(plan) => plan,
            None => plan_json::plan(&json)?,
        };
        let done = PlanDone {
            json: if input.want_json { json } else { Vec::new() },
            daily_cost: extract::daily_cost(&plan.instances),
            replacements: plan.replacements.clone(),
            ai_tasks: plan.instances.iter().filter(|instance| instance.is("coder_ai_task")).count(),
            timings: events.timings.finish(true),
        };
        self.planned = Planned::Plan(plan);
        Ok(done)
    }

    /// Applies what was planned; `states` gets the state whenever a resource has changed it.
    pub async fn apply(&mut self, metadata: &Metadata, log: &StageLog, states: &watch::Sender<Bytes>) -> ApplyDone {
        self.warn(log).await;
        match self.planned {
            Planned::Nothing => {
                let error = Some("there is no plan to apply".to_owned());
                return ApplyDone { error, state: self.read_state(), timings: Vec::new() };
            }
            Planned::Empty => {
                log.line(LogLevel::Info, NO_STATE).await;
                return ApplyDone::default();
            }
            Planned::Plan(_) => {}
        }
        let mut arguments: Vec<OsString> =
            ["apply", "-no-color", "-auto-approve", "-input=false", "-json"].map(OsString::from).into();
        arguments.push(self.dir.join(PLAN).into());
        let environment = self.environment(metadata);
        let mut events = Events::new(log, "apply");
        let run = self.run(arguments, &environment);
        let path = self.dir.join(STATE);
        let result = tokio::select! {
            result = run.lines(&self.cancel, &mut events) => result,
            never = state_file::follow(&path, states) => match never {},
        };
        let error = result.err().map(|error| with_reason(format!("terraform apply: {error}"), &events));
        let timings = events.timings.finish(error.is_none());
        ApplyDone { state: self.read_state(), error, timings }
    }

    /// Resources, parameters and so on of the last plan.
    pub async fn graph_of_plan(&self, log: &StageLog) -> Result<(Extracted, Vec<Timing>), String> {
        let Planned::Plan(plan) = &self.planned else { return Ok(Default::default()) };
        self.graph(&plan.instances, log).await
    }

    /// Resources of the state after an apply.
    pub async fn graph_of_state(&self, state: &[u8], log: &StageLog) -> Result<(Extracted, Vec<Timing>), String> {
        if matches!(self.planned, Planned::Empty) {
            return Ok(Default::default());
        }
        let instances = match state_file::instances(state) {
            Some(instances) => instances,
            None => plan_json::state(&self.show(None).await?)?,
        };
        self.graph(&instances, log).await
    }

    async fn graph(&self, instances: &[Instance], log: &StageLog) -> Result<(Extracted, Vec<Timing>), String> {
        let timings = super::timings::Timings::new("graph");
        let parsed = modules::parse(&self.dir, &self.modules);
        let readable = parsed.values().all(|module| module.problems().is_empty());
        let graph = if readable { Graph::from_modules(&parsed) } else { self.printed_graph(log).await? };
        let extracted =
            extract::extract(instances, &graph).map_err(|error| format!("convert state for graph: {error}"))?;
        Ok((extracted, timings.finish(true)))
    }

    async fn printed_graph(&self, log: &StageLog) -> Result<Graph, String> {
        self.warn(log).await;
        let environment = self.shared.basic_environment();
        let run = self.run(vec!["graph".into(), "-type=plan".into()], &environment);
        let output = run.output(&self.cancel).await.map_err(|error| format!("terraform graph: {error}"))?;
        Ok(Graph::from_dot(&String::from_utf8_lossy(&output)))
    }

    async fn show(&self, plan: Option<&Path>) -> Result<Vec<u8>, String> {
        let mut arguments: Vec<OsString> = ["show", "-json", "-no-color"].map(OsString::from).into();
        arguments.extend(plan.map(|path| path.as_os_str().to_owned()));
        let environment = self.shared.basic_environment();
        let run = self.run(arguments, &environment);
        run.output(&self.cancel).await.map_err(|error| format!("terraform show: {error}"))
    }

    fn run<'a>(&'a self, arguments: Vec<OsString>, environment: &'a [(OsString, OsString)]) -> Run<'a> {
        self.shared.run(arguments, environment, &self.dir)
    }

    fn environment(&self, metadata: &Metadata) -> environment::Variables {
        let mut variables = self.shared.base.clone();
        environment::add_metadata(&mut variables, metadata);
        if self.debug {
            environment::set(&mut variables, "TF_LOG", "JSON".into());
        }
        variables
    }

    async fn warn(&self, log: &StageLog) {
        for line in &self.shared.warnings {
            log.line(LogLevel::Warn, line.clone()).await;
        }
    }

    fn write_state(&self, state: &[u8]) -> std::io::Result<()> {
        let mut options = std::fs::OpenOptions::new();
        let mut file = options.create(true).truncate(true).write(true).mode(0o600).open(self.dir.join(STATE))?;
        file.write_all(state)
    }

    fn read_state(&self) -> Vec<u8> {
        std::fs::read(self.dir.join(STATE)).unwrap_or_default()
    }
}

impl Session {
    /// Removes the directory without blocking the runtime.
    pub async fn close(self) {
        let _ = tokio::task::spawn_blocking(move || drop(self)).await;
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // A provider that is just ending may still write.
        for _ in 0..5 {
            match std::fs::remove_dir_all(&self.dir) {
                Ok(()) => return,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => return,
                Err(error) => {
                    tracing::debug!(%error, dir = %self.dir.display(), "the work directory is not removed yet");
                    std::thread::sleep(Duration::from_millis(50));
                }
            }
        }
        tracing::warn!(dir = %self.dir.display(), "the work directory could not be removed");
    }
}

/// The error text that clients know, with Terraform's first error after it.
pub(super) fn with_reason(text: String, events: &Events<'_>) -> String {
    match &events.error {
        Some(reason) => format!("{text}: {reason}"),
        None => text,
    }
}
