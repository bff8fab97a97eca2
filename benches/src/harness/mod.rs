//! What the benchmarks share: starting servers and databases, driving them, reading their cost.

pub mod agent;
pub mod clone;
pub mod database;
pub mod fleet;
pub mod load;
pub mod numbers;
pub mod process;
pub mod programs;
pub mod relay;
pub mod server;
pub mod table;
pub mod template;
