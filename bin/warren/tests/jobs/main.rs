//! Every kind of job and everything that happens to one, with the real Terraform and a served server, over both ways on
//! which daemons reach it: a byte pipe in the process and a websocket. Without Terraform the tests say SKIPPED and pass.

mod compare;
mod daemons;
#[path = "../../../../roles/provisioner/tests/it/templates.rs"]
mod templates;
mod world;

mod builds;
mod cancel;
mod dry_runs;
mod imports;
mod killed;
mod limits;
#[path = "../../../../roles/provisioner/tests/it/lives.rs"]
mod lives;
mod lost;
mod modules;
mod replay;
mod replay_http;
mod versions;

/// Each test over both transports.
macro_rules! over_both {
    ($($name:ident),+ $(,)?) => {
        mod pipe {
            $(#[tokio::test] async fn $name() { super::$name($crate::daemons::Transport::Pipe).await })+
        }
        mod websocket {
            $(#[tokio::test] async fn $name() { super::$name($crate::daemons::Transport::WebSocket).await })+
        }
    };
}
pub(crate) use over_both;
