//! `version`: what this program is. Plugins read its JSON and need `version` there.

use anyhow::Result;

use crate::commands::OUTPUT_TEXT;
use crate::frame::{Command, Cx};
use crate::version::{COMPATIBILITY_VERSION, EXTERNAL_URL, OWN_VERSION};

pub static COMMAND: Command =
    Command::new("version", "Show the version.").options(&[&[OUTPUT_TEXT]]).run(crate::action!(run));

pub async fn run(cx: &Cx) -> Result<()> {
    if cx.opts.json() {
        let value = serde_json::json!({
            "version": COMPATIBILITY_VERSION,
            "build_time": "0001-01-01T00:00:00Z",
            "external_url": EXTERNAL_URL,
            "slim": cx.program.slim,
            "agpl": false,
            "boring_crypto": false,
        });
        outln!("{}", crate::output::json(&value)?);
        return Ok(());
    }
    let build = if cx.program.slim {
        "Slim build of Warren, does not support the server subcommand."
    } else {
        "Full build of Warren, supports the server subcommand."
    };
    // Init scripts of agents look for the word Coder in the first line, older plugins take its second word as the version.
    outln!("Warren {COMPATIBILITY_VERSION} ({OWN_VERSION}, compatible with Coder)\r\n{EXTERNAL_URL}\r\n\r\n{build}");
    Ok(())
}
