//! `exp rpty`: a terminal of the agent that survives disconnects, the same that the dashboard shows.

use anyhow::{Context, Result};
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite::Message;

use crate::frame::{Args, Command, Cx, Opt};
use crate::resolve;
use crate::ssh::standard;
use crate::ssh::terminal::RawTerminal;

pub static COMMAND: Command = Command::new("rpty", "Open a reconnecting terminal of a workspace.")
    .usage("", Args::AtLeast(1))
    .hidden()
    .options(&[&[
        Opt::text("container", "Container to open the terminal in.").short('c'),
        Opt::text("container-user", "User in the container.").short('u'),
        Opt::text("reconnect", "Id of the terminal to come back to.").short('r'),
    ]])
    .run(crate::action!(run));

async fn run(cx: &Cx) -> Result<()> {
    let client = cx.client()?;
    let (name, agent) = resolve::split_agent(cx.arg(0));
    let workspace = resolve::workspace(&client, name).await?;
    let agent = resolve::choose_agent(&workspace, agent)?;
    let command = cx.args[1..].join(" ");
    let reconnect = match cx.opts.filled("reconnect") {
        Some(id) => id.parse::<uuid::Uuid>().context("parse the id")?,
        None => uuid::Uuid::new_v4(),
    };
    let (columns, rows) = crossterm::terminal::size().unwrap_or((80, 24));
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query
        .append_pair("reconnect", &reconnect.to_string())
        .append_pair("width", &columns.to_string())
        .append_pair("height", &rows.to_string())
        .append_pair("command", &command);
    if !command.is_empty() {
        query.append_pair("backend_type", "buffered");
    }
    for (option, name) in [("container", "container"), ("container-user", "container_user")] {
        if let Some(value) = cx.opts.filled(option) {
            query.append_pair(name, value);
        }
    }
    let path = format!("/api/v2/workspaceagents/{}/pty?{}", agent.id, query.finish());
    let mut socket = client.websocket(&path).await.context("open reconnecting PTY")?;
    let _raw = RawTerminal::enter()?;
    let mut stdin = standard::input();
    let mut stdout = standard::output();
    let mut buffer = vec![0u8; 4096];
    let mut open = true;
    loop {
        tokio::select! {
            message = socket.next() => match message {
                Some(Ok(Message::Binary(bytes))) => {
                    stdout.write_all(&bytes).await?;
                }
                Some(Ok(Message::Close(_))) | Some(Err(_)) | None => {
                    stdout.shutdown().await?;
                    return Ok(());
                }
                Some(Ok(_)) => {}
            },
            count = stdin.read(&mut buffer), if open => {
                let count = count?;
                if count == 0 {
                    open = false;
                    continue;
                }
                let data = String::from_utf8_lossy(&buffer[..count]);
                let message = serde_json::json!({ "data": data }).to_string();
                socket.send(Message::binary(message.into_bytes())).await?;
            }
        }
    }
}
