//! Writing results: tables, JSON, cells in human form. The layout of tables and JSON is a compatibility fact.

pub mod human;
pub mod resources;
pub mod table;

use std::io::Write;

use anyhow::Result;
use serde::Serialize;

/// Like `println!`, but a closed pipe ends the process quietly.
#[macro_export]
macro_rules! outln {
    () => { $crate::output::write_stdout("\n") };
    ($($arg:tt)*) => { $crate::output::write_stdout(&format!("{}\n", format_args!($($arg)*))) };
}

/// Like `print!`, flushed, and a closed pipe ends the process quietly.
#[macro_export]
macro_rules! out {
    ($($arg:tt)*) => { $crate::output::write_stdout(&format!($($arg)*)) };
}

/// Writes to standard output.
pub fn write_stdout(text: &str) {
    let mut stdout = std::io::stdout().lock();
    if stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).is_err() {
        // Nobody reads any more: what head(1) and friends do to every program.
        std::process::exit(1);
    }
}

/// A value as JSON of two spaces' indent, without a newline at the end.
pub fn json<T: Serialize + ?Sized>(value: &T) -> Result<String> {
    Ok(serde_json::to_string_pretty(value)?)
}

/// Where progress and notices go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    Stdout,
    Stderr,
}

impl Stream {
    pub fn line(self, text: &str) {
        match self {
            Self::Stdout => write_stdout(&format!("{text}\n")),
            Self::Stderr => eprintln!("{text}"),
        }
    }

    pub fn text(self, text: &str) {
        match self {
            Self::Stdout => write_stdout(text),
            Self::Stderr => {
                let mut stderr = std::io::stderr().lock();
                let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
            }
        }
    }

    fn is_terminal(self) -> bool {
        use std::io::IsTerminal;
        match self {
            Self::Stdout => std::io::stdout().is_terminal(),
            Self::Stderr => std::io::stderr().is_terminal(),
        }
    }

    /// The text in a colour, if the stream is a terminal that wants it.
    pub fn paint(self, style: anstyle::Style, text: &str) -> String {
        let wanted = self.is_terminal()
            && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
            && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        if wanted { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

pub const BOLD: anstyle::Style = anstyle::Style::new().bold();
pub const RED: anstyle::Style = anstyle::AnsiColor::Red.on_default();
pub const GREEN: anstyle::Style = anstyle::AnsiColor::Green.on_default();
pub const YELLOW: anstyle::Style = anstyle::AnsiColor::Yellow.on_default();
pub const CYAN: anstyle::Style = anstyle::AnsiColor::Cyan.on_default();
pub const DIM: anstyle::Style = anstyle::Style::new().dimmed();

/// A warning with lines of explanation, on standard error or, for commands whose progress is there, on standard output.
pub fn warn(stream: Stream, title: &str, lines: &[&str]) {
    let head = stream.paint(YELLOW, "WARN:");
    stream.line(&format!("{head} {title}"));
    for line in lines {
        stream.line(&format!("  | {line}"));
    }
}
