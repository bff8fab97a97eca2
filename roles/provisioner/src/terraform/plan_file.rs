//! Terraform's plan file, read directly: a zip with the planned changes (protobuf with msgpack values) and the
//! state after refresh. The format is not a promise of Terraform's, so an unknown version or shape is answered with
//! `None` and the caller lets Terraform print the plan instead.

use prost::Message;
use rmpv::Value as Packed;
use serde_json::{Map, Value};
use warren_proto::provisioner::ResourceReplacement;
use warren_template::archive::zip_member;

use super::state_file;
use crate::extract::{Instance, Mode};

/// Bytes of one member of the plan file.
const MEMBER_LIMIT: u64 = 256 * 1024 * 1024;
/// Version of the plan format that is understood.
const FORMAT: u64 = 3;

/// What a plan says.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Data sources that were read, and every resource as it will be.
    pub instances: Vec<Instance>,
    /// Resources that will be destroyed and made anew.
    pub replacements: Vec<ResourceReplacement>,
}

#[derive(Clone, PartialEq, Message)]
struct WirePlan {
    #[prost(uint64, tag = "1")]
    version: u64,
    #[prost(message, repeated, tag = "3")]
    resource_changes: Vec<WireChange>,
}

#[derive(Clone, PartialEq, Message)]
struct WireChange {
    #[prost(string, tag = "7")]
    deposed_key: String,
    #[prost(message, optional, tag = "9")]
    change: Option<WireValues>,
    #[prost(message, repeated, tag = "11")]
    required_replace: Vec<WirePath>,
    #[prost(string, tag = "13")]
    address: String,
}

#[derive(Clone, PartialEq, Message)]
struct WireValues {
    #[prost(int32, tag = "1")]
    action: i32,
    #[prost(message, repeated, tag = "2")]
    values: Vec<WireValue>,
}

#[derive(Clone, PartialEq, Message)]
struct WireValue {
    #[prost(bytes = "vec", tag = "1")]
    msgpack: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct WirePath {
    #[prost(message, repeated, tag = "1")]
    steps: Vec<WireStep>,
}

#[derive(Clone, PartialEq, Message)]
struct WireStep {
    #[prost(string, optional, tag = "1")]
    attribute: Option<String>,
    #[prost(message, optional, tag = "2")]
    element: Option<WireValue>,
}

const DELETE: i32 = 5;
const DELETE_THEN_CREATE: i32 = 6;
const CREATE_THEN_DELETE: i32 = 7;
const FORGET: i32 = 8;

/// Reads a plan file.
pub(super) fn read(bytes: &[u8]) -> Option<Plan> {
    let plan = WirePlan::decode(zip_member(bytes, "tfplan", MEMBER_LIMIT).ok()??.as_slice()).ok()?;
    if plan.version != FORMAT {
        return None;
    }
    let state = zip_member(bytes, "tfstate", MEMBER_LIMIT).ok()??;
    let mut instances = state_file::instances(&state)?;
    instances.retain(|instance| instance.mode == Mode::Data);
    let mut replacements = Vec::new();
    for change in plan.resource_changes {
        let values = change.change.as_ref()?;
        if !change.deposed_key.is_empty() || matches!(values.action, DELETE | FORGET) {
            continue;
        }
        let after = unpack(&values.values.last()?.msgpack)?;
        let Value::Object(after) = after else { return None };
        let instance = Instance::parse(&change.address, after)?;
        if matches!(values.action, DELETE_THEN_CREATE | CREATE_THEN_DELETE) && !instance.kind.starts_with("coder_") {
            let paths = change.required_replace.iter().map(path).collect();
            replacements.push(ResourceReplacement { resource: change.address.clone(), paths });
        }
        instances.push(instance);
    }
    Some(Plan { instances, replacements })
}

fn path(path: &WirePath) -> String {
    let steps: Vec<String> = path
        .steps
        .iter()
        .map(|step| match (&step.attribute, &step.element) {
            (Some(name), _) => name.clone(),
            (None, Some(element)) => match unpack(&element.msgpack) {
                Some(Value::String(text)) => text,
                Some(value) => value.to_string(),
                None => "?".to_owned(),
            },
            (None, None) => "?".to_owned(),
        })
        .collect();
    steps.join(".")
}

fn unpack(bytes: &[u8]) -> Option<Value> {
    let mut bytes = bytes;
    let packed = rmpv::decode::read_value_with_max_depth(&mut bytes, 100).ok()?;
    Some(plain(packed))
}

/// Unknown values (extension types) become null; a value of dynamic type comes as `[type, value]`.
fn plain(packed: Packed) -> Value {
    match packed {
        Packed::Nil | Packed::Ext(..) => Value::Null,
        Packed::Boolean(value) => value.into(),
        Packed::Integer(number) => match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => number.into(),
            (None, Some(number)) => number.into(),
            (None, None) => Value::Null,
        },
        Packed::F32(number) => f64::from(number).into(),
        Packed::F64(number) => number.into(),
        Packed::String(text) => String::from_utf8_lossy(text.as_bytes()).into_owned().into(),
        Packed::Binary(bytes) => String::from_utf8_lossy(&bytes).into_owned().into(),
        Packed::Array(mut items) => {
            if items.len() == 2 && matches!(items.first(), Some(Packed::Binary(_))) {
                return items.pop().map_or(Value::Null, plain);
            }
            items.into_iter().map(plain).collect()
        }
        Packed::Map(pairs) => {
            let mut map = Map::new();
            for (key, value) in pairs {
                if let Some(key) = key.as_str() {
                    map.insert(key.to_owned(), plain(value));
                }
            }
            Value::Object(map)
        }
    }
}
