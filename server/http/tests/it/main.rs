//! The HTTP surface against a real database.

mod agents;
mod harness;
mod lifecycle;
mod replay;
mod scripted_daemon;
mod sessions;
mod transport;
mod users;
