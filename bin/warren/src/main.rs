//! Every role in one program. The command line holds everything that a client does; what needs the server's crates is
//! wired here as hooks, each of which gets all words after the program's name.

mod daemons;
mod external_daemon;
mod memory;

use std::path::Path;
use std::process::ExitCode;

use warren_cli::{Hook, HookRun};
use warren_control::Hooks;

/// Commands that live outside the command line's crate.
const HOOKS: &[Hook] = &[
    Hook { path: &["server"], run: HookRun::Words(serve) },
    Hook { path: &["provisioner", "start"], run: HookRun::Action(|cx| Box::pin(external_daemon::start(cx))) },
];

fn main() -> ExitCode {
    // A provisioner daemon starts Terraform under a keeper.
    if warren_provisioner::keeper::is_wanted() {
        std::process::exit(warren_provisioner::keeper::run());
    }
    // Terraform starts its provider under the provider's file name.
    let name = std::env::args_os().next().unwrap_or_default();
    let name = Path::new(&name).file_name().unwrap_or_default().to_string_lossy().into_owned();
    if name.starts_with("terraform-provider-coder") {
        std::process::exit(warren_tf_provider::run());
    }
    warren_cli::main(HOOKS)
}

fn serve(words: &[String]) -> ExitCode {
    // Global options of the command line may stand before the command; none of them concerns the server.
    let arguments: Vec<String> = words.iter().skip_while(|word| *word != "server").skip(1).cloned().collect();
    memory::set_up();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let hooks = Hooks { on_ready: Some(Box::new(daemons::start)) };
    match runtime.block_on(warren_control::run(arguments, std::env::vars().collect(), hooks)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
