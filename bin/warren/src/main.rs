//! Every role in one program. The command line holds everything that a client does; what needs the server's crates is
//! wired here as hooks, each of which gets all words after the program's name.

use std::process::ExitCode;

use warren_cli::Hook;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Commands that live outside the command line's crate.
const HOOKS: &[Hook] = &[];

fn main() -> ExitCode {
    warren_cli::main(HOOKS)
}
