//! From the process's words to a running command and its exit code.

use std::io::Write;
use std::process::ExitCode;

use anyhow::anyhow;

use crate::commands::ROOT;
use crate::frame::error::{self, Exit};
use crate::frame::parse::{self, Parsed, Refusal, full_name};
use crate::frame::spec::{Command, Opt, Run};
use crate::frame::{Cx, Matches, Program, Source, help};

/// A command that lives in another crate.
#[derive(Clone, Copy)]
pub struct Hook {
    /// Words after the program's name, for instance `["provisioner", "start"]`.
    pub path: &'static [&'static str],
    pub run: HookRun,
}

/// How such a command is run.
#[derive(Clone, Copy)]
pub enum HookRun {
    /// It parses its own words, and gets all after the program's name (`server`).
    Words(fn(&[String]) -> ExitCode),
    /// Its options are declared here, its action is not (`provisioner start`).
    Action(Run),
}

/// Runs the command line. `hooks` empty means the slim build.
pub fn main(hooks: &[Hook]) -> ExitCode {
    let mut words: Vec<String> = std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    let argv0 = if words.is_empty() { "warren".to_owned() } else { words.remove(0) };
    let base = std::path::Path::new(&argv0).file_name().map(|name| name.to_string_lossy().into_owned());
    let name = if base.is_some_and(|base| base.starts_with("coder")) { "coder" } else { "warren" };
    let program = Program { name, argv0, slim: hooks.is_empty() };
    let code = run(program, &words, hooks);
    let _ = std::io::stdout().flush();
    code
}

fn run(program: Program, words: &[String], hooks: &[Hook]) -> ExitCode {
    // git calls the program itself to ask for a name or a password.
    if let [prompt] = words
        && (prompt.starts_with("Username ") || prompt.starts_with("Password "))
        && std::env::var_os("GIT_PREFIX").is_some()
    {
        let parsed = Parsed { path: vec![&ROOT], matches: Matches::default(), args: vec![prompt.clone()], help: false };
        return match parse::parse(program.name, &ROOT, &[], &variable) {
            Ok(root) => execute(
                program,
                Parsed { matches: root.matches, ..parsed },
                crate::action!(crate::commands::gitaskpass::run),
            ),
            Err(refusal) => refuse(refusal),
        };
    }
    let completing = std::env::var_os("COMPLETION_MODE").is_some();
    if completing {
        return crate::commands::completion::complete(&program, words);
    }
    let parsed = match parse::parse(program.name, &ROOT, words, &variable) {
        Ok(parsed) => parsed,
        Err(refusal) => return refuse(refusal),
    };
    if let Some(code) = elsewhere(&program, &parsed, words, hooks) {
        return code;
    }
    let command = parsed.path.last().copied().unwrap_or(&ROOT);
    let action = action_of(command, &parsed, hooks);
    if parsed.help {
        help::print(&program, &parsed.path);
        return ExitCode::SUCCESS;
    }
    if parsed.matches.flag("version") {
        return execute(program, parsed, crate::action!(crate::commands::version::run));
    }
    let Some(action) = action else {
        return group(&program, &parsed);
    };
    if parsed.matches.flag("debug-options") {
        debug_options(command, &parsed.matches);
        return ExitCode::SUCCESS;
    }
    let missing: Vec<_> = command
        .own_options()
        .filter(|option| option.required && parsed.matches.source(option.long) == Source::Unset)
        .map(|option| option.long)
        .collect();
    if !missing.is_empty() {
        eprintln!("Missing values for the required flags: {}", missing.join(", "));
        return ExitCode::FAILURE;
    }
    warn_deprecated(command, &parsed.matches);
    execute(program, parsed, action)
}

fn variable(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

fn refuse(refusal: Refusal) -> ExitCode {
    match refusal {
        Refusal::Flags(text) | Refusal::Env(text) => eprintln!("{text}"),
    }
    ExitCode::FAILURE
}

/// A group without a subcommand shows its help; with an unknown word it complains.
fn group(program: &Program, parsed: &Parsed) -> ExitCode {
    if parsed.args.is_empty() {
        help::print(program, &parsed.path);
        return ExitCode::SUCCESS;
    }
    let error = anyhow!("unrecognized subcommand {:?}", parsed.args.join(" "));
    error::print(&error, program.name, &full_name(program.name, &parsed.path), false);
    ExitCode::FAILURE
}

fn names(parsed: &Parsed) -> Vec<&'static str> {
    parsed.path.iter().skip(1).map(|command| command.name).collect()
}

/// The action of a command: that of a hook before its own.
fn action_of(command: &Command, parsed: &Parsed, hooks: &[Hook]) -> Option<Run> {
    let names = names(parsed);
    let hook = hooks.iter().find(|hook| hook.path == names.as_slice());
    match hook.map(|hook| hook.run) {
        Some(HookRun::Action(action)) => Some(action),
        _ => command.run,
    }
}

/// Commands of other programs in the full build; a refusal in the slim one.
fn elsewhere(program: &Program, parsed: &Parsed, words: &[String], hooks: &[Hook]) -> Option<ExitCode> {
    let names = names(parsed);
    if let Some(Hook { run: HookRun::Words(run), .. }) = hooks.iter().find(|hook| hook.path == names.as_slice()) {
        return Some(run(words));
    }
    if !parsed.path.last().is_some_and(|command| command.passthrough) {
        return None;
    }
    let name = names.join(" ");
    if program.slim {
        eprintln!("This is the slim build of Warren, which does not have the command {name:?}.");
        eprintln!("Use the full build, which the deployment's administrator has.");
    } else {
        eprintln!("The command {name:?} is not part of this build.");
    }
    Some(ExitCode::FAILURE)
}

fn execute(program: Program, parsed: Parsed, action: Run) -> ExitCode {
    let command = parsed.path.last().copied().unwrap_or(&ROOT);
    let cx = Cx::new(program, parsed.path, parsed.matches, parsed.args);
    if let Err(complaint) = command.args.check(&cx.args)
        && command.run.is_some()
    {
        error::print(&anyhow!(complaint), cx.program.name, &cx.command_name(), false);
        return ExitCode::FAILURE;
    }
    let runtime = if command.threads {
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()
    } else {
        tokio::runtime::Builder::new_current_thread().enable_all().build()
    };
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: start the runtime: {error}");
            return ExitCode::FAILURE;
        }
    };
    let outcome = runtime.block_on(async {
        tokio::select! {
            biased;
            outcome = action(&cx) => outcome,
            () = crate::signals::unclaimed_interrupt() => Err(anyhow::Error::new(Exit(130))),
        }
    });
    // Blocking reads of standard input would keep the process for ever.
    runtime.shutdown_background();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => match error.downcast_ref::<Exit>() {
            Some(Exit(code)) => ExitCode::from(*code),
            None => {
                error::print(&error, cx.program.name, &cx.command_name(), cx.verbose());
                ExitCode::FAILURE
            }
        },
    }
}

fn warn_deprecated(command: &Command, matches: &Matches) {
    for option in command.own_options() {
        let Some(other) = option.use_instead else { continue };
        let replacement = command.own_options().find(|candidate| candidate.long == other);
        let (old, new) = match matches.source(option.long) {
            Source::Flag => (format!("--{}", option.long), format!("--{other}")),
            Source::Env => {
                let name = |option: &Opt| option.env.unwrap_or_default().to_owned();
                (name(option), replacement.map(name).unwrap_or_default())
            }
            _ => continue,
        };
        eprintln!("WARN: `{old}` is deprecated, please use `{new}` instead.\n");
    }
}

fn debug_options(command: &Command, matches: &Matches) {
    let mut options: Vec<_> = command.own_options().collect();
    options.sort_by_key(|option| option.long);
    let rows: Vec<Vec<String>> = options
        .iter()
        .map(|option| vec![format!("{:?}", option.long), matches.source(option.long).as_str().to_owned()])
        .collect();
    let width = rows.iter().map(|row| row[0].len()).max().unwrap_or(0).max("Option".len());
    outln!("{:width$}  Value Source", "Option");
    for row in &rows {
        outln!("{:width$}  {}", row[0], row[1]);
    }
}
