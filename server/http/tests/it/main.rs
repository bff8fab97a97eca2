//! The HTTP surface against a real database.

mod harness;
mod sessions;
mod transport;
mod users;
