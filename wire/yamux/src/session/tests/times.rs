//! Deadlines.

use super::*;
use crate::CloseReason;

#[test]
fn a_ping_is_sent_after_30_seconds_of_silence_and_must_be_answered_within_10() {
    let mut session = client();
    assert_eq!(session.poll_timeout(), Some((at(30), "keep-alive ping")));
    session.handle_timeout(at(29));
    assert!(sent(&mut session).is_empty());
    session.handle_timeout(at(30));
    assert_eq!(sent(&mut session), frame(Kind::Ping, Flags::SYN, 0, 0));
    assert_eq!(session.poll_timeout(), Some((at(40), "ping answer")));
    session.receive(&frame(Kind::Ping, Flags::ACK, 0, 0), at(31)).expect("accepted");
    assert!(events(&mut session).is_empty(), "the keep-alive is nobody's business");
    session.handle_timeout(at(60));
    assert!(sent(&mut session).is_empty(), "the peer was heard a moment ago");
    assert_eq!(session.poll_timeout(), Some((at(61), "keep-alive ping")));
    session.handle_timeout(at(61));
    assert_eq!(sent(&mut session), frame(Kind::Ping, Flags::SYN, 0, 1));
    session.handle_timeout(at(71));
    assert_eq!(session.closed(), Some(CloseReason::KeepAlive));
    assert_eq!(session.poll_timeout(), None);
}

#[test]
fn another_ping_that_is_not_answered_ends_nothing() {
    let mut session = client();
    session.ping(at(0));
    session.handle_timeout(at(10));
    assert_eq!(events(&mut session), [Event::PingTimeout { id: 0 }]);
    assert_eq!(session.closed(), None);
}

#[test]
fn a_stream_that_is_not_acknowledged_for_75_seconds_ends_the_session() {
    let mut session = Session::new(Role::Client, Config { keep_alive: None, ..Config::default() }, start());
    let answered = session.open(at(0)).expect("opened");
    let given_up = session.open(at(1)).expect("opened");
    let silent = session.open(at(2)).expect("opened");
    sent(&mut session);
    session.receive(&update(Flags::ACK, answered.0, 0), at(3)).expect("accepted");
    session.reset(given_up);
    assert_eq!(session.poll_timeout(), Some((at(77), "stream acknowledgement")));
    session.handle_timeout(at(76));
    assert_eq!(session.closed(), None);
    session.handle_timeout(at(77));
    assert_eq!(session.closed(), Some(CloseReason::OpenTimeout(silent)));
}

#[test]
fn a_stream_that_the_peer_does_not_close_is_reset_after_5_minutes() {
    let mut session = Session::new(Role::Server, Config { keep_alive: None, ..Config::default() }, start());
    session.receive(&update(Flags::SYN, 1, 0), at(0)).expect("accepted");
    let id = session.accept().expect("a stream");
    session.release(id, at(0));
    assert_eq!(sent(&mut session), [update(Flags::ACK, 1, 0), update(Flags::FIN, 1, 0)].concat());
    session.handle_timeout(at(299));
    assert_eq!(session.stream_count(), 1);
    session.handle_timeout(at(300));
    assert_eq!(sent(&mut session), update(Flags::RST, 1, 0));
    assert_eq!(session.stream_count(), 0);
    assert_eq!(session.poll_timeout(), None);
}
