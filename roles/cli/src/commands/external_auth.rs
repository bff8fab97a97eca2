//! `external-auth access-token`: the token of a provider, for scripts in a workspace.

use anyhow::{Result, anyhow};
use serde_json::Value;

use crate::frame::error::Exit;
use crate::frame::{Args, Command, Cx, Opt};
use crate::output;

/// Credentials of the agent, for commands inside a workspace.
pub const AGENT_OPTIONS: &[Opt] = &[
    Opt::text("agent-token", "Token of the workspace agent.").env("CODER_AGENT_TOKEN"),
    Opt::text("agent-token-file", "File with the token of the workspace agent.").env("CODER_AGENT_TOKEN_FILE"),
    Opt::url("agent-url", "URL at which the agent reaches the deployment.").env("CODER_AGENT_URL"),
    Opt::text("auth", "How the agent authenticates.").env("CODER_AGENT_AUTH").default("token"),
    Opt::text("agent-name", "Name of the agent.").env("CODER_AGENT_NAME"),
];

pub static COMMAND: Command =
    Command::new("external-auth", "Manage external authentication inside a workspace.").children(&[&TOKEN]);

static TOKEN: Command = Command::new("access-token", "Print the access token of a provider, or the URL to sign in at.")
    .usage("<provider>", Args::Exactly(1))
    .options(&[
        &[
            Opt::text("extra", "Print a field of the extra data of the token instead."),
            Opt::choice("output", &["text", "json"], "Output format.").default("text"),
        ],
        AGENT_OPTIONS,
    ])
    .run(crate::action!(run));

async fn run(cx: &Cx) -> Result<()> {
    let client = cx.agent_client()?;
    let answer = client
        .external_auth_by_id(cx.arg(0))
        .await
        .map_err(|error| anyhow!(error).context("get external auth token"))?;
    if cx.opts.json() {
        outln!("{}", output::json(&answer)?);
        return if answer.url.is_empty() { Ok(()) } else { Err(Exit(1).into()) };
    }
    if !answer.url.is_empty() {
        out!("{}", answer.url);
        return Err(Exit(1).into());
    }
    match cx.opts.filled("extra") {
        Some(path) => out!("{}", field(&answer.token_extra, path)?),
        None => out!("{}", answer.access_token),
    }
    Ok(())
}

/// A value by a path of names and indexes with dots between: `user.emails.0`.
fn field(extra: &std::collections::BTreeMap<String, Value>, path: &str) -> Result<String> {
    let mut parts = path.split('.');
    let first = parts.next().unwrap_or_default();
    let mut value = extra.get(first);
    for part in parts {
        value = value.and_then(|value| match part.parse::<usize>() {
            Ok(index) if value.is_array() => value.get(index),
            _ => value.get(part),
        });
    }
    match value {
        Some(Value::String(text)) => Ok(text.clone()),
        Some(value) => Ok(value.to_string()),
        None => Err(anyhow!("the extra data has no {path:?}")),
    }
}
