//! The msgpack form of values on the plugin socket.

use rmpv::Value as Raw;

use super::{Number, Object, Value};

/// Extension type of an unknown value. Refined unknowns have type 12; both are read, only this is written.
const UNKNOWN: i8 = 0;

/// Bytes that are no value.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    /// Not msgpack, or bytes after its end.
    #[error("malformed msgpack value")]
    Malformed,
    /// Not JSON.
    #[error("malformed JSON value")]
    Json(#[source] serde_json::Error),
    /// A kind of value that Terraform does not have.
    #[error("msgpack value of a kind that Terraform does not use")]
    Kind,
}

impl Value {
    /// Reads a value.
    pub fn from_msgpack(mut bytes: &[u8]) -> Result<Self, CodecError> {
        let raw = rmpv::decode::read_value(&mut bytes).map_err(|_| CodecError::Malformed)?;
        if !bytes.is_empty() {
            return Err(CodecError::Malformed);
        }
        from_raw(raw)
    }

    /// Writes a value.
    pub fn to_msgpack(&self) -> Vec<u8> {
        let mut out = Vec::new();
        rmpv::encode::write_value(&mut out, &to_raw(self)).expect("writing to memory never fails");
        out
    }
}

fn from_raw(raw: Raw) -> Result<Value, CodecError> {
    Ok(match raw {
        Raw::Nil => Value::Null,
        Raw::Ext(..) => Value::Unknown,
        Raw::Boolean(bool) => Value::Bool(bool),
        Raw::Integer(int) => Value::Number(match (int.as_i64(), int.as_u64()) {
            (Some(int), _) => Number::Int(int),
            (None, Some(big)) => Number::Decimal(big.to_string()),
            (None, None) => return Err(CodecError::Kind),
        }),
        Raw::F32(float) => Value::Number(Number::from_f64(f64::from(float))),
        Raw::F64(float) => Value::Number(Number::from_f64(float)),
        Raw::String(text) => Value::Text(text.into_str().ok_or(CodecError::Kind)?),
        Raw::Array(elements) => Value::List(elements.into_iter().map(from_raw).collect::<Result<_, _>>()?),
        Raw::Map(entries) => {
            let mut object = Object::new();
            for (key, value) in entries {
                let Raw::String(key) = key else { return Err(CodecError::Kind) };
                object.insert(key.into_str().ok_or(CodecError::Kind)?, from_raw(value)?);
            }
            Value::Object(object)
        }
        Raw::Binary(_) => return Err(CodecError::Kind),
    })
}

fn to_raw(value: &Value) -> Raw {
    match value {
        Value::Null => Raw::Nil,
        Value::Unknown => Raw::Ext(UNKNOWN, vec![0]),
        Value::Bool(bool) => Raw::Boolean(*bool),
        Value::Number(Number::Int(int)) => Raw::from(*int),
        Value::Number(Number::Float(float)) => Raw::F64(*float),
        Value::Number(Number::Decimal(text)) => Raw::from(text.as_str()),
        Value::Text(text) => Raw::from(text.as_str()),
        Value::List(elements) => Raw::Array(elements.iter().map(to_raw).collect()),
        Value::Object(object) => {
            Raw::Map(object.iter().map(|(key, value)| (Raw::from(key.as_str()), to_raw(value))).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn unknown_is_three_bytes_and_refined_unknowns_are_read() {
        assert_eq!(Value::Unknown.to_msgpack(), [0xd4, 0, 0]);
        // Extension 12 with the payload {1: false}: unknown, but known not to be null.
        let refined = [0xc7, 3, 12, 0x81, 1, 0xc2];
        assert_eq!(Value::from_msgpack(&refined).unwrap(), Value::Unknown);
    }

    #[test]
    fn null_is_one_byte_and_trailing_bytes_are_refused() {
        assert_eq!(Value::Null.to_msgpack(), [0xc0]);
        assert!(Value::from_msgpack(&[0xc0, 0xc0]).is_err());
        assert!(Value::from_msgpack(&[]).is_err());
    }

    #[test]
    fn a_length_without_bytes_is_an_error() {
        // An array that claims 2^32-1 elements.
        assert!(Value::from_msgpack(&[0xdd, 0xff, 0xff, 0xff, 0xff]).is_err());
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            Just(Value::Unknown),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(Value::int),
            (-1e15..1e15f64).prop_map(|f| Value::Number(Number::from_f64(f))),
            ".{0,12}".prop_map(Value::Text),
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::List),
                prop::collection::btree_map("[a-z]{1,5}", inner, 0..5).prop_map(Value::Object),
            ]
        })
    }

    proptest! {
        #[test]
        fn every_value_survives_the_round_trip(value in values()) {
            prop_assert_eq!(Value::from_msgpack(&value.to_msgpack()).unwrap(), value);
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = Value::from_msgpack(&bytes);
        }
    }
}
