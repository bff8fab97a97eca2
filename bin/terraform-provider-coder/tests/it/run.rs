//! Runs `terraform` in a folder of its own and reads what it says.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value as Json;
use tempfile::TempDir;

/// The provider that is tested.
pub const PROVIDER: &str = env!("CARGO_BIN_EXE_terraform-provider-coder");

/// The block that stands before every configuration.
const HEADER: &str =
    "terraform {\n  required_providers {\n    coder = {\n      source = \"coder/coder\"\n    }\n  }\n}\n";

/// The `terraform` program; none, with a word on stderr, where there is none.
pub fn find_terraform() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|dir| dir.join("terraform")).find(|p| p.is_file());
    if found.is_none() {
        eprintln!("SKIPPED: no terraform in PATH");
    }
    found
}

/// A work directory with a configuration.
pub struct Workdir {
    dir: TempDir,
    terraform: PathBuf,
    env: Vec<(String, OsString)>,
}

/// One error or warning.
#[derive(Debug, Clone)]
pub struct Diagnostic {
    pub is_error: bool,
    pub summary: String,
    pub detail: String,
    pub address: Option<String>,
    /// Line to which it points, from 1.
    pub line: Option<usize>,
}

impl Workdir {
    /// A folder in which the provider under test is used without installation.
    pub fn new(terraform: &Path) -> Self {
        let folder = Path::new(PROVIDER).parent().unwrap().display();
        Self::with_cli_config(
            terraform,
            &format!(
                "provider_installation {{\n  dev_overrides {{\n    \"coder/coder\" = \"{folder}\"\n  }}\n  direct {{}}\n}}\n"
            ),
        )
    }

    /// A folder with the given CLI configuration.
    pub fn with_cli_config(terraform: &Path, text: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let cli = dir.path().join("cli.tfrc");
        std::fs::write(&cli, text).unwrap();
        let tmp = dir.path().join("tmp");
        std::fs::create_dir(&tmp).unwrap();
        let env = vec![
            ("PATH".to_owned(), std::env::var_os("PATH").unwrap_or_default()),
            ("HOME".to_owned(), dir.path().into()),
            ("TMPDIR".to_owned(), tmp.into()),
            ("TF_CLI_CONFIG_FILE".to_owned(), cli.into()),
            ("CHECKPOINT_DISABLE".to_owned(), "1".into()),
        ];
        Self { dir, terraform: terraform.to_owned(), env }
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    pub fn set_env(&mut self, name: &str, value: &str) {
        self.env.push((name.to_owned(), value.into()));
    }

    pub fn write_config(&self, hcl: &str) {
        std::fs::write(self.path().join("main.tf"), format!("{HEADER}{hcl}")).unwrap();
    }

    /// A line of the configuration, without the spaces around it.
    pub fn config_line(&self, line: usize) -> String {
        let text = std::fs::read_to_string(self.path().join("main.tf")).unwrap();
        // Line 0 is no line: what has no place in a file points there.
        let found = line.checked_sub(1).and_then(|index| text.lines().nth(index));
        found.unwrap_or("").trim().to_owned()
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        Command::new(&self.terraform)
            .args(arguments)
            .current_dir(self.path())
            .env_clear()
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .output()
            .unwrap()
    }

    /// Runs a command that prints one JSON document.
    pub fn run_json(&self, arguments: &[&str]) -> Json {
        let output = self.run(arguments);
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{arguments:?}: {error}: {}", String::from_utf8_lossy(&output.stderr)))
    }

    /// Runs `plan` or `apply` with JSON lines and returns the diagnostics.
    pub fn run_lines(&self, arguments: &[&str]) -> Vec<Diagnostic> {
        let output = self.run(arguments);
        let text = String::from_utf8_lossy(&output.stdout);
        let events = text.lines().filter_map(|line| serde_json::from_str::<Json>(line).ok());
        let found: Vec<_> = events
            .filter(|event| event["type"] == "diagnostic")
            .map(|event| diagnostic(&event["diagnostic"]))
            .filter(|d| d.summary != "Provider development overrides are in effect")
            .collect();
        assert_eq!(output.status.success(), found.iter().all(|d| !d.is_error), "{arguments:?}: {text}");
        found
    }

    /// Whether a provider process left its socket behind.
    pub fn has_leftovers(&self) -> bool {
        let mut entries = std::fs::read_dir(self.path().join("tmp")).unwrap();
        entries.any(|e| e.unwrap().file_name().to_string_lossy().starts_with("plugin-"))
    }
}

fn diagnostic(json: &Json) -> Diagnostic {
    let text = |name: &str| json[name].as_str().map(str::to_owned);
    Diagnostic {
        is_error: json["severity"] == "error",
        summary: text("summary").unwrap_or_default(),
        detail: text("detail").unwrap_or_default(),
        address: text("address"),
        line: json["range"]["start"]["line"].as_u64().and_then(|line| usize::try_from(line).ok()),
    }
}
