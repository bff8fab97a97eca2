//! The scripts that fetch and start an agent on a fresh machine, per system and architecture.
//! Terraform templates get them as `coder_agent.init_script`, people by `GET /api/v2/init-script/{os}/{arch}`.
//! Placeholders and exit codes: docs/protocol/provisioner.md, "Bootstrap scripts".

/// Systems and architectures that have a script.
pub const PLATFORMS: [(&str, &str); 7] = [
    ("windows", "amd64"),
    ("windows", "arm64"),
    ("linux", "amd64"),
    ("linux", "arm64"),
    ("linux", "armv7"),
    ("darwin", "amd64"),
    ("darwin", "arm64"),
];

/// The script with its architecture filled in and `${ACCESS_URL}`, `${AUTH_TYPE}` left in place.
pub fn template(os: &str, arch: &str) -> Option<String> {
    if !PLATFORMS.contains(&(os, arch)) {
        return None;
    }
    let text = match os {
        "windows" => include_str!("windows.ps1"),
        "darwin" => include_str!("darwin.sh"),
        _ => include_str!("linux.sh"),
    };
    Some(text.replace("${ARCH}", arch))
}

/// The finished script. `access_url` gets a trailing slash; `auth` is `token` or the name of an instance identity.
pub fn render(os: &str, arch: &str, access_url: &str, auth: &str) -> Option<String> {
    let url = format!("{}/", access_url.trim_end_matches('/'));
    Some(template(os, arch)?.replace("${ACCESS_URL}", &url).replace("${AUTH_TYPE}", auth))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_platform_has_a_script_without_placeholders_left() {
        for (os, arch) in PLATFORMS {
            let script = render(os, arch, "https://x.example", "token").unwrap();
            assert!(!script.contains("${A"), "{os} {arch}");
            assert!(script.contains(&format!("https://x.example/bin/coder-{os}-{arch}")), "{os} {arch}");
        }
        assert_eq!(template("plan9", "amd64"), None);
    }
}
