//! Terraform's machine-readable output, line by line: to the log, to the timings, to the error text.

use serde_json::Value;
use warren_proto::provisioner::LogLevel;

use super::command::{Line, Sink};
use super::diagnostics;
use super::timings::Timings;
use crate::lines::StageLog;

/// What is remembered of a run.
pub(super) struct Events<'a> {
    log: &'a StageLog,
    pub timings: Timings,
    /// Headline of the first error.
    pub error: Option<String>,
    /// All lines, when they are recorded.
    pub record: Option<Vec<(LogLevel, String)>>,
}

impl<'a> Events<'a> {
    pub fn new(log: &'a StageLog, stage: &'static str) -> Self {
        Self { log, timings: Timings::new(stage), error: None, record: None }
    }

    async fn out(&mut self, text: &str) {
        if text.trim().is_empty() {
            return;
        }
        let Some(event) = parse(text) else {
            self.emit(LogLevel::Info, text.to_owned()).await;
            return;
        };
        self.timings.event(&event);
        let diagnostic = event.get("diagnostic").map(diagnostics::read);
        let message = event.get("@message").and_then(Value::as_str).unwrap_or_default();
        let level = match event.get("@level").and_then(Value::as_str).unwrap_or_default() {
            "trace" => LogLevel::Trace,
            "debug" => LogLevel::Debug,
            "info" => LogLevel::Info,
            "warn" | "warning" => LogLevel::Warn,
            "error" => LogLevel::Error,
            unknown => {
                self.emit(LogLevel::Warn, format!("unknown level {unknown:?} of the next line")).await;
                LogLevel::Info
            }
        };
        self.emit(level, message.to_owned()).await;
        if let Some(diagnostic) = diagnostic {
            if diagnostic.level == LogLevel::Error && self.error.is_none() {
                self.error = Some(diagnostic.headline);
            }
            for line in diagnostic.lines {
                self.emit(diagnostic.level, line).await;
            }
        }
    }

    /// Standard error has log lines as JSON when a log level is set, and complaints in plain text.
    async fn err(&mut self, text: &str) {
        if text.trim().is_empty() {
            return;
        }
        let Some(event) = parse(text) else {
            if self.error.is_none() && text.contains("text file busy") {
                self.error = Some("a provider in the plugin cache is still running (text file busy)".to_owned());
            }
            self.emit(LogLevel::Error, text.to_owned()).await;
            return;
        };
        let message = event.get("@message").and_then(Value::as_str).unwrap_or_default();
        let level = match event.get("@level").and_then(Value::as_str).unwrap_or_default() {
            "trace" => return,
            "warn" | "warning" => LogLevel::Warn,
            "error" => LogLevel::Error,
            _ => LogLevel::Debug,
        };
        self.emit(level, message.to_owned()).await;
    }

    async fn emit(&mut self, level: LogLevel, text: String) {
        if let Some(record) = &mut self.record {
            record.push((level, text.clone()));
        }
        self.log.line(level, text).await;
    }
}

impl Sink for Events<'_> {
    async fn line(&mut self, line: Line) {
        match line {
            Line::Out(text) => self.out(&text).await,
            Line::Err(text) => self.err(&text).await,
        }
    }
}

fn parse(text: &str) -> Option<Value> {
    serde_json::from_str::<Value>(text)
        .ok()
        .filter(|value| value.get("@message").is_some() || value.get("@level").is_some())
}
