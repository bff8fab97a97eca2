//! The search language of lists (rest.md §8.2): `key:value` terms, quoted values, bare words.

use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;

use crate::Error;

/// A parsed search: values by key, in the order of their appearance. Taking a value marks its key as known;
/// [`Search::finish`] refuses the others.
#[derive(Debug, Default)]
pub struct Search {
    terms: BTreeMap<String, Vec<String>>,
    problems: Vec<(String, String)>,
}

impl Search {
    /// Splits a search text. Bare words together are one value of the key `default_key`.
    pub fn parse(text: &str, default_key: &str) -> Self {
        let mut search = Self::default();
        let mut bare = Vec::new();
        for term in split_outside_quotes(text.trim(), ' ') {
            if term.is_empty() {
                continue;
            }
            let parts = split_outside_quotes(&term, ':');
            match parts.as_slice() {
                [word] => bare.push(unquote(word)),
                [key, value] if !key.is_empty() && !value.is_empty() => {
                    // Values of several keys are lists; commas inside quotes belong to the value.
                    search.terms.entry(key.to_lowercase()).or_default().push(value.clone());
                }
                [_, _] => {
                    search.problem("q", format!("Query element {term:?} cannot start or end with ':'"));
                }
                _ => search.problem("q", format!("Query element {term:?} can only contain 1 ':'")),
            }
        }
        if !bare.is_empty() {
            search.terms.entry(default_key.to_owned()).or_default().push(bare.join(" "));
        }
        search
    }

    /// Notes a wrong value.
    pub fn problem(&mut self, key: impl Into<String>, detail: impl Into<String>) {
        self.problems.push((key.into(), detail.into()));
    }

    /// Every value of a key, lower-case.
    pub fn list(&mut self, key: &str) -> Vec<String> {
        let values = self.terms.remove(key).unwrap_or_default();
        let parts = values.iter().flat_map(|value| split_outside_quotes(value, ','));
        parts.map(|part| unquote(&part).to_lowercase()).filter(|part| !part.is_empty()).collect()
    }

    /// The one value of a key as it was written.
    pub fn raw(&mut self, key: &str) -> Option<String> {
        let mut values = self.terms.remove(key)?;
        if values.len() > 1 {
            self.problem(key, format!("Query param {key:?} provided more than once, found {} times", values.len()));
        }
        values.pop().map(|value| unquote(&value))
    }

    /// The one value of a key, lower-case; empty when absent.
    pub fn text(&mut self, key: &str) -> String {
        self.raw(key).unwrap_or_default().to_lowercase()
    }

    /// A flag.
    pub fn flag(&mut self, key: &str) -> Option<bool> {
        let text = self.text(key);
        match text.as_str() {
            "" => None,
            "true" | "t" | "1" => Some(true),
            "false" | "f" | "0" => Some(false),
            _ => {
                self.problem(key, format!("Query param {key:?} must be a valid boolean: {text:?} is not"));
                None
            }
        }
    }

    /// A time.
    pub fn time(&mut self, key: &str) -> Option<Timestamp> {
        let text = self.raw(key)?;
        match text.to_uppercase().parse() {
            Ok(time) => Some(time),
            Err(_) => {
                self.problem(key, format!("Query param {key:?} must be a valid date format (RFC 3339)"));
                None
            }
        }
    }

    /// A number.
    pub fn number(&mut self, key: &str) -> Option<i64> {
        let text = self.raw(key)?;
        match text.parse() {
            Ok(number) => Some(number),
            Err(_) => {
                self.problem(key, format!("Query param {key:?} must be a valid integer"));
                None
            }
        }
    }

    /// Ids.
    pub fn ids(&mut self, key: &str) -> Vec<Uuid> {
        let mut ids = Vec::new();
        for text in self.list(key) {
            match Uuid::parse_str(&text) {
                Ok(id) => ids.push(id),
                Err(error) => self.problem(key, format!("Query param {key:?} must be a valid UUID: {error}")),
            }
        }
        ids
    }

    /// Refuses unknown keys and wrong values.
    ///
    /// # Errors
    /// 400 with one validation for each.
    pub fn finish(self, message: &str) -> Result<(), Error> {
        let unknown = self.terms.into_keys().map(|key| {
            let detail = format!("{key:?} is not a valid query param");
            (key, detail)
        });
        let mut error = Error::invalid(message);
        for (field, detail) in self.problems.into_iter().chain(unknown) {
            error = error.validation(field, detail);
        }
        if error.validations.is_empty() { Ok(()) } else { Err(error) }
    }
}

fn split_outside_quotes(text: &str, separator: char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    for letter in text.chars() {
        if letter == '"' {
            quoted = !quoted;
        }
        if letter == separator && !quoted {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(letter);
        }
    }
    parts
}

fn unquote(text: &str) -> String {
    text.replace('"', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_terms_and_joins_bare_words() {
        let mut search = Search::parse("owner:me My  Dev status:running,failed name:\"a b\"", "name");
        assert_eq!(search.text("owner"), "me");
        assert_eq!(search.list("status"), ["running", "failed"]);
        assert_eq!(search.list("name"), ["a b", "my dev"]);
        search.finish("bad").unwrap();
    }

    #[test]
    fn quoted_values_may_hold_colons() {
        let mut search = Search::parse("last_used_after:\"2026-01-01T00:00:00Z\"", "name");
        assert!(search.time("last_used_after").is_some());
        search.finish("bad").unwrap();
    }

    #[test]
    fn refuses_unknown_keys_and_bad_terms() {
        let mut search = Search::parse("foo:bar a:b:c :x owner:a owner:b", "name");
        search.text("owner");
        let error = search.finish("Invalid search.").unwrap_err();
        let fields: Vec<_> = error.validations.iter().map(|v| v.field.as_str()).collect();
        assert_eq!(fields, ["q", "q", "owner", "foo"]);
    }
}
