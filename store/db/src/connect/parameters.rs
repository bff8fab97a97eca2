//! A connection string as a list of parameters.

use std::fmt;

use percent_encoding::percent_decode_str;

/// What the driver takes (`tokio_postgres::Config`).
const DRIVER: &[&str] = &[
    "user",
    "password",
    "dbname",
    "options",
    "application_name",
    "sslnegotiation",
    "host",
    "hostaddr",
    "port",
    "connect_timeout",
    "tcp_user_timeout",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_retries",
    "target_session_attrs",
    "channel_binding",
    "load_balance_hosts",
];
/// What other drivers take and which says nothing here.
const MEANINGLESS: &[&str] = &[
    "binary_parameters",
    "disable_prepared_binary_result",
    "fallback_application_name",
    "gssencmode",
    "sslinline",
    "sslsni",
    "sslcompression",
    "sslcrl",
    "client_encoding",
];

/// Names and values, decoded, in their order.
pub(super) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// `None` when the text has neither form.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        match text.strip_prefix("postgres://").or_else(|| text.strip_prefix("postgresql://")) {
            Some(rest) => Self::of_url(rest),
            None => Self::of_pairs(text),
        }
    }

    /// `user:password@host:port,host:port/database?name=value&…`. A password with `@`, `/`, `?` or `%` that nobody
    /// escaped is understood where that is possible.
    fn of_url(rest: &str) -> Option<Self> {
        let mut list = Vec::new();
        let mut push = |name: &str, value: &str| {
            if !value.is_empty() {
                list.push((name.to_owned(), decode(value)));
            }
        };
        let at = user_end(rest);
        if let Some(at) = at {
            let (user, password) = rest[..at].split_once(':').unwrap_or((&rest[..at], ""));
            push("user", user);
            push("password", password);
        }
        let rest = at.map_or(rest, |at| &rest[at + 1..]);
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (hosts, database) = place.split_once('/').unwrap_or((place, ""));
        let (names, ports): (Vec<_>, Vec<_>) = hosts.split(',').map(host_and_port).unzip();
        push("host", &names.join(","));
        if ports.iter().any(|port| !port.is_empty()) {
            push(
                "port",
                &ports.iter().map(|port| if port.is_empty() { "5432" } else { *port }).collect::<Vec<_>>().join(","),
            );
        }
        push("dbname", database);
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=')?;
            list.push((decode(name), decode(value)));
        }
        Some(Self(list))
    }

    /// `name=value name='a value'`, with backslashes before quotes and backslashes.
    fn of_pairs(text: &str) -> Option<Self> {
        let mut list = Vec::new();
        let mut rest = text.trim_start();
        while !rest.is_empty() {
            let (name, after) = rest.split_once('=')?;
            let (value, after) = value(after.trim_start())?;
            list.push((name.trim().to_owned(), value));
            rest = after.trim_start();
        }
        (!list.is_empty()).then_some(Self(list))
    }

    /// Removes a parameter; the last value counts, an empty one is none.
    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        let mut found = None;
        self.0.retain(|(known, value)| {
            let this = known == name;
            if this {
                found = Some(value.clone());
            }
            !this
        });
        found.filter(|value| !value.is_empty())
    }

    /// Settings of the session become `options`, what says nothing here is dropped, and the last of a name counts.
    pub(super) fn keep_what_the_driver_knows(&mut self) {
        let mut kept: Vec<(String, String)> = Vec::new();
        let mut options = self.take("options").unwrap_or_default();
        let fallback_name = self.take("fallback_application_name");
        for (name, value) in self.0.drain(..) {
            if DRIVER.contains(&name.as_str()) {
                kept.retain(|(known, _)| *known != name);
                kept.push((name, value));
            } else if !MEANINGLESS.contains(&name.as_str()) {
                let escaped = value.replace('\\', "\\\\").replace(' ', "\\ ");
                options.push_str(&format!(" -c {name}={escaped}"));
            }
        }
        if let Some(fallback) = fallback_name
            && !kept.iter().any(|(name, _)| name == "application_name")
        {
            kept.push(("application_name".to_owned(), fallback));
        }
        if !options.trim().is_empty() {
            kept.push(("options".to_owned(), options.trim().to_owned()));
        }
        self.0 = kept;
    }
}

/// The form `name='value' …`, which the driver reads.
impl fmt::Display for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (name, value)) in self.0.iter().enumerate() {
            let space = if index == 0 { "" } else { " " };
            write!(f, "{space}{name}='{}'", value.replace('\\', "\\\\").replace('\'', "\\'"))?;
        }
        Ok(())
    }
}

/// Where `user:password` ends: at the last `@` that can end it.
fn user_end(rest: &str) -> Option<usize> {
    let first = rest.find('@')?;
    // An `@` of the query belongs to a value, unless no other one is there.
    let place = rest[first..].find(['/', '?']).map_or(rest.len(), |end| first + end);
    rest[..place].rfind('@')
}

fn host_and_port(host: &str) -> (&str, &str) {
    match host.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
        Some((address, port)) => (address, port.strip_prefix(':').unwrap_or("")),
        None => host.rsplit_once(':').unwrap_or((host, "")),
    }
}

/// Percent-decoded; a `%` that starts no escape stands for itself.
fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8().map_or_else(|_| text.to_owned(), |decoded| decoded.into_owned())
}

/// The first value of `text`, and what follows it.
fn value(text: &str) -> Option<(String, &str)> {
    let quoted = text.starts_with('\'');
    let mut found = String::new();
    let mut chars = text.char_indices().skip(usize::from(quoted));
    while let Some((at, character)) = chars.next() {
        match character {
            '\\' => found.push(chars.next()?.1),
            '\'' if quoted => return Some((found, &text[at + 1..])),
            blank if blank.is_whitespace() && !quoted => return Some((found, &text[at..])),
            other => found.push(other),
        }
    }
    (!quoted).then_some((found, ""))
}
