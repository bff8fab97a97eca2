//! The options of `agent`, as the command line gives them.

use std::path::PathBuf;
use std::time::Duration;

use url::Url;

/// What the agent is told when it starts.
#[derive(Clone)]
pub struct Args {
    /// URL of the server.
    pub url: Option<Url>,
    /// The token of this agent.
    pub token: Option<String>,
    /// A file that holds the token.
    pub token_file: Option<PathBuf>,
    /// How the agent proves who it is: `token`.
    pub auth: String,
    /// Where log files go; the system's folder for temporary files if absent.
    pub log_dir: Option<PathBuf>,
    /// Where scripts find folders of their own; likewise.
    pub script_data_dir: Option<PathBuf>,
    /// Extra headers, `name=value`, on every request.
    pub headers: Vec<String>,
    /// A command that prints extra headers, one `name=value` a line.
    pub header_command: Option<String>,
    /// Keep-alive of SSH: a silent client is dropped after this time.
    pub ssh_max_timeout: Duration,
    /// Refuse sftp, scp and the like.
    pub block_file_transfer: bool,
    /// Refuse forwarding from the workspace to the client.
    pub block_reverse_port_forwarding: bool,
    /// Refuse forwarding from the client to the workspace.
    pub block_local_port_forwarding: bool,
    /// Kinds of environment that the agent runs in.
    pub subsystem: Vec<String>,
}

impl Default for Args {
    fn default() -> Self {
        Self {
            url: None,
            token: None,
            token_file: None,
            auth: "token".into(),
            log_dir: None,
            script_data_dir: None,
            headers: Vec::new(),
            header_command: None,
            ssh_max_timeout: Duration::from_secs(72 * 3600),
            block_file_transfer: false,
            block_reverse_port_forwarding: false,
            block_local_port_forwarding: false,
            subsystem: Vec::new(),
        }
    }
}
