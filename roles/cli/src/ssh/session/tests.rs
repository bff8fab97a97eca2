//! The native client against the agent's SSH server, over a pipe in this process.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::io::DuplexStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;
use warren_agent::environment::{Paths, Workspace};
use warren_agent::ssh::{Limits, Shared, SshServer, host_key};
use warren_agent::user::User;

use super::*;

#[tokio::test]
async fn a_command_keeps_its_status_and_its_streams_apart() {
    let finished = command("echo out; echo err >&2; exit 7", b"", Options::default()).await;
    assert_eq!(finished, (End::Status(7), "out\n".into(), "err\n".into()));
}

#[tokio::test]
async fn input_reaches_the_command_up_to_its_end() {
    let input = vec![b'x'; 3 << 20];
    let (end, output, _) = command("wc -c", &input, Options::default()).await;
    assert_eq!((end, output.trim()), (End::Status(0), "3145728"));
}

#[tokio::test]
async fn much_output_arrives_whole() {
    let (end, output, _) = command("head -c 5000000 /dev/zero", b"", Options::default()).await;
    assert_eq!((end, output.len()), (End::Status(0), 5_000_000));
}

#[tokio::test]
async fn variables_are_set_and_a_terminal_is_there_on_request() {
    let env = vec![("GREETING".to_owned(), "hi".to_owned())];
    let (_, output, _) = command("echo $GREETING; tty", b"", Options { env: env.clone(), ..Options::default() }).await;
    assert_eq!(output, "hi\nnot a tty\n");
    let (_, output, _) = command("echo $GREETING; tty", b"", Options { env, tty: true, ..Options::default() }).await;
    assert!(output.starts_with("hi\r\n/dev/"), "{output:?}");
}

#[tokio::test]
async fn a_shell_reads_its_commands_and_ends_with_their_status() {
    let ends = Ends { input: &b"exit 3\n"[..], output: tokio::io::sink(), error: |_: &[u8]| Ok(()) };
    let end = run(server(), Options::default(), ends).await.expect("a session");
    assert_eq!(end, End::Status(3));
}

#[tokio::test]
async fn a_killed_command_counts_as_255() {
    let (end, ..) = command("kill -9 $$", b"", Options::default()).await;
    assert_eq!(end, End::Status(255));
}

async fn command(line: &str, input: &[u8], options: Options) -> (End, String, String) {
    let mut output = std::io::Cursor::new(Vec::new());
    let mut error = Vec::new();
    let ends = Ends {
        input,
        output: &mut output,
        error: |bytes: &[u8]| {
            error.extend_from_slice(bytes);
            Ok(())
        },
    };
    let options = Options { command: Some(line.to_owned()), ..options };
    let end = run(server(), options, ends).await.expect("a session");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (end, text(output.into_inner()), text(error))
}

/// One connection to an agent's server.
fn server() -> DuplexStream {
    let workspace = Workspace {
        agent_id: Uuid::from_u128(1),
        agent_name: "main".into(),
        workspace_id: Uuid::from_u128(2),
        workspace_name: "dev".into(),
        owner_name: "ann".into(),
        directory: "/tmp".into(),
        variables: Default::default(),
        secrets: Vec::new(),
        motd_path: String::new(),
        vscode_proxy_uri: String::new(),
        token: "token".into(),
    };
    let (_sender, workspace) = tokio::sync::watch::channel(Some(Arc::new(workspace)));
    let shared = Shared {
        user: User { name: "ann".into(), home: "/tmp".into(), shell: "/bin/sh".into() },
        paths: Paths { executable: "/opt/coder".into(), script_bin_dir: "/tmp".into() },
        workspace,
        limits: Limits::default(),
        banners: Mutex::default(),
        events: Box::new(|_| {}),
        shutdown: CancellationToken::new(),
        tasks: TaskTracker::new(),
    };
    let server = SshServer::new(Arc::new(shared), host_key("ann", "dev", "main").expect("a key"));
    let (near, far) = tokio::io::duplex(1 << 20);
    tokio::spawn(async move { server.serve(far, "127.0.0.1".into()).await });
    near
}
