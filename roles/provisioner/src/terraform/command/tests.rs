use std::time::Instant;

use super::*;

/// Keeps lines; "ready" cancels the run.
struct Collect {
    lines: Vec<String>,
    cancel: CancellationToken,
    pids: Option<mpsc::Sender<String>>,
}

impl Sink for Collect {
    async fn line(&mut self, line: Line) {
        if let (Line::Out(text), Some(pids)) = (&line, &self.pids) {
            pids.send(text.clone()).await.unwrap();
        }
        self.lines.push(match line {
            Line::Out(text) => format!("out {text}"),
            Line::Err(text) => format!("err {text}"),
        });
        if self.lines.iter().any(|line| line == "out ready") {
            self.cancel.cancel();
        }
    }
}

fn shell(script: &str) -> Vec<OsString> {
    vec!["-c".into(), script.into()]
}

fn run<'a>(arguments: Vec<OsString>, environment: &'a [(OsString, OsString)], exit_timeout: Duration) -> Run<'a> {
    Run { binary: Path::new("/bin/sh"), arguments, environment, dir: Path::new("/"), exit_timeout }
}

async fn collect(
    script: &str,
    cancel: &CancellationToken,
    exit_timeout: Duration,
) -> (Vec<String>, Result<(), CommandError>) {
    let environment = [("PATH".into(), std::env::var_os("PATH").unwrap_or_default()), ("A".into(), "1".into())];
    let run = run(shell(script), &environment, exit_timeout);
    let mut collect = Collect { lines: Vec::new(), cancel: cancel.clone(), pids: None };
    let result = run.lines(cancel, &mut collect).await;
    (collect.lines, result)
}

#[tokio::test]
async fn lines_and_status_arrive_and_the_environment_is_only_ours() {
    let cancel = CancellationToken::new();
    let (mut lines, result) =
        collect("echo $A$CARGO; echo e >&2; printf last; exit 3", &cancel, Duration::from_secs(5)).await;
    lines.sort();
    assert_eq!(lines, ["err e", "out 1", "out last"]);
    assert_eq!(result.unwrap_err().to_string(), "exit status 3");
}

#[tokio::test]
async fn an_interrupted_process_may_finish_its_work() {
    let cancel = CancellationToken::new();
    // Not a shell's trap: a shell that was started in the background keeps the signal ignored.
    let script = "exec perl -e '$| = 1; $SIG{INT} = sub { print qq(stopping\\n); exit 1 }; print qq(ready\\n); \
                  select(undef, undef, undef, 0.05) while 1'";
    let (lines, result) = collect(script, &cancel, Duration::from_secs(20)).await;
    assert_eq!(lines, ["out ready", "out stopping"]);
    assert_eq!(result.unwrap_err().to_string(), "exit status 1");
}

#[tokio::test]
async fn a_process_that_ignores_the_interrupt_is_killed_with_its_children() {
    let cancel = CancellationToken::new();
    let started = Instant::now();
    let script = "trap '' INT; echo ready; sleep 600 & wait; wait";
    let (_, result) = collect(script, &cancel, Duration::from_millis(100)).await;
    assert_eq!(result.unwrap_err().to_string(), "signal: killed");
    assert!(started.elapsed() < Duration::from_secs(60));
}

#[tokio::test]
async fn a_grandchild_that_keeps_the_pipes_open_is_not_waited_for() {
    let started = Instant::now();
    let (lines, result) = collect("sleep 300 & echo done", &CancellationToken::new(), Duration::from_secs(5)).await;
    assert_eq!(lines, ["out done"]);
    assert!(result.is_ok());
    assert!(started.elapsed() < Duration::from_secs(60));
}

#[tokio::test]
async fn a_dropped_run_leaves_no_process_behind() {
    let environment = [("PATH".into(), std::env::var_os("PATH").unwrap_or_default())];
    let run = run(shell("echo $$; sleep 600 & wait"), &environment, Duration::from_secs(5));
    let (sender, mut pids) = mpsc::channel(1);
    let cancel = CancellationToken::new();
    let mut collect = Collect { lines: Vec::new(), cancel: cancel.clone(), pids: Some(sender) };
    let lines = run.lines(&cancel, &mut collect);
    let pid: i32 = tokio::select! {
        _ = lines => panic!("ended by itself"),
        pid = pids.recv() => pid.unwrap().parse().unwrap(),
    };
    // The whole group is gone as soon as the last member is reaped.
    let gone = async {
        while killpg(Pid::from_raw(pid), None).is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await
        }
    };
    tokio::time::timeout(Duration::from_secs(30), gone).await.unwrap();
}

#[tokio::test]
async fn complaints_on_standard_error_do_not_break_collected_output() {
    let environment = [("PATH".into(), std::env::var_os("PATH").unwrap_or_default())];
    let script =
        "i=0; while [ $i -lt 3000 ]; do echo a rather long complaint about nothing >&2; i=$((i+1)); done; echo done";
    let run = run(shell(script), &environment, Duration::from_secs(5));
    assert_eq!(run.output(&CancellationToken::new()).await.unwrap(), b"done\n");
}
