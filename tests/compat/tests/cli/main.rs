//! Replays the recorded runs of the official command line with the program in `WARREN_COMPAT_CLI` against the deployment in
//! `WARREN_COMPAT_URL` (token of its owner in `WARREN_COMPAT_TOKEN`), which must be in the state that `warren_compat::cli` names.

use warren_compat::{cli, golden};

#[test]
fn recorded_runs_have_the_same_shape() {
    let Some(folder) = golden::folder() else { return };
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let (Some(program), Some(url), Some(token)) =
        (variable("WARREN_COMPAT_CLI"), variable("WARREN_COMPAT_URL"), variable("WARREN_COMPAT_TOKEN"))
    else {
        eprintln!(
            "SKIPPED: set WARREN_COMPAT_CLI, WARREN_COMPAT_URL and WARREN_COMPAT_TOKEN to replay against a server"
        );
        return;
    };
    let home = tempfile::tempdir().expect("temp dir");
    let link = home.path().join("coder");
    std::os::unix::fs::symlink(&program, &link).expect("link");
    let replay = cli::Replay { program: link, url, token, home: home.path().to_owned() };
    let lines = std::fs::read_to_string(folder.join("cli-output.jsonl")).expect("the recording is readable");
    let report = replay.run(&lines);
    eprintln!("replayed {} of {} lines of cli-output.jsonl", report.compared, report.total);
    assert!(
        report.differences.is_empty(),
        "{} differences:\n{}",
        report.differences.len(),
        report.differences.join("\n")
    );
}
