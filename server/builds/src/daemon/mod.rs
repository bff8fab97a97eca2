//! The service that provisioner daemons call, `provisionerd.ProvisionerDaemon`.

mod acquire;
mod complete;
mod complete_build;
mod complete_import;
mod convert;
mod fail;
mod files;
mod payload;
mod quota;
mod resources;
mod session;
mod update;

use std::sync::Arc;

use parking_lot::Mutex;
use uuid::{Uuid, uuid};
use warren_db::jobs::Tags;
use warren_proto::provisionerd::provisioner_daemon_methods as methods;
use warren_rpc::{Router, RpcError};

pub use session::Provisionerd;

use crate::Builds;

/// `key_id` of built-in daemons.
pub const BUILT_IN_KEY: Uuid = uuid!("00000000-0000-0000-0000-000000000001");
/// `key_id` of daemons that authenticated with a user's token.
pub const USER_KEY: Uuid = uuid!("00000000-0000-0000-0000-000000000002");
/// `key_id` of daemons that authenticated with the shared secret.
pub const PSK_KEY: Uuid = uuid!("00000000-0000-0000-0000-000000000003");

/// Who a daemon is; made from how it authenticated, never from what it claims.
#[derive(Debug, Clone)]
pub struct DaemonIdentity {
    /// Whose jobs it does.
    pub organization_id: Uuid,
    /// The provisioner key, or one of the fixed ids.
    pub key_id: Uuid,
    /// Unique in the organization for its owner.
    pub name: String,
    /// `terraform`, `echo`
    pub provisioners: Vec<String>,
    /// Normalized tags.
    pub tags: Tags,
    /// Its build version.
    pub version: String,
    /// The protocol version that it asked for, for example `1.15`.
    pub api_version: String,
}

/// A session of a daemon, as its calls see it.
#[derive(Clone)]
pub(crate) struct Connection {
    pub(crate) builds: Builds,
    pub(crate) daemon_id: Uuid,
    pub(crate) identity: Arc<DaemonIdentity>,
    /// The job that was handed out last.
    pub(crate) job: Arc<Mutex<Option<Uuid>>>,
}

impl Connection {
    /// The id in a message.
    fn job_id(text: &str) -> Result<Uuid, RpcError> {
        Uuid::parse_str(text).map_err(|_| RpcError::new(format!("the job id {text:?} is not a UUID")))
    }
}

/// Every method of the service.
pub(crate) fn router() -> Router<Connection> {
    Router::new()
        .unary(methods::ACQUIRE_JOB, |connection: Connection, _| connection.acquire_job())
        .bidi(methods::ACQUIRE_JOB_WITH_CANCEL, |connection: Connection, requests, jobs| {
            connection.acquire_job_with_cancel(requests, jobs)
        })
        .unary(methods::COMMIT_QUOTA, |connection: Connection, request| connection.commit_quota(request))
        .unary(methods::UPDATE_JOB, |connection: Connection, request| connection.update_job(request))
        .unary(methods::FAIL_JOB, |connection: Connection, request| connection.fail_job(request))
        .unary(methods::COMPLETE_JOB, |connection: Connection, request| connection.complete_job(request))
        .client_stream(methods::UPLOAD_FILE, |connection: Connection, pieces| connection.upload_file(pieces))
        .server_stream(methods::DOWNLOAD_FILE, |connection: Connection, request, pieces| {
            connection.download_file(request, pieces)
        })
}
