//! Single frames, in and out.

use super::*;
use crate::{CloseReason, OpenError, Violation};

#[test]
fn opening_announces_the_stream_and_sends_data_without_waiting() {
    let mut session = client();
    let id = session.open(start()).expect("opened");
    assert_eq!(session.write(id, b"hello"), Some(5));
    assert_eq!(sent(&mut session), [update(Flags::SYN, 1, 0), data(1, b"hello")].concat());
    assert_eq!(session.open(start()), Ok(StreamId(3)));
    assert_eq!(server().open(start()), Ok(StreamId(2)));
}

#[test]
fn accepting_acknowledges_at_once() {
    let mut session = server();
    session.receive(&update(Flags::SYN, 1, 0), start()).expect("accepted");
    assert_eq!(events(&mut session), [Event::Incoming]);
    assert!(sent(&mut session).is_empty());
    assert_eq!(session.accept(), Some(StreamId(1)));
    assert_eq!(session.accept(), None);
    assert_eq!(sent(&mut session), update(Flags::ACK, 1, 0));
}

#[test]
fn streams_may_be_opened_in_any_order() {
    let mut session = server();
    for id in [13, 9, 11, 1] {
        session.receive(&update(Flags::SYN, id, 0), start()).expect("accepted");
    }
    let accepted: Vec<_> = std::iter::from_fn(|| session.accept()).map(|id| id.0).collect();
    assert_eq!(accepted, [13, 9, 11, 1]);
}

#[test]
fn flags_on_data_frames_count_too() {
    let mut session = server();
    let mut bytes = frame(Kind::Data, Flags::SYN.with(Flags::FIN), 1, 3);
    bytes.extend(b"abc");
    // The end must not be seen before the payload, however it is cut.
    for piece in bytes.chunks(1) {
        session.receive(piece, start()).expect("accepted");
        if let Some(id) = session.accept() {
            assert_eq!(session.read(id, 10), Read::Pending);
        }
    }
    assert_eq!(read(&mut session, StreamId(1)), b"abc");
    assert_eq!(session.read(StreamId(1), 10), Read::End);
}

#[test]
fn pings_are_answered_with_their_value() {
    let mut session = client();
    session.receive(&frame(Kind::Ping, Flags::SYN, 0, 77), start()).expect("accepted");
    assert_eq!(sent(&mut session), frame(Kind::Ping, Flags::ACK, 0, 77));
}

#[test]
fn pings_count_from_zero_and_are_matched_in_any_order() {
    let mut session = client();
    assert_eq!((session.ping(at(0)), session.ping(at(1))), (Some(0), Some(1)));
    session.receive(&frame(Kind::Ping, Flags::ACK, 0, 1), at(3)).expect("accepted");
    session.receive(&frame(Kind::Ping, Flags::ACK, 0, 0), at(3)).expect("accepted");
    session.receive(&frame(Kind::Ping, Flags::ACK, 0, 9), at(3)).expect("an unknown answer is ignored");
    let pong = |id, seconds| Event::Pong { id, round_trip: Duration::from_secs(seconds) };
    assert_eq!(events(&mut session), [pong(1, 2), pong(0, 3)]);
}

#[test]
fn credit_is_given_back_when_half_a_window_is_read() {
    let mut session = server();
    session.receive(&update(Flags::SYN, 1, 0), start()).expect("accepted");
    let id = session.accept().expect("a stream");
    sent(&mut session);
    session.receive(&data(1, &[7; 131_071]), start()).expect("accepted");
    read(&mut session, id);
    assert!(sent(&mut session).is_empty(), "below half a window");
    session.receive(&data(1, &[7; 61_488]), start()).expect("accepted");
    assert!(sent(&mut session).is_empty(), "only what is read counts");
    read(&mut session, id);
    assert_eq!(sent(&mut session), update(Flags::NONE, 1, 192_559));
}

#[test]
fn data_is_cut_to_the_credit_and_goes_on_after_a_grant() {
    let mut session = client();
    let id = session.open(start()).expect("opened");
    let payload = vec![1; 300_000];
    let taken = session.write(id, &payload).expect("open");
    let total: u32 = sent_headers(&mut session).iter().filter(|h| h.kind == Kind::Data).map(|h| h.length).sum();
    assert_eq!(total, WINDOW);
    assert!(events(&mut session).contains(&Event::Writable(id)));
    assert_eq!(session.write(id, &payload[taken..]), Some(300_000 - taken));
    assert!(sent(&mut session).is_empty(), "no credit is left");
    session.receive(&update(Flags::NONE, 1, 1000), start()).expect("accepted");
    assert_eq!(sent(&mut session), data(1, &[1; 1000]));
}

#[test]
fn more_data_than_the_window_is_a_violation() {
    let mut session = server();
    session.receive(&update(Flags::SYN, 1, 0), start()).expect("accepted");
    session.accept();
    sent(&mut session);
    let bytes = frame(Kind::Data, Flags::NONE, 1, WINDOW + 1);
    let reason = CloseReason::Protocol(Violation::Window(StreamId(1)));
    assert_eq!(session.receive(&bytes, start()), Err(reason));
    assert_eq!(sent(&mut session), frame(Kind::GoAway, Flags::NONE, 0, 1), "and the peer is told");
    assert_eq!(session.closed(), Some(reason));
}

#[test]
fn frames_of_unknown_streams_are_discarded() {
    let mut session = server();
    let bytes = [data(5, &[0; 300_000]), update(Flags::FIN, 5, 0), update(Flags::RST, 7, 0), update(Flags::SYN, 9, 0)];
    session.receive(&bytes.concat(), start()).expect("accepted");
    assert_eq!(session.accept(), Some(StreamId(9)));
}

#[test]
fn what_is_no_frame_is_a_violation() {
    let mut bytes = frame(Kind::Ping, Flags::SYN, 0, 0);
    bytes[0] = 1;
    assert_eq!(server().receive(&bytes, start()), Err(Violation::Version(1).into()));
    bytes[..2].copy_from_slice(&[0, 4]);
    assert_eq!(server().receive(&bytes, start()), Err(Violation::FrameType(4).into()));
    let own = update(Flags::SYN, 2, 0);
    assert_eq!(server().receive(&own, start()), Err(Violation::Open(StreamId(2)).into()));
    let twice = update(Flags::SYN, 1, 0).repeat(2);
    assert_eq!(server().receive(&twice, start()), Err(Violation::Open(StreamId(1)).into()));
}

#[test]
fn streams_above_the_backlog_are_reset() {
    let mut session = server();
    for i in 0..257 {
        session.receive(&update(Flags::SYN, 2 * i + 1, 0), start()).expect("accepted");
    }
    assert_eq!(sent(&mut session), update(Flags::RST, 513, 0));
    assert_eq!(std::iter::from_fn(|| session.accept()).count(), 256);
}

#[test]
fn streams_above_the_limit_are_reset_until_others_end() {
    let config = Config { max_streams: 2, ..Config::default() };
    let mut session = Session::new(Role::Server, config, start());
    for id in [1, 3, 5] {
        session.receive(&update(Flags::SYN, id, 0), start()).expect("accepted");
        session.accept();
    }
    assert!(sent_headers(&mut session).iter().any(|h| h.stream == StreamId(5) && h.flags == Flags::RST));
    session.receive(&update(Flags::FIN, 1, 0), start()).expect("accepted");
    session.release(StreamId(1), start());
    sent(&mut session);
    session.receive(&update(Flags::SYN, 7, 0), start()).expect("accepted");
    assert_eq!(session.accept(), Some(StreamId(7)));
}

#[test]
fn go_away_zero_is_soft_and_others_end_the_session() {
    let mut session = client();
    let id = session.open(start()).expect("opened");
    session.receive(&frame(Kind::GoAway, Flags::NONE, 0, 0), start()).expect("soft");
    assert_eq!(session.open(start()), Err(OpenError::GoAway));
    session.receive(&data(1, b"still here"), start()).expect("accepted");
    assert_eq!(read(&mut session, id), b"still here");
    let gone = session.receive(&frame(Kind::GoAway, Flags::NONE, 0, 2), start());
    assert_eq!(gone, Err(CloseReason::RemoteError(2)));
    assert_eq!(session.read(id, 10), Read::Reset);
}

#[test]
fn a_side_that_goes_away_resets_new_streams() {
    let mut session = server();
    session.go_away();
    session.receive(&update(Flags::SYN, 1, 0), start()).expect("accepted");
    let expected = [frame(Kind::GoAway, Flags::NONE, 0, 0), update(Flags::RST, 1, 0)].concat();
    assert_eq!(sent(&mut session), expected);
}

#[test]
fn a_flood_of_pings_ends_the_session() {
    let mut session = server();
    let flood = frame(Kind::Ping, Flags::SYN, 0, 0).repeat(2000);
    assert_eq!(session.receive(&flood, start()), Err(CloseReason::Overload));
}

#[test]
fn unread_data_of_all_streams_together_is_bounded() {
    let config = Config { max_unread: 600_000, ..Config::default() };
    let mut session = Session::new(Role::Server, config, start());
    let result = [1, 3, 5]
        .into_iter()
        .try_for_each(|id| session.receive(&[update(Flags::SYN, id, 0), data(id, &[0; 250_000])].concat(), start()));
    assert_eq!(result, Err(CloseReason::Overload));
}
