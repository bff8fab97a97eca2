//! Values of Terraform's type system, as far as the provider's schemas use it.

mod json;
mod msgpack;

use std::collections::BTreeMap;

pub use msgpack::CodecError;

/// The attributes and blocks of a resource, or the entries of a map.
pub type Object = BTreeMap<String, Value>;

/// A value, which may be null or not known yet at any depth.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Value {
    /// Not set.
    #[default]
    Null,
    /// Decided at apply.
    Unknown,
    /// A truth value.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A text.
    Text(String),
    /// A list, a set or a list of blocks.
    List(Vec<Value>),
    /// A map, an object or one block.
    Object(Object),
}

/// A number. Integers that fit are always [`Number::Int`], so that equal numbers compare equal.
#[derive(Debug, Clone, PartialEq)]
pub enum Number {
    /// A whole number of 64 bits.
    Int(i64),
    /// Any other number that a double holds.
    Float(f64),
    /// Decimal digits that neither holds.
    Decimal(String),
}

impl Number {
    /// The number that `text` writes in decimal, if it is one.
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(int) = text.parse() {
            return Some(Self::Int(int));
        }
        let float: f64 = text.parse().ok()?;
        if !float.is_finite() {
            return None;
        }
        Some(match Self::from_f64(float) {
            // Digits were lost: keep the text.
            Self::Float(f) if f.fract() == 0.0 => Self::Decimal(text.to_owned()),
            number => number,
        })
    }

    /// The number for a double.
    pub fn from_f64(float: f64) -> Self {
        // 2^63 is exact in a double; everything whole below it fits.
        #[allow(clippy::cast_possible_truncation)]
        if float.fract() == 0.0 && float.abs() < 9_223_372_036_854_775_808.0 {
            Self::Int(float as i64)
        } else {
            Self::Float(float)
        }
    }

    /// The whole number, if it is one.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(int) => Some(*int),
            Self::Float(_) | Self::Decimal(_) => None,
        }
    }
}

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Int(int) => int.fmt(f),
            Self::Float(float) => float.fmt(f),
            Self::Decimal(text) => f.write_str(text),
        }
    }
}

impl Value {
    /// A text value.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A whole number.
    pub fn int(int: i64) -> Self {
        Self::Number(Number::Int(int))
    }

    /// Whether nothing is set.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The whole number, if it is one.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Number(number) => number.as_int(),
            _ => None,
        }
    }

    /// Whether it is `true`.
    pub fn is_true(&self) -> bool {
        matches!(self, Self::Bool(true))
    }

    /// The elements of a list; none for anything else.
    pub fn elements(&self) -> &[Value] {
        match self {
            Self::List(elements) => elements,
            _ => &[],
        }
    }

    /// The object, if it is one.
    pub fn as_object(&self) -> Option<&Object> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The member of an object; null for anything else.
    pub fn get(&self, name: &str) -> &Value {
        self.as_object().map_or(&Self::Null, |object| get(object, name))
    }

    /// Whether null, "", 0, false, an empty list or an empty map: all the same to the provider.
    pub fn is_zero(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Unknown => false,
            Self::Bool(bool) => !bool,
            Self::Number(number) => *number == Number::Int(0),
            Self::Text(text) => text.is_empty(),
            Self::List(elements) => elements.is_empty(),
            Self::Object(object) => object.is_empty(),
        }
    }

    /// Whether there is something unknown at any depth.
    #[cfg(test)]
    pub fn has_unknown(&self) -> bool {
        match self {
            Self::Unknown => true,
            Self::List(elements) => elements.iter().any(Self::has_unknown),
            Self::Object(object) => object.values().any(Self::has_unknown),
            _ => false,
        }
    }
}

impl From<bool> for Value {
    fn from(bool: bool) -> Self {
        Self::Bool(bool)
    }
}

/// The member of an object, null if it is missing.
pub fn get<'a>(object: &'a Object, name: &str) -> &'a Value {
    object.get(name).unwrap_or(&Value::Null)
}

/// Sets a member of an object.
pub fn set(object: &mut Object, name: &str, value: impl Into<Value>) {
    object.insert(name.to_owned(), value.into());
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_have_one_form() {
        assert_eq!(Number::parse("5"), Some(Number::Int(5)));
        assert_eq!(Number::parse("5.0"), Some(Number::Int(5)));
        assert_eq!(Number::from_f64(-3.0), Number::Int(-3));
        assert_eq!(Number::parse("1.5"), Some(Number::Float(1.5)));
        assert_eq!(Number::parse("x"), None);
        let long = "123456789012345678901234567890";
        assert_eq!(Number::parse(long), Some(Number::Decimal(long.into())));
    }

    #[test]
    fn null_and_empty_are_zero_but_unknown_is_not() {
        for zero in [
            Value::Null,
            Value::text(""),
            Value::int(0),
            Value::Bool(false),
            Value::Object(Object::new()),
            Value::List(vec![]),
        ] {
            assert!(zero.is_zero(), "{zero:?}");
        }
        assert!(!Value::Unknown.is_zero());
        assert!(!Value::text(" ").is_zero());
    }
}
