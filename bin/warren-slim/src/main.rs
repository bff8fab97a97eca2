//! The CLI and the agent: what workspaces and laptops download.

fn main() {}
