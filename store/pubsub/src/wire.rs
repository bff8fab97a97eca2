//! The payload of a NOTIFY: the sending process and a batch of `(channel, message)`.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// PostgreSQL refuses payloads of 8,000 bytes or more.
pub(crate) const MAX_PAYLOAD: usize = 7_900;
/// The one channel that every process listens on.
pub(crate) const CHANNEL: &str = "warren_bus";

/// One message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Message {
    #[serde(rename = "c")]
    pub(crate) channel: String,
    #[serde(rename = "m")]
    pub(crate) payload: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Batch {
    #[serde(rename = "s")]
    pub(crate) sender: Uuid,
    #[serde(rename = "b")]
    pub(crate) messages: Vec<Message>,
}

/// Packs messages into as few payloads as possible. A message too large for one payload is left out and reported.
pub(crate) fn pack(sender: Uuid, messages: Vec<Message>) -> (Vec<String>, Vec<Message>) {
    let encode = |messages: &[Message]| {
        serde_json::to_string(&Batch { sender, messages: messages.to_vec() }).unwrap_or_default()
    };
    let overhead = encode(&[]).len();
    let (mut payloads, mut too_large, mut batch, mut size) = (Vec::new(), Vec::new(), Vec::new(), overhead);
    for message in messages {
        let length = serde_json::to_string(&message).map_or(usize::MAX, |text| text.len() + 1);
        if length > MAX_PAYLOAD - overhead {
            too_large.push(message);
            continue;
        }
        if size + length > MAX_PAYLOAD {
            payloads.push(encode(&batch));
            batch.clear();
            size = overhead;
        }
        size += length;
        batch.push(message);
    }
    if !batch.is_empty() {
        payloads.push(encode(&batch));
    }
    (payloads, too_large)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_what_does_not_fit_one_payload() {
        let message = |n: usize| Message { channel: "builds".into(), payload: "x".repeat(n) };
        let sent: Vec<_> = (0..100).map(|i| message(i * 20)).collect();
        let (payloads, too_large) = pack(Uuid::nil(), [sent.clone(), vec![message(9_000)]].concat());
        assert!(payloads.iter().all(|payload| payload.len() <= MAX_PAYLOAD));
        assert_eq!(too_large.len(), 1);
        let read = payloads.iter().flat_map(|p| serde_json::from_str::<Batch>(p).unwrap().messages);
        assert_eq!(read.collect::<Vec<_>>(), sent);
    }
}
