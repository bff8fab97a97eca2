//! Finding, reading and replacing the managed section. Everything outside it is kept byte for byte.

use crate::configssh::options::StoredOptions;

const START: &str = "# ------------START-CODER-----------";
const END: &str = "# ------------END-CODER------------";
const NOTICE: &str = "\
# This section is managed by coder. DO NOT EDIT.
#
# You should not hand-edit this section unless you are removing it, all
# changes will be lost when running \"coder config-ssh\".
#
";

/// Why a file is left alone.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("Malformed config: {0}")]
pub struct Malformed(&'static str);

/// A file cut in three.
#[derive(Debug, PartialEq, Eq)]
pub struct Parts<'a> {
    pub before: &'a str,
    /// With both markers, without the newline before it.
    pub section: Option<&'a str>,
    pub after: &'a str,
}

/// Cuts a file at its section.
pub fn split(text: &str) -> Result<Parts<'_>, Malformed> {
    let count = |marker: &str| text.lines().filter(|line| *line == marker).count();
    let (starts, ends) = (count(START), count(END));
    match (starts, ends) {
        (0, 0) => return Ok(Parts { before: text, section: None, after: "" }),
        (1, 0) => return Err(Malformed("ssh config has start header, but missing end header")),
        (0, 1) => return Err(Malformed("ssh config has end header, but missing start header")),
        (1, 1) => {}
        (0 | 1, _) => return Err(Malformed("ssh config has multiple end headers, please remove all but one")),
        _ => return Err(Malformed("ssh config has multiple start headers, please remove all but one")),
    }
    let (Some(from), Some(end)) = (line_start(text, START), line_start(text, END)) else {
        return Err(Malformed("ssh config has a damaged section"));
    };
    if end < from {
        return Err(Malformed("ssh config has end header before start header"));
    }
    let mut to = end + END.len();
    if text[to..].starts_with('\n') {
        to += 1;
    }
    // The newline that separates the section from what stands before belongs to it.
    let before = text[..from].strip_suffix('\n').unwrap_or(&text[..from]);
    Ok(Parts { before, section: Some(&text[from..to]), after: &text[to..] })
}

fn line_start(text: &str, line: &str) -> Option<usize> {
    let mut offset = 0;
    for candidate in text.split_inclusive('\n') {
        if candidate.trim_end_matches(['\r', '\n']) == line {
            return Some(offset);
        }
        offset += candidate.len();
    }
    None
}

/// The section with its options and blocks.
pub fn render(options: &StoredOptions, blocks: &str) -> String {
    let mut text = format!("{START}\n{NOTICE}");
    let stored = options.lines();
    if !stored.is_empty() {
        text.push_str("# Last config-ssh options:\n");
        for (key, value) in stored {
            text.push_str(&format!("# :{key}={value}\n"));
        }
        text.push_str("#\n");
    }
    text.push_str(blocks);
    text.push_str(END);
    text.push('\n');
    text
}

/// The file with its section replaced, or with one at its end.
pub fn replace(parts: &Parts<'_>, section: &str) -> String {
    let separator = if parts.before.is_empty() { "" } else { "\n" };
    format!("{}{separator}{section}{}", parts.before, parts.after)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECTION: &str = "# ------------START-CODER-----------\nx\n# ------------END-CODER------------\n";

    #[test]
    fn what_is_outside_is_kept_byte_for_byte() {
        for (before, after) in
            [("", ""), ("Host a\n", ""), ("Host a", "Host b\n"), ("", "\n\nHost b"), ("Host a\n\n", "x")]
        {
            let separator = if before.is_empty() { "" } else { "\n" };
            let text = format!("{before}{separator}{SECTION}{after}");
            let parts = split(&text).expect("a section");
            assert_eq!((parts.before, parts.after), (before, after));
            assert_eq!(parts.section, Some(SECTION));
            assert_eq!(replace(&parts, SECTION), text);
        }
    }

    #[test]
    fn a_new_section_goes_to_the_end() {
        let parts = split("Host a\n").expect("no section");
        assert_eq!(replace(&parts, SECTION), format!("Host a\n\n{SECTION}"));
    }

    #[test]
    fn damaged_markers_are_refused() {
        let (start, end) = ("# ------------START-CODER-----------", "# ------------END-CODER------------");
        for text in [
            format!("{start}\n"),
            format!("{end}\n"),
            format!("{end}\n{start}\n"),
            format!("{start}\n{start}\n{end}\n"),
            format!("{start}\n{end}\n{end}\n"),
        ] {
            assert!(split(&text).is_err(), "{text}");
        }
        assert_eq!(
            split(&format!("{start}\n")).unwrap_err().to_string(),
            "Malformed config: ssh config has start header, but missing end header"
        );
    }
}
