//! Remote modules: uploaded with the import, in pieces when they are large, and downloaded with each build.

use crate::daemons::Transport;
use crate::over_both;
use crate::templates::PLAIN;
use crate::world::{World, build_path, resources};

over_both!(modules_travel_with_the_version);

/// A git repository with files; `None` after saying SKIPPED without git.
fn repository(files: &[(&str, &str)]) -> Option<tempfile::TempDir> {
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

async fn modules_travel_with_the_version(transport: Transport) {
    let Some(world) = World::start(transport).await else { return };
    let _daemon = world.daemon().await;
    // One that fits into a message with everything else, and one that does not.
    for size in [10, 5 << 20] {
        let Some(repository) = repository(&[("main.tf", PLAIN), ("large", &"0123456789".repeat(size / 10))]) else {
            return;
        };
        let text = format!("module \"g\" {{\n  source = \"git::file://{}\"\n}}\n", repository.path().display());
        let template = world.template(&[("main.tf", &text)]).await;
        // The repository is gone: only the archive can bring the module, also without the prepared directory.
        drop(repository);
        std::fs::remove_dir_all(world.dir.path().join("cache/prepared")).unwrap();
        let workspace = world.workspace(&template, &[]).await;
        let build = world.finished(&build_path(&workspace["latest_build"])).await;
        assert_eq!(build["status"], "running", "{build}");
        assert_eq!(resources(&world.state(&build).await), ["x"]);
    }
}
