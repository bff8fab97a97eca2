//! Commands and options as constant tables: building them costs nothing at start-up, and a test can walk them.

use std::future::Future;
use std::pin::Pin;

use crate::frame::Cx;

/// What an option's text means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Bool,
    Text,
    Int,
    Duration,
    Url,
    /// Repeatable; each occurrence is a CSV record.
    List,
    Choice(&'static [&'static str]),
    Choices(&'static [&'static str]),
    /// Entries `type:id` of an API key's allow list.
    AllowList,
    /// A path that must be absolute.
    AbsolutePath,
}

/// One option.
#[derive(Debug, Clone, Copy)]
pub struct Opt {
    pub long: &'static str,
    pub short: Option<char>,
    pub env: Option<&'static str>,
    pub kind: Kind,
    pub default: Option<&'static str>,
    pub help: &'static str,
    pub hidden: bool,
    pub required: bool,
    /// The option that replaces this one.
    pub use_instead: Option<&'static str>,
}

impl Opt {
    const fn new(long: &'static str, kind: Kind, help: &'static str) -> Self {
        Self {
            long,
            short: None,
            env: None,
            kind,
            default: None,
            help,
            hidden: false,
            required: false,
            use_instead: None,
        }
    }

    pub const fn flag(long: &'static str, help: &'static str) -> Self {
        Self::new(long, Kind::Bool, help)
    }

    pub const fn text(long: &'static str, help: &'static str) -> Self {
        Self::new(long, Kind::Text, help)
    }

    pub const fn int(long: &'static str, help: &'static str) -> Self {
        Self::new(long, Kind::Int, help)
    }

    pub const fn duration(long: &'static str, help: &'static str) -> Self {
        Self::new(long, Kind::Duration, help)
    }

    pub const fn url(long: &'static str, help: &'static str) -> Self {
        Self::new(long, Kind::Url, help)
    }

    pub const fn list(long: &'static str, help: &'static str) -> Self {
        Self::new(long, Kind::List, help)
    }

    pub const fn choice(long: &'static str, values: &'static [&'static str], help: &'static str) -> Self {
        Self::new(long, Kind::Choice(values), help)
    }

    pub const fn choices(long: &'static str, values: &'static [&'static str], help: &'static str) -> Self {
        Self::new(long, Kind::Choices(values), help)
    }

    pub const fn of(long: &'static str, kind: Kind, help: &'static str) -> Self {
        Self::new(long, kind, help)
    }

    pub const fn short(mut self, short: char) -> Self {
        self.short = Some(short);
        self
    }

    pub const fn env(mut self, env: &'static str) -> Self {
        self.env = Some(env);
        self
    }

    pub const fn default(mut self, value: &'static str) -> Self {
        self.default = Some(value);
        self
    }

    pub const fn hidden(mut self) -> Self {
        self.hidden = true;
        self
    }

    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    pub const fn instead(mut self, other: &'static str) -> Self {
        self.use_instead = Some(other);
        self
    }

    /// The option as error messages name it: `-o, --output`.
    pub fn display_name(&self) -> String {
        match self.short {
            Some(short) => format!("-{short}, --{}", self.long),
            None => format!("--{}", self.long),
        }
    }
}

/// How many positional words a command takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Args {
    Any,
    Exactly(usize),
    Between(usize, usize),
    AtLeast(usize),
}

impl Args {
    /// The complaint about a wrong number of words.
    pub fn check(self, args: &[String]) -> Result<(), String> {
        let got = args.len();
        let shown = format!("[{}]", args.join(" "));
        match self {
            Self::Any => Ok(()),
            Self::Exactly(0) if got > 0 => Err(format!("wanted no args but got {got} {shown}")),
            Self::Exactly(n) if got != n => Err(format!("wanted {n} args but got {got} {shown}")),
            Self::Between(_, most) if got > most => Err(format!("wanted at most {most} args but got {got}")),
            Self::Between(least, _) | Self::AtLeast(least) if got < least => {
                Err(format!("wanted at least {least} args but got {got}"))
            }
            _ => Ok(()),
        }
    }
}

/// The future of a running command.
pub type Running<'a> = Pin<Box<dyn Future<Output = anyhow::Result<()>> + 'a>>;

/// A command's action.
pub type Run = for<'a> fn(&'a Cx) -> Running<'a>;

/// One command with its options and subcommands.
#[derive(Clone, Copy)]
pub struct Command {
    pub name: &'static str,
    pub aliases: &'static [&'static str],
    /// The positional part of the usage line.
    pub usage: &'static str,
    pub short: &'static str,
    pub long: &'static str,
    /// Groups of options, so that families of commands can share some.
    pub options: &'static [&'static [Opt]],
    pub children: &'static [&'static Command],
    pub args: Args,
    pub hidden: bool,
    pub run: Option<Run>,
    /// True if the words after the name are somebody else's to parse (`server`).
    pub passthrough: bool,
    /// True if the command moves much data and wants more than one thread.
    pub threads: bool,
}

impl Command {
    pub const fn new(name: &'static str, short: &'static str) -> Self {
        Self {
            name,
            aliases: &[],
            usage: "",
            short,
            long: "",
            options: &[],
            children: &[],
            args: Args::Exactly(0),
            hidden: false,
            run: None,
            passthrough: false,
            threads: false,
        }
    }

    pub const fn aliases(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    pub const fn usage(mut self, usage: &'static str, args: Args) -> Self {
        self.usage = usage;
        self.args = args;
        self
    }

    pub const fn long(mut self, text: &'static str) -> Self {
        self.long = text;
        self
    }

    pub const fn options(mut self, options: &'static [&'static [Opt]]) -> Self {
        self.options = options;
        self
    }

    pub const fn children(mut self, children: &'static [&'static Command]) -> Self {
        self.children = children;
        self
    }

    pub const fn hidden(mut self) -> Self {
        self.hidden = true;
        self
    }

    pub const fn run(mut self, run: Run) -> Self {
        self.run = Some(run);
        self
    }

    pub const fn passthrough(mut self) -> Self {
        self.passthrough = true;
        self
    }

    pub const fn threads(mut self) -> Self {
        self.threads = true;
        self
    }

    /// The command's own options.
    pub fn own_options(&self) -> impl Iterator<Item = &'static Opt> + use<> {
        self.options.iter().flat_map(|group| group.iter())
    }

    /// The subcommand of that name or alias; `rm` also means `delete` and `remove`.
    pub fn child(&self, word: &str) -> Option<&'static Command> {
        self.children.iter().copied().find(|child| {
            child.name == word
                || child.aliases.contains(&word)
                || (word == "rm" && matches!(child.name, "delete" | "remove"))
        })
    }
}

/// Turns an `async fn(&Cx) -> Result<()>` into a command's action.
#[macro_export]
macro_rules! action {
    ($function:path) => {
        |cx| ::std::boxed::Box::pin($function(cx))
    };
}
