//! Numbers of this crate, each with unit and reason.

use std::time::Duration;

/// Pause between pings of an agent's session (`docs/protocol/agents-server.md`).
pub(crate) const PING_INTERVAL: Duration = Duration::from_secs(15);

/// An agent that answers no ping for this long is gone. Two pauses, as clients assume.
pub(crate) const INACTIVE_AFTER: Duration = Duration::from_secs(30);

/// How long the last word about a connection may take to reach the database.
pub(crate) const GOODBYE_TIMEOUT: Duration = Duration::from_secs(30);

/// Bytes of output that an agent may have in all.
pub(crate) const LOG_LIMIT_BYTES: i32 = 1_048_576;

/// Bytes of one metadata value or error.
pub(crate) const METADATA_VALUE_BYTES: usize = 2_048;

/// Bytes of the keys of one report of metadata.
pub(crate) const METADATA_KEY_BYTES: usize = 6_144;

/// How often used workspaces are written: their time of use, and longer deadlines.
pub(crate) const ACTIVITY_INTERVAL: Duration = Duration::from_secs(60);

/// Events of a workspace come in bursts; connections are checked once, this long after the first.
pub(crate) const RECHECK_DELAY: Duration = Duration::from_millis(500);

/// How long the owner's channel is heard, and what was learned of their agents kept, after the last connection.
pub(crate) const OWNER_IDLE: Duration = Duration::from_secs(600);

/// A remembered agent token is looked up again after this long, whatever was or was not heard.
pub(crate) const TOKEN_AGE: Duration = Duration::from_secs(60);

/// Remembered agent tokens.
pub(crate) const TOKENS: usize = 20_000;

/// Window of resource datapoints, and seconds between them, that agents are told.
pub(crate) const RESOURCE_DATAPOINTS: i32 = 20;
pub(crate) const RESOURCE_INTERVAL_SECONDS: i32 = 10;

/// Life of a resume token; it is renewed at half of it.
pub(crate) const RESUME_TOKEN_LIFE: Duration = Duration::from_secs(24 * 3600);

/// The server's own node keeps a tunnel to an agent this long after its last use, and looks this often.
pub(crate) const TUNNEL_IDLE: Duration = Duration::from_secs(30 * 60);
pub(crate) const TUNNEL_SWEEP: Duration = Duration::from_secs(5 * 60);

/// An agent that was reached this recently is dialled without asking first.
pub(crate) const REACHED_RECENTLY: Duration = Duration::from_secs(20);

/// How long the first contact with an agent may take.
pub(crate) const REACH_TIMEOUT: Duration = Duration::from_secs(15);

/// Pause before the server's own node coordinates again.
pub(crate) const COORDINATE_PAUSE: Duration = Duration::from_millis(250);
