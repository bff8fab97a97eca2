//! Opening URLs with what the system has for it.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// Opens a URL in the user's browser: `$BROWSER` if set, the host's one below WSL, else the system's opener.
pub fn open_browser(url: &str) -> Result<()> {
    if let Some(browser) = std::env::var_os("BROWSER").filter(|value| !value.is_empty()) {
        let quoted = url.replace('\'', "%27");
        let script = format!("{} '{quoted}'", browser.to_string_lossy());
        return run(Command::new("sh").args(["-c", &script]));
    }
    if is_wsl() {
        return run(Command::new("cmd.exe").args(["/c", "start", &url.replace('&', "^&")]));
    }
    open_uri(url)
}

fn is_wsl() -> bool {
    cfg!(target_os = "linux")
        && std::fs::read_to_string("/proc/sys/kernel/osrelease")
            .is_ok_and(|text| text.to_lowercase().contains("microsoft"))
}

/// Hands a URI to the system's opener.
pub fn open_uri(uri: &str) -> Result<()> {
    if cfg!(target_os = "linux") {
        return run(Command::new("xdg-open").arg(uri));
    }
    webbrowser::open(uri).context("open the URI")
}

fn run(command: &mut Command) -> Result<()> {
    let status =
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().context("run the opener")?;
    if !status.success() {
        bail!("the opener ended with {status}");
    }
    Ok(())
}
