//! Finds and reads the recordings of the official programs; they are not part of this repository.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Map, Value};

/// The folder of the recordings: `WARREN_SPEC/golden`, or `shared/spec/golden` beside the repository or a folder
/// above it. Says loudly when there is none.
pub fn folder() -> Option<PathBuf> {
    let found = match std::env::var_os("WARREN_SPEC") {
        Some(spec) => Some(PathBuf::from(spec)).filter(|p| p.is_dir()),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|p| p.join("shared/spec")).find(|p| p.is_dir()),
    };
    let folder = found.map(|spec| spec.join("golden")).filter(|p| p.is_dir());
    if folder.is_none() {
        eprintln!("SKIPPED: no recordings found; set WARREN_SPEC to the folder that holds golden/");
    }
    folder
}

/// One line of a `wire-*.jsonl` file.
#[derive(Debug, Clone, Deserialize)]
pub struct WireLine {
    /// The TCP connection, named by what it shows.
    pub conn: String,
    /// `c2s` or `s2c`.
    pub dir: String,
    /// `http`, `ws`, `yamux`, `drpc`, `derp`, `disco`, `wg`, `tcp` or `note`.
    pub layer: String,
    /// The bytes, or their start when `cut` is given.
    #[serde(default)]
    pub hex: String,
    /// Text of `http`, `tcp` and `note` lines.
    #[serde(default)]
    pub text: String,
    /// The full length of a frame of which `hex` holds only the head.
    pub cut: Option<u64>,
    /// What the recorder made of it.
    #[serde(default)]
    pub decoded: Map<String, Value>,
}

impl WireLine {
    /// The recorded bytes.
    pub fn bytes(&self) -> Vec<u8> {
        hex::decode(&self.hex).expect("the recorder wrote hex")
    }

    /// A number of `decoded`.
    pub fn number(&self, key: &str) -> Option<u64> {
        self.decoded.get(key)?.as_u64()
    }

    /// A text of `decoded`.
    pub fn word(&self, key: &str) -> Option<&str> {
        self.decoded.get(key)?.as_str()
    }
}

/// The lines of a `wire-*.jsonl` file; `None` (said loudly) when there are no recordings.
pub fn wire_lines(file: &str) -> Option<Vec<WireLine>> {
    let text = std::fs::read_to_string(folder()?.join(file)).expect("a readable recording");
    Some(text.lines().map(|line| serde_json::from_str(line).expect("a line of the known form")).collect())
}
