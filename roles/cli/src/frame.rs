//! The frame of the command line: what a command is, how words become options, help, errors.

pub mod cx;
pub mod dispatch;
pub mod error;
pub mod help;
pub mod logging;
pub mod matches;
pub mod parse;
pub mod spec;
pub mod values;

pub use cx::{Cx, Program};
pub use error::Exit;
pub use matches::{Matches, Source};
pub use spec::{Args, Command, Opt};
