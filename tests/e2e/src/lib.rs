#![doc = include_str!("../README.md")]

mod cli;
mod deployment;
mod link;
mod log;
mod openssh;
mod process;
mod programs;
mod terminal;
mod transfer;
mod wait;

pub use cli::Cli;
pub use deployment::{Deployment, Options, PASSWORD, free_port};
pub use link::Link;
pub use log::unexpected_lines;
pub use openssh::OpenSsh;
pub use process::{Finished, Group, Run, processes_of};
pub use programs::{Programs, official_cli, programs, template};
pub use terminal::Terminal;
pub use transfer::{checksum, random_file};
pub use wait::{step, until};
