//! What every type of the API shares: open enums, null tolerance, the zero time and the validation rules.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};

/// A JSON field and the rules that a request has for it, in the notation of `docs/protocol/rest.md`
/// (`required`, `min=1`, `oneof=a b`, …). The tag of the failed rule is part of the error envelope.
pub type FieldRule = (&'static str, &'static [&'static str]);

/// A request body and the rules for its fields; checked before the body reaches a handler.
pub trait Rules {
    /// Fields without an entry accept whatever their type accepts.
    const RULES: &'static [FieldRule] = &[];
}

/// The wire form of "no time": `0001-01-01T00:00:00Z`.
pub fn zero_time() -> Timestamp {
    const YEAR_ONE: i64 = -62_135_596_800;
    Timestamp::from_second(YEAR_ONE).expect("year one is in the range of a timestamp")
}

/// True for the value that stands for "unset" in fields that are omitted when empty.
pub fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Reads JSON null as an empty list or map: Go programs send it for a nil slice.
pub fn null_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(d: D) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(d)?.unwrap_or_default())
}

/// Declares an enum of strings that stays readable when a newer peer sends a value that we do not know:
/// such a value, and the empty string, become `Unset`, which is written as the empty string. Where the contract has the
/// empty string among the values, ` or ""` follows the name.
macro_rules! string_enum {
    ($(#[$meta:meta])* pub enum $name:ident $(or $empty:literal)? { $($variant:ident = $text:literal),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
        pub enum $name {
            #[doc = "Unset, or a value of a newer version."]
            #[default]
            Unset,
            $(#[doc = concat!("`", $text, "`")] $variant,)*
        }

        impl $name {
            /// Every known value.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The text on the wire and in the database.
            pub const fn as_str(self) -> &'static str {
                match self { Self::Unset => "", $(Self::$variant => $text),* }
            }

            /// The value of a text; `Unset` for any other.
            pub fn parse(text: &str) -> Self {
                match text { $($text => Self::$variant,)* _ => Self::Unset }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                struct Text;
                impl serde::de::Visitor<'_> for Text {
                    type Value = $name;
                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str("a string")
                    }
                    fn visit_str<E>(self, text: &str) -> Result<$name, E> {
                        Ok($name::parse(text))
                    }
                    fn visit_unit<E>(self) -> Result<$name, E> {
                        Ok($name::Unset)
                    }
                }
                d.deserialize_any(Text)
            }
        }

        // Lists of a type ask for this form of the schema, which gives the plain one too.
        impl utoipa::__dev::ComposeSchema for $name {
            fn compose(
                _: Vec<utoipa::openapi::RefOr<utoipa::openapi::schema::Schema>>,
            ) -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .enum_values(Some([$($empty,)? $($text),*]))
                    .into()
            }
        }

        impl utoipa::ToSchema for $name {}
    };
}
