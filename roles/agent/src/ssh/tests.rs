use std::process::{Output, Stdio};
use std::sync::Arc;

use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::{Limits, SessionEvent, Shared, SshServer, host_key};
use crate::environment::{Paths, Workspace};
use crate::user::User;

/// The server on a local port, and OpenSSH's programs as its clients.
struct Fixture {
    port: u16,
    home: tempfile::TempDir,
    events: Arc<Mutex<Vec<SessionEvent>>>,
    shutdown: CancellationToken,
}

impl Fixture {
    async fn start() -> Self {
        Self::with(Limits::default()).await
    }

    async fn with(limits: Limits) -> Self {
        let home = tempfile::tempdir().unwrap();
        let workspace = Workspace {
            agent_id: Uuid::new_v4(),
            agent_name: "main".into(),
            workspace_id: Uuid::new_v4(),
            workspace_name: "dev".into(),
            owner_name: "ann".into(),
            directory: home.path().display().to_string(),
            variables: [("GREETING".to_owned(), "hello".to_owned())].into(),
            secrets: Vec::new(),
            motd_path: String::new(),
            vscode_proxy_uri: String::new(),
            token: "token".into(),
        };
        let (_sender, workspace) = tokio::sync::watch::channel(Some(Arc::new(workspace)));
        let events = Arc::new(Mutex::new(Vec::new()));
        let seen = events.clone();
        let shutdown = CancellationToken::new();
        let shared = Arc::new(Shared {
            user: User { name: "ann".into(), home: home.path().to_owned(), shell: "/bin/bash".into() },
            paths: Paths { executable: "/opt/coder".into(), script_bin_dir: "/tmp".into() },
            workspace,
            limits,
            banners: Mutex::default(),
            events: Box::new(move |event| seen.lock().push(event)),
            shutdown: shutdown.clone(),
            tasks: TaskTracker::new(),
        });
        let server = SshServer::new(shared, host_key("ann", "dev", "main").unwrap());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let server = server.clone();
                tokio::spawn(async move { server.serve(stream, "127.0.0.1".into()).await });
            }
        });
        Self { port, home, events, shutdown }
    }

    fn command(&self, program: &str, port_flag: &str) -> Command {
        let mut command = Command::new(program);
        command.args(["-F", "none", "-q", port_flag, &self.port.to_string(), "-o", "StrictHostKeyChecking=no"]);
        command.args(["-o", "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes"]);
        command.stdin(Stdio::null()).kill_on_drop(true);
        command
    }

    fn ssh(&self, args: &[&str]) -> Command {
        let mut command = self.command("ssh", "-p");
        command.args(args);
        command
    }

    async fn run(&self, line: &str) -> Output {
        self.ssh(&["ann@127.0.0.1", line]).output().await.unwrap()
    }

    async fn stdout(&self, line: &str) -> String {
        String::from_utf8(self.run(line).await.stdout).unwrap()
    }
}

fn data(len: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    (0..len / 8)
        .flat_map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exit_statuses_come_back_and_streams_stay_apart() {
    let fixture = Fixture::start().await;
    let out = fixture.run("echo out; echo err >&2; exit 7").await;
    assert_eq!(out.status.code(), Some(7));
    assert_eq!(out.stdout, b"out\n");
    assert_eq!(out.stderr, b"err\n");
    assert_eq!(fixture.run("kill -TERM $$").await.status.code(), Some(255));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_see_the_workspace_environment_and_start_in_its_directory() {
    let fixture = Fixture::start().await;
    let out = fixture.stdout("echo $GREETING $CODER_WORKSPACE_NAME $CODER; pwd").await;
    let dir = std::fs::canonicalize(fixture.home.path()).unwrap();
    assert_eq!(out, format!("hello dev true\n{}\n", dir.display()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_terminal_has_a_size_and_a_name() {
    let fixture = Fixture::start().await;
    let out =
        fixture.ssh(&["-tt", "ann@127.0.0.1", "stty size; tty; echo $TERM; exit 3"]).env("TERM", "xterm").output();
    let out = out.await.unwrap();
    let text = String::from_utf8_lossy(&out.stdout).replace('\r', "");
    assert!(text.contains("/dev/pts/"), "{text}");
    assert!(text.contains("xterm"), "{text}");
    assert_eq!(out.status.code(), Some(3), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_mebibytes_go_up_and_down_unchanged() {
    let fixture = Fixture::start().await;
    let sent = data(64 << 20);
    let mut up = fixture.ssh(&["ann@127.0.0.1", "cat > big"]).stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = up.stdin.take().unwrap();
    stdin.write_all(&sent).await.unwrap();
    drop(stdin);
    assert!(up.wait().await.unwrap().success());
    let down = fixture.run("cat big").await;
    assert_eq!(Sha256::digest(&sent), Sha256::digest(&down.stdout));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sftp_puts_gets_lists_and_renames() {
    let fixture = Fixture::start().await;
    let local = tempfile::tempdir().unwrap();
    let sent = data(8 << 20);
    std::fs::write(local.path().join("up"), &sent).unwrap();
    let batch = format!(
        "put {0}/up remote\nrename remote moved\nmkdir sub\nchmod 600 moved\nls -l\nget moved {0}/down\nrm moved\nrmdir sub\n",
        local.path().display()
    );
    std::fs::write(local.path().join("batch"), batch).unwrap();
    let mut sftp = fixture.command("sftp", "-P");
    let out = sftp.arg("-b").arg(local.path().join("batch")).arg("ann@127.0.0.1").output().await.unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    assert!(String::from_utf8_lossy(&out.stdout).contains("moved"));
    assert_eq!(std::fs::read(local.path().join("down")).unwrap(), sent);
    assert!(!fixture.home.path().join("moved").exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ports_are_forwarded_in_both_directions() {
    let fixture = Fixture::start().await;
    let echo = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = echo.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = echo.accept().await {
            tokio::spawn(async move {
                let (mut read, mut write) = stream.split();
                let _ = tokio::io::copy(&mut read, &mut write).await;
            });
        }
    });

    // -W: one direct-tcpip channel over standard input and output.
    let destination = format!("127.0.0.1:{target}");
    let mut forward = fixture.ssh(&["-W", &destination, "ann@127.0.0.1"]);
    let mut forward = forward.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = forward.stdin.take().unwrap();
    stdin.write_all(b"ping").await.unwrap();
    drop(stdin);
    assert_eq!(forward.wait_with_output().await.unwrap().stdout, b"ping");

    // -R on a socket file of the workspace: the command there reaches our echo server.
    let socket = fixture.home.path().join("remote.sock");
    let remote = format!("{}:127.0.0.1:{target}", socket.display());
    let script = format!(
        "perl -MIO::Socket::UNIX -e '$s=IO::Socket::UNIX->new(\"{}\") or die; print $s \"pong\"; shutdown($s,1); print <$s>'",
        socket.display()
    );
    let out = fixture
        .ssh(&["-o", "ExitOnForwardFailure=yes", "-R", &remote, "ann@127.0.0.1", &script])
        .output()
        .await
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&out.stdout), "pong", "{}", String::from_utf8_lossy(&out.stderr));

    let refused = fixture.ssh(&["-W", "127.0.0.1:1", "ann@127.0.0.1"]).output().await.unwrap();
    assert!(!refused.status.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn file_transfer_can_be_blocked() {
    let fixture = Fixture::with(Limits { block_file_transfer: true, ..Limits::default() }).await;
    assert_eq!(fixture.run("/usr/bin/scp -t .").await.status.code(), Some(65));
    assert_eq!(fixture.run("true").await.status.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_are_reported_with_their_end() {
    let fixture = Fixture::start().await;
    fixture.run("exit 4").await;
    let events = fixture.events.lock().clone();
    let [SessionEvent::Started { id: started, app, .. }, SessionEvent::Ended { id: ended, code, reason, .. }] =
        &events[..]
    else {
        panic!("{events:?}")
    };
    assert_eq!((started, app.as_str(), *code), (ended, "ssh", 4));
    assert_eq!(reason, "process exited with error status: 4");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shutdown_ends_sessions_without_a_status() {
    let fixture = Fixture::start().await;
    let mut ssh = fixture.ssh(&["ann@127.0.0.1", "echo up; exec sleep 1000"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = [0; 3];
    tokio::io::AsyncReadExt::read_exact(ssh.stdout.as_mut().unwrap(), &mut line).await.unwrap();
    fixture.shutdown.cancel();
    assert_eq!(ssh.wait().await.unwrap().code(), Some(255));
}
