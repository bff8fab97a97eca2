//! The agent's token and the headers that carry it.

use anyhow::{Context as _, Result, bail};
use http::header::{COOKIE, HeaderMap, HeaderName, HeaderValue};

use crate::options::Args;

const COOKIE_NAME: &str = "coder_session_token";
const HEADER: HeaderName = HeaderName::from_static("coder-session-token");

/// The secret of an agent. Has neither `Debug` nor `Display`.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// From the option or the file.
    pub fn find(args: &Args) -> Result<Self> {
        if args.auth != "token" {
            bail!("--auth {} is not supported yet; use `token` and pass CODER_AGENT_TOKEN", args.auth);
        }
        let text = match (&args.token, &args.token_file) {
            (Some(token), _) if !token.is_empty() => token.clone(),
            (_, Some(file)) => std::fs::read_to_string(file)
                .with_context(|| format!("read the token file {}", file.display()))?
                .trim()
                .to_owned(),
            _ => bail!("the agent needs its token: set CODER_AGENT_TOKEN, or CODER_AGENT_TOKEN_FILE"),
        };
        Ok(Self(text))
    }

    /// The text, for the environment of sessions.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The headers of a request: some servers read the cookie, scripts use the header.
    pub fn headers(&self, extra: &HeaderMap) -> Result<HeaderMap> {
        let mut headers = extra.clone();
        let mut cookie =
            HeaderValue::try_from(format!("{COOKIE_NAME}={}", self.0)).context("the token is no header")?;
        cookie.set_sensitive(true);
        headers.insert(COOKIE, cookie);
        let mut value = HeaderValue::try_from(&self.0).context("the token is no header")?;
        value.set_sensitive(true);
        headers.insert(HEADER, value);
        Ok(headers)
    }
}

/// The operator's extra headers.
pub async fn extra_headers(args: &Args) -> Result<HeaderMap> {
    let mut lines = args.headers.clone();
    if let Some(command) = &args.header_command {
        let output = tokio::process::Command::new("sh").arg("-c").arg(command).output().await;
        let output = output.with_context(|| format!("run the header command {command:?}"))?;
        if !output.status.success() {
            bail!("the header command {command:?} ended with {}", output.status);
        }
        lines.extend(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned));
    }
    let mut headers = HeaderMap::new();
    for line in lines.iter().filter(|line| !line.trim().is_empty()) {
        let (name, value) = line.split_once('=').with_context(|| format!("header {line:?} is not name=value"))?;
        headers.append(
            HeaderName::try_from(name.trim()).with_context(|| format!("header name {name:?}"))?,
            HeaderValue::try_from(value.trim()).with_context(|| format!("value of header {name:?}"))?,
        );
    }
    Ok(headers)
}
