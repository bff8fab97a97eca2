//! Reports of metadata: kept in memory, never written.

use warren_proto::agent::{BatchUpdateMetadataRequest, BatchUpdateMetadataResponse};
use warren_rpc::RpcError;

use crate::defaults::{METADATA_KEY_BYTES, METADATA_VALUE_BYTES};
use crate::metadata::Measured;
use crate::service::now;
use crate::session::AgentSession;

pub(super) async fn update_metadata(
    session: AgentSession,
    request: BatchUpdateMetadataRequest,
) -> Result<BatchUpdateMetadataResponse, RpcError> {
    // The agent's clock is not believed.
    let collected_at = now();
    let (mut key_bytes, mut outcome) = (0, Ok(BatchUpdateMetadataResponse {}));
    for item in request.metadata {
        key_bytes += item.key.len();
        if key_bytes > METADATA_KEY_BYTES {
            outcome = Err(RpcError::new(format!(
                "metadata keys of {key_bytes} bytes exceed {METADATA_KEY_BYTES} bytes; the rest was dropped"
            )));
            break;
        }
        let result = item.result.unwrap_or_default();
        let (value, error) = limited(&result.value, &result.error);
        session.live.metadata.put(&item.key, Measured { collected_at, value, error });
    }
    session.live.metadata.changed();
    outcome
}

/// Cuts what is too long, and says so.
fn limited(value: &str, error: &str) -> (Box<str>, Box<str>) {
    let (mut value, error) = (value.trim(), error.trim());
    let mut error = if error.len() > METADATA_VALUE_BYTES {
        format!("error of {} bytes exceeded {METADATA_VALUE_BYTES} bytes", error.len())
    } else {
        error.to_owned()
    };
    if value.len() > METADATA_VALUE_BYTES {
        error = format!("value of {} bytes exceeded {METADATA_VALUE_BYTES} bytes", value.len());
        value = &value[..value.floor_char_boundary(METADATA_VALUE_BYTES)];
    }
    (value.into(), error.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_values_are_cut_and_long_errors_replaced() {
        assert_eq!(limited(" 0.5\n", ""), ("0.5".into(), "".into()));
        let (value, error) = limited(&"ä".repeat(1_025), "");
        assert_eq!((value.len(), &*error), (2_048, "value of 2050 bytes exceeded 2048 bytes"));
        assert_eq!(&*limited("", &"x".repeat(3_000)).1, "error of 3000 bytes exceeded 2048 bytes");
    }
}
