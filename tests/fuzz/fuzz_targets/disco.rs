//! Path-discovery messages and STUN datagrams of any bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use warren_disco::{Message, stun};

fuzz_target!(|input: &[u8]| {
    let _ = Message::decode(input);
    let _ = stun::decode_request(input);
    let _ = stun::decode_response(input);
});
