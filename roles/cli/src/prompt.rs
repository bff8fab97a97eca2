//! Questions to the user. They go to standard output (to standard error while standard output carries data) and read one line
//! byte by byte, so that answers can be piped in and nothing after them is lost.

use std::io::Read;

use anyhow::{Result, anyhow, bail};

use crate::frame::Cx;
use crate::frame::error::cancelled;
use crate::output::{BOLD, Stream};

impl Cx {
    /// Where questions go.
    pub fn prompt_stream(&self) -> Stream {
        if self.stdout_is_for_data() { Stream::Stderr } else { Stream::Stdout }
    }

    /// A yes-or-no question; anything but yes ends the command silently. `-y` answers it without a word.
    pub async fn confirm(&self, text: &str, default: bool) -> Result<()> {
        if self.yes() || self.ask(text, default).await? { Ok(()) } else { Err(cancelled()) }
    }

    /// A yes-or-no question whose answer matters both ways. `-y` does not answer it.
    pub async fn ask(&self, text: &str, default: bool) -> Result<bool> {
        let stream = self.prompt_stream();
        let (yes, no) = (stream.paint(BOLD, "yes"), stream.paint(BOLD, "no"));
        let choice = if default { format!("({yes}/no)") } else { format!("(yes/{no})") };
        stream.text(&format!("> {text} {choice} "));
        let answer = read_line().await?;
        Ok(match answer.as_str() {
            "" => default,
            "y" | "yes" => true,
            _ => false,
        })
    }

    /// A line of text; empty means the default. A refused answer is asked again.
    pub async fn prompt(
        &self,
        text: &str,
        default: Option<&str>,
        check: impl Fn(&str) -> Result<(), String>,
    ) -> Result<String> {
        let stream = self.prompt_stream();
        loop {
            let shown = default.filter(|text| !text.is_empty()).map(|text| format!("({text}) ")).unwrap_or_default();
            stream.text(&format!("> {text} {shown}"));
            let mut answer = read_line().await?;
            if answer.is_empty() {
                answer = default.unwrap_or_default().to_owned();
            }
            // A value of JSON may go over several lines.
            if answer.starts_with(['{', '[']) {
                answer = self.finish_json(answer).await?;
            }
            match check(&answer) {
                Ok(()) => return Ok(answer),
                Err(reason) => stream.line(&reason),
            }
        }
    }

    async fn finish_json(&self, mut text: String) -> Result<String> {
        loop {
            match serde_json::from_str::<serde_json::Value>(&text) {
                Ok(value) => return Ok(value.to_string()),
                Err(error) if error.is_eof() => {
                    text.push('\n');
                    text.push_str(&read_line().await?);
                }
                Err(_) => return Ok(text),
            }
        }
    }

    /// A secret: stars on a terminal, a plain line otherwise.
    pub async fn secret(&self, text: &str, check: impl Fn(&str) -> Result<(), String>) -> Result<String> {
        use std::io::IsTerminal;
        let stream = self.prompt_stream();
        loop {
            let answer = if std::io::stdin().is_terminal() {
                inquire::Password::new(text)
                    .with_display_mode(inquire::PasswordDisplayMode::Masked)
                    .without_confirmation()
                    .prompt()
                    .map_err(inquiry_error)?
            } else {
                stream.text(&format!("> {text} "));
                read_line().await?
            };
            match check(&answer) {
                Ok(()) => return Ok(answer),
                Err(reason) => stream.line(&reason),
            }
        }
    }

    /// One of several; `flag` is what to use where there is no terminal.
    pub fn select(&self, text: &str, options: Vec<String>, default: usize, flag: &str) -> Result<usize> {
        self.need_terminal(text, flag)?;
        let list: Vec<_> =
            options.iter().enumerate().map(|(index, text)| Choice { index, text: text.clone() }).collect();
        let start = default.min(list.len().saturating_sub(1));
        let chosen = inquire::Select::new(text, list)
            .with_page_size(7)
            .with_starting_cursor(start)
            .prompt()
            .map_err(inquiry_error)?;
        Ok(chosen.index)
    }

    /// Any number of several.
    pub fn multi_select(&self, text: &str, options: Vec<String>, defaults: &[usize], flag: &str) -> Result<Vec<usize>> {
        self.need_terminal(text, flag)?;
        let list: Vec<_> =
            options.iter().enumerate().map(|(index, text)| Choice { index, text: text.clone() }).collect();
        let chosen = inquire::MultiSelect::new(text, list)
            .with_page_size(7)
            .with_default(defaults)
            .prompt()
            .map_err(inquiry_error)?;
        Ok(chosen.into_iter().map(|choice| choice.index).collect())
    }

    fn need_terminal(&self, text: &str, flag: &str) -> Result<()> {
        use std::io::IsTerminal;
        if std::io::stdin().is_terminal() && std::io::stdout().is_terminal() {
            return Ok(());
        }
        bail!("{} needs a choice, and there is no terminal to ask on: pass {flag}", text.trim_end_matches(':'));
    }
}

struct Choice {
    index: usize,
    text: String,
}

impl std::fmt::Display for Choice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

fn inquiry_error(error: inquire::InquireError) -> anyhow::Error {
    match error {
        inquire::InquireError::OperationCanceled | inquire::InquireError::OperationInterrupted => cancelled(),
        other => anyhow::Error::new(other),
    }
}

/// One line of standard input without its end; the end of input before any byte is an error, an interrupt the silent end.
pub async fn read_line() -> Result<String> {
    tokio::select! {
        line = tokio::task::spawn_blocking(read_line_blocking) => line?,
        _ = tokio::signal::ctrl_c() => {
            eprintln!();
            Err(cancelled())
        }
    }
}

fn read_line_blocking() -> Result<String> {
    let mut bytes = Vec::new();
    loop {
        match read_byte()? {
            Some(b'\n') => break,
            Some(byte) => bytes.push(byte),
            None if bytes.is_empty() => return Err(anyhow!("EOF")),
            None => break,
        }
    }
    if bytes.last() == Some(&b'\r') {
        bytes.pop();
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// One byte without any buffer behind: what follows belongs to the next reader.
fn read_byte() -> Result<Option<u8>> {
    let mut byte = [0u8];
    #[cfg(unix)]
    let count = nix::unistd::read(std::io::stdin(), &mut byte)?;
    #[cfg(not(unix))]
    let count = std::io::stdin().lock().read(&mut byte)?;
    Ok((count > 0).then_some(byte[0]))
}

/// All of standard input.
pub fn read_all() -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes)?;
    Ok(bytes)
}
