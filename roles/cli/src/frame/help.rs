//! The help text of a command.

use crate::frame::Program;
use crate::frame::parse::full_name;
use crate::frame::spec::{Command, Kind, Opt};
use crate::version;

/// Prints the help of the last command of a path.
pub fn print(program: &Program, path: &[&'static Command]) {
    let width = terminal_width();
    outln!("{}", render(program, path, width).trim_end());
}

fn terminal_width() -> usize {
    use std::io::IsTerminal;
    if !std::io::stdout().is_terminal() {
        return 80;
    }
    crossterm::terminal::size().map_or(80, |(columns, _)| usize::from(columns).clamp(40, 160))
}

fn render(program: &Program, path: &[&'static Command], width: usize) -> String {
    let Some(command) = path.last() else { return String::new() };
    let name = full_name(program.name, path);
    let mut text = format!("Warren {}\n\nUSAGE:\n  {name}", version::COMPATIBILITY_VERSION);
    if command.own_options().next().is_some() {
        text.push_str(" [flags]");
    }
    if !command.usage.is_empty() {
        text.push_str(&format!(" {}", command.usage));
    } else if !command.children.is_empty() {
        text.push_str(" [subcommand]");
    }
    text.push_str("\n\n");
    text.push_str(&wrapped(command.short, width, 2));
    let mut aliases = command.aliases.to_vec();
    if matches!(command.name, "delete" | "remove") && !aliases.contains(&"rm") {
        aliases.push("rm");
    }
    if !aliases.is_empty() {
        text.push_str(&format!("\n  Aliases: {}\n", aliases.join(", ")));
    }
    if !command.long.is_empty() {
        text.push('\n');
        for line in command.long.replace("{name}", program.name).lines() {
            text.push_str(&format!("  {line}\n"));
        }
    }
    push_children(&mut text, command, width);
    push_options(&mut text, "OPTIONS", command.own_options().collect(), width);
    if path.len() > 1
        && let Some(root) = path.first()
    {
        let above: Vec<_> = path[1..path.len() - 1].iter().flat_map(|command| command.own_options()).collect();
        push_options(&mut text, "INHERITED OPTIONS", above, width);
        push_options(&mut text, "GLOBAL OPTIONS", root.own_options().collect(), width);
    }
    text.push_str(&format!("\n———\nRun `{} --help` for a list of global options.\n", program.name));
    text
}

fn push_children(text: &mut String, command: &Command, width: usize) {
    let children: Vec<_> = command.children.iter().filter(|child| !child.hidden).collect();
    if children.is_empty() {
        return;
    }
    text.push_str("\nSUBCOMMANDS:\n");
    let longest = children.iter().map(|child| child.name.len()).max().unwrap_or(0);
    for child in children {
        let body = wrapped(child.short, width, longest + 8);
        text.push_str(&format!("    {:longest$}    {}", child.name, body.trim_start()));
    }
}

fn push_options(text: &mut String, title: &str, mut options: Vec<&'static Opt>, width: usize) {
    options.retain(|option| !option.hidden);
    if options.is_empty() {
        return;
    }
    options.sort_by_key(|option| option.long);
    text.push_str(&format!("\n{title}:\n"));
    for option in options {
        let short = option.short.map(|short| format!("-{short}, ")).unwrap_or_else(|| "    ".into());
        text.push_str(&format!("  {short}--{}", option.long));
        if option.kind != Kind::Bool {
            text.push_str(&format!(" {}", type_name(option)));
        }
        if let Some(env) = option.env {
            text.push_str(&format!(", ${env}"));
        }
        if let Some(default) = option.default {
            text.push_str(&format!(" (default: {default})"));
        }
        text.push('\n');
        text.push_str(&wrapped(option.help, width, 10));
        text.push('\n');
    }
}

fn type_name(option: &Opt) -> String {
    match option.kind {
        Kind::Bool => "bool".into(),
        Kind::Text | Kind::AbsolutePath => "string".into(),
        Kind::Int => "int".into(),
        Kind::Duration => "duration".into(),
        Kind::Url => "url".into(),
        Kind::List => "string-array".into(),
        Kind::AllowList => "allow-list".into(),
        Kind::Choice(values) => values.join("|"),
        Kind::Choices(values) => format!("[{}]", values.join("|")),
    }
}

/// Words of a text in lines of a width, each indented.
fn wrapped(text: &str, width: usize, indent: usize) -> String {
    let mut out = String::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && indent + line.chars().count() + 1 + word.chars().count() > width {
            out.push_str(&format!("{:indent$}{line}\n", ""));
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        out.push_str(&format!("{:indent$}{line}\n", ""));
    }
    out
}
