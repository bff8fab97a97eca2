//! Whole nodes against each other: real tunnels, real frames, a relay and a coordinator in memory.

mod harness;
mod over_http;
mod streams;
mod throughput;
