//! SSH into a workspace: choosing and waking it, the two ways to talk (native and as a byte pipe), and what goes along.

pub mod forward;
pub mod gpg;
pub mod keepers;
pub mod netinfo;
pub mod session;
pub mod standard;
pub mod stdio;
pub mod target;
pub mod terminal;
