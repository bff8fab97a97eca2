use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::Terminals;
use crate::environment::{Paths, Workspace};
use crate::user::User;

fn terminals() -> Arc<Terminals> {
    let workspace = Workspace {
        agent_id: Uuid::new_v4(),
        agent_name: "main".into(),
        workspace_id: Uuid::new_v4(),
        workspace_name: "dev".into(),
        owner_name: "ann".into(),
        directory: "/tmp".into(),
        variables: std::collections::BTreeMap::new(),
        secrets: Vec::new(),
        motd_path: String::new(),
        vscode_proxy_uri: String::new(),
        token: "token".into(),
    };
    let (_sender, watch) = tokio::sync::watch::channel(Some(Arc::new(workspace)));
    let user = User { name: "ann".into(), home: "/tmp".into(), shell: "/bin/sh".into() };
    let paths = Paths { executable: "/opt/coder".into(), script_bin_dir: "/tmp".into() };
    Terminals::new(user, paths, watch, (CancellationToken::new(), TaskTracker::new()))
}

async fn connect(terminals: &Arc<Terminals>, id: Uuid, command: &str) -> DuplexStream {
    let (mut client, server) = tokio::io::duplex(4096);
    let terminals = terminals.clone();
    tokio::spawn(async move { terminals.serve(server).await });
    let init = serde_json::json!({"ID": id, "Height": 30, "Width": 100, "Command": command, "BackendType": ""});
    let init = init.to_string();
    client.write_u16_le(init.len().try_into().unwrap()).await.unwrap();
    client.write_all(init.as_bytes()).await.unwrap();
    client
}

async fn read_until(stream: &mut DuplexStream, text: &str) -> String {
    let mut seen = Vec::new();
    while !String::from_utf8_lossy(&seen).contains(text) {
        assert!(stream.read_buf(&mut seen).await.unwrap() > 0, "{}", String::from_utf8_lossy(&seen));
    }
    String::from_utf8_lossy(&seen).into_owned()
}

#[tokio::test]
async fn a_second_connection_sees_what_was_printed_and_goes_on() {
    let terminals = terminals();
    let id = Uuid::new_v4();
    let mut first = connect(&terminals, id, "stty -echo; echo ready; read a; echo got $a; read b; echo end $b").await;
    read_until(&mut first, "ready").await;
    first.write_all(br#"{"data":"one\n"}{"height":40,"width":120}"#).await.unwrap();
    read_until(&mut first, "got one").await;
    drop(first);

    let mut second = connect(&terminals, id, "").await;
    assert!(read_until(&mut second, "got one").await.contains("ready"));
    assert_eq!(terminals.count(), 1);
    second.write_all(br#"{"data":"two\n"}"#).await.unwrap();
    read_until(&mut second, "end two").await;
    let mut rest = Vec::new();
    second.read_to_end(&mut rest).await.unwrap();
    assert_eq!(terminals.count(), 0, "the terminal ended with its process");
}

#[tokio::test]
async fn the_size_of_the_first_message_applies() {
    let terminals = terminals();
    let mut client = connect(&terminals, Uuid::new_v4(), "stty size; sleep 1000").await;
    read_until(&mut client, "30 100").await;
}

#[tokio::test]
async fn a_malformed_first_message_ends_the_connection() {
    let terminals = terminals();
    let (mut client, server) = tokio::io::duplex(64);
    let serving = tokio::spawn(terminals.clone().serve(server));
    client.write_u16_le(3).await.unwrap();
    client.write_all(b"{x}").await.unwrap();
    assert!(serving.await.unwrap().is_err());
    assert_eq!(terminals.count(), 0);
}
