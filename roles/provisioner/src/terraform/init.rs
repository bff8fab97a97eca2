//! `terraform init`: the lock file, the mirror, the prepared directory, and the process when it is needed.

use std::path::Path;

use tokio_util::sync::CancellationToken;
use warren_proto::provisioner::LogLevel;
use warren_template::Module;
use warren_template::hcl::Constraint;

use super::command::CommandError;
use super::events::Events;
use super::modules::{self, Installed};
use super::{Shared, lock, mirror, prepared};
use crate::lines::StageLog;

/// What initializing needs to know.
pub(super) struct Init<'a> {
    pub shared: &'a Shared,
    pub dir: &'a Path,
    pub log: &'a StageLog,
    pub cancel: &'a CancellationToken,
    /// The template archive and the archive of remote modules.
    pub sources: [&'a [u8]; 2],
    /// A prepared directory may be used.
    pub reuse: bool,
}

impl Init<'_> {
    /// Initializes the directory; `Err` is the text for the job.
    pub async fn run(&self, events: &mut Events<'_>) -> Result<Vec<Installed>, String> {
        let lock_path = self.dir.join(".terraform.lock.hcl");
        let mut locked = None;
        if self.shared.provider.is_some()
            && let Ok(text) = std::fs::read_to_string(&lock_path)
            && let Some((rest, version)) = lock::without_coder(&text)
        {
            std::fs::write(&lock_path, rest).map_err(|error| format!("write the lock file: {error}"))?;
            locked = Some(version);
        }
        self.serve_provider(&modules::installed(self.dir), locked.as_deref())?;
        if self.reuse
            && let Some(lines) = prepared::restore(&self.shared.cache_dir, &self.key(self.sources[1]), self.dir)
        {
            // What was chosen is worth knowing, what was fetched at that time is not.
            for (level, line) in
                lines.into_iter().filter(|(_, line)| !line.starts_with("Downloading ") && !line.starts_with("- "))
            {
                self.log.line(level, line).await;
            }
            return Ok(modules::installed(self.dir));
        }
        if let Some(version) = locked {
            let line = format!(
                "The lock file asks for coder/coder {version}: the provider that belongs to this server is used"
            );
            self.log.line(LogLevel::Info, line).await;
        }
        events.record = Some(Vec::new());
        let first = self.process(events).await;
        if first.is_err() && !self.cancel.is_cancelled() {
            // Modules that were just downloaded may ask for another version than the template.
            let installed = modules::installed(self.dir);
            if installed.iter().any(Installed::is_remote) && self.serve_provider(&installed, None)? {
                events.error = None;
                self.process(events).await.map_err(|error| failure(&error, events))?;
            } else {
                first.map_err(|error| failure(&error, events))?;
            }
        } else {
            first.map_err(|error| failure(&error, events))?;
        }
        Ok(modules::installed(self.dir))
    }

    /// Keeps the result for later builds. `module_archive` is what they will bring along.
    pub fn keep(&self, installed: &[Installed], module_archive: &[u8], lines: &[(LogLevel, String)]) {
        let has_remote = installed.iter().any(Installed::is_remote);
        let root = Module::from_directory(self.dir).unwrap_or_default();
        if root.is_empty() || root.has_remote_state() || (has_remote && module_archive.is_empty()) {
            return;
        }
        if let Err(error) = prepared::keep(&self.shared.cache_dir, &self.key(module_archive), self.dir, lines) {
            tracing::warn!(%error, "the prepared directory could not be kept");
        }
    }

    fn key(&self, module_archive: &[u8]) -> String {
        let provider = self.shared.provider.as_ref().map(mirror::ProviderBinary::identity).unwrap_or_default();
        let program = format!("{} {}", self.shared.binary.display(), self.shared.version);
        prepared::key(&[self.sources[0], module_archive, program.as_bytes(), provider.as_bytes()])
    }

    /// Offers the bundled provider in a version that all modules accept. Returns whether there are constraints.
    fn serve_provider(&self, installed: &[Installed], locked: Option<&str>) -> Result<bool, String> {
        let Some(provider) = &self.shared.provider else { return Ok(false) };
        let mut constraints: Vec<Constraint> = modules::parse(self.dir, installed)
            .values()
            .flat_map(Module::requirements)
            .filter(|requirement| requirement.is("coder/coder"))
            .filter_map(|requirement| requirement.constraint())
            .collect();
        let without_lock = constraints.clone();
        constraints.extend(locked.and_then(Constraint::parse));
        // A lock that contradicts the constraints is renewed like any other.
        let serve = |constraints: &[Constraint]| mirror::serve(&self.shared.cache_dir, provider, constraints);
        serve(&constraints).and_then(|()| serve(&without_lock)).map_err(|error| format!("provider mirror: {error}"))?;
        Ok(!without_lock.is_empty())
    }

    async fn process(&self, events: &mut Events<'_>) -> Result<(), CommandError> {
        let environment = self.shared.basic_environment();
        let plugins = self.shared.cache_dir.join("tf");
        std::fs::create_dir_all(&plugins).map_err(CommandError::Io)?;
        let mut arguments = vec!["init".into(), "-no-color".into(), "-input=false".into()];
        if self.shared.init_json {
            arguments.push("-json".into());
        }
        // Terraform does not guard its plugin cache against a second process.
        let _guard = cache_lock(&plugins).await.map_err(CommandError::Io)?;
        remove_stale_providers(&plugins);
        let run = self.shared.run(arguments, &environment, self.dir);
        run.lines(self.cancel, events).await
    }
}

fn failure(error: &CommandError, events: &Events<'_>) -> String {
    super::session::with_reason(format!("initialize terraform: {error}"), events)
}

async fn cache_lock(plugins: &Path) -> std::io::Result<nix::fcntl::Flock<std::fs::File>> {
    let path = plugins.with_extension("lock");
    let lock = move || {
        let file = std::fs::File::options().create(true).truncate(false).write(true).open(&path)?;
        nix::fcntl::Flock::lock(file, nix::fcntl::FlockArg::LockExclusive).map_err(|(_, error)| error.into())
    };
    tokio::task::spawn_blocking(lock).await.map_err(std::io::Error::other)?
}

/// Removes providers that were not installed or used for 30 days: `host/namespace/type/version/platform`.
/// The bundled provider stays: it is a link and has the age of the program.
fn remove_stale_providers(plugins: &Path) {
    const STALE: std::time::Duration = std::time::Duration::from_secs(30 * 24 * 3600);
    fn visit(dir: &Path, depth: usize) {
        for item in std::fs::read_dir(dir).into_iter().flatten().flatten() {
            let path = item.path();
            if depth < 4 {
                visit(&path, depth + 1);
                // Only empty directories can be removed this way.
                let _ = std::fs::remove_dir(&path);
            } else if !path.components().any(|part| part.as_os_str() == "coder")
                && newest(&path).is_some_and(|age| age > STALE)
            {
                let _ = std::fs::remove_file(&path).or_else(|_| std::fs::remove_dir_all(&path));
            }
        }
    }
    fn newest(path: &Path) -> Option<std::time::Duration> {
        let own = path.metadata().ok()?.modified().ok()?.elapsed().ok()?;
        let inner = std::fs::read_dir(path).into_iter().flatten().flatten();
        let inner = inner.filter_map(|item| item.metadata().ok()?.modified().ok()?.elapsed().ok()).min();
        Some(inner.map_or(own, |inner| inner.min(own)))
    }
    visit(plugins, 0);
}
