//! `.terraform.lock.hcl`: entries for the bundled provider are renewed, not obeyed.

use hcl_edit::structure::Body;

/// Takes the entries of `coder/coder` out. `None` if there are none or the file is not understood; else the new
/// text and the version that was locked.
pub(super) fn without_coder(text: &str) -> Option<(String, String)> {
    let mut body: Body = hcl_edit::parser::parse_body(text).ok()?;
    let mut version = None;
    let mut at = 0;
    while let Some(structure) = body.get(at) {
        let ours = structure.as_block().filter(|block| {
            block.ident.as_str() == "provider"
                && block.labels.first().is_some_and(|label| label.as_str().ends_with("/coder/coder"))
        });
        let Some(block) = ours else {
            at += 1;
            continue;
        };
        let locked = block.body.get_attribute("version").and_then(|attr| attr.value.as_str());
        version = Some(locked.unwrap_or_default().to_owned());
        body.remove(at);
    }
    Some((body.to_string(), version?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_bundled_provider_loses_its_entry() {
        let text = "# made by terraform\nprovider \"registry.terraform.io/coder/coder\" {\n  version = \"2.1.0\"\n  hashes = [\"h1:x\"]\n}\n\nprovider \"registry.terraform.io/acme/x\" {\n  version = \"1.0.0\"\n}\n";
        let (rest, version) = without_coder(text).unwrap();
        assert_eq!(version, "2.1.0");
        assert!(!rest.contains("coder/coder") && rest.contains("acme/x"));
        assert_eq!(without_coder(&rest), None);
    }
}
