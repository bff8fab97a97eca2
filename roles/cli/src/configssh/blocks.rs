//! The host blocks of a section.

use anyhow::{Result, anyhow, bail};

use crate::configssh::options::StoredOptions;

/// What the blocks are made of.
pub struct Blocks<'a> {
    /// Absolute path of this program.
    pub binary: &'a str,
    /// Directory of the login.
    pub config_dir: &'a str,
    pub options: &'a StoredOptions,
    /// Effective values; empty means no such block.
    pub prefix: &'a str,
    pub suffix: &'a str,
    /// Lines of the host blocks.
    pub host_options: Vec<String>,
    pub skip_proxy_command: bool,
    /// With names there is a block for each workspace instead of a pattern.
    pub workspaces: Option<Vec<String>>,
    pub unix_paths: bool,
}

const DEFAULTS: [&str; 4] =
    ["ConnectTimeout=0", "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel ERROR"];

/// Directives that a deployment may set in the user's configuration. Others could run programs on this computer
/// (`ProxyCommand`, `LocalCommand`, `KnownHostsCommand`, …) or leave the block (`Host`, `Match`, `Include`).
const ALLOWED: &[&str] = &[
    "addkeystoagent",
    "addressfamily",
    "batchmode",
    "checkhostip",
    "ciphers",
    "compression",
    "connectionattempts",
    "connecttimeout",
    "controlmaster",
    "controlpersist",
    "enableescapecommandline",
    "escapechar",
    "exitonforwardfailure",
    "fingerprinthash",
    "forwardagent",
    "forwardx11",
    "forwardx11timeout",
    "forwardx11trusted",
    "gatewayports",
    "hashknownhosts",
    "hostkeyalgorithms",
    "identitiesonly",
    "ipqos",
    "kbdinteractiveauthentication",
    "kexalgorithms",
    "loglevel",
    "macs",
    "nohostauthenticationforlocalhost",
    "numberofpasswordprompts",
    "obscurekeystroketiming",
    "passwordauthentication",
    "preferredauthentications",
    "pubkeyacceptedalgorithms",
    "pubkeyauthentication",
    "rekeylimit",
    "requesttty",
    "sendenv",
    "serveralivecountmax",
    "serveraliveinterval",
    "setenv",
    "streamlocalbindmask",
    "streamlocalbindunlink",
    "stricthostkeychecking",
    "tcpkeepalive",
    "updatehostkeys",
    "user",
    "userknownhostsfile",
    "visualhostkey",
];

/// Splits at the first `=` or space.
fn split_option(text: &str) -> Result<(&str, &str)> {
    let place = text
        .find(['=', ' '])
        .filter(|place| *place > 0)
        .ok_or_else(|| anyhow!("invalid config-ssh option {text:?}"))?;
    Ok((&text[..place], text[place + 1..].trim()))
}

/// Refuses characters that would end the line or the file.
pub fn check_line(kind: &str, text: &str) -> Result<()> {
    match text.chars().find(|c| c.is_control()) {
        Some(found) => bail!("{kind} {text:?} holds the control character {found:?}"),
        None => Ok(()),
    }
}

/// A prefix or suffix goes into patterns and command lines.
pub fn check_host_part(kind: &str, text: &str) -> Result<()> {
    let bad = |c: char| c.is_whitespace() || c.is_control() || "\"'`$\\;|&<>()*?!,#%".contains(c);
    match text.chars().find(|c| bad(*c)) {
        Some(found) => bail!("{kind} {text:?} may not hold {found:?}"),
        None => Ok(()),
    }
}

/// The options of every host: the user's, the deployment's, the defaults; an empty value removes those of that name that follow.
/// Returns the lines and what was refused of the deployment's.
pub fn host_options<'a>(
    user: &[String],
    server: impl IntoIterator<Item = (&'a String, &'a String)>,
) -> Result<(Vec<String>, Vec<String>)> {
    let mut lines = Vec::new();
    let mut removed = Vec::new();
    let mut refused = Vec::new();
    let mut add = |text: &str| -> Result<()> {
        let (key, value) = split_option(text)?;
        let lower = key.to_lowercase();
        if removed.contains(&lower) {
            return Ok(());
        }
        if value.is_empty() {
            removed.push(lower);
        } else {
            lines.push(text.to_owned());
        }
        Ok(())
    };
    for option in user {
        check_line("ssh option", option)?;
        add(option).map_err(|error| error.context(format!("add flag config option {option:?}")))?;
    }
    for (key, value) in server {
        let text = format!("{key} {value}");
        if !ALLOWED.contains(&key.to_lowercase().as_str()) || check_line("ssh option", &text).is_err() {
            refused.push(key.clone());
            continue;
        }
        add(&text)?;
    }
    for option in DEFAULTS {
        add(option)?;
    }
    Ok((lines, refused))
}

/// The blocks as text, each line ended.
pub fn render(blocks: &Blocks<'_>) -> Result<String> {
    let proxy = proxy_command(blocks)?;
    let exists = match_exec(blocks.binary, blocks.unix_paths)?;
    let options = |text: &mut String| {
        for option in &blocks.host_options {
            text.push_str(&format!("\t{option}\n"));
        }
    };
    let mut out: Vec<String> = Vec::new();
    let patterns = match &blocks.workspaces {
        None => vec!["*".to_owned()],
        Some(names) => names.clone(),
    };
    for pattern in &patterns {
        if !blocks.prefix.is_empty() {
            let mut text = format!("Host {}{pattern}\n", blocks.prefix);
            options(&mut text);
            if !blocks.skip_proxy_command {
                text.push_str(&format!("\tProxyCommand {proxy} --ssh-host-prefix {} %h\n", blocks.prefix));
            }
            out.push(text);
        }
        if !blocks.suffix.is_empty() {
            let mut text = format!("Host {pattern}.{}\n", blocks.suffix);
            options(&mut text);
            out.push(text);
            if !blocks.skip_proxy_command {
                out.push(format!(
                    "Match host {pattern}.{suffix} !exec \"{exists} connect exists %h\"\n\tProxyCommand {proxy} --hostname-suffix {suffix} %h\n",
                    suffix = blocks.suffix
                ));
            }
        }
    }
    Ok(out.join("\n"))
}

fn proxy_command(blocks: &Blocks<'_>) -> Result<String> {
    let options = blocks.options;
    let mut text = format!(
        "{} --global-config {}",
        escape(blocks.binary, blocks.unix_paths)?,
        escape(blocks.config_dir, blocks.unix_paths)?
    );
    for header in &options.headers {
        check_line("header", header)?;
        text.push_str(&format!(" --header {}", quoted(header)));
    }
    if !options.header_command.is_empty() {
        check_line("header command", &options.header_command)?;
        text.push_str(&format!(" --header-command {}", quoted(&options.header_command)));
    }
    text.push_str(" ssh --stdio");
    if !matches!(options.wait.as_str(), "" | "auto") {
        text.push_str(&format!(" --wait={}", options.wait));
    }
    if options.disable_autostart {
        text.push_str(" --disable-autostart=true");
    }
    Ok(text)
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn slashes(path: &str, unix: bool) -> String {
    if unix { path.replace('\\', "/") } else { path.to_owned() }
}

/// A path in a `ProxyCommand`.
fn escape(path: &str, unix: bool) -> Result<String> {
    let path = slashes(path, unix);
    check_line("path", &path.replace('\t', ""))?;
    let escaped = path.replace('"', "\\\"");
    Ok(if path.contains([' ', '\t', '"']) { format!("\"{escaped}\"") } else { escaped })
}

/// A path inside the quotes of `Match exec`.
fn match_exec(path: &str, unix: bool) -> Result<String> {
    let path = slashes(path, unix);
    check_line("path", &path.replace('\t', ""))?;
    if path.contains('"') {
        bail!("path must not contain quotes: {path:?}");
    }
    Ok(path.replace('\\', "\\\\").replace(' ', "\\ ").replace('\t', "\\\t"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::configssh::section;

    fn rendered(options: &StoredOptions, binary: &str, prefix: &str, skip: bool) -> String {
        let (host_options, _) = host_options(&options.ssh_options, &BTreeMap::new()).expect("options");
        let blocks = Blocks {
            binary,
            config_dir: "/home/user/.config/coderv2",
            options,
            prefix,
            suffix: "coder",
            host_options,
            skip_proxy_command: skip,
            workspaces: None,
            unix_paths: false,
        };
        section::render(options, &render(&blocks).expect("blocks"))
    }

    #[test]
    fn sections_are_those_of_the_official_program_byte_for_byte() {
        let Some(lines) = warren_golden() else { return };
        let files: Vec<&serde_json::Value> = lines.iter().filter(|line| line.get("file").is_some()).collect();
        let content = |name: &str, nth: usize| {
            let mut found = files.iter().filter(|line| line["file"] == name);
            found.nth(nth).and_then(|line| line["content"].as_str()).unwrap_or_default().to_owned()
        };
        let bin = "/usr/local/bin/coder";
        let plain = StoredOptions::default();
        assert_eq!(rendered(&plain, bin, "coder.", false), content("/home/user/.ssh/config", 0));
        let all = StoredOptions {
            wait: "yes".into(),
            disable_autostart: true,
            ssh_options: vec!["ForwardAgent=yes".into(), "LogLevel=".into()],
            headers: vec!["X-A=b c".into()],
            header_command: "echo X-B=c".into(),
            ..Default::default()
        };
        assert_eq!(rendered(&all, bin, "coder.", false), content("/home/user/.ssh/config", 1));
        assert_eq!(rendered(&plain, bin, "coder.", true), content("/home/user/.ssh/config", 2));
        assert_eq!(rendered(&plain, "/opt/a b/coder", "coder.", false), content("/home/user/sp", 0));
        let prefix = StoredOptions { prefix: Some("pre.".into()), ..Default::default() };
        assert_eq!(rendered(&prefix, bin, "pre.", false), content("/home/user/q1", 0));
        eprintln!("replayed 5 of {} lines of cli-output.jsonl", lines.len());
    }

    #[test]
    fn ghsa_mcqq_a_deployment_cannot_write_commands_or_lines() {
        let server: BTreeMap<String, String> = [
            ("ProxyCommand", "sh -c evil"),
            ("ForwardAgent", "yes\nProxyCommand evil"),
            ("SetEnv", "A=b"),
            ("Match", "all"),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into();
        let (lines, refused) = host_options(&[], &server).expect("options");
        assert_eq!(refused, ["ForwardAgent", "Match", "ProxyCommand"]);
        assert_eq!(lines[0], "SetEnv A=b");
        assert!(check_host_part("suffix", "coder\nHost *").is_err());
        assert!(host_options(&["A=b\nc".to_owned()], &BTreeMap::new()).is_err());
    }

    #[test]
    fn an_option_without_separator_is_refused() {
        let error = host_options(&["bad".to_owned()], &BTreeMap::new()).expect_err("refused");
        assert_eq!(format!("{error:#}"), "add flag config option \"bad\": invalid config-ssh option \"bad\"");
    }

    /// The recorded runs of the official program, if they lie beside the repository.
    fn warren_golden() -> Option<Vec<serde_json::Value>> {
        let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = std::env::var_os("WARREN_SPEC")
            .map(std::path::PathBuf::from)
            .or_else(|| here.ancestors().map(|dir| dir.join("shared/spec")).find(|dir| dir.is_dir()));
        let file = root.map(|dir| dir.join("golden/cli-output.jsonl")).filter(|file| file.is_file());
        let Some(file) = file else {
            eprintln!("SKIPPED: no recorded runs beside the repository");
            return None;
        };
        let text = std::fs::read_to_string(file).expect("the recording is readable");
        Some(text.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect())
    }
}
