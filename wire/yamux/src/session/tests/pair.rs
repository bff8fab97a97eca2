//! Two machines that talk to each other.

use super::*;

/// Carries bytes both ways until both are silent.
fn settle(a: &mut Session, b: &mut Session) {
    loop {
        let (to_b, to_a) = (sent(a), sent(b));
        if to_a.is_empty() && to_b.is_empty() {
            return;
        }
        b.receive(&to_b, start()).expect("accepted");
        a.receive(&to_a, start()).expect("accepted");
    }
}

fn connected() -> (Session, Session, StreamId) {
    let (mut a, mut b) = (client(), server());
    let id = a.open(start()).expect("opened");
    settle(&mut a, &mut b);
    assert_eq!(b.accept(), Some(id));
    settle(&mut a, &mut b);
    assert!(events(&mut a).contains(&Event::Acknowledged(id)));
    (a, b, id)
}

#[test]
fn a_stream_closed_by_both_is_forgotten_by_both() {
    let (mut a, mut b, id) = connected();
    a.write(id, b"ping");
    a.finish(id);
    settle(&mut a, &mut b);
    assert_eq!(read(&mut b, id), b"ping");
    assert_eq!(b.read(id, 10), Read::End);
    assert!(b.is_remote_done(id));
    b.write(id, b"pong");
    b.release(id, start());
    settle(&mut a, &mut b);
    assert_eq!(b.stream_count(), 0);
    assert_eq!(read(&mut a, id), b"pong");
    assert_eq!(a.read(id, 10), Read::End);
    a.release(id, start());
    assert_eq!(a.stream_count(), 0);
}

#[test]
fn a_reset_is_seen_by_both() {
    let (mut a, mut b, id) = connected();
    a.write(id, b"lost");
    a.reset(id);
    assert_eq!(a.read(id, 10), Read::Reset);
    assert_eq!(a.write(id, b"more"), None);
    settle(&mut a, &mut b);
    assert!(events(&mut b).contains(&Event::Readable(id)));
    assert_eq!(b.read(id, 10), Read::Reset);
    a.release(id, start());
    b.release(id, start());
    settle(&mut a, &mut b);
    assert_eq!((a.stream_count(), b.stream_count()), (0, 0));
}

#[test]
fn a_stream_reset_before_it_was_announced_is_never_sent() {
    let (mut a, mut b) = (client(), server());
    let id = a.open(start()).expect("opened");
    a.reset(id);
    a.release(id, start());
    settle(&mut a, &mut b);
    assert_eq!(a.stream_count(), 0);
    assert_eq!(b.accept(), None);
}

#[test]
fn a_stream_reset_before_it_was_accepted_is_not_accepted() {
    let (mut a, mut b) = (client(), server());
    let id = a.open(start()).expect("opened");
    settle(&mut a, &mut b);
    a.reset(id);
    settle(&mut a, &mut b);
    assert_eq!(b.accept(), None);
    assert_eq!(b.stream_count(), 0);
}

#[test]
fn an_unread_stream_does_not_stall_another() {
    let (mut a, mut b, slow) = connected();
    a.write(slow, &vec![1; 262_144]);
    settle(&mut a, &mut b);
    a.write(slow, &vec![1; 1000]);
    let fast = a.open(start()).expect("opened");
    for _ in 0..20 {
        a.write(fast, &[2; 100_000]);
        settle(&mut a, &mut b);
        b.accept();
        assert_eq!(read(&mut b, fast).len(), 100_000);
        settle(&mut a, &mut b);
    }
    assert_eq!(read(&mut b, slow).len(), 262_144);
    settle(&mut a, &mut b);
    assert_eq!(read(&mut b, slow).len(), 1000);
}

#[test]
fn streams_take_turns() {
    let (mut a, mut b) = (client(), server());
    let ids: Vec<_> = (0..3).map(|_| a.open(start()).expect("opened")).collect();
    for id in &ids {
        a.write(*id, &vec![0; 200_000]);
    }
    let order: Vec<_> = sent_headers(&mut a).iter().filter(|h| h.kind == Kind::Data).map(|h| h.stream.0).collect();
    assert_eq!(order[..6], [1, 3, 5, 1, 3, 5]);
    settle(&mut a, &mut b);
}

#[test]
fn data_for_a_released_stream_is_dropped_and_not_granted_again() {
    let (mut a, mut b, id) = connected();
    b.release(id, start());
    a.write(id, &vec![0; 262_144]);
    let bytes = sent(&mut a);
    b.receive(&bytes, start()).expect("accepted");
    assert_eq!(sent_headers(&mut b).iter().filter(|h| h.length > 0).count(), 0);
    assert_eq!(b.unread, 0);
}

#[test]
fn opening_waits_for_acknowledgements_after_256_streams() {
    let (mut a, mut b) = (client(), server());
    for _ in 0..256 {
        a.open(start()).expect("opened");
    }
    assert_eq!(a.open(start()), Err(crate::OpenError::Backlog));
    settle(&mut a, &mut b);
    b.accept();
    settle(&mut a, &mut b);
    assert!(a.open(start()).is_ok());
}
