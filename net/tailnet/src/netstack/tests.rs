//! Two stacks with a bad network between them, in simulated time.

use std::collections::VecDeque;
use std::net::Ipv6Addr;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{Doorbell, Sink, Stack, TcpStream};

const A: Ipv6Addr = Ipv6Addr::new(0xfd7a, 0x115c, 0xa1e0, 0, 0, 0, 0, 1);
const B: Ipv6Addr = Ipv6Addr::new(0xfd7a, 0x115c, 0xa1e0, 0, 0, 0, 0, 2);
const DELAY: Duration = Duration::from_millis(10);

/// What the network does to packets, in parts of a thousand.
#[derive(Debug, Clone, Copy)]
struct Weather {
    lost: u32,
    doubled: u32,
    late: u32,
}

/// One direction of the network.
struct Cable {
    weather: Weather,
    dice: StdRng,
    on_the_way: Vec<(Instant, Vec<u8>)>,
    now: Instant,
    open: bool,
}

impl Sink for Cable {
    fn has_room(&mut self, _: Ipv6Addr) -> bool {
        self.open && self.on_the_way.len() < 600
    }

    fn send(&mut self, _: Ipv6Addr, padded: &[u8], length: usize) {
        assert_eq!(padded.len(), length.next_multiple_of(16));
        assert!(padded[length..].iter().all(|byte| *byte == 0));
        let mut roll = |chance: u32| self.dice.random_range(0..1000) < chance;
        if roll(self.weather.lost) {
            return;
        }
        let copies = if roll(self.weather.doubled) { 2 } else { 1 };
        for _ in 0..copies {
            let late = if roll(self.weather.late) { DELAY * 2 } else { Duration::ZERO };
            self.on_the_way.push((self.now + DELAY + late, padded[..length].to_vec()));
        }
    }
}

struct World {
    now: Instant,
    stacks: [Stack; 2],
    /// From the stack with the same number to the other.
    cables: [Cable; 2],
}

impl World {
    fn new(seed: u64, weather: Weather) -> Self {
        let now = Instant::now();
        let stack = |address, seed| Stack::new(&[address], Arc::new(Doorbell::default()), seed);
        let cable =
            |seed| Cable { weather, dice: StdRng::seed_from_u64(seed), on_the_way: Vec::new(), now, open: true };
        Self { now, stacks: [stack(A, seed), stack(B, seed + 1)], cables: [cable(seed), cable(seed + 1)] }
    }

    fn flush(&mut self) {
        for (stack, cable) in self.stacks.iter_mut().zip(&mut self.cables) {
            cable.now = self.now;
            stack.serve_requests(self.now, cable);
            stack.unblock();
            stack.flush(self.now, cable);
        }
    }

    /// Lets everything that happens at the next moment happen. `false` if nothing ever will.
    fn step(&mut self) -> bool {
        self.flush();
        let arrivals = self.cables.iter().flat_map(|cable| cable.on_the_way.iter().map(|(at, _)| *at));
        let Some(next) = arrivals.chain(self.stacks.iter().filter_map(Stack::next_deadline)).min() else {
            return false;
        };
        self.now = self.now.max(next);
        for from in 0..2 {
            let due = |(at, _): &mut (Instant, Vec<u8>)| *at <= self.now;
            let mut arrived: Vec<_> = self.cables[from].on_the_way.extract_if(.., due).collect();
            arrived.sort_by_key(|(at, _)| *at);
            let to = 1 - from;
            for (_, packet) in arrived {
                self.cables[to].now = self.now;
                self.stacks[to].receive(self.now, &packet, &mut self.cables[to]);
            }
        }
        self.flush();
        true
    }
}

/// Reads all that is there: whether the end was reached.
fn drain(stream: &mut TcpStream, into: &mut Vec<u8>) -> bool {
    loop {
        match read(stream, into) {
            Poll::Ready(Ok(0)) => return true,
            Poll::Ready(Ok(_)) => {}
            Poll::Ready(Err(error)) => panic!("{error}"),
            Poll::Pending => return false,
        }
    }
}

fn read(stream: &mut TcpStream, into: &mut Vec<u8>) -> Poll<std::io::Result<usize>> {
    let mut space = [0; 8192];
    let mut buffer = ReadBuf::new(&mut space);
    let mut cx = Context::from_waker(Waker::noop());
    let result = std::pin::Pin::new(stream).poll_read(&mut cx, &mut buffer);
    into.extend_from_slice(buffer.filled());
    result.map_ok(|()| buffer.filled().len())
}

fn write(stream: &mut TcpStream, queue: &mut VecDeque<u8>) {
    let mut cx = Context::from_waker(Waker::noop());
    let data: Vec<u8> = queue.iter().copied().take(8192).collect();
    if let Poll::Ready(Ok(n)) = std::pin::Pin::new(&mut *stream).poll_write(&mut cx, &data) {
        queue.drain(..n);
        if queue.is_empty() {
            let _ = std::pin::Pin::new(stream).poll_shutdown(&mut cx);
        }
    }
}

/// Sends `length` bytes each way, both halves closed at the end; how long that took.
fn exchange(world: &mut World, length: usize) -> Duration {
    let mut listener = world.stacks[1].listen(9).unwrap();
    let start = world.now;
    let mut near = world.stacks[0].connect(world.now, std::net::SocketAddrV6::new(B, 9, 0, 0)).unwrap();
    let mut far = None;
    let sent: Vec<u8> = (0..length).map(|at| (at ^ (at >> 8)) as u8).collect();
    let (mut up, mut down): (VecDeque<u8>, VecDeque<u8>) =
        (sent.iter().copied().collect(), sent.iter().copied().collect());
    let (mut at_far, mut at_near) = (Vec::new(), Vec::new());
    let (mut far_done, mut near_done) = (false, false);
    for _ in 0..200_000 {
        if let Ok(stream) = listener.try_recv() {
            far = Some(stream);
        }
        if !up.is_empty() {
            write(&mut near, &mut up);
        }
        near_done |= drain(&mut near, &mut at_near);
        if let Some(far) = &mut far {
            if !down.is_empty() {
                write(far, &mut down);
            }
            far_done |= drain(far, &mut at_far);
        }
        if near_done && far_done {
            assert!(at_near == sent && at_far == sent, "bytes arrived changed");
            return world.now - start;
        }
        assert!(world.step(), "stalled: {} and {} bytes arrived", at_near.len(), at_far.len());
    }
    panic!("no end: {} and {} bytes arrived", at_near.len(), at_far.len());
}

#[test]
fn a_good_network_needs_a_few_round_trips() {
    let mut world = World::new(1, Weather { lost: 0, doubled: 0, late: 0 });
    let took = exchange(&mut world, 100_000);
    assert!(took < DELAY * 30, "{took:?}");
}

#[test]
fn closed_connections_are_forgotten() {
    let mut world = World::new(2, Weather { lost: 0, doubled: 0, late: 0 });
    exchange(&mut world, 1000);
    while world.step() {}
    assert_eq!(world.stacks[0].take_counts().0, 0);
    assert_eq!(world.stacks[1].take_counts(), (0, 1));
}

#[test]
fn what_waited_for_the_path_goes_at_once_when_it_is_back() {
    let mut world = World::new(3, Weather { lost: 0, doubled: 0, late: 0 });
    let mut listener = world.stacks[1].listen(9).unwrap();
    let mut near = world.stacks[0].connect(world.now, std::net::SocketAddrV6::new(B, 9, 0, 0)).unwrap();
    let mut far = loop {
        world.step();
        if let Ok(stream) = listener.try_recv() {
            break stream;
        }
    };
    // All is lost for a while: the retransmission timer has backed off far.
    world.cables.iter_mut().for_each(|cable| cable.weather.lost = 1000);
    write(&mut near, &mut VecDeque::from(vec![7; 100]));
    let cut = world.now;
    while world.now < cut + Duration::from_secs(20) {
        world.step();
    }
    world.cables.iter_mut().for_each(|cable| cable.weather.lost = 0);
    let back = world.now;
    world.stacks[0].hurry(|address| *address == B);
    let mut received = Vec::new();
    while read(&mut far, &mut received).is_pending() {
        world.step();
    }
    assert_eq!(received, [7; 100]);
    assert!(world.now - back < DELAY * 3, "{:?}", world.now - back);
}

#[test]
fn a_silent_peer_is_given_up_and_its_connection_forgotten() {
    let mut world = World::new(4, Weather { lost: 1000, doubled: 0, late: 0 });
    let mut near = world.stacks[0].connect(world.now, std::net::SocketAddrV6::new(B, 9, 0, 0)).unwrap();
    let start = world.now;
    while world.step() {}
    assert!(world.now - start >= crate::defaults::TCP_SILENCE);
    assert!(matches!(read(&mut near, &mut Vec::new()), Poll::Ready(Err(_))));
    assert_eq!(world.stacks[0].take_counts().0, 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn bytes_arrive_whatever_the_network_does(seed: u32, lost in 0..100u32, doubled in 0..100u32, late in 0..100u32) {
        let mut world = World::new(seed.into(), Weather { lost, doubled, late });
        exchange(&mut world, 60_000);
    }

    #[test]
    fn garbage_does_no_harm(packets in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..20), tcp: bool) {
        let mut world = World::new(5, Weather { lost: 0, doubled: 0, late: 0 });
        let _listener = world.stacks[1].listen(9).unwrap();
        for mut packet in packets {
            if tcp && packet.len() >= 60 {
                // Believable headers in front of the nonsense.
                packet[0] = 0x60;
                let length = (packet.len() - 40) as u16;
                packet[4..6].copy_from_slice(&length.to_be_bytes());
                packet[6] = 6;
                packet[8..24].copy_from_slice(&A.octets());
                packet[24..40].copy_from_slice(&B.octets());
                packet[42..44].copy_from_slice(&9u16.to_be_bytes());
            }
            let World { now, stacks: [_, stack], cables: [_, cable] } = &mut world;
            stack.receive(*now, &packet, cable);
            stack.flush(*now, cable);
        }
    }
}
