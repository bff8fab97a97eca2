//! The CLI and the agent: what workspaces and laptops download.

fn main() -> std::process::ExitCode {
    warren_cli::main(&[])
}
