//! A session that gets any bytes: never panics, holds no more than arrived, answers in proportion.
#![no_main]

use std::time::{Duration, Instant};

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use warren_yamux::{Config, Read, Role, Session};

fuzz_target!(|input: &[u8]| {
    let Some((first, bytes)) = input.split_first() else { return };
    let role = if first & 1 == 0 { Role::Client } else { Role::Server };
    let cut = usize::from(first >> 1).max(1);
    let mut now = Instant::now();
    let mut session = Session::new(role, Config::default(), now);
    let own = session.open(now).expect("the first stream");
    session.write(own, &[1; 100]);
    let mut out = BytesMut::new();
    for piece in bytes.chunks(cut) {
        let _ = session.receive(piece, now);
        while session.poll_event().is_some() {}
        if let Some(id) = session.accept() {
            session.write(id, b"answer");
            if let Read::Data(data) = session.read(id, 7) {
                assert!(data.len() <= bytes.len());
            }
            if id.0 % 3 == 0 {
                session.release(id, now);
            }
        }
        session.read(own, usize::MAX);
        session.transmit(&mut out, usize::MAX);
        now += Duration::from_millis(100);
        if session.poll_timeout().is_some_and(|(at, _)| at <= now) {
            session.handle_timeout(now);
        }
    }
    assert!(out.len() <= 64 * bytes.len() + 8192);
});
