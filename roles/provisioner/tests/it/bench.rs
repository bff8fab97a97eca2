//! A scripted server, a daemon connected to it, and what came of a job.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, mpsc};
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use warren_proto::provisioner::{
    ChunkPiece, DataUpload, FileUpload, Metadata, Role, TemplateVariable, VariableValue, WorkspaceTransition,
    file_upload,
};
use warren_proto::provisionerd::provisioner_daemon_methods as methods;
use warren_proto::provisionerd::{
    AcquiredJob, CommitQuotaResponse, CompletedJob, Empty, FailedJob, Log, UpdateJobRequest, UpdateJobResponse,
    acquired_job, completed_job,
};
use warren_provisioner::{
    Credential, Daemon, DaemonOptions, Dial, External, LazyTerraform, ProviderBinary, TerraformOptions,
};
use warren_rpc::{Router, RpcError, Session, WsPipe, pipe, serve};
use warren_template::archive::{Entry, write_tar};

/// How the daemon reaches the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    Pipe,
    WebSocket,
}

/// The end of a job.
#[derive(Debug)]
pub enum End {
    Completed(CompletedJob),
    Failed(FailedJob),
}

/// What the server saw of one job.
#[derive(Debug)]
pub struct Outcome {
    pub end: End,
    pub updates: Vec<UpdateJobRequest>,
    pub processes: Vec<Process>,
}

/// A Terraform process.
#[derive(Debug, Clone, Default)]
pub struct Process {
    pub arguments: Vec<String>,
    pub environment: std::collections::BTreeMap<String, String>,
}

impl Process {
    pub fn command(&self) -> &str {
        self.arguments.first().map_or("", String::as_str)
    }
}

impl Outcome {
    pub fn logs(&self) -> impl Iterator<Item = &Log> {
        self.updates.iter().flat_map(|update| &update.logs)
    }

    /// `[stage, source, level, output]` as in the golden files.
    pub fn rows(&self) -> Vec<[String; 4]> {
        self.logs()
            .map(|log| {
                let source = log.source().as_str_name().to_lowercase();
                [log.stage.clone(), source, log.level().as_str_name().to_lowercase(), log.output.clone()]
            })
            .collect()
    }

    pub fn error(&self) -> &str {
        match &self.end {
            End::Completed(_) => "",
            End::Failed(failed) => &failed.error,
        }
    }

    pub fn import(self) -> completed_job::TemplateImport {
        match self.end {
            End::Completed(CompletedJob { r#type: Some(completed_job::Type::TemplateImport(import)), .. }) => import,
            other => panic!("not a completed import: {other:?}"),
        }
    }

    pub fn build(self) -> completed_job::WorkspaceBuild {
        match self.end {
            End::Completed(CompletedJob { r#type: Some(completed_job::Type::WorkspaceBuild(build)), .. }) => build,
            other => panic!("not a completed build: {other:?}"),
        }
    }
}

#[derive(Default)]
struct Seen {
    updates: Vec<UpdateJobRequest>,
}

/// State of the scripted server.
struct Server {
    jobs: Mutex<mpsc::Receiver<AcquiredJob>>,
    seen: Mutex<Seen>,
    ends: mpsc::Sender<End>,
    canceled: std::sync::atomic::AtomicBool,
    /// Fires when a log line with this text arrives.
    cancel_at: Mutex<Option<String>>,
    modules: Mutex<Vec<u8>>,
    quota_ok: std::sync::atomic::AtomicBool,
    /// Ends the sessions over pipes.
    connection: Mutex<CancellationToken>,
}

/// A daemon with its server.
pub struct Bench {
    pub dir: tempfile::TempDir,

    server: Arc<Server>,
    jobs: mpsc::Sender<AcquiredJob>,
    ends: Mutex<mpsc::Receiver<End>>,
    pub stop: CancellationToken,
    pub abort: CancellationToken,
    tasks: TaskTracker,
    trace: PathBuf,
}

/// The program that was built for the tests, or `WARREN_TEST_PROVIDER`.
pub fn provider_program() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("WARREN_TEST_PROVIDER") {
        return Some(path.into());
    }
    let test = std::env::current_exe().ok()?;
    let program = test.parent()?.parent()?.join("terraform-provider-coder");
    program.is_file().then_some(program)
}

pub fn terraform_program() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).flat_map(|dir| [dir.join("terraform"), dir.join("tofu")]).find(|file| file.is_file())
}

impl Bench {
    pub async fn start() -> Option<Self> {
        Self::with(Transport::Pipe, |_| {}).await
    }

    /// `None` after saying SKIPPED when a program is missing.
    pub async fn with(transport: Transport, change: impl FnOnce(&mut DaemonOptions)) -> Option<Self> {
        let Some(terraform) = terraform_program() else {
            eprintln!("SKIPPED: no terraform or tofu on the PATH");
            return None;
        };
        let Some(provider) = provider_program() else {
            eprintln!("SKIPPED: terraform-provider-coder is not built");
            return None;
        };
        let dir = tempfile::tempdir().unwrap();
        let trace = dir.path().join("trace");
        let options = TerraformOptions {
            binary: Some(tracing_wrapper(dir.path(), &terraform, &trace)),
            provider: Some(ProviderBinary::new(provider)),
            exit_timeout: Duration::from_secs(30),
            keeper: Some(env!("CARGO_BIN_EXE_warren-job-keeper").into()),
            environment: Some(environment(dir.path())),
            ..TerraformOptions::below(&dir.path().join("cache"))
        };
        let (jobs, waiting) = mpsc::channel(8);
        let (end, ends) = mpsc::channel(8);
        let server = Arc::new(Server {
            jobs: Mutex::new(waiting),
            seen: Mutex::default(),
            ends: end,
            canceled: false.into(),
            cancel_at: Mutex::default(),
            modules: Mutex::default(),
            quota_ok: true.into(),
            connection: Mutex::default(),
        });
        let terraform = Arc::new(LazyTerraform::new(options));
        let mut daemon = DaemonOptions::built_in("test", terraform.clone());
        change(&mut daemon);
        let stop = CancellationToken::new();
        let tasks = TaskTracker::new();
        let dial = match transport {
            Transport::Pipe => dial_pipe(server.clone(), tasks.clone()),
            Transport::WebSocket => dial_websocket(server.clone(), tasks.clone(), stop.clone()).await,
        };
        let abort = daemon.abort.clone();
        let running = Daemon::run(dial, daemon, stop.clone());
        tasks.spawn(async move { running.await.unwrap() });
        Some(Self { dir, server, jobs, ends: Mutex::new(ends), stop, abort, tasks, trace })
    }

    /// Gives the daemon a job.
    pub async fn post(&self, template: Vec<u8>, kind: acquired_job::Type) {
        let job = AcquiredJob {
            job_id: uuid::Uuid::new_v4().to_string(),
            provisioner: "terraform".to_owned(),
            user_name: "admin".to_owned(),
            template_source_archive: template.into(),
            r#type: Some(kind),
            ..AcquiredJob::default()
        };
        self.jobs.send(job).await.unwrap();
    }

    /// Runs a job to its end.
    pub async fn run(&self, template: Vec<u8>, kind: acquired_job::Type) -> Outcome {
        let before = self.traced().len();
        self.post(template, kind).await;
        let end = self.end().await;
        let seen = std::mem::take(&mut *self.server.seen.lock().await);
        let processes = self.traced().split_off(before);
        Outcome { end, updates: seen.updates, processes }
    }

    pub async fn end(&self) -> End {
        let mut ends = self.ends.lock().await;
        tokio::time::timeout(Duration::from_secs(240), ends.recv()).await.expect("the job ends").unwrap()
    }

    /// The next update's answer says canceled once a line with this text has arrived.
    pub async fn cancel_at(&self, text: &str) {
        *self.server.cancel_at.lock().await = Some(text.to_owned());
    }

    pub async fn forget_cancel(&self) {
        *self.server.cancel_at.lock().await = None;
        self.server.canceled.store(false, std::sync::atomic::Ordering::Relaxed);
    }

    pub async fn seen_line(&self, text: &str) -> bool {
        self.server
            .seen
            .lock()
            .await
            .updates
            .iter()
            .flat_map(|update| &update.logs)
            .any(|log| log.output.contains(text))
    }

    /// Cuts the connection; the daemon may dial again.
    pub async fn break_connection(&self) {
        let broken = std::mem::take(&mut *self.server.connection.lock().await);
        broken.cancel();
    }

    pub async fn serve_modules(&self, archive: Vec<u8>) {
        *self.server.modules.lock().await = archive;
    }

    pub fn refuse_quota(&self) {
        self.server.quota_ok.store(false, std::sync::atomic::Ordering::Relaxed);
    }

    pub fn cache(&self) -> PathBuf {
        self.dir.path().join("cache")
    }

    /// Stops the daemon and waits for everything.
    pub async fn shut_down(self) {
        self.stop.cancel();
        drop(self.jobs);
        self.tasks.close();
        tokio::time::timeout(Duration::from_secs(60), self.tasks.wait()).await.expect("the daemon ends");
        let left = std::fs::read_dir(self.dir.path().join("cache/work")).map(|items| items.count()).unwrap_or(0);
        assert_eq!(left, 0, "work directories are removed");
    }

    /// All Terraform processes so far, but not those that ask for the version.
    pub fn traced(&self) -> Vec<Process> {
        let text = std::fs::read_to_string(&self.trace).unwrap_or_default();
        let process = |line: &str| {
            let mut words = line.split('\u{1f}').filter(|word| !word.is_empty()).map(str::to_owned);
            let environment = std::fs::read(self.trace.with_extension(words.next()?)).unwrap_or_default();
            let pair = |pair: &[u8]| {
                String::from_utf8_lossy(pair).split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()))
            };
            let environment = environment.split(|byte| *byte == 0).filter_map(pair).collect();
            Some(Process { arguments: words.collect(), environment })
        };
        text.lines().filter_map(process).filter(|process| process.command() != "version").collect()
    }
}

/// Names a pipe that Terraform and everything below it shall hold.
pub const HELD: &str = "WARREN_TEST_HELD";

/// Records arguments and environment, then becomes Terraform.
fn tracing_wrapper(dir: &std::path::Path, terraform: &std::path::Path, trace: &std::path::Path) -> PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let name = terraform.file_name().unwrap();
    let wrapper = dir.join(name);
    // A pipe that ends with the last process of the job.
    let hold = std::env::var(HELD).map(|path| format!("exec 7>'{path}'\n")).unwrap_or_default();
    let script = format!(
        "#!/bin/sh\n{hold}{{ printf '%s\\037' $$; for a in \"$@\"; do printf '%s\\037' \"$a\"; done; echo; }} >> '{trace}'\n\
         cat /proc/self/environ > '{trace}'.$$\nexec '{terraform}' \"$@\"\n",
        trace = trace.display(),
        terraform = terraform.display()
    );
    std::fs::write(&wrapper, script).unwrap();
    std::fs::set_permissions(&wrapper, std::fs::Permissions::from_mode(0o755)).unwrap();
    wrapper
}

/// What the daemon's process has, with a secret that must not pass.
fn environment(home: &std::path::Path) -> Vec<(OsString, OsString)> {
    vec![
        ("PATH".into(), std::env::var_os("PATH").unwrap_or_default()),
        ("HOME".into(), home.into()),
        ("CODER_PG_CONNECTION_URL".into(), "postgres://secret".into()),
        ("WARREN_SECRET".into(), "secret".into()),
    ]
}

fn router() -> Router<Arc<Server>> {
    Router::new()
        .bidi(methods::ACQUIRE_JOB_WITH_CANCEL, |server: Arc<Server>, mut requests, mut responses| async move {
            let mut jobs = server.jobs.lock().await;
            let job = tokio::select! {
                job = jobs.recv() => job,
                _ = requests.recv() => None,
            };
            responses.send(&job.unwrap_or_default()).await?;
            Ok(())
        })
        .unary(methods::UPDATE_JOB, |server: Arc<Server>, request: UpdateJobRequest| async move {
            server.update(request).await
        })
        .unary(methods::COMMIT_QUOTA, |server: Arc<Server>, _| async move {
            let ok = server.quota_ok.load(std::sync::atomic::Ordering::Relaxed);
            Ok(CommitQuotaResponse { ok, credits_consumed: 0, budget: -1 })
        })
        .unary(methods::FAIL_JOB, |server: Arc<Server>, failed: FailedJob| async move {
            let _ = server.ends.send(End::Failed(failed)).await;
            Ok(Empty {})
        })
        .unary(methods::COMPLETE_JOB, |server: Arc<Server>, completed: CompletedJob| async move {
            let _ = server.ends.send(End::Completed(completed)).await;
            Ok(Empty {})
        })
        .client_stream(methods::UPLOAD_FILE, |_: Arc<Server>, mut pieces| async move {
            while pieces.recv().await?.is_some() {}
            Ok(Empty {})
        })
        .server_stream(methods::DOWNLOAD_FILE, |server: Arc<Server>, _, mut pieces| async move {
            use sha2::{Digest, Sha256};
            let data = server.modules.lock().await.clone();
            let hash = bytes::Bytes::from(Sha256::digest(&data).to_vec());
            let file = |kind| FileUpload { r#type: Some(kind) };
            let head = DataUpload { upload_type: 1, data_hash: hash.clone(), file_size: data.len() as i64, chunks: 1 };
            pieces.send(&file(file_upload::Type::DataUpload(head))).await?;
            let piece = ChunkPiece { data: data.into(), full_data_hash: hash, piece_index: 0 };
            pieces.send(&file(file_upload::Type::ChunkPiece(piece))).await?;
            Ok(())
        })
}

impl Server {
    /// Like the real one: values of variables come back, a missing one is an error.
    async fn update(&self, request: UpdateJobRequest) -> Result<UpdateJobResponse, RpcError> {
        let mut seen = self.seen.lock().await;
        let canceled_now = match &*self.cancel_at.lock().await {
            Some(text) => request.logs.iter().any(|log| log.output.contains(text.as_str())),
            None => false,
        };
        if canceled_now {
            self.canceled.store(true, std::sync::atomic::Ordering::Relaxed);
        }
        let values = variable_values(&request.template_variables, &request.user_variable_values);
        seen.updates.push(request);
        let canceled = self.canceled.load(std::sync::atomic::Ordering::Relaxed);
        values.map(|variable_values| UpdateJobResponse { canceled, variable_values }).map_err(RpcError::new)
    }
}

fn variable_values(variables: &[TemplateVariable], given: &[VariableValue]) -> Result<Vec<VariableValue>, String> {
    let mut values = Vec::new();
    let mut missing = Vec::new();
    for variable in variables {
        let given = given.iter().find(|given| given.name == variable.name).map(|given| given.value.clone());
        let value = given.unwrap_or_else(|| variable.default_value.clone());
        if value.is_empty() && variable.required {
            missing.push(variable.name.clone());
        }
        if !value.is_empty() || variable.required {
            values.push(VariableValue { name: variable.name.clone(), value, sensitive: variable.sensitive });
        }
    }
    if missing.is_empty() {
        Ok(values)
    } else {
        Err(format!("required template variables need values: {}", missing.join(", ")))
    }
}

fn dial_pipe(server: Arc<Server>, tasks: TaskTracker) -> Dial {
    let router = Arc::new(router());
    Arc::new(move || {
        let (router, server, tasks) = (router.clone(), server.clone(), tasks.clone());
        async move {
            let (near, far) = pipe();
            let connection = server.connection.lock().await.clone();
            tasks.spawn(serve(Session::server(far), router, server, connection));
            Ok(Session::client(near))
        }
        .boxed()
    })
}

/// An external daemon's way: the request must say who it is.
async fn dial_websocket(server: Arc<Server>, tasks: TaskTracker, stop: CancellationToken) -> Dial {
    let router = Arc::new(router());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let accepted = tasks.clone();
    tasks.spawn(async move {
        loop {
            let stream: TcpStream = tokio::select! {
                () = stop.cancelled() => return,
                stream = listener.accept() => stream.unwrap().0,
            };
            let (router, server) = (router.clone(), server.clone());
            accepted.spawn(async move {
                let socket = tokio_tungstenite::accept_hdr_async(stream, check_upgrade).await.unwrap();
                let _ = serve(Session::server(WsPipe::new(socket)), router, server, CancellationToken::new()).await;
            });
        }
    });
    external(&address).dial().unwrap()
}

/// A daemon of the default organization with a key.
pub fn external(address: &str) -> External {
    External {
        server: address.parse().unwrap(),
        organization: "default".to_owned(),
        name: "test".to_owned(),
        tags: [("zone".to_owned(), "a b".to_owned())].into(),
        credential: Credential::Key("secret-key".into()),
        build_version: "v0.1.0".to_owned(),
        tls: None,
    }
}

#[allow(clippy::result_large_err)]
fn check_upgrade(request: &Request, response: Response) -> Result<Response, ErrorResponse> {
    let expected = "/api/v2/organizations/default/provisionerdaemons/serve?version=1.15&name=test&provisioner=terraform&tag=zone%3Da+b";
    let key = request.headers().get("Coder-Provisioner-Daemon-Key").map(|value| value.as_bytes());
    assert_eq!(request.uri(), expected);
    assert_eq!(key, Some(b"secret-key".as_slice()));
    Ok(response)
}

/// A template archive.
pub fn tar(files: &[(&str, &str)]) -> Vec<u8> {
    let mut entries = Vec::new();
    for (path, text) in files {
        match path.strip_suffix('/') {
            Some(dir) => entries.push(Entry::directory(dir)),
            None => entries.push(Entry::file(*path, *text)),
        }
    }
    write_tar(&entries).unwrap()
}

/// Metadata of the workspace `w1` of `admin`.
pub fn metadata(transition: WorkspaceTransition) -> Metadata {
    Metadata {
        coder_url: "http://127.0.0.1:7340".to_owned(),
        workspace_transition: transition.into(),
        workspace_name: "w1".to_owned(),
        workspace_owner: "admin".to_owned(),
        workspace_id: "00000000-0000-4000-8000-000000000001".to_owned(),
        workspace_owner_id: "00000000-0000-4000-8000-000000000002".to_owned(),
        workspace_owner_email: "admin@example.com".to_owned(),
        template_name: "t".to_owned(),
        template_version: "v1".to_owned(),
        template_id: "00000000-0000-4000-8000-000000000003".to_owned(),
        workspace_owner_session_token: if transition == WorkspaceTransition::Start {
            "secret-token".to_owned()
        } else {
            String::new()
        },
        workspace_owner_groups: vec!["Everyone".to_owned()],
        workspace_build_id: "00000000-0000-4000-8000-000000000004".to_owned(),
        workspace_owner_login_type: "password".to_owned(),
        workspace_owner_rbac_roles: vec![
            Role { name: "owner".to_owned(), org_id: String::new() },
            Role { name: "organization-member".to_owned(), org_id: "00000000-0000-4000-8000-000000000005".to_owned() },
        ],
        task_id: uuid::Uuid::nil().to_string(),
        ..Metadata::default()
    }
}

pub fn import() -> acquired_job::Type {
    import_with(&[])
}

pub fn import_with(variables: &[(&str, &str)]) -> acquired_job::Type {
    let user_variable_values = variables
        .iter()
        .map(|(name, value)| VariableValue { name: (*name).to_owned(), value: (*value).to_owned(), sensitive: true })
        .collect();
    let metadata = Metadata {
        coder_url: "http://127.0.0.1:7340".to_owned(),
        workspace_owner_groups: vec!["Everyone".to_owned()],
        template_version_id: uuid::Uuid::new_v4().to_string(),
        ..Metadata::default()
    };
    acquired_job::Type::TemplateImport(acquired_job::TemplateImport { metadata: Some(metadata), user_variable_values })
}

pub fn build(transition: WorkspaceTransition, state: &[u8]) -> acquired_job::WorkspaceBuild {
    acquired_job::WorkspaceBuild {
        workspace_build_id: "00000000-0000-4000-8000-000000000004".to_owned(),
        workspace_name: "w1".to_owned(),
        metadata: Some(metadata(transition)),
        state: bytes::Bytes::copy_from_slice(state),
        ..acquired_job::WorkspaceBuild::default()
    }
}

/// A git repository with files; `None` after saying SKIPPED without git.
pub fn repository(files: &[(&str, &str)]) -> Option<tempfile::TempDir> {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(dir.path().join(name), text).unwrap();
    }
    let git = |arguments: &[&str]| {
        let identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-C"];
        let done = std::process::Command::new("git").args(identity).arg(dir.path()).args(arguments).output();
        done.is_ok_and(|output| output.status.success())
    };
    if git(&["init", "-q"]) && git(&["add", "."]) && git(&["commit", "-qm", "m"]) {
        return Some(dir);
    }
    eprintln!("SKIPPED: git is not installed");
    None
}
