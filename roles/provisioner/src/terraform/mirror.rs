//! The filesystem mirror that serves our `coder/coder` provider under every version that is asked for.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use warren_template::hcl::{Constraint, Version, choose_version};

use super::TerraformError;

/// Hosts under which the provider is known: Terraform's and OpenTofu's default.
const HOSTS: [&str; 2] = ["registry.terraform.io", "registry.opentofu.org"];

/// The provider program.
#[derive(Debug, Clone)]
pub struct ProviderBinary {
    /// Where it is.
    pub path: PathBuf,
    /// Version under which it is offered when nothing else is asked for.
    pub version: Version,
}

impl ProviderBinary {
    /// The program under its usual version.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), version: Version(2, 18, 0) }
    }

    /// Changes whenever the file does.
    pub(super) fn identity(&self) -> String {
        match self.path.metadata() {
            Ok(meta) => format!("{}:{}:{}:{}", meta.dev(), meta.ino(), meta.len(), meta.mtime_nsec()),
            Err(_) => String::new(),
        }
    }
}

pub(super) fn root(cache_dir: &Path) -> PathBuf {
    cache_dir.join("mirror")
}

/// Makes the mirror's directories, so that the CLI configuration names something that exists.
pub(super) fn prepare(cache_dir: &Path) -> Result<(), TerraformError> {
    let root = root(cache_dir);
    std::fs::create_dir_all(&root).map_err(TerraformError::io(&root))
}

/// Offers the provider under its usual version and under one that satisfies `constraints`.
pub(super) fn serve(
    cache_dir: &Path,
    provider: &ProviderBinary,
    constraints: &[Constraint],
) -> Result<(), TerraformError> {
    let wanted = choose_version(provider.version, constraints);
    for version in [Some(provider.version), wanted.filter(|wanted| *wanted != provider.version)].into_iter().flatten() {
        for host in HOSTS {
            place(cache_dir, provider, host, version)?;
        }
    }
    Ok(())
}

fn place(cache_dir: &Path, provider: &ProviderBinary, host: &str, version: Version) -> Result<(), TerraformError> {
    let platform = format!("{}_{}", std::env::consts::OS.replace("macos", "darwin"), architecture());
    let relative = Path::new(host).join("coder").join("coder").join(version.to_string()).join(&platform);
    let dir = root(cache_dir).join(&relative);
    let target = dir.join(format!("terraform-provider-coder_v{version}"));
    let source = provider.path.metadata().map_err(TerraformError::io(&provider.path))?;
    if target.metadata().is_ok_and(|found| is_same(&source, &found)) {
        return Ok(());
    }
    std::fs::create_dir_all(&dir).map_err(TerraformError::io(&dir))?;
    let temporary = root(cache_dir).join(format!(".new-{}", uuid::Uuid::new_v4()));
    // A hard link costs nothing; across file systems the copy keeps the time, by which it is recognized.
    if std::fs::hard_link(&provider.path, &temporary).is_err() {
        std::fs::copy(&provider.path, &temporary).map_err(TerraformError::io(&temporary))?;
        let copy = std::fs::File::options().write(true).open(&temporary).map_err(TerraformError::io(&temporary))?;
        let modified = source.modified().map_err(TerraformError::io(&provider.path))?;
        copy.set_modified(modified).map_err(TerraformError::io(&temporary))?;
    }
    std::fs::rename(&temporary, &target).map_err(TerraformError::io(&target))?;
    // Renaming a link over another link of the same file does nothing and leaves the first.
    let _ = std::fs::remove_file(&temporary);
    // An older program under the same version must not be found in the plugin cache.
    let cached = cache_dir.join("tf").join(&relative);
    match cached.symlink_metadata() {
        Ok(meta) if meta.is_symlink() => drop(std::fs::remove_file(&cached)),
        Ok(_) => drop(std::fs::remove_dir_all(&cached)),
        Err(_) => {}
    }
    Ok(())
}

fn is_same(source: &std::fs::Metadata, found: &std::fs::Metadata) -> bool {
    (source.dev(), source.ino()) == (found.dev(), found.ino())
        || (source.len() == found.len() && source.modified().ok() == found.modified().ok())
}

fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "386",
        other => other,
    }
}
