//! Packets, their meaning for a call, and metadata, of any bytes.
#![no_main]

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use warren_drpc::{Event, PacketReader, RpcError, Side, Stream, metadata};

fuzz_target!(|input: &[u8]| {
    let Some((first, bytes)) = input.split_first() else { return };
    let _ = metadata::decode(bytes);
    let _ = RpcError::decode(bytes);
    let mut stream = Stream::new(if first & 1 == 0 { Side::Client } else { Side::Server }, 1);
    let mut out = BytesMut::new();
    stream.invoke("/a.B/C", &mut out);
    let mut reader = PacketReader::new();
    for mut piece in bytes.chunks(usize::from(first >> 1).max(1)) {
        loop {
            match reader.next(&mut piece) {
                Ok(Some(packet)) => {
                    assert!(packet.data.len() <= bytes.len());
                    // What was read is written so that it is read again.
                    let mut again = BytesMut::new();
                    packet.encode(&mut again);
                    assert_eq!(PacketReader::new().next(&mut &again[..]), Ok(Some(packet.clone())));
                    match stream.handle(packet) {
                        Ok(Event::Message(_)) => {
                            stream.message(b"answer", &mut out);
                        }
                        Ok(_) => {}
                        Err(_) => return,
                    }
                }
                Ok(None) => break,
                Err(_) => return,
            }
        }
    }
});
