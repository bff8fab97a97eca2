//! The HTTP surface against a real database.

mod agents;
mod access;
mod authorization;
mod contract;
mod harness;
mod lifecycle;
mod replay;
mod scripted_daemon;
mod pages;
mod sessions;
mod transport;
mod users;
