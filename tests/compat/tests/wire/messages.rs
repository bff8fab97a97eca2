//! Protobuf messages: the names and numbers of fields against what the recorder saw, and our types byte for byte.

use std::collections::BTreeMap;

use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, ReflectMessage as _, Value as Field};
use serde_json::{Map, Value, json};
use warren_compat::golden::WireLine;
use warren_drpc::frame::Head;
use warren_proto::agent::agent_methods as agent;
use warren_proto::tailnet::tailnet_methods as tailnet;
use warren_rpc::Method;

/// Decodes and encodes by one of our types; `None` when it is not equal to itself afterwards.
type Again = fn(&[u8]) -> Option<Vec<u8>>;

pub struct Messages {
    descriptors: DescriptorPool,
    /// By path: request and response.
    types: BTreeMap<&'static str, (Again, Again)>,
}

impl Messages {
    pub fn new() -> Self {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../wire/proto/proto");
        let files = protox::compile(["agent.proto", "tailnet.proto"], [folder]).expect("valid descriptions");
        let descriptors = DescriptorPool::from_file_descriptor_set(files).expect("a complete set");
        let types = [
            types(agent::GET_MANIFEST),
            types(agent::GET_SERVICE_BANNER),
            types(agent::UPDATE_STATS),
            types(agent::UPDATE_LIFECYCLE),
            types(agent::BATCH_UPDATE_APP_HEALTHS),
            types(agent::UPDATE_STARTUP),
            types(agent::BATCH_UPDATE_METADATA),
            types(agent::BATCH_CREATE_LOGS),
            types(agent::GET_ANNOUNCEMENT_BANNERS),
            types(agent::SCRIPT_COMPLETED),
            types(agent::GET_RESOURCES_MONITORING_CONFIGURATION),
            types(agent::PUSH_RESOURCES_MONITORING_USAGE),
            types(agent::REPORT_CONNECTION),
            types(agent::LIST_SUB_AGENTS),
            types(tailnet::POST_TELEMETRY),
            types(tailnet::STREAM_DERP_MAPS),
            types(tailnet::REFRESH_RESUME_TOKEN),
            types(tailnet::COORDINATE),
        ];
        Self { descriptors, types: types.into() }
    }

    /// Checks one message; whether our encoding has the same bytes. `None`: a part of a message.
    pub fn check(&self, line: &WireLine, at: &str) -> Option<bool> {
        let path = line.word("rpc").filter(|_| line.number("done") == Some(1))?;
        let bytes = line.bytes();
        let (_, used) = Head::decode(&bytes).ok()??;
        let bytes = &bytes[used..];
        if let Some(fields) = line.decoded.get("fields") {
            assert_eq!(self.fields(path, &line.dir, bytes), *fields, "{at}");
        }
        let (request, response) = self.types.get(path).unwrap_or_else(|| panic!("{at}: no type for {path}"));
        let again = if line.dir == "c2s" { request } else { response };
        let again = again(bytes).unwrap_or_else(|| panic!("{at}: not stable"));
        // The order of map entries is random.
        let same = again == bytes;
        assert!(same || path.ends_with("GetManifest") || path.ends_with("UpdateStats"), "{at}: other bytes");
        Some(same)
    }

    fn fields(&self, path: &str, dir: &str, bytes: &[u8]) -> Value {
        let (service, method) = path.trim_start_matches('/').split_once('/').expect("a path of two parts");
        let service = self.descriptors.get_service_by_name(service).expect("a known service");
        let method = service.methods().find(|m| m.name() == method).expect("a known method");
        let message = if dir == "c2s" { method.input() } else { method.output() };
        let message = DynamicMessage::decode(message, bytes).expect("decodable");
        assert_eq!(message.unknown_fields().count(), 0, "{path}: unknown fields");
        as_recorded(&message)
    }
}

fn types<S, Q, R>(method: Method<S, Q, R>) -> (&'static str, (Again, Again))
where
    Q: Message + Default + PartialEq,
    R: Message + Default + PartialEq,
{
    (method.path, (again::<Q>, again::<R>))
}

fn again<M: Message + Default + PartialEq>(bytes: &[u8]) -> Option<Vec<u8>> {
    let message = M::decode(bytes).ok()?;
    let again = message.encode_to_vec();
    (M::decode(&*again).ok()? == message).then_some(again)
}

/// A message in the form of the recorder: only what is on the wire, a list of one element without the list.
fn as_recorded(message: &DynamicMessage) -> Value {
    assert_eq!(message.descriptor().oneofs().filter(|o| !o.is_synthetic()).count(), 0, "no oneofs in these services");
    let fields = message.fields().map(|(field, value)| (field.name().to_owned(), value_as_recorded(value)));
    Value::Object(fields.collect())
}

fn value_as_recorded(field: &Field) -> Value {
    match field {
        Field::Bool(v) => json!(v),
        Field::I32(v) => json!(v),
        Field::I64(v) => json!(v),
        Field::U32(v) => json!(v),
        Field::U64(v) => json!(v),
        Field::F32(v) => json!(v),
        Field::F64(v) => json!(v),
        Field::String(v) => json!(v),
        Field::Bytes(v) => json!(hex::encode(v)),
        Field::EnumNumber(v) => json!(v),
        Field::Message(v) => as_recorded(v),
        Field::List(list) => match list.as_slice() {
            [one] => value_as_recorded(one),
            many => many.iter().map(value_as_recorded).collect(),
        },
        Field::Map(map) => {
            let entries = map.iter().map(|(key, value)| {
                let key = match value_as_recorded(&key.clone().into()) {
                    Value::String(text) => text,
                    other => other.to_string(),
                };
                (key, value_as_recorded(value))
            });
            Value::Object(entries.collect::<Map<_, _>>())
        }
    }
}
