//! Terraform or OpenTofu, run as a process: what is found once per process and shared by all jobs.

mod cli_config;
mod command;
mod diagnostics;
mod environment;
mod events;
mod guard;
mod init;
mod lazy;
mod lock;
mod mirror;
mod modules;
mod plan_file;
mod plan_json;
mod prepared;
mod session;
mod state_file;
mod timings;
mod tree;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use warren_template::hcl::Version;

pub use lazy::LazyTerraform;
pub use mirror::ProviderBinary;
pub use session::{ApplyDone, InitDone, InitInput, PlanDone, PlanInput, Session};

/// Oldest version that can run a job.
const MINIMUM: Version = Version(1, 1, 0);
/// `init -json` exists from here on in Terraform.
const INIT_JSON: Version = Version(1, 9, 0);
/// Work directories of sessions that a killed daemon left behind are removed after this time.
const STALE_SESSION: Duration = Duration::from_secs(7 * 24 * 3600);

/// Why Terraform cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TerraformError {
    /// No binary.
    #[error(
        "no Terraform was found: install Terraform {MINIMUM} or newer (or OpenTofu) on the provisioner's PATH, \
         or name the program with WARREN_TERRAFORM_BINARY"
    )]
    Missing,
    /// A binary that does not answer `version -json`.
    #[error("{} does not answer \"version -json\": {reason}", path.display())]
    Unusable {
        /// The program.
        path: PathBuf,
        /// What happened.
        reason: String,
    },
    /// Too old.
    #[error("{} has version {version}, at least {MINIMUM} is needed", path.display())]
    TooOld {
        /// The program.
        path: PathBuf,
        /// Its version.
        version: Version,
    },
    /// Directories or files of the runner could not be written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
}

impl TerraformError {
    fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}

/// How to run Terraform.
#[derive(Debug, Clone)]
pub struct TerraformOptions {
    /// The program; `None` looks for `terraform`, then `tofu` on the PATH.
    pub binary: Option<PathBuf>,
    /// The `coder/coder` provider; with it a filesystem mirror is written and every version of it is served from it.
    pub provider: Option<ProviderBinary>,
    /// Plugin cache, mirror and prepared directories; may be shared by several daemons.
    pub cache_dir: PathBuf,
    /// Work directories of jobs.
    pub work_dir: PathBuf,
    /// Variables that Terraform inherits; `None` takes those of this process. `CODER_*` and `WARREN_*` never pass.
    pub environment: Option<Vec<(OsString, OsString)>>,
    /// Time between the interrupt and the kill of a cancelled Terraform.
    pub exit_timeout: Duration,
    /// The program that becomes Terraform's keeper (see [`crate::keeper`]) when it is started under that name. Without one
    /// a killed daemon leaves behind what it was running.
    pub keeper: Option<PathBuf>,
}

impl TerraformOptions {
    /// Options with everything below `dir` and the defaults of the specification.
    pub fn below(dir: &Path) -> Self {
        Self {
            binary: None,
            provider: None,
            cache_dir: dir.to_owned(),
            work_dir: dir.join("work"),
            environment: None,
            exit_timeout: Duration::from_secs(180),
            keeper: None,
        }
    }
}

/// A usable Terraform with its directories.
#[derive(Debug, Clone)]
pub struct Terraform {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    binary: PathBuf,
    version: Version,
    init_json: bool,
    provider: Option<ProviderBinary>,
    cache_dir: PathBuf,
    work_dir: PathBuf,
    /// Without `CODER_*`, `WARREN_*`; with the CLI configuration file.
    base: Vec<(OsString, OsString)>,
    /// Lines that tell of inherited `TF_*` variables.
    warnings: Vec<String>,
    exit_timeout: Duration,
    keeper: Option<PathBuf>,
}

impl Terraform {
    /// Finds the program, asks its version once and writes mirror and CLI configuration.
    pub async fn detect(options: &TerraformOptions) -> Result<Self, TerraformError> {
        let inherited = options.environment.clone().unwrap_or_else(|| std::env::vars_os().collect());
        let inherited = environment::scrub(inherited);
        let binary = match &options.binary {
            Some(path) => path.clone(),
            None => find_on_path(&inherited).ok_or(TerraformError::Missing)?,
        };
        for dir in [&options.cache_dir, &options.work_dir] {
            std::fs::create_dir_all(dir).map_err(TerraformError::io(dir))?;
        }
        let cache_dir = std::path::absolute(&options.cache_dir).map_err(TerraformError::io(&options.cache_dir))?;
        let work_dir = std::path::absolute(&options.work_dir).map_err(TerraformError::io(&options.work_dir))?;
        let mut warnings = environment::warnings(&inherited);
        let version = ask_version(&binary, &inherited, &cache_dir).await?;
        if version < MINIMUM {
            return Err(TerraformError::TooOld { path: binary, version });
        }
        let is_tofu = binary.file_name().is_some_and(|name| name.to_string_lossy().contains("tofu"));
        let mut base = inherited;
        if options.provider.is_some() {
            mirror::prepare(&cache_dir)?;
            let config = cli_config::write(&cache_dir, &base)?;
            // Taken over into ours, so it is not in force as it is.
            warnings
                .retain(|line| !line.contains(": TF_CLI_CONFIG_FILE=") || line.ends_with(&*config.to_string_lossy()));
            environment::set(&mut base, "TF_CLI_CONFIG_FILE", config.into_os_string());
        }
        // Nothing but the infrastructure may need the network.
        environment::set(&mut base, "CHECKPOINT_DISABLE", "1".into());
        remove_stale_sessions(&work_dir);
        prepared::remove_stale(&cache_dir);
        Ok(Self {
            shared: Arc::new(Shared {
                init_json: if is_tofu { version >= Version(1, 11, 0) } else { version >= INIT_JSON },
                binary,
                version,
                provider: options.provider.clone(),
                cache_dir,
                work_dir,
                base,
                warnings,
                exit_timeout: options.exit_timeout,
                keeper: options.keeper.clone(),
            }),
        })
    }

    /// The version that was found.
    pub fn version(&self) -> Version {
        self.shared.version
    }

    /// The program that was found.
    pub fn binary(&self) -> &Path {
        &self.shared.binary
    }
}

impl Shared {
    /// What every command has; plan and apply have the job's variables instead of the plugin cache.
    fn basic_environment(&self) -> environment::Variables {
        let mut variables = self.base.clone();
        environment::set(&mut variables, "TF_PLUGIN_CACHE_DIR", self.cache_dir.join("tf").into_os_string());
        variables
    }

    fn run<'a>(
        &'a self,
        arguments: Vec<OsString>,
        environment: &'a [(OsString, OsString)],
        dir: &'a Path,
    ) -> command::Run<'a> {
        let keeper = self.keeper.as_deref();
        command::Run { binary: &self.binary, keeper, arguments, environment, dir, exit_timeout: self.exit_timeout }
    }
}

fn find_on_path(environment: &[(OsString, OsString)]) -> Option<PathBuf> {
    use std::os::unix::fs::PermissionsExt;
    let path = environment.iter().find(|(name, _)| name == "PATH").map(|(_, value)| value.clone())?;
    for program in ["terraform", "tofu"] {
        for dir in std::env::split_paths(&path) {
            let candidate = dir.join(program);
            if candidate.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0) {
                return std::path::absolute(candidate).ok();
            }
        }
    }
    None
}

async fn ask_version(
    binary: &Path,
    environment: &[(OsString, OsString)],
    dir: &Path,
) -> Result<Version, TerraformError> {
    let unusable = |reason: String| TerraformError::Unusable { path: binary.to_owned(), reason };
    let mut environment = environment.to_vec();
    environment::set(&mut environment, "CHECKPOINT_DISABLE", "1".into());
    let run = command::Run {
        binary,
        keeper: None,
        arguments: vec!["version".into(), "-json".into()],
        environment: &environment,
        dir,
        exit_timeout: Duration::from_secs(5),
    };
    let output = tokio::time::timeout(Duration::from_secs(60), run.output(&CancellationToken::new()))
        .await
        .map_err(|_| unusable("no answer within a minute".to_owned()))?;
    let output = output.map_err(|error| match error {
        command::CommandError::Spawn(source) if source.kind() == std::io::ErrorKind::NotFound => {
            TerraformError::Missing
        }
        error => unusable(error.to_string()),
    })?;
    let answer: serde_json::Value = serde_json::from_slice(&output).map_err(|error| unusable(error.to_string()))?;
    let text = answer.get("terraform_version").and_then(serde_json::Value::as_str).unwrap_or_default();
    Version::parse(text).ok_or_else(|| unusable(format!("the version {text:?} is not understood")))
}

fn remove_stale_sessions(work_dir: &Path) {
    for item in std::fs::read_dir(work_dir).into_iter().flatten().flatten() {
        let is_session = item.file_name().to_string_lossy().starts_with("Session");
        let age = item.metadata().and_then(|meta| meta.modified()).ok().and_then(|time| time.elapsed().ok());
        if is_session && age.is_some_and(|age| age > STALE_SESSION) {
            let _ = std::fs::remove_dir_all(item.path());
        }
    }
}
