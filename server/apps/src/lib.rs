#![doc = include_str!("../README.md")]

mod access;
mod defaults;
mod headers;
mod pages;
mod path;
mod proxy;
mod terminal;

pub use access::{AgentDialer, AppAccess, AppRef, AppTarget, Denied, DuplexStream, effective_level};
pub use pages::{Page, page};
pub use path::{AppPath, parse_path};
pub use proxy::{Forwarding, forward};
pub use terminal::{TerminalRequest, run_terminal};
