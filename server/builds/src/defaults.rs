//! Numbers with their units and reasons.

use std::time::Duration;

use jiff::SignedDuration;

/// Newest version of the daemons' protocol that this server speaks; older minors of the same major are accepted.
pub const API_VERSION: (u32, u32) = (1, 18);
/// First version whose imports can be evaluated again for dynamic parameters.
pub const DYNAMIC_SINCE: (u32, u32) = (1, 6);
/// How often a waiting daemon looks into the queue although nothing was announced.
pub(crate) const BACKUP_POLL: Duration = Duration::from_secs(30);
/// A daemon that was seen within this time counts as there.
pub const DAEMON_STALE: SignedDuration = SignedDuration::from_secs(90);
/// How often connected daemons are noted as seen.
pub(crate) const DAEMON_SEEN_INTERVAL: Duration = Duration::from_secs(60);
/// Daemons that were not seen for this long are forgotten.
pub(crate) const DAEMON_FORGOTTEN: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Heartbeats come every second or five; they are written at most this often. Less than five, so that each of those that
/// come every five seconds is written.
pub(crate) const HEARTBEAT_WRITE: SignedDuration = SignedDuration::from_secs(4);
/// A job whose worker wrote nothing for this long is idle: a heartbeat of 5 s and some delay. Below the grace period, so
/// that the last sign of life before a break is old enough when that ends.
pub(crate) const IDLE_JOB: SignedDuration = SignedDuration::from_secs(8);
/// How long a daemon whose session broke may come back and go on with its job. A daemon that is back repeats the
/// heartbeat that it could not send.
pub(crate) const RECONNECT_GRACE: Duration = Duration::from_secs(10);
/// Longest output line that is kept, in characters.
pub(crate) const MAX_LOG_OUTPUT: usize = 1024;
/// Longest stage name that is kept, in characters.
pub(crate) const MAX_LOG_STAGE: usize = 128;
/// Bytes of output that a job may log.
pub(crate) const MAX_LOG_BYTES: usize = 1 << 20;
/// Largest message of the protocol; a job with its template and state must fit.
pub(crate) const MAX_MESSAGE: usize = 4 << 20;
/// Bytes of a piece of a file.
pub(crate) const CHUNK: usize = 2 << 20;
/// Largest file that travels in pieces.
pub(crate) const MAX_FILE: usize = 100 << 20;
/// A pending job that nobody took for this long is given up.
pub(crate) const HUNG_PENDING: SignedDuration = SignedDuration::from_mins(30);
/// A running job without a heartbeat for this long is given up.
pub(crate) const HUNG_RUNNING: SignedDuration = SignedDuration::from_mins(5);
/// How many workspaces the lifecycle works on at once.
pub(crate) const LIFECYCLE_PARALLEL: usize = 10;
