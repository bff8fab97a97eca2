//! P11, P12, P17: builds through a daemon beside the same commands run by hand.
//! `provisioner_jobs [PROVIDER_PROGRAM]`; needs Terraform or OpenTofu on the PATH.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use futures_util::FutureExt as _;
use tokio::sync::{Mutex, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use warren_proto::provisioner::{Metadata, WorkspaceTransition};
use warren_proto::provisionerd::provisioner_daemon_methods as methods;
use warren_proto::provisionerd::{
    AcquiredJob, CompletedJob, Empty, FailedJob, UpdateJobRequest, UpdateJobResponse, acquired_job, completed_job,
};
use warren_provisioner::{Daemon, DaemonOptions, Dial, LazyTerraform, ProviderBinary, TerraformOptions};
use warren_rpc::{Router, Session, pipe, serve};
use warren_template::archive::{Entry, write_tar};

/// Builds at once in P12, and daemons that share them.
const BUILDS: usize = 60;
const DAEMONS: usize = 3;
/// Repetitions of each figure; the median counts.
const ROUNDS: usize = 5;

fn template(resources: usize) -> String {
    format!(
        r#"
terraform {{
  required_providers {{
    coder = {{ source = "coder/coder" }}
  }}
}}
data "coder_workspace" "me" {{}}
resource "coder_agent" "main" {{
  os   = "linux"
  arch = "amd64"
}}
resource "terraform_data" "home" {{
  count = {resources}
}}
resource "terraform_data" "process" {{
  count            = data.coder_workspace.me.start_count
  triggers_replace = [coder_agent.main.token]
  provisioner "local-exec" {{
    command = "true"
  }}
}}
"#
    )
}

fn main() -> Result<()> {
    // As in the server: Terraform runs under a keeper, which is this program under another name.
    if warren_provisioner::keeper::is_wanted() {
        std::process::exit(warren_provisioner::keeper::run());
    }
    tokio::runtime::Runtime::new()?.block_on(measure())
}

async fn measure() -> Result<()> {
    let provider = match std::env::args_os().nth(1) {
        Some(path) => PathBuf::from(path),
        None => std::env::current_exe()?.with_file_name("terraform-provider-coder"),
    };
    ensure!(provider.is_file(), "{} is not there; build it or name one", provider.display());
    let dir = tempfile::tempdir()?;
    let terraform = Arc::new(LazyTerraform::new(TerraformOptions {
        provider: Some(ProviderBinary::new(&provider)),
        keeper: Some(std::env::current_exe()?),
        ..TerraformOptions::below(&dir.path().join("cache"))
    }));
    let found = terraform.get().await?;
    println!("terraform {} ({}), provider {}", found.version(), found.binary().display(), provider.display());
    let mut measured = 0;
    for resources in [1, 10, 100] {
        let bench = Bench::start(&terraform, 1);
        let archive = write_tar(&[Entry::file("main.tf", template(resources))])?;
        let imported = bench.time(&archive, import()).await?.0;
        let (mut jobs, mut stops, mut bares) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            let (start, state) = bench.time(&archive, build(WorkspaceTransition::Start, &[])).await?;
            let (stop, _) = bench.time(&archive, build(WorkspaceTransition::Stop, &state)).await?;
            jobs.push(start);
            stops.push(stop);
            bares.push(bare(found.binary(), dir.path(), &template(resources), round)?);
            measured += 1;
        }
        let (job, stop, bare) = (median(jobs), median(stops), median(bares));
        println!(
            "P11 resources={resources} import_ms={} start_ms={} stop_ms={} bare_init_plan_apply_ms={} start_over_bare_ms={}",
            imported.as_millis(),
            job.as_millis(),
            stop.as_millis(),
            bare.as_millis(),
            job.as_millis() as i128 - bare.as_millis() as i128
        );
        bench.stop().await;
    }
    let bench = Bench::start(&terraform, DAEMONS);
    let archive = write_tar(&[Entry::file("main.tf", template(1))])?;
    bench.time(&archive, import()).await?;
    let own = cpu(false)?;
    let children = cpu(true)?;
    let started = Instant::now();
    for _ in 0..BUILDS {
        bench.post(&archive, build(WorkspaceTransition::Start, &[])).await?;
    }
    for _ in 0..BUILDS {
        bench.end().await?;
        measured += 1;
    }
    let elapsed = started.elapsed();
    println!(
        "P12 builds={BUILDS} daemons={DAEMONS} builds_per_minute={:.0} own_cpu_ms_each={:.1} terraform_cpu_ms_each={:.0} peak_rss_mb={}",
        BUILDS as f64 * 60.0 / elapsed.as_secs_f64(),
        (cpu(false)? - own).as_secs_f64() * 1000.0 / BUILDS as f64,
        (cpu(true)? - children).as_secs_f64() * 1000.0 / BUILDS as f64,
        peak_rss_mb()?
    );
    bench.stop().await;
    ensure!(measured > 0, "nothing was measured");
    Ok(())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// The same files by hand, with the mirror and the plugin cache of the daemon.
fn bare(terraform: &Path, dir: &Path, text: &str, round: usize) -> Result<Duration> {
    let work = dir.join(format!("bare-{}-{round}", text.len()));
    std::fs::create_dir_all(&work)?;
    std::fs::write(work.join("main.tf"), text)?;
    let run = |arguments: &[&str]| -> Result<()> {
        let done = std::process::Command::new(terraform)
            .args(arguments)
            .current_dir(&work)
            .env("TF_CLI_CONFIG_FILE", dir.join("cache/terraform.rc"))
            .env("TF_PLUGIN_CACHE_DIR", dir.join("cache/tf"))
            .env("CHECKPOINT_DISABLE", "1")
            .output()?;
        ensure!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
        Ok(())
    };
    let started = Instant::now();
    run(&["init", "-no-color", "-input=false", "-json"])?;
    run(&["plan", "-no-color", "-input=false", "-json", "-out=terraform.tfplan"])?;
    run(&["apply", "-no-color", "-auto-approve", "-input=false", "-json", "terraform.tfplan"])?;
    Ok(started.elapsed())
}

fn import() -> acquired_job::Type {
    let metadata = Metadata { coder_url: "http://127.0.0.1:1".to_owned(), ..Metadata::default() };
    acquired_job::Type::TemplateImport(acquired_job::TemplateImport { metadata: Some(metadata), ..Default::default() })
}

fn build(transition: WorkspaceTransition, state: &[u8]) -> acquired_job::Type {
    let metadata = Metadata {
        coder_url: "http://127.0.0.1:1".to_owned(),
        workspace_transition: transition.into(),
        workspace_name: "w".to_owned(),
        workspace_id: uuid::Uuid::new_v4().to_string(),
        template_name: "t".to_owned(),
        template_id: uuid::Uuid::new_v4().to_string(),
        template_version: "v".to_owned(),
        ..Metadata::default()
    };
    acquired_job::Type::WorkspaceBuild(acquired_job::WorkspaceBuild {
        metadata: Some(metadata),
        state: state.to_vec().into(),
        ..Default::default()
    })
}

type End = Result<Vec<u8>, String>;

#[derive(Clone)]
struct Server {
    waiting: Arc<Mutex<mpsc::Receiver<AcquiredJob>>>,
    ends: mpsc::Sender<End>,
    lines: Arc<AtomicUsize>,
}

/// Daemons and the far end of their pipes.
struct Bench {
    jobs: mpsc::Sender<AcquiredJob>,
    ends: Mutex<mpsc::Receiver<End>>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Bench {
    fn start(terraform: &Arc<LazyTerraform>, daemons: usize) -> Self {
        let (jobs, waiting) = mpsc::channel(BUILDS);
        let (end, ends) = mpsc::channel(BUILDS);
        let server = Server { waiting: Arc::new(Mutex::new(waiting)), ends: end, lines: Arc::default() };
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let router = Arc::new(router());
        for number in 0..daemons {
            let (router, server, serving) = (router.clone(), server.clone(), tasks.clone());
            let dial: Dial = Arc::new(move || {
                let (near, far) = pipe();
                serving.spawn(serve(Session::server(far), router.clone(), server.clone(), CancellationToken::new()));
                async move { Ok(Session::client(near)) }.boxed()
            });
            let options = DaemonOptions::built_in(format!("bench-{number}"), terraform.clone());
            let running = Daemon::run(dial, options, stop.clone());
            tasks.spawn(async move { drop(running.await) });
        }
        Self { jobs, ends: Mutex::new(ends), stop, tasks }
    }

    async fn post(&self, archive: &[u8], kind: acquired_job::Type) -> Result<()> {
        let job = AcquiredJob {
            job_id: uuid::Uuid::new_v4().to_string(),
            provisioner: "terraform".to_owned(),
            template_source_archive: archive.to_vec().into(),
            r#type: Some(kind),
            ..AcquiredJob::default()
        };
        self.jobs.send(job).await.context("the daemons are gone")
    }

    async fn end(&self) -> Result<Vec<u8>> {
        match self.ends.lock().await.recv().await.context("the daemons are gone")? {
            Ok(state) => Ok(state),
            Err(error) => bail!("a job failed: {error}"),
        }
    }

    async fn time(&self, archive: &[u8], kind: acquired_job::Type) -> Result<(Duration, Vec<u8>)> {
        let started = Instant::now();
        self.post(archive, kind).await?;
        let state = self.end().await?;
        Ok((started.elapsed(), state))
    }

    async fn stop(self) {
        self.stop.cancel();
        drop(self.jobs);
        self.tasks.close();
        self.tasks.wait().await;
    }
}

fn router() -> Router<Server> {
    Router::new()
        .bidi(methods::ACQUIRE_JOB_WITH_CANCEL, |server: Server, mut requests, mut responses| async move {
            let mut waiting = server.waiting.lock().await;
            let job = tokio::select! {
                job = waiting.recv() => job,
                _ = requests.recv() => None,
            };
            drop(waiting);
            responses.send(&job.unwrap_or_default()).await?;
            Ok(())
        })
        .unary(methods::UPDATE_JOB, |server: Server, request: UpdateJobRequest| async move {
            server.lines.fetch_add(request.logs.len(), Ordering::Relaxed);
            Ok(UpdateJobResponse::default())
        })
        .unary(methods::COMPLETE_JOB, |server: Server, completed: CompletedJob| async move {
            let state = match completed.r#type {
                Some(completed_job::Type::WorkspaceBuild(build)) => build.state.to_vec(),
                _ => Vec::new(),
            };
            drop(server.ends.send(Ok(state)).await);
            Ok(Empty {})
        })
        .unary(methods::FAIL_JOB, |server: Server, failed: FailedJob| async move {
            drop(server.ends.send(Err(failed.error)).await);
            Ok(Empty {})
        })
}

/// CPU time of this process, or of its ended children.
fn cpu(children: bool) -> Result<Duration> {
    use nix::sys::resource::{UsageWho, getrusage};
    let usage = getrusage(if children { UsageWho::RUSAGE_CHILDREN } else { UsageWho::RUSAGE_SELF })?;
    let time =
        |value: nix::sys::time::TimeVal| Duration::from_micros((value.tv_sec() * 1_000_000 + value.tv_usec()) as u64);
    Ok(time(usage.user_time()) + time(usage.system_time()))
}

fn peak_rss_mb() -> Result<u64> {
    Ok(procfs::process::Process::myself()?.status()?.vmhwm.unwrap_or_default() / 1024)
}
