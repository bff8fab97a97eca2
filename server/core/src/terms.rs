//! The query language of lists (docs/protocol/rest.md, "Search").

use crate::{Error, Result};

/// A search, term by term. What nobody takes is an error in the end.
#[derive(Debug)]
pub(crate) struct Search {
    terms: Vec<(String, String)>,
    error: Error,
}

impl Search {
    /// Splits a search into `key:value` terms; bare words become one term of `default`.
    pub(crate) fn parse(text: &str, default: &str, message: &str) -> Result<Self> {
        let mut search = Self { terms: Vec::new(), error: Error::invalid(message) };
        let mut bare = Vec::new();
        for term in split(&text.to_lowercase()) {
            let parts = colons(&term);
            match parts.as_slice() {
                [word] => bare.push(unquote(word)),
                [key, value] if !key.is_empty() && !value.is_empty() => {
                    search.terms.push((unquote(key), unquote(value)));
                }
                [_, _] => search.refuse("q", format!("Query element {term:?} cannot start or end with ':'")),
                _ => search.refuse("q", format!("Query element {term:?} can only contain 1 ':'")),
            }
        }
        if !bare.is_empty() {
            search.terms.push((default.to_owned(), bare.join(" ")));
        }
        Ok(search)
    }

    fn refuse(&mut self, field: &str, detail: impl Into<String>) {
        self.error.validations.push(warren_api::ValidationError { field: field.to_owned(), detail: detail.into() });
    }

    /// Every value of a key; lists may be written with commas too.
    pub(crate) fn list(&mut self, key: &str) -> Option<Vec<String>> {
        let mut values = Vec::new();
        self.terms.retain(|(found, value)| {
            if found == key {
                values.extend(value.split(',').map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()));
            }
            found != key
        });
        (!values.is_empty()).then_some(values)
    }

    /// Every value of a key as written.
    pub(crate) fn repeated(&mut self, key: &str) -> Vec<String> {
        let mut values = Vec::new();
        self.terms.retain(|(found, value)| {
            if found == key {
                values.push(value.clone());
            }
            found != key
        });
        values
    }

    /// The one value of a key.
    pub(crate) fn one(&mut self, key: &str) -> Option<String> {
        let mut values = self.repeated(key);
        if values.len() > 1 {
            self.refuse(key, format!("Query param {key:?} provided more than once, found {} times", values.len()));
            return None;
        }
        values.pop()
    }

    /// A value that a function reads.
    pub(crate) fn read<T>(&mut self, key: &str, read: impl FnOnce(&str) -> Option<T>, expected: &str) -> Option<T> {
        let text = self.one(key)?;
        let value = read(&text);
        if value.is_none() {
            self.refuse(key, format!("Query param {key:?} must be {expected}: {text:?}"));
        }
        value
    }

    /// A flag.
    pub(crate) fn flag(&mut self, key: &str) -> Option<bool> {
        let read = |text: &str| match text {
            "true" | "1" | "t" => Some(true),
            "false" | "0" | "f" => Some(false),
            _ => None,
        };
        self.read(key, read, "a valid boolean")
    }

    /// A UUID.
    pub(crate) fn uuid(&mut self, key: &str) -> Option<uuid::Uuid> {
        self.read(key, |text| uuid::Uuid::parse_str(text).ok(), "a valid UUID")
    }

    /// UUIDs.
    pub(crate) fn uuids(&mut self, key: &str) -> Option<Vec<uuid::Uuid>> {
        let texts = self.list(key)?;
        let ids: Vec<_> = texts.iter().filter_map(|text| uuid::Uuid::parse_str(text).ok()).collect();
        if ids.len() != texts.len() {
            self.refuse(key, format!("Query param {key:?} must be a list of valid UUIDs"));
        }
        Some(ids)
    }

    /// Values of a set.
    pub(crate) fn choices(&mut self, key: &str, known: &[&str]) -> Option<Vec<String>> {
        let values = self.list(key)?;
        if let Some(bad) = values.iter().find(|value| !known.contains(&value.as_str())).cloned() {
            self.refuse(key, format!("Query param {key:?} has invalid value: {bad:?} is not a valid value"));
        }
        Some(values)
    }

    /// An error if anything was wrong or is left.
    ///
    /// # Errors
    /// 400 with every problem.
    pub(crate) fn finish(mut self) -> Result<()> {
        for (key, _) in std::mem::take(&mut self.terms) {
            self.refuse(&key, format!("{key:?} is not a valid query param"));
        }
        if self.error.validations.is_empty() { Ok(()) } else { Err(self.error) }
    }
}

/// Terms between spaces that are not quoted.
fn split(text: &str) -> Vec<String> {
    let (mut terms, mut term, mut quoted) = (Vec::new(), String::new(), false);
    for c in text.chars() {
        match c {
            '"' => {
                quoted = !quoted;
                term.push(c);
            }
            ' ' if !quoted => {
                if !term.is_empty() {
                    terms.push(std::mem::take(&mut term));
                }
            }
            c => term.push(c),
        }
    }
    if !term.is_empty() {
        terms.push(term);
    }
    terms
}

/// Parts between colons that are not quoted.
fn colons(term: &str) -> Vec<String> {
    let (mut parts, mut quoted) = (vec![String::new()], false);
    for c in term.chars() {
        if c == '"' {
            quoted = !quoted;
        }
        match parts.last_mut() {
            Some(_) if c == ':' && !quoted => parts.push(String::new()),
            Some(part) => part.push(c),
            None => {}
        }
    }
    parts
}

fn unquote(text: &str) -> String {
    text.trim_matches('"').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Search {
        Search::parse(text, "name", "Invalid search query.").unwrap()
    }

    #[test]
    fn terms_words_and_quotes() {
        let mut search = parse("owner:me Foo status:running,stopped bar last_used_after:\"2026-01-01T00:00:00Z\"");
        assert_eq!(search.one("owner").as_deref(), Some("me"));
        assert_eq!(search.one("name").as_deref(), Some("foo bar"));
        assert_eq!(search.choices("status", &["running", "stopped"]).unwrap().len(), 2);
        assert_eq!(search.one("last_used_after").as_deref(), Some("2026-01-01t00:00:00z"));
        search.finish().unwrap();
    }

    #[test]
    fn every_problem_is_reported() {
        let mut search = parse("foo:bar a:b:c dormant:maybe owner:a owner:b :x");
        search.flag("dormant");
        search.one("owner");
        let error = search.finish().unwrap_err();
        let fields: Vec<_> = error.validations.iter().map(|v| v.field.as_str()).collect();
        assert_eq!(fields, ["q", "q", "dormant", "owner", "foo"]);
    }
}
