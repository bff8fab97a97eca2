//! Log sinks: readable text and JSON (operations.md §19).

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::sync::Arc;

use jiff::Timestamp;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

/// Where logs go. A path may be `/dev/stderr` or `/dev/stdout`; empty: no such sink.
#[derive(Debug, Clone, Default)]
pub struct LogOptions {
    /// Readable text.
    pub human: String,
    /// One JSON object a line.
    pub json: String,
    /// Debug records are kept when one of these regular expressions matches their logger or message.
    pub filters: Vec<String>,
}

/// Why logging cannot start.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// A sink cannot be opened.
    #[error("cannot open {path}")]
    Open {
        /// The sink.
        path: String,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// A filter is no regular expression.
    #[error("log filter {0:?} is not a regular expression")]
    Filter(String),
    /// No sink at all.
    #[error("no log sink is configured")]
    NoSink,
}

type Sink = Arc<Mutex<Box<dyn Write + Send>>>;

struct Logs {
    human: Option<Sink>,
    json: Option<Sink>,
    filters: Vec<Filter>,
}

/// The rule of a filter: everything, or a text to be found.
enum Filter {
    Everything,
    Contains(String),
}

/// Installs the sinks for the whole process. A second call (in tests) changes nothing.
///
/// # Errors
/// [`LogError`].
pub fn init(options: &LogOptions) -> Result<(), LogError> {
    let logs = Logs {
        human: open(&options.human)?,
        json: open(&options.json)?,
        filters: options.filters.iter().map(|text| filter(text)).collect(),
    };
    if logs.human.is_none() && logs.json.is_none() {
        return Err(LogError::NoSink);
    }
    let level = if logs.filters.is_empty() { Level::INFO } else { Level::DEBUG };
    let registry =
        tracing_subscriber::registry().with(logs).with(tracing_subscriber::filter::LevelFilter::from_level(level));
    let _already_installed = registry.try_init();
    Ok(())
}

fn filter(text: &str) -> Filter {
    if matches!(text, ".*" | "." | "") {
        Filter::Everything
    } else {
        Filter::Contains(text.trim_matches(['^', '$', '*', '.']).to_owned())
    }
}

fn open(path: &str) -> Result<Option<Sink>, LogError> {
    let sink: Box<dyn Write + Send> = match path {
        "" | "/dev/null" => {
            return Ok((path == "/dev/null").then(|| Arc::new(Mutex::new(Box::new(std::io::sink()) as _))));
        }
        "/dev/stderr" => Box::new(std::io::stderr()),
        "/dev/stdout" => Box::new(std::io::stdout()),
        path => {
            let file = OpenOptions::new().create(true).append(true).mode(0o600).open(path);
            Box::new(file.map_err(|source| LogError::Open { path: path.to_owned(), source })?)
        }
    };
    Ok(Some(Arc::new(Mutex::new(sink))))
}

impl<S: Subscriber> Layer<S> for Logs {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        // Other libraries speak only when something is wrong.
        let ours =
            metadata.target().starts_with("warren") || metadata.target() == "postgres" || metadata.target() == "coderd";
        if !ours && *metadata.level() > Level::WARN {
            return;
        }
        let mut record = Record::default();
        event.record(&mut record);
        let logger = logger_name(metadata.target());
        if *metadata.level() > Level::INFO && !self.keeps(&logger, &record.message) {
            return;
        }
        let now = Timestamp::now();
        if let Some(sink) = &self.human {
            write_line(sink, &human(now, metadata.level(), &logger, &record));
        }
        if let Some(sink) = &self.json {
            write_line(sink, &json_line(now, metadata, &logger, &record));
        }
    }
}

impl Logs {
    fn keeps(&self, logger: &str, message: &str) -> bool {
        self.filters.iter().any(|filter| match filter {
            Filter::Everything => true,
            Filter::Contains(text) => logger.contains(text) || message.contains(text),
        })
    }
}

/// `warren_builds::queue` → `builds.queue`
fn logger_name(target: &str) -> String {
    target.strip_prefix("warren_").unwrap_or(target).replace("::", ".")
}

fn human(now: Timestamp, level: &Level, logger: &str, record: &Record) -> String {
    let time = now.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S%.3f").to_string();
    let level = match *level {
        Level::ERROR => "erro",
        Level::WARN => "warn",
        Level::INFO => "info",
        _ => "debu",
    };
    let separator = if logger.is_empty() { "" } else { ": " };
    let mut line = format!("{time} [{level}]  {logger}{separator}{}", record.message);
    let mut long = String::new();
    for (key, value) in &record.fields {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        if text.contains('\n') {
            let _infallible = write!(long, "\n    {key}= {}", text.replace('\n', "\n        "));
        } else if text.is_empty() || text.contains([' ', '"', '=']) {
            let _infallible = write!(line, "  {key}={text:?}");
        } else {
            let _infallible = write!(line, "  {key}={text}");
        }
    }
    line + &long
}

/// Written by hand, because the order of the keys is part of the form.
fn json_line(now: Timestamp, metadata: &tracing::Metadata<'_>, logger: &str, record: &Record) -> String {
    let level = match *metadata.level() {
        Level::ERROR => "ERROR",
        Level::WARN => "WARN",
        Level::INFO => "INFO",
        _ => "DEBUG",
    };
    let text = |value: &str| Value::from(value).to_string();
    let file = metadata.file().unwrap_or_default();
    let mut line = format!("{{\"ts\":\"{now}\",\"level\":\"{level}\",\"msg\":{}", text(&record.message));
    let caller = text(&format!("{file}:{}", metadata.line().unwrap_or_default()));
    let _infallible = write!(line, ",\"caller\":{caller},\"func\":{}", text(metadata.target()));
    let names: Vec<&str> = logger.split('.').filter(|name| !name.is_empty()).collect();
    if !names.is_empty() {
        let _infallible = write!(line, ",\"logger_names\":{}", json!(names));
    }
    for (i, (key, value)) in record.fields.iter().enumerate() {
        line.push_str(if i == 0 { ",\"fields\":{" } else { "," });
        let _infallible = write!(line, "{}:{value}", text(key));
    }
    if !record.fields.is_empty() {
        line.push('}');
    }
    line.push('}');
    line
}

/// A sink that fails (a closed pipe, a full disk) must not end the server.
fn write_line(sink: &Sink, line: &str) {
    let mut sink = sink.lock();
    let _lost = sink.write_all(format!("{line}\n").as_bytes()).and_then(|()| sink.flush());
}

#[derive(Default)]
struct Record {
    message: String,
    fields: Vec<(String, Value)>,
}

impl Record {
    fn put(&mut self, field: &Field, value: Value) {
        if field.name() == "message" {
            self.message = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        } else {
            self.fields.push((field.name().to_owned(), value));
        }
    }
}

impl Visit for Record {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.put(field, json!(format!("{value:?}")));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, json!(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, json!(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, json!(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, json!(value));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, json!(value));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        let mut text = value.to_string();
        let mut next = value.source();
        while let Some(error) = next {
            let _infallible = write!(text, ": {error}");
            next = error.source();
        }
        self.put(field, json!(text));
    }
}

#[cfg(test)]
mod tests;
