use std::net::Ipv6Addr;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::receive::Receive;
use super::segment::{MAX_RANGES, Segment, checksum};
use super::seq::Seq;
use super::{Read, Socket};
use crate::defaults::{MSS, MTU, TCP_WINDOW};
use crate::netstack::flow::{Flow, Header, IP_HEADER};

const FLOW: Flow = Flow {
    local: (Ipv6Addr::new(0xfd7a, 0, 0, 0, 0, 0, 0, 1), 5),
    remote: (Ipv6Addr::new(0xfd7a, 0, 0, 0, 0, 0, 0, 2), 6),
};
const MIRROR: Flow = Flow { local: FLOW.remote, remote: FLOW.local };

/// Everything that a socket wants to send now, as the other end would read it.
fn sent(now: Instant, socket: &mut Socket) -> Vec<Vec<u8>> {
    let mut out = [0; MTU];
    std::iter::from_fn(|| socket.transmit(now, &mut out).map(|length| out[IP_HEADER..length].to_vec())).collect()
}

fn deliver(now: Instant, packets: &[Vec<u8>], to: &mut Socket) {
    for packet in packets {
        to.process(now, &Segment::parse(packet).unwrap().1);
    }
}

/// An established pair.
fn pair(now: Instant) -> (Socket, Socket) {
    let mut near = Socket::connect(FLOW, u32::MAX - 3);
    let syn = sent(now, &mut near);
    let mut far = Socket::accept(MIRROR, 1_000_000, &Segment::parse(&syn[0]).unwrap().1);
    let answer = sent(now, &mut far);
    deliver(now, &answer, &mut near);
    let last = sent(now, &mut near);
    deliver(now, &last, &mut far);
    let update = sent(now, &mut far);
    deliver(now, &update, &mut near);
    assert!(!near.is_opening() && !far.is_opening());
    (near, far)
}

#[test]
fn a_syn_offers_size_scaling_and_selective_acknowledgement() {
    let mut near = Socket::connect(FLOW, 7);
    let syn = sent(Instant::now(), &mut near);
    let ((from, to), segment) = Segment::parse(&syn[0]).unwrap();
    assert_eq!((from, to, segment.seq, segment.ack, segment.syn), (5, 6, Seq(7), None, true));
    assert_eq!((segment.mss, segment.scale, segment.sack_permitted), (Some(MSS as u16), Some(7), true));
    assert_eq!(segment.window, u16::MAX, "never scaled in a SYN");
}

#[test]
fn a_peer_without_options_gets_small_unscaled_segments() {
    let now = Instant::now();
    let syn = Segment { syn: true, window: 1000, ..Segment::new(Seq(1)) };
    let mut far = Socket::accept(MIRROR, 50, &syn);
    let answer = sent(now, &mut far);
    let answer = Segment::parse(&answer[0]).unwrap().1;
    assert_eq!((answer.scale, answer.sack_permitted, answer.ack), (None, false, Some(Seq(2))));
    far.process(now, &Segment { ack: Some(Seq(51)), window: 1000, ..Segment::new(Seq(2)) });
    far.write(&[1; 5000]).unwrap();
    let lengths: Vec<_> = sent(now, &mut far).iter().map(|p| Segment::parse(p).unwrap().1.payload.len()).collect();
    assert_eq!(lengths, [536], "the rest of the window would be a small segment: it waits");
}

#[test]
fn a_gap_is_filled_after_one_round_trip_without_a_time_out() {
    let start = Instant::now();
    let (mut near, mut far) = pair(start);
    near.write(&vec![9; 8 * MSS as usize]).unwrap();
    let now = start + Duration::from_millis(1);
    let mut packets = sent(now, &mut near);
    assert_eq!(packets.len(), 8);
    packets.remove(2);
    let now = start + Duration::from_millis(2);
    deliver(now, &packets, &mut far);
    let answer = sent(now, &mut far);
    let ranges = Segment::parse(&answer[0]).unwrap().1.sack;
    assert_eq!(ranges.iter().flatten().count(), 1);
    let now = start + Duration::from_millis(3);
    deliver(now, &answer, &mut near);
    let again = sent(now, &mut near);
    assert_eq!(again.len(), 1, "only what is missing");
    deliver(now, &again, &mut far);
    let mut received = vec![0; 9 * MSS as usize];
    assert_eq!(far.read(&mut received), Read::Bytes(8 * MSS as usize));
}

#[test]
fn a_lost_tail_is_probed_long_before_the_time_out() {
    let start = Instant::now();
    let (mut near, mut far) = pair(start);
    near.write(b"first").unwrap();
    deliver(start, &sent(start, &mut near), &mut far);
    let acknowledged = start + Duration::from_millis(10);
    deliver(acknowledged, &sent(acknowledged, &mut far), &mut near);
    near.write(b"lost").unwrap();
    assert_eq!(sent(acknowledged, &mut near).len(), 1);
    let due = near.poll_timeout().unwrap();
    assert!(due < acknowledged + Duration::from_millis(100), "{:?}", due - acknowledged);
    near.handle_timeout(due);
    assert_eq!(sent(due, &mut near).len(), 1);
}

#[test]
fn a_closed_window_is_probed_and_goes_on_when_it_opens() {
    let mut now = Instant::now();
    let (mut near, mut far) = pair(now);
    let mut written = 0;
    // Nobody reads at the far end.
    for _ in 0..10_000 {
        written += near.write(&[5; 65536]).unwrap();
        let packets = sent(now, &mut near);
        deliver(now, &packets, &mut far);
        let answers = sent(now, &mut far);
        deliver(now, &answers, &mut near);
        if packets.len() == 1 && packets[0].len() == 21 {
            break; // a probe of one byte
        }
        if packets.is_empty() {
            now = near.poll_timeout().expect("a closed window is watched");
            near.handle_timeout(now);
            far.handle_timeout(now);
        }
    }
    assert!(written >= TCP_WINDOW as usize);
    let mut read = 0;
    let mut space = vec![0; 1 << 20];
    for _ in 0..10_000 {
        if let Read::Bytes(n) = far.read(&mut space) {
            assert!(space[..n].iter().all(|byte| *byte == 5));
            read += n;
        }
        deliver(now, &sent(now, &mut far), &mut near);
        deliver(now, &sent(now, &mut near), &mut far);
        if read == written {
            return;
        }
        if let Some(due) = [near.poll_timeout(), far.poll_timeout()].into_iter().flatten().min() {
            now = now.max(due);
            near.handle_timeout(now);
            far.handle_timeout(now);
        }
    }
    panic!("{read} of {written} bytes");
}

#[test]
fn an_answer_to_something_else_and_a_stray_segment_are_refused() {
    let now = Instant::now();
    let mut near = Socket::connect(FLOW, 7);
    sent(now, &mut near);
    let wrong = Segment { syn: true, ack: Some(Seq(99)), ..Segment::new(Seq(1)) };
    assert_eq!(near.process(now, &wrong), Some(Segment { rst: true, ..Segment::new(Seq(99)) }));
    assert!(near.is_opening());
    let stray = Segment { payload: b"hello", ..Segment::new(Seq(1)) };
    assert_eq!(stray.refusal().unwrap().ack, Some(Seq(6)));
    assert_eq!(Segment { rst: true, ..stray }.refusal(), None);
}

#[test]
fn a_reset_counts_only_at_the_expected_place() {
    let now = Instant::now();
    let (mut near, mut far) = pair(now);
    far.write(b"x").unwrap();
    let packets = sent(now, &mut far);
    let at = Segment::parse(&packets[0]).unwrap().1.seq;
    near.process(now, &Segment { rst: true, ..Segment::new(at.plus(1000)) });
    assert!(!near.is_closed());
    near.process(now, &Segment { rst: true, ..Segment::new(at) });
    assert!(near.is_closed());
    assert_eq!(near.read(&mut [0]), Read::Reset);
}

prop_compose! {
    fn segment()(
        seq: u32, ack: Option<u32>, window: u16, syn: bool, fin: bool, rst: bool, push: bool,
        mss: Option<u16>, scale in prop::option::of(0..=14u8),
        ranges in prop::collection::vec(any::<(u32, u32)>(), 0..=2),
        payload in prop::collection::vec(any::<u8>(), 0..100),
    ) -> (Segment<'static>, Vec<u8>) {
        let mut sack = [None; MAX_RANGES];
        for (slot, (start, end)) in sack.iter_mut().zip(ranges) {
            *slot = Some((Seq(start), Seq(end)));
        }
        let segment = Segment {
            ack: ack.map(Seq), window, syn, fin, rst, push, mss, scale, sack_permitted: syn, sack,
            ..Segment::new(Seq(seq))
        };
        (segment, payload)
    }
}

proptest! {
    #[test]
    fn segments_survive_writing_and_reading((segment, payload) in segment(), split in 0..100usize) {
        let mut out = [0; MTU];
        let (first, second) = payload.split_at(split.min(payload.len()));
        let length = Segment { payload: first, ..segment }.write(&FLOW, second, &mut out).unwrap();
        let (header, bytes) = Header::parse(&out[..length]).unwrap();
        prop_assert_eq!((header.source, header.destination), (FLOW.local.0, FLOW.remote.0));
        let (ports, read) = Segment::parse(bytes).unwrap();
        prop_assert_eq!(ports, (5, 6));
        prop_assert_eq!(read, Segment { payload: &payload, ..segment });
        prop_assert_eq!(checksum(6, &out[..length]), 0, "the sum over all, checksum included, is zero");
    }

    #[test]
    fn reading_nonsense_never_panics(bytes: Vec<u8>) {
        let _ = Segment::parse(&bytes);
    }

    /// Pieces in any order, overlapping, repeated: in the end the stream is what was sent, and nothing was made up.
    #[test]
    fn pieces_in_any_order_become_the_stream(
        pieces in prop::collection::vec((0..500usize, 1..200usize), 0..40),
        first: u32,
    ) {
        let stream: Vec<u8> = (0..700).map(|at| at as u8).collect();
        let now = Instant::now();
        let mut receive = Receive::new(Seq(first));
        for (start, length) in &pieces {
            receive.accept(now, Seq(first).plus(*start as u32), &stream[*start..start + length], false);
            for (start, end) in receive.ranges().iter().flatten() {
                prop_assert!(start.is_after(receive.next) && end.is_after(*start));
            }
        }
        receive.accept(now, Seq(first), &stream, true);
        prop_assert!(receive.finished);
        let mut read = vec![0; 1000];
        let n = receive.read(&mut read);
        prop_assert_eq!(&read[..n], &stream[..]);
    }

    /// Whatever segments come, a socket neither panics nor sends more than the peer's window allows.
    #[test]
    fn no_segment_confuses_a_socket(segments in prop::collection::vec((segment(), any::<bool>()), 0..40)) {
        let mut now = Instant::now();
        let (mut near, mut far) = pair(now);
        near.write(&[1; 20_000]).unwrap();
        let base = far.write(b"x").map(|_| sent(now, &mut far)).unwrap();
        let expected = Segment::parse(&base[0]).unwrap().1;
        for ((mut segment, payload), near_by) in segments {
            segment.payload = &payload;
            if near_by {
                // Close enough to be believed.
                segment.seq = expected.seq.plus(segment.seq.0 % 3000);
                segment.ack = segment.ack.map(|ack| expected.ack.unwrap().plus(ack.0 % 30_000));
                segment.rst = false;
                segment.syn = false;
            }
            near.process(now, &segment);
            sent(now, &mut near);
            now += Duration::from_millis(50);
            near.handle_timeout(now);
            near.read(&mut [0; 100]);
        }
    }
}
