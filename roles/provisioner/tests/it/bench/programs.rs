//! The programs that tests need, and what they leave behind.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

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

/// Names a pipe that Terraform and everything below it shall hold.
pub const HELD: &str = "WARREN_TEST_HELD";

/// Records arguments and environment, then becomes Terraform.
pub fn tracing_wrapper(dir: &Path, terraform: &Path, trace: &Path) -> PathBuf {
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
pub fn environment(home: &Path) -> Vec<(OsString, OsString)> {
    vec![
        ("PATH".into(), std::env::var_os("PATH").unwrap_or_default()),
        ("HOME".into(), home.into()),
        ("CODER_PG_CONNECTION_URL".into(), "postgres://secret".into()),
        ("WARREN_SECRET".into(), "secret".into()),
    ]
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
