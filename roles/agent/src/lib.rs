#![doc = include_str!("../README.md")]

mod agent;
pub mod api;
pub mod cron;
pub mod environment;
pub mod health;
pub mod interfaces;
pub mod lifecycle;
pub mod logfile;
pub mod logs;
pub mod metadata;
mod monitoring;
mod network;
mod options;
mod private_dir;
mod process;
mod reports;
mod round;
pub mod scripts;
mod secrets;
mod speedtest;
pub mod ssh;
mod stats;
pub mod terminal;
mod token;
pub mod user;
pub mod wire;

pub use agent::run;
pub use options::Args;
