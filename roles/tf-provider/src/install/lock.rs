//! Lock files that pin the official package.
//!
//! A template may come with a `.terraform.lock.hcl` that names a version of `coder/coder` and the
//! hashes of the packages in the public registry. Ours never has those hashes, so such an entry would
//! make `init` fail. It is taken out before `init`, which then writes a new one for our program; the
//! entries of all other providers are obeyed as they are. Nothing is lost in safety: the entry
//! guards a download, and for this provider there is none.

use super::REGISTRIES;

/// A lock file without entries for our provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renewal {
    /// The new text.
    pub text: String,
    /// The versions that were pinned, to be told in the build log.
    pub pinned: Vec<String>,
}

/// Takes the entries for our provider out of a lock file; none if it has none.
///
/// Lock files are written by programs, one setting a line; an entry ends at the first line that is
/// a closing brace.
pub fn renew_lock_file(text: &str) -> Option<Renewal> {
    let mut renewal = Renewal { text: String::with_capacity(text.len()), pinned: Vec::new() };
    let mut found = false;
    let mut inside = false;
    for line in text.split_inclusive('\n') {
        let content = line.trim();
        if inside {
            if let Some(version) = pinned_version(content) {
                renewal.pinned.push(version.to_owned());
            }
            inside = content != "}";
        } else if is_our_entry(content) {
            found = true;
            inside = !content.ends_with('}');
        } else {
            renewal.text.push_str(line);
        }
    }
    found.then_some(renewal)
}

fn is_our_entry(line: &str) -> bool {
    let source = line.strip_prefix("provider").map(str::trim_start);
    let source = source.and_then(|rest| rest.strip_prefix('"')).and_then(|rest| rest.split_once('"'));
    source.is_some_and(|(address, rest)| {
        rest.trim_start().starts_with('{')
            && REGISTRIES
                .iter()
                .any(|registry| address.strip_prefix(registry).is_some_and(|name| name == "/coder/coder"))
    })
}

fn pinned_version(line: &str) -> Option<&str> {
    let value = line.strip_prefix("version")?.trim_start().strip_prefix('=')?;
    Some(value.trim().trim_matches('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OTHER: &str = "provider \"registry.terraform.io/hashicorp/null\" {\n  version = \"3.2.3\"\n  \
                         hashes = [\n    \"h1:x\",\n  ]\n}\n";
    const OURS: &str = "provider \"registry.terraform.io/coder/coder\" {\n  version     = \"2.5.3\"\n  \
                        constraints = \">= 2.0.0\"\n  hashes = [\n    \"h1:y\",\n    \"zh:z\",\n  ]\n}\n";

    #[test]
    fn only_our_entry_goes() {
        let head = "# made by a program\n\n";
        let renewal = renew_lock_file(&format!("{head}{OURS}\n{OTHER}")).unwrap();
        assert_eq!(renewal.text, format!("{head}\n{OTHER}"));
        assert_eq!(renewal.pinned, ["2.5.3"]);
    }

    #[test]
    fn a_file_without_our_entry_is_left_alone() {
        assert_eq!(renew_lock_file(OTHER), None);
        assert_eq!(renew_lock_file(""), None);
        let alike = OURS.replace("coder/coder", "coder/coderd");
        assert_eq!(renew_lock_file(&alike), None);
    }

    #[test]
    fn carriage_returns_and_both_registries_are_understood() {
        let tofu = OURS.replace("registry.terraform.io", "registry.opentofu.org");
        let text = format!("{OURS}{tofu}").replace('\n', "\r\n");
        let renewal = renew_lock_file(&text).unwrap();
        assert_eq!((renewal.text.as_str(), renewal.pinned.len()), ("", 2));
    }
}
