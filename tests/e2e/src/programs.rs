//! Where the programs under test are.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// The built programs.
pub struct Programs {
    pub warren: PathBuf,
    pub slim: PathBuf,
    pub provider: PathBuf,
}

/// The programs in the target directory of this test.
///
/// # Panics
/// When one is not built.
pub fn programs() -> &'static Programs {
    static FOUND: LazyLock<Programs> = LazyLock::new(|| {
        // …/target/debug/deps/it-0123 → …/target/debug
        let test = std::env::current_exe().expect("the test knows its own path");
        let target = test.parent().and_then(Path::parent).expect("tests lie in the target directory").to_path_buf();
        let find = |name: &str| {
            let path = target.join(name);
            assert!(
                path.is_file(),
                "{} is not built: run ./scripts/test, or `cargo build --workspace --bins` first",
                path.display()
            );
            path
        };
        Programs { warren: find("warren"), slim: find("warren-slim"), provider: find("terraform-provider-coder") }
    });
    &FOUND
}

/// The official client that `WARREN_OFFICIAL_CLI` names; says loudly when there is none.
///
/// # Panics
/// When the variable names something that is not a file.
pub fn official_cli() -> Option<PathBuf> {
    let Some(path) = std::env::var_os("WARREN_OFFICIAL_CLI").filter(|value| !value.is_empty()).map(PathBuf::from)
    else {
        eprintln!("SKIPPED: WARREN_OFFICIAL_CLI names no official client");
        return None;
    };
    assert!(path.is_file(), "WARREN_OFFICIAL_CLI: {} is not a file", path.display());
    Some(path)
}

/// The directory of a starter template.
pub fn template(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/templates").join(name)
}
