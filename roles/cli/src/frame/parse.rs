//! From words to a command, its options and its positional words. Flags may stand anywhere before `--`; a deeper command's
//! flag of the same name shadows that of its ancestor; values are never taken for subcommands.

use crate::frame::matches::{Matches, Setting, Source};
use crate::frame::spec::{Command, Kind, Opt};

/// The outcome of parsing.
pub struct Parsed {
    /// From the root to the command that runs.
    pub path: Vec<&'static Command>,
    pub matches: Matches,
    pub args: Vec<String>,
    pub help: bool,
}

/// Why the words cannot be run.
#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A flag is wrong; the message is complete.
    Flags(String),
    /// A variable of the environment is wrong; the message is complete.
    Env(String),
}

/// The full name of a command: `coder templates push`.
pub fn full_name(program: &str, path: &[&'static Command]) -> String {
    let mut name = program.to_owned();
    for command in path.iter().skip(1) {
        name.push(' ');
        name.push_str(command.name);
    }
    name
}

/// Parses the words after the program's name.
pub fn parse(
    program: &str,
    root: &'static Command,
    words: &[String],
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Parsed, Refusal> {
    let mut state = State { path: vec![root], flags: Vec::new(), args: Vec::new(), help: false };
    state.walk(words).map_err(|(reason, path)| {
        Refusal::Flags(format!("parsing flags ([{}]) for {:?}: {reason}", words.join(" "), full_name(program, &path)))
    })?;
    let mut matches = defaults(&state.path);
    if !state.help {
        apply_env(&mut matches, env)?;
    }
    for (option, text) in &state.flags {
        let index = matches.0.iter().position(|setting| std::ptr::eq(setting.option, *option));
        // The option was found in the path while walking.
        let Some(index) = index else { continue };
        matches.set(index, text, Source::Flag).map_err(|reason| {
            let name = option.display_name();
            Refusal::Flags(format!(
                "parsing flags ([{}]) for {:?}: invalid argument {text:?} for {name:?} flag: {reason}",
                words.join(" "),
                full_name(program, &state.path)
            ))
        })?;
    }
    Ok(Parsed { path: state.path, matches, args: state.args, help: state.help })
}

struct State {
    path: Vec<&'static Command>,
    flags: Vec<(&'static Opt, String)>,
    args: Vec<String>,
    help: bool,
}

type Wrong = (String, Vec<&'static Command>);

impl State {
    fn walk(&mut self, words: &[String]) -> Result<(), Wrong> {
        let mut rest = words.iter();
        while let Some(word) = rest.next() {
            if word == "--" {
                self.args.extend(rest.cloned());
                return Ok(());
            }
            let outcome = if let Some(long) = word.strip_prefix("--") {
                self.long(long, &mut rest)
            } else if word.len() > 1 && word.starts_with('-') {
                self.shorts(&word[1..], &mut rest)
            } else {
                self.word(word);
                Ok(())
            };
            outcome.map_err(|reason| (reason, self.path.clone()))?;
            if self.path.last().is_some_and(|command| command.passthrough) {
                return Ok(());
            }
        }
        Ok(())
    }

    fn word(&mut self, word: &str) {
        let child = self.path.last().filter(|_| self.args.is_empty()).and_then(|command| command.child(word));
        match child {
            Some(child) => self.path.push(child),
            None => self.args.push(word.to_owned()),
        }
    }

    fn long(&mut self, text: &str, rest: &mut std::slice::Iter<'_, String>) -> Result<(), String> {
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (text, None),
        };
        let Some(option) = self.find(|option| option.long == name) else {
            if name == "help" {
                self.help = true;
                return Ok(());
            }
            return Err(format!("unknown flag: --{name}"));
        };
        let value = match value {
            Some(value) => value,
            None if option.kind == Kind::Bool => "true".into(),
            None => rest.next().cloned().ok_or_else(|| format!("flag needs an argument: --{name}"))?,
        };
        self.flags.push((option, value));
        Ok(())
    }

    fn shorts(&mut self, text: &str, rest: &mut std::slice::Iter<'_, String>) -> Result<(), String> {
        let mut remaining = text;
        while let Some(short) = remaining.chars().next() {
            remaining = &remaining[short.len_utf8()..];
            let Some(option) = self.find(|option| option.short == Some(short)) else {
                if short == 'h' {
                    self.help = true;
                    return Ok(());
                }
                return Err(format!("unknown shorthand flag: '{short}' in -{short}{remaining}"));
            };
            let value = if let Some(value) = remaining.strip_prefix('=') {
                value.to_owned()
            } else if option.kind == Kind::Bool {
                self.flags.push((option, "true".into()));
                continue;
            } else if !remaining.is_empty() {
                remaining.to_owned()
            } else {
                rest.next().cloned().ok_or_else(|| format!("flag needs an argument: '{short}' in -{text}"))?
            };
            self.flags.push((option, value));
            return Ok(());
        }
        Ok(())
    }

    fn find(&self, wanted: impl Fn(&Opt) -> bool) -> Option<&'static Opt> {
        self.path.iter().rev().find_map(|command| command.own_options().find(|option| wanted(option)))
    }
}

/// Every option of the path with its default, deepest command first.
fn defaults(path: &[&'static Command]) -> Matches {
    let mut settings = Vec::new();
    for (level, command) in path.iter().rev().enumerate() {
        for option in command.own_options() {
            let (values, source) = match option.default {
                Some(text) => (crate::frame::values::parse(option, text).unwrap_or_default(), Source::Default),
                None => (Vec::new(), Source::Unset),
            };
            settings.push(Setting { option, values, source, level });
        }
    }
    Matches(settings)
}

fn apply_env(matches: &mut Matches, env: &dyn Fn(&str) -> Option<String>) -> Result<(), Refusal> {
    let mut wrong = Vec::new();
    for index in 0..matches.0.len() {
        let option = matches.0[index].option;
        let Some(name) = option.env else { continue };
        // Services of a macOS package manager get its prefix; a variable that is set but empty counts as unset.
        let text = env(name).or_else(|| env(&format!("HOMEBREW_{name}"))).filter(|text| !text.is_empty());
        if let Some(text) = text
            && let Err(reason) = matches.set(index, &text, Source::Env)
        {
            wrong.push(format!("\t* parse {:?}: {reason}", option.long));
        }
    }
    if wrong.is_empty() {
        return Ok(());
    }
    let plural =
        if wrong.len() == 1 { "1 error occurred:".to_owned() } else { format!("{} errors occurred:", wrong.len()) };
    Err(Refusal::Env(format!("parsing env: {plural}\n{}\n\n", wrong.join("\n"))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::spec::Args;

    static LEAF: Command = Command::new("list", "")
        .aliases(&["ls"])
        .options(&[&[
            Opt::flag("all", "").short('a'),
            Opt::choices("column", &["a", "b c"], "").short('c').default("a"),
            Opt::list("header", "").short('H').env("X_HEADER"),
            Opt::flag("follow", "").short('f'),
        ]])
        .usage("", Args::Any);
    static REMOVE: Command = Command::new("delete", "");
    static ROOT: Command = Command::new("coder", "")
        .options(&[&[Opt::flag("verbose", "").short('v').env("X_VERBOSE"), Opt::text("file", "").short('f')]])
        .children(&[&LEAF, &REMOVE]);

    #[test]
    fn flags_stand_anywhere_and_values_are_not_subcommands() {
        let parsed = run(&["-f", "list", "list", "-va", "--column=b c", "-c", "a", "x", "--", "--y"]);
        assert_eq!(parsed.path.last().map(|c| c.name), Some("list"));
        assert_eq!(parsed.args, ["x", "--y"]);
        assert!(parsed.matches.flag("verbose") && parsed.matches.flag("all"));
        assert_eq!(parsed.matches.text("file"), Some("list"));
        assert_eq!(parsed.matches.columns(), ["b c", "a"]);
    }

    #[test]
    fn a_deeper_flag_shadows_that_of_its_ancestor() {
        let parsed = run(&["list", "-f"]);
        assert!(parsed.matches.flag("follow"));
        assert_eq!(parsed.matches.text("file"), None);
    }

    #[test]
    fn a_value_of_a_boolean_needs_the_equals_sign() {
        let parsed = run(&["ls", "--all=false", "--follow", "false"]);
        assert!(!parsed.matches.flag("all"));
        assert_eq!(parsed.args, ["false"]);
    }

    #[test]
    fn rm_is_an_alias_of_delete() {
        assert_eq!(run(&["rm"]).path.last().map(|c| c.name), Some("delete"));
    }

    #[test]
    fn refusals_name_the_words_and_the_command() {
        assert_eq!(
            refusal(&["list", "--nosuch"]),
            r#"parsing flags ([list --nosuch]) for "coder list": unknown flag: --nosuch"#
        );
        assert_eq!(
            refusal(&["list", "-x"]),
            r#"parsing flags ([list -x]) for "coder list": unknown shorthand flag: 'x' in -x"#
        );
        assert_eq!(
            refusal(&["list", "-c", "q"]),
            r#"parsing flags ([list -c q]) for "coder list": invalid argument "q" for "-c, --column" flag: invalid choice: q, should be one of [a b c]"#
        );
    }

    #[test]
    fn variables_count_below_flags_and_not_at_all_when_empty() {
        let env = |name: &str| match name {
            "X_HEADER" => Some("a,b".to_owned()),
            "HOMEBREW_X_VERBOSE" => Some("true".to_owned()),
            _ => None,
        };
        let parsed = parse("coder", &ROOT, &words(&["list"]), &env).unwrap_or_else(|_| panic!("refused"));
        assert_eq!(parsed.matches.list("header"), ["a", "b"]);
        assert!(parsed.matches.flag("verbose"));
        let parsed = parse("coder", &ROOT, &words(&["list", "-H", "z"]), &env).unwrap_or_else(|_| panic!("refused"));
        assert_eq!(parsed.matches.list("header"), ["z"]);
        let bad = |name: &str| (name == "X_VERBOSE").then(|| "zz".to_owned());
        assert_eq!(
            parse("coder", &ROOT, &words(&["list"]), &bad).err(),
            Some(Refusal::Env("parsing env: 1 error occurred:\n\t* parse \"verbose\": strconv.ParseBool: parsing \"zz\": invalid syntax\n\n".into()))
        );
    }

    fn words(list: &[&str]) -> Vec<String> {
        list.iter().map(|word| (*word).to_owned()).collect()
    }

    fn run(list: &[&str]) -> Parsed {
        parse("coder", &ROOT, &words(list), &|_| None).unwrap_or_else(|refusal| panic!("{refusal:?}"))
    }

    fn refusal(list: &[&str]) -> String {
        match parse("coder", &ROOT, &words(list), &|_| None) {
            Err(Refusal::Flags(text)) => text,
            _ => panic!("accepted"),
        }
    }
}
