//! Each behaviour with the keeper and without one; what only a keeper can do has tests of its own.

use std::path::PathBuf;
use std::time::Instant;

use super::*;
use lives::Lives;

#[path = "../../../tests/it/lives.rs"]
mod lives;

/// Keeps lines; "ready" cancels the run.
struct Collect {
    lines: Vec<String>,
    cancel: CancellationToken,
}

impl Sink for Collect {
    async fn line(&mut self, line: Line) {
        self.lines.push(match line {
            Line::Out(text) => format!("out {text}"),
            Line::Err(text) => format!("err {text}"),
        });
        if self.lines.iter().any(|line| line == "out ready") {
            self.cancel.cancel();
        }
    }
}

/// A shell's script, kept or not.
struct Script {
    keeper: Option<PathBuf>,
    text: String,
    exit_timeout: Duration,
    environment: Vec<(OsString, OsString)>,
}

impl Script {
    fn new(keeper: &Option<PathBuf>, text: impl Into<String>) -> Self {
        let environment = vec![("PATH".into(), std::env::var_os("PATH").unwrap_or_default()), ("A".into(), "1".into())];
        Self { keeper: keeper.clone(), text: text.into(), exit_timeout: Duration::from_secs(20), environment }
    }

    fn run(&self) -> Run<'_> {
        Run {
            binary: Path::new("/bin/sh"),
            keeper: self.keeper.as_deref(),
            arguments: vec!["-c".into(), self.text.clone().into()],
            environment: &self.environment,
            dir: Path::new("/"),
            exit_timeout: self.exit_timeout,
        }
    }

    async fn collect(&self) -> (Vec<String>, Result<(), CommandError>) {
        let cancel = CancellationToken::new();
        let mut collect = Collect { lines: Vec::new(), cancel: cancel.clone() };
        let result = self.run().lines(&cancel, &mut collect).await;
        (collect.lines, result)
    }
}

/// The program that the integration tests use too.
fn keeper() -> Option<PathBuf> {
    let test = std::env::current_exe().unwrap();
    let program = test.ancestors().nth(2).unwrap().join(crate::keeper::NAME);
    if !program.is_file() {
        eprintln!("SKIPPED: {} is not built", program.display());
    }
    program.is_file().then_some(program)
}

fn with_and_without() -> impl Iterator<Item = Option<PathBuf>> {
    [None].into_iter().chain(keeper().map(Some))
}

#[tokio::test]
async fn lines_and_status_arrive_and_the_environment_is_only_ours() {
    for keeper in with_and_without() {
        let script = Script::new(&keeper, "echo $A$CARGO; echo e >&2; printf last; exit 3");
        let (mut lines, result) = script.collect().await;
        lines.sort();
        assert_eq!(lines, ["err e", "out 1", "out last"]);
        assert_eq!(result.unwrap_err().to_string(), "exit status 3");
    }
}

#[tokio::test]
async fn an_interrupted_process_may_finish_its_work() {
    for keeper in with_and_without() {
        // Not a shell's trap: a shell that was started in the background keeps the signal ignored.
        let text = "exec perl -e '$| = 1; $SIG{INT} = sub { print qq(stopping\\n); exit 1 }; print qq(ready\\n); \
                    select(undef, undef, undef, 0.05) while 1'";
        let (lines, result) = Script::new(&keeper, text).collect().await;
        assert_eq!(lines, ["out ready", "out stopping"]);
        assert_eq!(result.unwrap_err().to_string(), "exit status 1");
    }
}

#[tokio::test]
async fn a_process_that_ignores_the_interrupt_is_killed_with_its_children() {
    for keeper in with_and_without() {
        let dir = tempfile::tempdir().unwrap();
        let mut lives = Lives::new(dir.path());
        let text = lives.hold("printf x >&7; trap '' INT; sleep 600 & echo ready; wait; wait");
        let script = Script { exit_timeout: Duration::from_millis(100), ..Script::new(&keeper, text) };
        let ((_, result), ()) = tokio::join!(script.collect(), async {
            lives.written(1).await;
            lives.ended().await;
        });
        assert_eq!(result.unwrap_err().to_string(), "signal: killed");
    }
}

#[tokio::test]
async fn a_grandchild_that_keeps_the_pipes_open_is_not_waited_for() {
    for keeper in with_and_without() {
        let started = Instant::now();
        let (lines, result) = Script::new(&keeper, "sleep 300 & echo done").collect().await;
        assert_eq!(lines, ["out done"]);
        assert!(result.is_ok());
        assert!(started.elapsed() < Duration::from_secs(60));
    }
}

#[tokio::test]
async fn a_dropped_run_leaves_no_process_behind() {
    for keeper in with_and_without() {
        let dir = tempfile::tempdir().unwrap();
        let mut lives = Lives::new(dir.path());
        let script = Script::new(&keeper, lives.hold("sleep 600 & printf x >&7; wait"));
        let cancel = CancellationToken::new();
        let mut collect = Collect { lines: Vec::new(), cancel: cancel.clone() };
        let run = script.run();
        tokio::select! {
            _ = run.lines(&cancel, &mut collect) => panic!("ended by itself"),
            () = lives.written(1) => {}
        }
        lives.ended().await;
    }
}

#[tokio::test]
async fn complaints_on_standard_error_do_not_break_collected_output() {
    for keeper in with_and_without() {
        let text = "i=0; while [ $i -lt 3000 ]; do echo a rather long complaint about nothing >&2; i=$((i+1)); done; \
                    echo done";
        let script = Script::new(&keeper, text);
        assert_eq!(script.run().output(&CancellationToken::new()).await.unwrap(), b"done\n");
    }
}

#[tokio::test]
async fn what_a_killed_run_started_in_a_session_of_its_own_ends_too() {
    let Some(keeper) = keeper() else { return };
    let dir = tempfile::tempdir().unwrap();
    let mut lives = Lives::new(dir.path());
    let script = lives.hold("(setsid sleep 600 &); (setsid sleep 600 &); printf x >&7; sleep 600");
    let script = Script::new(&Some(keeper), script);
    let cancel = CancellationToken::new();
    let mut collect = Collect { lines: Vec::new(), cancel: cancel.clone() };
    let run = script.run();
    tokio::select! {
        _ = run.lines(&cancel, &mut collect) => panic!("ended by itself"),
        () = lives.written(1) => {}
    }
    lives.ended().await;
}

#[tokio::test]
async fn an_interrupt_ends_what_was_going_on_and_leaves_what_was_done() {
    let Some(keeper) = keeper() else { return };
    let dir = tempfile::tempdir().unwrap();
    let (mut done, mut going_on) =
        (Lives::new(dir.path()), Lives::new(&tempfile::tempdir_in(dir.path()).unwrap().keep()));
    // Like Terraform with one provisioner that has ended and left something, and one that has not ended.
    let finished = done.hold("sleep 600 & echo $! > \"$PIDS\"; printf x >&7");
    let unfinished = going_on.hold("sleep 600 & printf x >&7; wait");
    let text = "sh -c \"$FINISHED\"; exec perl -e '$SIG{INT} = sub { kill 9, $child; exit 1 }; $child = fork; \
                exec \"/bin/sh\", \"-c\", $ENV{UNFINISHED} unless $child; sleep 600'";
    let mut script = Script::new(&Some(keeper), text);
    script.environment.push(("FINISHED".into(), finished.into()));
    script.environment.push(("UNFINISHED".into(), unfinished.into()));
    script.environment.push(("PIDS".into(), dir.path().join("pid").into()));
    let cancel = CancellationToken::new();
    let mut collect = Collect { lines: Vec::new(), cancel: cancel.clone() };
    let run = script.run();
    let running = run.lines(&cancel, &mut collect);
    let (result, ()) = tokio::join!(running, async {
        done.written(1).await;
        going_on.written(1).await;
        cancel.cancel();
        going_on.ended().await;
    });
    assert_eq!(result.unwrap_err().to_string(), "exit status 1");
    assert!(done.held(), "what a finished provisioner left goes on");
    let pid = std::fs::read_to_string(dir.path().join("pid")).unwrap().trim().parse().unwrap();
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), Signal::SIGKILL).unwrap();
    done.ended().await;
}
