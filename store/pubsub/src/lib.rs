#![doc = include_str!("../README.md")]

mod bus;
mod listener;
mod subscription;
mod wire;

pub use bus::{Bus, BusStats};
pub use subscription::{Event, Subscription};
