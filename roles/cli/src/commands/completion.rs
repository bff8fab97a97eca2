//! `completion`: scripts for shells, and the candidates that they ask for.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use crate::commands::ROOT;
use crate::frame::spec::Kind;
use crate::frame::{Command, Cx, Opt, Program};

pub static COMMAND: Command = Command::new("completion", "Install or print the completion script of your shell.")
    .options(&[&[
        Opt::choice("shell", &["bash", "fish", "zsh", "powershell"], "Which shell.").short('s'),
        Opt::flag("print", "Print the script instead of installing it.").short('p'),
    ]])
    .run(crate::action!(run));

async fn run(cx: &Cx) -> Result<()> {
    let shell = match cx.opts.filled("shell") {
        Some(shell) => shell.to_owned(),
        None => match detect() {
            Some(shell) => shell.to_owned(),
            None if cx.stdout_is_tty() => bail!("could not detect your shell: pass --shell"),
            None => "bash".to_owned(),
        },
    };
    let name = cx.program.name;
    let script = script(&shell, name);
    if cx.opts.flag("print") || !cx.stdout_is_tty() {
        out!("{script}");
        return Ok(());
    }
    let Some(file) = config_file(&shell, name) else {
        out!("{script}");
        return Ok(());
    };
    cx.confirm(&format!("Install the completion of {shell} to {}?", file.display()), true).await?;
    install(&file, name, &script)?;
    outln!("Installed: open a new shell to use it.");
    Ok(())
}

fn detect() -> Option<&'static str> {
    let shell = std::env::var("SHELL").ok()?;
    ["bash", "fish", "zsh", "powershell"].into_iter().find(|name| shell.ends_with(name))
}

fn script(shell: &str, name: &str) -> String {
    match shell {
        "bash" => format!(
            "_generate_{name}_completions() {{\n    local args=(\"${{COMP_WORDS[@]:1:COMP_CWORD}}\")\n    declare -a output\n    mapfile -t output < <(COMPLETION_MODE=1 \"{name}\" \"${{args[@]}}\")\n    declare -a completions\n    mapfile -t completions < <( compgen -W \"$(printf '%q ' \"${{output[@]}}\")\" -- \"$2\" )\n    COMPREPLY=()\n    for comp in \"${{completions[@]}}\"; do\n        COMPREPLY+=(\"$(printf \"%q\" \"$comp\")\")\n    done\n}}\ncomplete -F _generate_{name}_completions \"{name}\"\n"
        ),
        "zsh" => format!(
            "_{name}_completions() {{\n    local -a args completions\n    args=(\"${{words[@]:1:$#words}}\")\n    completions=(${{(f)\"$(COMPLETION_MODE=1 \"{name}\" \"${{args[@]}}\")\"}})\n    compadd -a completions\n}}\ncompdef _{name}_completions {name}\n"
        ),
        "fish" => format!(
            "function _{name}_completions\n    set -l args (commandline -opc)[2..]\n    set -l last (commandline -t)\n    env COMPLETION_MODE=1 {name} $args $last\nend\ncomplete -f -c {name} -a '(_{name}_completions)'\n"
        ),
        _ => format!(
            "Register-ArgumentCompleter -Native -CommandName {name} -ScriptBlock {{\n    param($wordToComplete, $commandAst, $cursorPosition)\n    $words = @($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object {{ $_.ToString() }})\n    if ($wordToComplete -eq '') {{ $words += '' }}\n    $env:COMPLETION_MODE = 1\n    & {name} @words | Where-Object {{ $_ -like \"$wordToComplete*\" }}\n    Remove-Item Env:COMPLETION_MODE\n}}\n"
        ),
    }
}

fn config_file(shell: &str, name: &str) -> Option<PathBuf> {
    let home = PathBuf::from(std::env::var_os("HOME")?);
    Some(match shell {
        "bash" if cfg!(target_os = "macos") => home.join(".bash_profile"),
        "bash" => home.join(".bashrc"),
        "zsh" => home.join(".zshrc"),
        "fish" => home.join(format!(".config/fish/completions/{name}.fish")),
        _ => return None,
    })
}

/// Puts the script between its markers, replacing an older one.
fn install(file: &std::path::Path, name: &str, script: &str) -> Result<()> {
    let begin = format!("# ============ BEGIN {name} COMPLETION ============");
    let end = format!("# ============ END {name} COMPLETION ==============");
    let old = std::fs::read_to_string(file).unwrap_or_default();
    let mut rest = old.clone();
    if let (Some(from), Some(to)) = (old.find(&begin), old.find(&end))
        && from < to
    {
        rest = format!("{}{}", &old[..from], old[to + end.len()..].trim_start_matches('\n'));
    }
    if !rest.is_empty() && !rest.ends_with('\n') {
        rest.push('\n');
    }
    let text = format!("{rest}{begin}\n{script}{end}\n");
    if let Some(parent) = file.parent() {
        std::fs::create_dir_all(parent).with_context(|| format!("create {}", parent.display()))?;
    }
    std::fs::write(file, text).with_context(|| format!("write {}", file.display()))
}

/// Prints the candidates for the last word, one a line.
pub fn complete(program: &Program, words: &[String]) -> ExitCode {
    let (before, last) = match words.split_last() {
        Some((last, before)) => (before, last.as_str()),
        None => (&[][..], ""),
    };
    let mut path = vec![&ROOT];
    for word in before.iter().filter(|word| !word.starts_with('-')) {
        if let Some(child) = path.last().and_then(|command| command.child(word)) {
            path.push(child);
        }
    }
    for candidate in candidates(&path, before, last) {
        outln!("{candidate}");
    }
    let _ = program;
    ExitCode::SUCCESS
}

fn candidates(path: &[&'static Command], before: &[String], last: &str) -> Vec<String> {
    let options: Vec<&'static Opt> = path.iter().rev().flat_map(|command| command.own_options()).collect();
    let named = |word: &str| {
        options.iter().find(|option| {
            word.strip_prefix("--") == Some(option.long)
                || option.short.is_some_and(|short| word == format!("-{short}"))
        })
    };
    // The word before wants a value: its choices.
    if let Some(option) = before.last().and_then(|word| named(word))
        && let Kind::Choice(values) | Kind::Choices(values) = option.kind
    {
        return values.iter().filter(|value| value.starts_with(last)).map(|value| (*value).to_owned()).collect();
    }
    if last.starts_with('-') {
        return options
            .iter()
            .filter(|option| !option.hidden && !before.iter().any(|word| word.strip_prefix("--") == Some(option.long)))
            .map(|option| format!("--{}", option.long))
            .filter(|name| name.starts_with(last))
            .collect();
    }
    let children = path.last().map_or(&[][..], |command| command.children);
    children
        .iter()
        .filter(|child| !child.hidden && child.name.starts_with(last))
        .map(|child| child.name.to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subcommands_flags_and_choices_are_offered() {
        let none: Vec<String> = Vec::new();
        assert!(candidates(&[&ROOT], &none, "templ").contains(&"templates".to_owned()));
        let list = ROOT.child("list").expect("list");
        assert_eq!(candidates(&[&ROOT, list], &none, "--sea"), ["--search"]);
        assert_eq!(candidates(&[&ROOT, list], &["-o".to_owned()], ""), ["table", "json"]);
    }

    #[test]
    fn an_older_block_is_replaced() {
        let dir = tempfile::tempdir().expect("temp dir");
        let file = dir.path().join(".bashrc");
        std::fs::write(&file, "a\n").expect("write");
        install(&file, "coder", "one\n").expect("install");
        install(&file, "coder", "two\n").expect("install");
        let text = std::fs::read_to_string(&file).expect("read");
        assert!(text.starts_with("a\n# ====") && text.contains("two\n") && !text.contains("one\n"));
    }
}
