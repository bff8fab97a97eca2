#![doc = include_str!("../README.md")]

mod autostart;
mod autostop;
mod cron;
mod ttl;
mod weekdays;

pub use autostart::Autostart;
pub use autostop::{AutostopRequirement, AutostopRules, Bump, Deadlines};
pub use cron::{Cron, CronError};
pub use ttl::{TtlError, checked_ttl_ms};
pub use weekdays::Weekdays;
