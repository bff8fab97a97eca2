//! Small conversions between our types and protobuf's.

use bytes::Bytes;
use jiff::Timestamp;
use uuid::Uuid;

/// A point in time as protobuf has it.
pub fn timestamp(at: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: at.as_second(), nanos: at.subsec_nanosecond() }
}

/// Sixteen raw bytes.
pub fn id(id: Uuid) -> Bytes {
    Bytes::copy_from_slice(id.as_bytes())
}

/// The duration; negative ones count as zero.
pub fn duration(value: Option<&prost_types::Duration>) -> std::time::Duration {
    value.and_then(|d| std::time::Duration::try_from(*d).ok()).unwrap_or_default()
}
