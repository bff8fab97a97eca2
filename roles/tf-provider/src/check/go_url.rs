//! A lenient URL reader: it refuses only what is syntactically broken, like the reader behind the
//! original provider. Relative references, empty texts and unknown schemes pass.

/// What is needed of a URL.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Url {
    /// In lower case; empty for a relative reference.
    pub scheme: String,
    /// Name and password with the `@`, as written.
    pub userinfo: String,
    /// Host and port, as written.
    pub host: String,
}

impl Url {
    /// The port that is written out.
    pub fn port(&self) -> Option<&str> {
        let (head, port) = self.host.rsplit_once(':')?;
        // The last colon of "[::1]" is no port's.
        (!port.contains(']') && (!head.contains(':') || head.ends_with(']'))).then_some(port)
    }

    /// This URL with the path replaced by `/`.
    pub fn root(&self) -> String {
        match (self.scheme.as_str(), self.host.as_str()) {
            ("", "") => "/".to_owned(),
            (scheme, "") => format!("{scheme}:///"),
            ("", host) => format!("//{}{host}/", self.userinfo),
            (scheme, host) => format!("{scheme}://{}{host}/", self.userinfo),
        }
    }
}

/// Why a text is no URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("parse {url:?}: {why}")]
pub struct UrlError {
    url: String,
    why: String,
}

/// Reads a URL.
pub fn parse(text: &str) -> Result<Url, UrlError> {
    parse_parts(text).map_err(|why| UrlError { url: text.to_owned(), why })
}

fn parse_parts(text: &str) -> Result<Url, String> {
    let (text, fragment) = text.split_once('#').unwrap_or((text, ""));
    if text.bytes().any(|b| b < 0x20 || b == 0x7f) {
        return Err("net/url: invalid control character in URL".to_owned());
    }
    check_escapes(fragment)?;
    if text == "*" {
        return Ok(Url::default());
    }
    let (scheme, rest) = split_scheme(text)?;
    let mut url = Url { scheme: scheme.to_ascii_lowercase(), ..Url::default() };
    let rest = rest.split_once('?').map_or(rest, |(path, _query)| path);
    if !rest.starts_with('/') {
        if !url.scheme.is_empty() {
            // "mailto:someone": opaque, not looked into.
            return Ok(url);
        }
        let first = rest.split('/').next().unwrap_or("");
        if first.contains(':') {
            return Err("first path segment in URL cannot contain colon".to_owned());
        }
    }
    let path = match rest.strip_prefix("//") {
        Some(after) if !url.scheme.is_empty() || !rest.starts_with("///") => {
            let (authority, path) = after.split_at(after.find('/').unwrap_or(after.len()));
            (url.userinfo, url.host) = split_authority(authority)?;
            path
        }
        _ => rest,
    };
    check_escapes(path)?;
    Ok(url)
}

fn split_scheme(text: &str) -> Result<(&str, &str), String> {
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if index > 0 => {}
            b':' if index == 0 => return Err("missing protocol scheme".to_owned()),
            b':' => return Ok((&text[..index], &text[index + 1..])),
            _ => break,
        }
    }
    Ok(("", text))
}

fn split_authority(authority: &str) -> Result<(String, String), String> {
    let (userinfo, host) = match authority.rsplit_once('@') {
        Some((userinfo, host)) => {
            let fits = |b: u8| b.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(&b);
            if !userinfo.bytes().all(fits) {
                return Err("net/url: invalid userinfo".to_owned());
            }
            check_escapes(userinfo)?;
            (format!("{userinfo}@"), host)
        }
        None => (String::new(), authority),
    };
    check_host(host)?;
    Ok((userinfo, host.to_owned()))
}

fn check_host(host: &str) -> Result<(), String> {
    let (name, port) = if host.starts_with('[') {
        let end = host.rfind(']').ok_or("missing ']' in host")?;
        (&host[1..end], &host[end + 1..])
    } else {
        host.find(':').map_or((host, ""), |colon| host.split_at(colon))
    };
    let port_fits = match port.strip_prefix(':') {
        Some(digits) => digits.bytes().all(|b| b.is_ascii_digit()),
        None => port.is_empty(),
    };
    if !port_fits {
        return Err(format!("invalid port {port:?} after host"));
    }
    check_escapes(name)?;
    let fits = |c: &char| !c.is_ascii() || c.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:[]<>\"%".contains(*c);
    match name.chars().find(|c| !fits(c)) {
        Some(bad) => Err(format!("invalid character {:?} in host name", bad.to_string())),
        None => Ok(()),
    }
}

fn check_escapes(text: &str) -> Result<(), String> {
    let bytes = text.as_bytes();
    let mut index = 0;
    while let Some(offset) = bytes[index..].iter().position(|b| *b == b'%') {
        let start = index + offset;
        let escape = &bytes[start..bytes.len().min(start + 3)];
        if escape.len() < 3 || !escape[1..].iter().all(u8::is_ascii_hexdigit) {
            return Err(format!("invalid URL escape {:?}", String::from_utf8_lossy(escape)));
        }
        index = start + 3;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_broken_texts_are_refused() {
        for good in [
            "",
            "/icon/x.svg",
            "icon.svg",
            "file:///x",
            "https://a.example.com:8443/p?q=%zz#f",
            "http://[::1]:80/",
            "mailto:x",
            "//host/p",
            "vscode://x",
            "https://u:p@h",
            "data:image/png;base64,AA==",
        ] {
            assert!(parse(good).is_ok(), "{good}: {:?}", parse(good));
        }
        for (bad, why) in [
            ("http://[::1", "missing ']' in host"),
            ("%zz", "invalid URL escape \"%zz\""),
            (":x", "missing protocol scheme"),
            ("a b:c", "first path segment in URL cannot contain colon"),
            ("http://h:p/", "invalid port \":p\" after host"),
            ("http://a b/", "invalid character \" \" in host name"),
            ("/a\u{1}", "net/url: invalid control character in URL"),
            ("/a%2", "invalid URL escape \"%2\""),
        ] {
            let error = parse(bad).unwrap_err().to_string();
            assert_eq!(error, format!("parse {bad:?}: {why}"));
        }
    }

    #[test]
    fn the_root_keeps_scheme_host_and_port_alone() {
        let root = |text| parse(text).unwrap().root();
        assert_eq!(root("https://coder.example.com:8443/base/path?q#f"), "https://coder.example.com:8443/");
        assert_eq!(root("http://other.example.com"), "http://other.example.com/");
        assert_eq!(parse("http://h:3000/").unwrap().port(), Some("3000"));
        assert_eq!(parse("http://[::1]/").unwrap().port(), None);
        assert_eq!(parse("http://[::1]:8/").unwrap().port(), Some("8"));
        assert_eq!(parse("http://h").unwrap().port(), None);
    }
}
