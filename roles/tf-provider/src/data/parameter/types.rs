//! The types of parameters, and which texts are values of them.

use std::fmt;

/// The type of a parameter. Its value is always a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueType {
    /// Any text.
    Text,
    /// A decimal number.
    Number,
    /// A truth value.
    Bool,
    /// A JSON array of texts.
    TextList,
}

impl ValueType {
    /// The type with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "string" => Self::Text,
            "number" => Self::Number,
            "bool" => Self::Bool,
            "list(string)" => Self::TextList,
            _ => return None,
        })
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Number => "number",
            Self::Bool => "bool",
            Self::TextList => "list(string)",
        }
    }

    /// Whether a text is a value of the type; the error says why not.
    pub fn check(self, value: &str) -> Result<(), String> {
        match self {
            Self::Text => Ok(()),
            Self::Number if is_float(value) => Ok(()),
            Self::Number => Err(format!("{value:?} is not a number")),
            Self::Bool if is_bool(value) => Ok(()),
            Self::Bool => Err(format!("{value:?} is not a bool")),
            Self::TextList => parse_list(value).map(drop),
        }
    }
}

impl fmt::Display for ValueType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A decimal float as programs write it: no spaces, no hexadecimal; infinite only by name.
fn is_float(text: &str) -> bool {
    text.parse::<f64>().is_ok_and(|float| !float.is_infinite() || text.to_ascii_lowercase().contains("inf"))
}

fn is_bool(text: &str) -> bool {
    matches!(text, "1" | "t" | "T" | "TRUE" | "true" | "True" | "0" | "f" | "F" | "FALSE" | "false" | "False")
}

/// The elements of a JSON array of texts; `null` is an empty one.
pub fn parse_list(text: &str) -> Result<Vec<String>, String> {
    let list: Option<Vec<String>> =
        serde_json::from_str(text).map_err(|_| format!("value {text:?} is not a valid list of strings"))?;
    Ok(list.unwrap_or_default())
}
