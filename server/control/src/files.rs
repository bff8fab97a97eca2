//! The limit of open files: every agent is two sockets, and the usual limit of 1,024 is for programs that use `select`.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Enough for 60,000 agents. Children inherit the limit, and some close every descriptor up to it: no more than needed.
const WANTED: u64 = 131_072;

/// Raises the limit of this process as far as it may be raised without privileges.
pub(crate) fn raise_limit() {
    let raised = getrlimit(Resource::RLIMIT_NOFILE).and_then(|(soft, hard)| match soft.max(WANTED.min(hard)) {
        wanted if wanted > soft => setrlimit(Resource::RLIMIT_NOFILE, wanted, hard),
        _ => Ok(()),
    });
    if let Err(error) = raised {
        tracing::warn!(%error, "cannot raise the limit of open files");
    }
}
