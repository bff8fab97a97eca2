//! REST types: server-sent events.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

/// `ServerSentEvent`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ServerSentEvent {
    pub data: serde_json::Value,
    #[serde(rename = "type")]
    pub kind: ServerSentEventType,
}

string_enum! {
    /// `ServerSentEventType`.
    pub enum ServerSentEventType {
        Ping = "ping",
        Data = "data",
        Error = "error",
    }
}
