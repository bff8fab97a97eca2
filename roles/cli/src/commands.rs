//! All commands, one file per command or small family, and the root that holds them.

pub mod admin;
pub mod agent;
pub mod apps;
pub mod completion;
pub mod config_ssh;
pub mod connect;
pub mod create;
pub mod delete;
pub mod dotfiles;
pub mod exp;
pub mod external_auth;
pub mod favorite;
pub mod gitaskpass;
pub mod gitssh;
pub mod groups;
pub mod list;
pub mod login;
pub mod logout;
pub mod logs;
pub mod netcheck;
pub mod notifications;
pub mod open;
pub mod organizations;
pub mod ping;
pub mod port_forward;
pub mod provisioner;
pub mod publickey;
pub mod rename;
pub mod restart;
pub mod schedule;
pub mod sharing;
pub mod show;
pub mod speedtest;
pub mod ssh;
pub mod start;
pub mod stat;
pub mod state;
pub mod stop;
pub mod support;
pub mod templates;
pub mod tokens;
pub mod update;
pub mod users;
pub mod version;
pub mod vscodessh;
pub mod whoami;

use crate::frame::{Command, Opt};

/// `-y`.
pub const YES: Opt = Opt::flag("yes", "Bypass confirmation prompts.").short('y');
/// `-O`.
pub const ORG: Opt = Opt::text("org", "Name or id of the organization to use.").short('O').env("CODER_ORGANIZATION");
/// `-o table|json`.
pub const OUTPUT: Opt = Opt::choice("output", &["table", "json"], "Output format.").short('o').default("table");
/// `-o text|json`.
pub const OUTPUT_TEXT: Opt = Opt::choice("output", &["text", "json"], "Output format.").short('o').default("text");

/// `-c` with all columns and the default ones.
pub const fn columns(all: &'static [&'static str], default: &'static str) -> Opt {
    Opt::choices("column", all, "Columns of the table, in this order.").short('c').default(default)
}

const GLOBAL: &[Opt] = &[
    Opt::url("url", "URL to a deployment.").env("CODER_URL"),
    Opt::text("token", "Session token for this run.").env("CODER_SESSION_TOKEN"),
    Opt::text("global-config", "Directory of the login and other settings.")
        .env("CODER_CONFIG_DIR")
        .default("~/.config/coderv2"),
    Opt::list("header", "Additional HTTP header for all requests, in the form key=value. May be repeated.")
        .env("CODER_HEADER"),
    Opt::text("header-command", "Command that prints additional HTTP headers, key=value, one a line.")
        .env("CODER_HEADER_COMMAND"),
    Opt::flag("no-version-warning", "Do not warn if client and server have different versions.")
        .env("CODER_NO_VERSION_WARNING"),
    Opt::flag("no-feature-warning", "Do not show warnings about features of the deployment.")
        .env("CODER_NO_FEATURE_WARNING"),
    Opt::flag("no-open", "Never open a browser.").env("CODER_NO_OPEN").hidden(),
    Opt::flag("force-tty", "Decide as if a terminal were there.").env("CODER_FORCE_TTY"),
    Opt::flag("verbose", "Show more: debug logs and details of errors.").short('v').env("CODER_VERBOSE"),
    Opt::flag("disable-direct-connections", "Use relays only for connections to workspaces.")
        .env("CODER_DISABLE_DIRECT_CONNECTIONS"),
    Opt::flag("disable-network-telemetry", "Send no statistics about connections to the deployment.")
        .env("CODER_DISABLE_NETWORK_TELEMETRY"),
    Opt::text("client-tls-ca-file", "PEM file of certificates to trust instead of the system's.")
        .env("CODER_CLIENT_TLS_CA_FILE"),
    Opt::text("client-tls-cert-file", "PEM file of the client certificate.").env("CODER_CLIENT_TLS_CERT_FILE"),
    Opt::text("client-tls-key-file", "PEM file of the client certificate's key.").env("CODER_CLIENT_TLS_KEY_FILE"),
    Opt::flag("use-keyring", "Keep the session in the keyring of the operating system, where there is one.")
        .env("CODER_USE_KEYRING")
        .default("true"),
    Opt::flag("debug-options", "Show where the value of each option comes from, and do nothing else."),
    Opt::flag("debug-http", "Show every request and answer.").hidden(),
    Opt::flag("version", "Show the version.").hidden(),
    Opt::text("agent-token", "Token of the workspace agent.").env("CODER_AGENT_TOKEN").hidden(),
    Opt::text("agent-token-file", "File with the token of the workspace agent.").env("CODER_AGENT_TOKEN_FILE").hidden(),
    Opt::url("agent-url", "URL at which the workspace agent reaches the deployment.").env("CODER_AGENT_URL").hidden(),
    Opt::text("auth", "How the workspace agent authenticates.").env("CODER_AGENT_AUTH").default("token").hidden(),
    Opt::text("agent-name", "Name of the workspace agent.").env("CODER_AGENT_NAME").hidden(),
];

static SERVER: Command = Command::new("server", "Run a Warren server.").passthrough();
static RESET_PASSWORD: Command =
    Command::new("reset-password", "Directly connect to the database to reset a user's password.").passthrough();
static WSPROXY: Command =
    Command::new("wsproxy", "Manage and run workspace proxies.").aliases(&["workspace-proxy"]).children(&[
        &admin::PROXY_LIST,
        &admin::PROXY_CREATE,
        &admin::PROXY_DELETE,
        &admin::PROXY_EDIT,
        &admin::PROXY_REGENERATE,
        &PROXY_SERVER,
    ]);
static PROXY_SERVER: Command = Command::new("server", "Run a workspace proxy.").passthrough();

/// The program itself.
pub static ROOT: Command = Command::new("warren", "Self-hosted cloud development environments.")
    .long(
        "  - Start a server of your own:\n      $ {name} server\n\n  - Sign in to a deployment:\n      $ {name} login <url>\n\n  - Create a workspace:\n      $ {name} create <name> --template <template>",
    )
    .options(&[GLOBAL])
    .children(&[
        &favorite::AUTOUPDATE,
        &completion::COMMAND,
        &config_ssh::COMMAND,
        &create::COMMAND,
        &delete::COMMAND,
        &dotfiles::COMMAND,
        &external_auth::COMMAND,
        &favorite::FAVORITE,
        &admin::FEATURES,
        &groups::COMMAND,
        &admin::LICENSES,
        &list::COMMAND,
        &login::COMMAND,
        &logout::COMMAND,
        &logs::COMMAND,
        &netcheck::COMMAND,
        &notifications::COMMAND,
        &open::COMMAND,
        &organizations::COMMAND,
        &ping::COMMAND,
        &port_forward::COMMAND,
        &admin::PREBUILDS,
        &provisioner::COMMAND,
        &publickey::COMMAND,
        &rename::COMMAND,
        &RESET_PASSWORD,
        &restart::COMMAND,
        &schedule::COMMAND,
        &SERVER,
        &show::COMMAND,
        &speedtest::COMMAND,
        &ssh::COMMAND,
        &start::COMMAND,
        &stat::COMMAND,
        &state::COMMAND,
        &stop::COMMAND,
        &support::COMMAND,
        &templates::COMMAND,
        &tokens::COMMAND,
        &favorite::UNFAVORITE,
        &update::COMMAND,
        &users::COMMAND,
        &version::COMMAND,
        &whoami::COMMAND,
        &WSPROXY,
        &agent::COMMAND,
        &connect::COMMAND,
        &exp::COMMAND,
        &gitssh::COMMAND,
        &sharing::COMMAND,
        &vscodessh::COMMAND,
    ]);

/// Prints a list: JSON with a newline, or a table, or, if it is empty, a hint on standard error.
pub(crate) fn print_list<R, J: serde::Serialize + ?Sized>(
    cx: &crate::frame::Cx,
    columns: &[crate::output::table::Column<R>],
    rows: &[R],
    json: &J,
    empty: &str,
) -> anyhow::Result<()> {
    if cx.opts.json() {
        outln!("{}", crate::output::json(json)?);
    } else if rows.is_empty() {
        eprintln!("{empty}");
    } else {
        outln!("{}", crate::output::table::render(columns, &cx.opts.columns(), rows)?);
    }
    Ok(())
}
