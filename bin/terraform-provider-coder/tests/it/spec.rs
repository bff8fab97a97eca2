//! Where the recordings are: `WARREN_SPEC`, or a folder `shared/spec` beside the repository.

use std::path::{Path, PathBuf};

/// The text of a recording; none, with a word on stderr, where there is none.
pub fn read_golden(name: &str) -> Option<String> {
    let found = folder().map(|spec| spec.join("golden").join(name)).filter(|path| path.is_file());
    let Some(path) = found else {
        eprintln!("SKIPPED: no recording {name} (set WARREN_SPEC to the folder of the specification)");
        return None;
    };
    Some(std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display())))
}

fn folder() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("WARREN_SPEC") {
        return Some(path.into());
    }
    let up = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    up.map(|dir| dir.join("shared/spec")).find(|spec| spec.is_dir())
}
