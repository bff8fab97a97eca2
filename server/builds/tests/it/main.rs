//! The queue and the service of daemons against a real database, with daemons that follow scripts.

mod queue;
mod schedule;
mod world;
