//! The API version that a peer asks for.

use warren_core::Error;
use warren_types::TAILNET_API_VERSION;

/// Checks a requested version; an absent one is `default`.
///
/// # Errors
/// 400 in the words that clients know.
pub fn check_version(requested: Option<&str>, default: &str) -> Result<String, Error> {
    let text = requested.filter(|text| !text.is_empty()).unwrap_or(default);
    let refuse = |detail: String| Error::invalid("Unknown or unsupported API version").validation("version", detail);
    let parsed = text.split_once('.').and_then(|(major, minor)| Some((number(major)?, number(minor)?)));
    let (major, minor) = parsed.ok_or_else(|| refuse(format!("invalid version string: {text}")))?;
    let (own_major, own_minor) = TAILNET_API_VERSION;
    if major < own_major {
        return Err(refuse(format!("version {text} is no longer supported")));
    }
    let behind = |what: &str| {
        refuse(format!("server is at version {own_major}.{own_minor}, behind requested {what} version {text}"))
    };
    if major > own_major {
        return Err(behind("major"));
    }
    if minor > own_minor {
        return Err(behind("minor"));
    }
    Ok(text.to_owned())
}

fn number(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detail(requested: &str) -> String {
        check_version(Some(requested), "2.0").unwrap_err().validations.remove(0).detail
    }

    #[test]
    fn older_minors_are_served_and_everything_else_is_named() {
        for good in ["2.0", "2.8", "2.11"] {
            assert_eq!(check_version(Some(good), "1.0").unwrap(), good);
        }
        assert_eq!(check_version(None, "2.0").unwrap(), "2.0");
        assert_eq!(check_version(Some(""), "2.0").unwrap(), "2.0");
        check_version(None, "1.0").unwrap_err();
        assert_eq!(detail("1.0"), "version 1.0 is no longer supported");
        assert_eq!(detail("2.99"), "server is at version 2.11, behind requested minor version 2.99");
        assert_eq!(detail("9.0"), "server is at version 2.11, behind requested major version 9.0");
        for bad in ["x", "2", "2.", ".1", "2.1.1", "+2.1", "2.x"] {
            assert_eq!(detail(bad), format!("invalid version string: {bad}"));
        }
    }
}
