#![doc = include_str!("../README.md")]

mod daemon;
mod defaults;
mod error;
mod events;
mod input;
mod lifecycle;
mod orchestrate;
mod queue;
mod reaper;
mod service;

pub use daemon::{BUILT_IN_KEY, DaemonIdentity, PSK_KEY, Provisionerd, USER_KEY};
pub use defaults::{API_VERSION, DAEMON_STALE, DYNAMIC_SINCE};
pub use error::Error;
pub use events::{LogNotice, WorkspaceEvent, WorkspaceEventKind, log_channel, owner_channel};
pub use input::{BUILD, BuildInput, DRY_RUN, DryRunInput, IMPORT, ImportInput, JobInput};
pub use orchestrate::{BuildRequest, CreatedBuild, CreatedVersion, DryRunRequest, VersionRequest, import_tags};
pub use queue::{Canceled, QUEUE_WAIT_BUCKETS, QueueWaitLabels, QueueWaitSample, cancel_job};
pub(crate) use service::now;
pub use service::{Builds, Options, PREBUILDS_USER};
