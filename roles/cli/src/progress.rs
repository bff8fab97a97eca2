//! The progress of a job: stages with their times, log lines between them, cancellation by Ctrl-C, the job's verdict.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::time::Duration;

use anyhow::{Result, anyhow};
use jiff::Timestamp;
use warren_api::{LogLevel, MatchedProvisioners, ProvisionerJob, ProvisionerJobLog, ProvisionerJobStatus};
use warren_client::{Client, JobRef};

use crate::frame::Cx;
use crate::frame::error::cancelled;
use crate::output::{CYAN, DIM, GREEN, RED, Stream, YELLOW, human};

const POLL: Duration = Duration::from_secs(1);
/// Lines of a failed stage that a silent display keeps.
const KEPT_LINES: usize = 2000;

/// How to show a job.
#[derive(Debug, Clone, Copy)]
pub struct Display {
    pub stream: Stream,
    /// Stages only; the lines of a stage appear if it fails.
    pub silent: bool,
    pub verbose: bool,
    /// Ctrl-C cancels the job.
    pub cancellable: bool,
}

impl Display {
    pub fn of(cx: &Cx, stream: Stream) -> Self {
        Self { stream, silent: false, verbose: cx.verbose(), cancellable: true }
    }

    pub fn silent(mut self) -> Self {
        self.silent = true;
        self
    }
}

/// Follows a job to its end. A canceled job ends the command silently, a failed one with the job's error.
pub async fn follow(client: &Client, job: JobRef, display: Display) -> Result<()> {
    let last = watch(client, job, display).await?;
    match last.status {
        ProvisionerJobStatus::Succeeded => Ok(()),
        ProvisionerJobStatus::Canceled | ProvisionerJobStatus::Canceling => Err(cancelled()),
        _ => Err(JobFailed(Box::new(last)).into()),
    }
}

/// The error of a failed job; callers may look at its code.
#[derive(Debug)]
pub struct JobFailed(pub Box<ProvisionerJob>);

impl std::fmt::Display for JobFailed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0.error.is_empty() {
            return write!(f, "the job ended as {} without an error text", self.0.status);
        }
        f.write_str(&self.0.error)
    }
}

impl std::error::Error for JobFailed {}

async fn watch(client: &Client, job: JobRef, display: Display) -> Result<ProvisionerJob> {
    let mut state = client.job(job).await?;
    let mut stages = Stages::new(display, state.created_at);
    stages.queue(&state);
    let mut logs = client.follow_job_logs(job, 0).await?;
    let mut tick = tokio::time::interval(POLL);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut asked_to_cancel = false;
    let _claim = display.cancellable.then(crate::signals::claim);
    loop {
        tokio::select! {
            log = logs.next() => match log {
                Some(log) => stages.log(&log?),
                None => break,
            },
            _ = tick.tick() => {
                state = client.job(job).await?;
                stages.queue(&state);
            }
            _ = tokio::signal::ctrl_c(), if display.cancellable => {
                if asked_to_cancel {
                    return Err(cancelled());
                }
                asked_to_cancel = true;
                stages.pause();
                display.stream.line("\nCancelling the job, its cleanup is followed to the end (press Ctrl-C again to leave)...");
                client.cancel_job(job).await?;
            }
        }
    }
    state = client.job(job).await?;
    // The server closes the log stream after it has committed the end; a proxy in between may close it earlier.
    while state.completed_at.is_none() && !is_final(state.status) {
        tokio::time::sleep(POLL).await;
        state = client.job(job).await?;
    }
    stages.finish(&state);
    Ok(state)
}

fn is_final(status: ProvisionerJobStatus) -> bool {
    matches!(status, ProvisionerJobStatus::Succeeded | ProvisionerJobStatus::Failed | ProvisionerJobStatus::Canceled)
}

/// The display's state: which stage runs since when.
struct Stages {
    display: Display,
    current: String,
    since: Timestamp,
    queue_shown: Option<i64>,
    running: bool,
    /// Lines of the current stage in a silent display.
    kept: Vec<ProvisionerJobLog>,
    /// The last lines of error level, whatever their stage.
    errors: Vec<String>,
    spinner: Option<indicatif::ProgressBar>,
}

impl Stages {
    fn new(display: Display, created_at: Timestamp) -> Self {
        Self {
            display,
            current: String::new(),
            since: created_at,
            queue_shown: None,
            running: false,
            kept: Vec::new(),
            errors: Vec::new(),
            spinner: None,
        }
    }

    fn line(&mut self, text: &str) {
        match &self.spinner {
            Some(spinner) => spinner.suspend(|| self.display.stream.line(text)),
            None => self.display.stream.line(text),
        }
    }

    fn pause(&mut self) {
        if let Some(spinner) = self.spinner.take() {
            spinner.finish_and_clear();
        }
    }

    fn spin(&mut self, stage: &str) {
        self.pause();
        let terminal = match self.display.stream {
            Stream::Stdout => std::io::stdout().is_terminal(),
            Stream::Stderr => std::io::stderr().is_terminal(),
        };
        if !terminal {
            return;
        }
        let target = match self.display.stream {
            Stream::Stdout => indicatif::ProgressDrawTarget::stdout(),
            Stream::Stderr => indicatif::ProgressDrawTarget::stderr(),
        };
        let spinner = indicatif::ProgressBar::with_draw_target(None, target)
            .with_style(indicatif::ProgressStyle::default_spinner())
            .with_message(stage.to_owned());
        spinner.enable_steady_tick(Duration::from_millis(120));
        self.spinner = Some(spinner);
    }

    fn begin(&mut self, stage: &str, at: Timestamp) {
        self.current = stage.to_owned();
        self.since = at;
        self.kept.clear();
        let text = self.display.stream.paint(CYAN, &format!("==> ⧗ {stage}"));
        self.line(&text);
        self.spin(stage);
    }

    fn end(&mut self, ok: bool, at: Timestamp) {
        if self.current.is_empty() {
            return;
        }
        if !ok && self.display.silent {
            for log in std::mem::take(&mut self.kept) {
                self.print(&log);
            }
        }
        self.pause();
        let ms = at.duration_since(self.since).as_millis().max(0);
        let (mark, style) = if ok { ("✔", GREEN) } else { ("✘", RED) };
        let head = self.display.stream.paint(style, &format!("=== {mark} {}", self.current));
        let time = self.display.stream.paint(DIM, &format!("[{ms}ms]"));
        self.line(&format!("{head} {time}"));
        self.current.clear();
    }

    /// Shows the place in the queue, and the start once it is there.
    fn queue(&mut self, job: &ProvisionerJob) {
        if self.running {
            return;
        }
        if let Some(started) = job.started_at {
            if self.queue_shown.is_none() {
                self.begin_queued(0, job.created_at);
            }
            self.end(true, started);
            self.running = true;
            self.begin("Running", started);
        } else if self.queue_shown != Some(job.queue_position) {
            self.begin_queued(job.queue_position, job.created_at);
        }
    }

    fn begin_queued(&mut self, position: i64, at: Timestamp) {
        self.queue_shown = Some(position);
        let shown = match position {
            i64::MIN..=0 => "Queued".to_owned(),
            1 => "Queued (next)".to_owned(),
            n => format!("Queued (position: {n})"),
        };
        self.begin(&shown, at);
        self.current = "Queued".into();
    }

    fn log(&mut self, log: &ProvisionerJobLog) {
        if !self.running {
            self.end(true, log.created_at);
            self.running = true;
            self.begin("Running", log.created_at);
        }
        if log.stage != self.current {
            self.end(true, log.created_at);
            self.begin(&log.stage, log.created_at);
            // The line that opens a stage carries no text of its own.
            if log.output.is_empty() || log.output == log.stage {
                return;
            }
        }
        if log.log_level == LogLevel::Error && self.errors.len() < KEPT_LINES {
            self.errors.push(log.output.clone());
        }
        if !self.display.silent {
            self.print(log);
        } else if self.kept.len() < KEPT_LINES {
            self.kept.push(log.clone());
        }
    }

    fn print(&mut self, log: &ProvisionerJobLog) {
        if matches!(log.log_level, LogLevel::Trace | LogLevel::Debug) && !self.display.verbose {
            return;
        }
        let text = match log.log_level {
            LogLevel::Error => self.display.stream.paint(RED, &log.output),
            LogLevel::Warn => self.display.stream.paint(YELLOW, &log.output),
            _ => log.output.clone(),
        };
        let time = self.display.stream.paint(DIM, &human::log_time(log.created_at));
        self.line(&format!("{time} {text}"));
    }

    fn finish(&mut self, job: &ProvisionerJob) {
        self.queue(job);
        let ok = job.status == ProvisionerJobStatus::Succeeded;
        let at = job.completed_at.unwrap_or_else(Timestamp::now);
        self.end(ok, at);
        // A failed job ends in a stage of cleaning up: say again what failed, if the lines were not shown.
        if !ok && self.display.silent {
            for line in std::mem::take(&mut self.errors) {
                let text = self.display.stream.paint(RED, &line);
                self.line(&text);
            }
        }
    }
}

/// Warns if no provisioner can take the job.
pub fn warn_unmatched(stream: Stream, job: &ProvisionerJob, matched: Option<&MatchedProvisioners>) {
    let Some(matched) = matched.filter(|_| job.status == ProvisionerJobStatus::Pending) else { return };
    let tags: &BTreeMap<String, String> = &job.tags;
    let tags = serde_json::to_string(tags).unwrap_or_default();
    if matched.count == 0 {
        let lines = [
            format!("Job ID : {}", job.id),
            format!("Requested tags : {tags}"),
            "It stays in the queue until a provisioner with these tags starts: ask your administrator.".to_owned(),
        ];
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        crate::output::warn(stream, "No provisioner accepts this job.", &lines);
    } else if matched.available == 0 {
        let seen = matched.most_recently_seen.map_or_else(|| "never".to_owned(), human::time);
        let lines = [
            format!("Job ID : {}", job.id),
            format!("Requested tags : {tags}"),
            format!("Most recently seen : {seen}"),
        ];
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        crate::output::warn(stream, "The provisioners that accept this job have not been seen for a while.", &lines);
    }
}

/// An error unless the job is at its end.
pub fn must_have_succeeded(job: &ProvisionerJob) -> Result<()> {
    if job.status == ProvisionerJobStatus::Succeeded { Ok(()) } else { Err(anyhow!("{}", job.error)) }
}
