//! Runs the process of a session and moves its bytes, with a terminal or with plain pipes.

use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use pty_process::{OwnedReadPty, OwnedWritePty, Size};
use russh::server::{Handle, Msg};
use russh::{ChannelId, ChannelMsg, ChannelReadHalf, ChannelWriteHalf, Pty, Sig};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::process::Child;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::Shared;
use super::session::{EXIT_INTERNAL, EXIT_SIGNALLED, Requests, SessionTask};
use crate::environment::Workspace;

/// Bytes read from the process at once.
const READ: usize = 32 * 1024;
/// Input packets that wait for a process that does not read.
const INPUT_QUEUE: usize = 32;
/// How long a terminal may stay silent after its process ended until the rest of its output counts as complete.
const TERMINAL_DRAIN: Duration = Duration::from_millis(50);

/// The terminal that the client wants.
pub struct PtyRequest {
    term: String,
    size: Size,
    modes: Vec<(Pty, u32)>,
}

impl PtyRequest {
    pub fn new(term: String, cols: u32, rows: u32, modes: Vec<(Pty, u32)>) -> Self {
        Self { term, size: size(cols, rows), modes }
    }

    pub fn resize(&mut self, cols: u32, rows: u32) {
        self.size = size(cols, rows);
    }
}

fn size(cols: u32, rows: u32) -> Size {
    let clamp = |n: u32, default| if n == 0 { default } else { u16::try_from(n).unwrap_or(u16::MAX) };
    Size::new(clamp(rows, 24), clamp(cols, 80))
}

/// A started process and its ends.
struct Running {
    child: Child,
    input: Option<Box<dyn AsyncWrite + Send + Unpin>>,
    output: Box<dyn AsyncRead + Send + Unpin>,
    errors: Option<Box<dyn AsyncRead + Send + Unpin>>,
    terminal: Option<Terminal>,
}

/// The writing half of a terminal: also resizes.
type Terminal = Arc<tokio::sync::Mutex<OwnedWritePty>>;

/// Runs a command line (empty: a login shell); the exit status is `None` when the client gets none.
pub async fn run(
    task: SessionTask,
    requests: Requests,
    line: String,
    connection: CancellationToken,
) -> (Option<u32>, String) {
    let SessionTask { shared, channel, handle, .. } = task;
    let Some(workspace) = shared.workspace.borrow().clone() else {
        let _ = handle.extended_data(channel.id(), 1, Bytes::from_static(b"the workspace is still starting\r\n")).await;
        return (Some(EXIT_INTERNAL), "no manifest yet".into());
    };
    let id = channel.id();
    let forwarded_agent = if requests.agent_forward { AgentSocket::listen(&shared, &handle).await } else { None };
    if requests.pty.is_some() && line.is_empty() {
        greet(&shared, &workspace, &handle, id).await;
    }
    let mut running = match spawn(&shared, &workspace, &requests, &line, forwarded_agent.as_ref()) {
        Ok(running) => running,
        Err(error) => {
            let text = format!("start {line:?}: {error}\r\n");
            let _ = handle.extended_data(id, 1, Bytes::from(text)).await;
            return (Some(EXIT_INTERNAL), error.to_string());
        }
    };
    let group = running.child.id().and_then(|pid| i32::try_from(pid).ok()).map(Pid::from_raw);
    for signal in &requests.signals {
        send_signal(group, signal);
    }

    let has_terminal = running.terminal.is_some();
    let (read, write) = channel.split();
    let write = Arc::new(write);
    let finished = CancellationToken::new();
    let outputs = {
        let (write, finished) = (write.clone(), finished.clone());
        let (output, errors) = (running.output, running.errors.take());
        async move {
            let drain = has_terminal.then_some(finished);
            tokio::join!(copy_out(output, write.clone(), None, drain), async {
                if let Some(errors) = errors {
                    copy_out(errors, write.clone(), Some(1), None).await;
                }
            });
        }
    };
    let wait = async {
        let status = running.child.wait().await;
        finished.cancel();
        status
    };
    let inputs = copy_in(read, running.input.take(), running.terminal.take(), group);
    tokio::pin!(inputs);

    tokio::select! {
        ((), status) = async { tokio::join!(outputs, wait) } => outcome(status),
        // The client closed the channel, or the connection is gone.
        () = async { tokio::select! { () = &mut inputs => {}, () = connection.cancelled() => {} } } => {
            if has_terminal {
                hang_up(group);
            }
            (None, "client_closed".into())
        }
        () = shared.shutdown.cancelled() => {
            hang_up(group);
            (None, "workspace_stopped".into())
        }
    }
}

fn outcome(status: std::io::Result<ExitStatus>) -> (Option<u32>, String) {
    match status {
        Ok(status) => match status.code() {
            Some(0) => (Some(0), String::new()),
            Some(code) => (Some(code.cast_unsigned()), format!("process exited with error status: {code}")),
            None => (Some(EXIT_SIGNALLED), format!("process exited by {status}")),
        },
        Err(error) => (Some(EXIT_INTERNAL), error.to_string()),
    }
}

fn spawn(
    shared: &Shared,
    workspace: &Workspace,
    requests: &Requests,
    line: &str,
    agent: Option<&AgentSocket>,
) -> anyhow::Result<Running> {
    let mut env = workspace.environment(&shared.user, &shared.paths, &requests.env);
    env.insert("SSH_CLIENT".into(), "0.0.0.0 0 0".into());
    env.insert("SSH_CONNECTION".into(), "0.0.0.0 0 0.0.0.0 0".into());
    if let Some(agent) = agent {
        env.insert("SSH_AUTH_SOCK".into(), agent.path.display().to_string());
    }
    let words = shared.user.command(line);
    let (program, args) = words.split_first().ok_or_else(|| anyhow::anyhow!("empty command"))?;
    let dir = workspace.working_dir(&shared.user);

    if let Some(request) = &requests.pty {
        let (pty, pts) = pty_process::open()?;
        pty.resize(request.size)?;
        apply_modes(&pty, &request.modes);
        if let Ok(name) = nix::unistd::ttyname(&pts) {
            env.insert("SSH_TTY".into(), name.display().to_string());
        }
        env.insert("TERM".into(), request.term.clone());
        let child = pty_process::Command::new(program).args(args).env_clear().envs(env).current_dir(dir).spawn(pts)?;
        let (output, input): (OwnedReadPty, OwnedWritePty) = pty.into_split();
        let terminal = Some(Arc::new(tokio::sync::Mutex::new(input)));
        return Ok(Running { child, input: None, output: Box::new(output), errors: None, terminal });
    }
    let mut child = tokio::process::Command::new(program)
        .args(args)
        .env_clear()
        .envs(env)
        .current_dir(dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()?;
    let output = child.stdout.take().ok_or_else(|| anyhow::anyhow!("no standard output"))?;
    let errors = child.stderr.take().map(|errors| Box::new(errors) as Box<dyn AsyncRead + Send + Unpin>);
    let input = child.stdin.take().map(|input| Box::new(input) as Box<dyn AsyncWrite + Send + Unpin>);
    Ok(Running { child, input, output: Box::new(output), errors, terminal: None })
}

/// Copies output to the client until it ends. `exited` is given for terminals: their end is a while of silence
/// after the process, since a child in the background may keep them open.
async fn copy_out(
    mut from: impl AsyncRead + Unpin,
    to: Arc<ChannelWriteHalf<Msg>>,
    stream: Option<u32>,
    exited: Option<CancellationToken>,
) {
    let mut buffer = BytesMut::new();
    loop {
        buffer.reserve(READ);
        let read = match &exited {
            Some(exited) => {
                tokio::select! {
                    biased;
                    n = from.read_buf(&mut buffer) => n,
                    () = silence_after(exited) => return,
                }
            }
            None => from.read_buf(&mut buffer).await,
        };
        // A terminal reports EIO when its last process is gone.
        let Ok(1..) = read else { return };
        let data = buffer.split().freeze();
        let sent = match stream {
            None => to.data_bytes(data).await,
            Some(ext) => to.extended_data_bytes(ext, data).await,
        };
        if sent.is_err() {
            return;
        }
    }
}

async fn silence_after(exited: &CancellationToken) {
    exited.cancelled().await;
    tokio::time::sleep(TERMINAL_DRAIN).await;
}

/// Handles what the client sends while the process runs; ends when the client closes the channel.
async fn copy_in(
    mut read: ChannelReadHalf,
    input: Option<Box<dyn AsyncWrite + Send + Unpin>>,
    terminal: Option<Terminal>,
    group: Option<Pid>,
) {
    let (queue, waiting) = mpsc::channel::<Bytes>(INPUT_QUEUE);
    let writer = write_input(waiting, input, terminal.clone());
    let mut queue = Some(queue);
    let reader = async {
        loop {
            match read.wait().await {
                None | Some(ChannelMsg::Close) => return,
                Some(ChannelMsg::Data { data }) => {
                    if let Some(queue) = &queue {
                        let _ = queue.send(data).await;
                    }
                }
                Some(ChannelMsg::Eof) => queue = None,
                Some(ChannelMsg::Signal { signal }) => send_signal(group, &signal),
                Some(ChannelMsg::WindowChange { col_width, row_height, .. }) => {
                    if let Some(terminal) = &terminal {
                        let _ = terminal.lock().await.resize(size(col_width, row_height));
                    }
                }
                Some(_) => {}
            }
        }
    };
    tokio::pin!(writer, reader);
    tokio::select! {
        () = &mut reader => {}
        () = &mut writer => reader.await,
    }
}

async fn write_input(
    mut waiting: mpsc::Receiver<Bytes>,
    mut input: Option<Box<dyn AsyncWrite + Send + Unpin>>,
    terminal: Option<Terminal>,
) {
    /// End of transmission: what a terminal takes for the end of input.
    const EOT: &[u8] = &[4];
    while let Some(data) = waiting.recv().await {
        let written = match (&mut input, &terminal) {
            (Some(input), _) => input.write_all(&data).await,
            (None, Some(terminal)) => terminal.lock().await.write_all(&data).await,
            (None, None) => Ok(()),
        };
        if written.is_err() {
            // The process closed its input; what follows is dropped, as a pipe would.
            input = None;
        }
    }
    if let Some(terminal) = &terminal {
        let _ = terminal.lock().await.write_all(EOT).await;
    }
    drop(input);
}

fn send_signal(group: Option<Pid>, signal: &Sig) {
    let signal = match signal {
        Sig::ABRT => Signal::SIGABRT,
        Sig::ALRM => Signal::SIGALRM,
        Sig::FPE => Signal::SIGFPE,
        Sig::HUP => Signal::SIGHUP,
        Sig::ILL => Signal::SIGILL,
        Sig::INT => Signal::SIGINT,
        Sig::PIPE => Signal::SIGPIPE,
        Sig::QUIT => Signal::SIGQUIT,
        Sig::SEGV => Signal::SIGSEGV,
        Sig::TERM => Signal::SIGTERM,
        Sig::USR1 => Signal::SIGUSR1,
        Sig::Custom(name) if name == "USR2" => Signal::SIGUSR2,
        Sig::KILL | Sig::Custom(_) => Signal::SIGKILL,
    };
    if let Some(group) = group {
        let _ = killpg(group, signal);
    }
}

fn hang_up(group: Option<Pid>) {
    send_signal(group, &Sig::HUP);
}

/// The terminal modes that change what a user sees; the others keep the system's values.
fn apply_modes(pty: &pty_process::Pty, modes: &[(Pty, u32)]) {
    use nix::sys::termios::{InputFlags, LocalFlags, SetArg, tcgetattr, tcsetattr};
    let Ok(mut settings) = tcgetattr(pty) else { return };
    for (mode, value) in modes {
        let on = *value != 0;
        match mode {
            Pty::ECHO => settings.local_flags.set(LocalFlags::ECHO, on),
            Pty::ECHOE => settings.local_flags.set(LocalFlags::ECHOE, on),
            Pty::ECHOK => settings.local_flags.set(LocalFlags::ECHOK, on),
            Pty::ECHOCTL => settings.local_flags.set(LocalFlags::ECHOCTL, on),
            Pty::ICANON => settings.local_flags.set(LocalFlags::ICANON, on),
            Pty::ISIG => settings.local_flags.set(LocalFlags::ISIG, on),
            Pty::IEXTEN => settings.local_flags.set(LocalFlags::IEXTEN, on),
            Pty::IXON => settings.input_flags.set(InputFlags::IXON, on),
            Pty::IXANY => settings.input_flags.set(InputFlags::IXANY, on),
            Pty::ICRNL => settings.input_flags.set(InputFlags::ICRNL, on),
            Pty::IUTF8 => settings.input_flags.set(InputFlags::IUTF8, on),
            _ => {}
        }
    }
    let _ = tcsetattr(pty, SetArg::TCSANOW, &settings);
}

/// Banners and the message of the day, before an interactive login.
async fn greet(shared: &Shared, workspace: &Workspace, handle: &Handle, id: ChannelId) {
    let mut text = String::new();
    for banner in shared.banners.lock().iter() {
        text.push_str(banner.trim());
        text.push_str("\n\n");
    }
    if !workspace.motd_path.is_empty() && !shared.user.home.join(".hushlogin").exists() {
        // A missing file is no error: images differ.
        if let Ok(motd) = tokio::fs::read(shared.user.expand(&workspace.motd_path)).await {
            text.push_str(&String::from_utf8_lossy(&motd));
        }
    }
    if !text.is_empty() {
        let _ = handle.data(id, Bytes::from(text.replace("\r\n", "\n").replace('\n', "\r\n"))).await;
    }
}

/// The forwarded authentication agent: a private socket whose connections go to the client's agent.
struct AgentSocket {
    path: std::path::PathBuf,
    _dir: TempDir,
    _stop: tokio_util::sync::DropGuard,
}

struct TempDir(std::path::PathBuf);

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl AgentSocket {
    async fn listen(shared: &Arc<Shared>, handle: &Handle) -> Option<Self> {
        use std::os::unix::fs::DirBuilderExt as _;
        let dir = std::env::temp_dir().join(format!("ssh-agent-{}", uuid::Uuid::new_v4().simple()));
        std::fs::DirBuilder::new().mode(0o700).create(&dir).ok()?;
        let dir = TempDir(dir);
        let path = dir.0.join("agent.sock");
        let listener = tokio::net::UnixListener::bind(&path).ok()?;
        let stop = CancellationToken::new();
        let (cancel, handle) = (stop.clone(), handle.clone());
        shared.tasks.spawn(async move {
            let mut copies = tokio::task::JoinSet::new();
            loop {
                let stream = tokio::select! {
                    () = cancel.cancelled() => return,
                    accepted = listener.accept() => match accepted { Ok((stream, _)) => stream, Err(_) => return },
                };
                while copies.try_join_next().is_some() {}
                if let Ok(channel) = handle.channel_open_agent().await {
                    copies.spawn(super::forward::splice(channel, stream));
                }
            }
        });
        Some(Self { path, _dir: dir, _stop: stop.drop_guard() })
    }
}
