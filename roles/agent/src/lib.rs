#![doc = include_str!("../README.md")]

pub mod api;
pub mod cron;
pub mod environment;
pub mod health;
pub mod lifecycle;
pub mod logs;
pub mod metadata;
pub mod process;
pub mod scripts;
pub mod ssh;
pub mod terminal;
pub mod user;
pub mod wire;
