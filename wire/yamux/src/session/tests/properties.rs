//! Properties: no panic on noise, and streams that arrive whole however they are cut and interleaved.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// Frames that are mostly valid, so that noise reaches deep states.
fn any_frame() -> impl Strategy<Value = Vec<u8>> {
    let header = (0u8..5, 0u16..16, 0u32..8, prop_oneof![0u32..20, Just(131_072), Just(262_144), any::<u32>()]);
    (header, prop::collection::vec(any::<u8>(), 0..20)).prop_map(|((kind, flags, stream, length), payload)| {
        let mut bytes = vec![0, kind];
        bytes.extend(flags.to_be_bytes());
        bytes.extend(stream.to_be_bytes());
        bytes.extend(length.to_be_bytes());
        bytes.extend(payload);
        bytes
    })
}

#[derive(Debug, Clone)]
enum Step {
    Open(bool),
    Write(bool, usize, usize),
    Read(bool, usize, usize),
    Finish(bool, usize),
    /// Carries at most so many bytes.
    Carry(bool, usize),
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        any::<bool>().prop_map(Step::Open),
        (any::<bool>(), 0usize..8, 0usize..200_000).prop_map(|(side, i, n)| Step::Write(side, i, n)),
        (any::<bool>(), 0usize..8, 1usize..200_000).prop_map(|(side, i, n)| Step::Read(side, i, n)),
        (any::<bool>(), 0usize..8).prop_map(|(side, i)| Step::Finish(side, i)),
        (any::<bool>(), 1usize..100_000).prop_map(|(side, n)| Step::Carry(side, n)),
        (0u64..20).prop_map(Step::Wait),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn headers_survive_the_round_trip(kind in 0u8..4, flags: u16, stream: u32, length: u32) {
        let mut bytes = [0; HEADER_LEN];
        bytes[1] = kind;
        bytes[2..4].copy_from_slice(&flags.to_be_bytes());
        bytes[4..8].copy_from_slice(&stream.to_be_bytes());
        bytes[8..].copy_from_slice(&length.to_be_bytes());
        let mut again = BytesMut::new();
        Header::decode(bytes).expect("valid").encode(&mut again);
        prop_assert_eq!(&again[..], &bytes[..]);
    }

    #[test]
    fn noise_never_panics_and_stays_bounded(
        role in prop_oneof![Just(Role::Client), Just(Role::Server)],
        frames in prop::collection::vec(any_frame(), 0..60),
        noise in prop::collection::vec(any::<u8>(), 0..40),
        cut in 1usize..40,
    ) {
        let mut session = Session::new(role, Config::default(), start());
        let own = session.open(start()).expect("opened");
        session.write(own, b"hello");
        let bytes = [frames.concat(), noise].concat();
        let mut out = BytesMut::new();
        for (i, piece) in bytes.chunks(cut).enumerate() {
            let _ = session.receive(piece, at(i as u64));
            while session.poll_event().is_some() {}
            if let Some(id) = session.accept() {
                session.write(id, b"answer");
                session.read(id, 5);
                if i % 3 == 0 { session.release(id, at(i as u64)) }
            }
            session.handle_timeout(at(i as u64));
            session.transmit(&mut out, usize::MAX);
            prop_assert!(session.unread <= bytes.len());
            prop_assert!(session.streams.values().map(|s| s.recv.capacity()).sum::<usize>() <= 4 * bytes.len() + 4096);
        }
        prop_assert!(out.len() <= 64 * bytes.len() + 4096);
    }

    /// Whatever order things happen in: what is read is a prefix of what was written, credit never is overdrawn,
    /// and in the end everything has arrived.
    #[test]
    fn streams_arrive_whole(steps in prop::collection::vec(step(), 0..120)) {
        let mut world = World::new();
        for step in steps {
            world.step(step);
            prop_assert!(world.sides.iter().all(|s| s.closed().is_none()));
        }
        world.finish();
        for side in 0..2 {
            for (id, written) in &world.written[side] {
                prop_assert_eq!(world.read[1 - side].get(id).copied().unwrap_or(0), *written);
            }
        }
    }
}

/// Two sessions and the pipes between them. Payload is a counter for each stream and direction.
struct World {
    sides: [Session; 2],
    pipes: [Vec<u8>; 2],
    ids: Vec<StreamId>,
    written: [BTreeMap<StreamId, u64>; 2],
    read: [BTreeMap<StreamId, u64>; 2],
    now: u64,
}

impl World {
    fn new() -> Self {
        Self {
            sides: [client(), server()],
            pipes: Default::default(),
            ids: Vec::new(),
            written: Default::default(),
            read: Default::default(),
            now: 0,
        }
    }

    fn step(&mut self, step: Step) {
        let now = at(self.now);
        match step {
            Step::Open(side) => {
                let id = self.sides[usize::from(side)].open(now).expect("few streams");
                self.ids.push(id);
            }
            Step::Write(side, i, n) => {
                let Some(id) = self.ids.get(i).copied() else { return };
                let side = usize::from(side);
                let from = self.written[side].get(&id).copied().unwrap_or(0);
                let bytes: Vec<u8> = (from..from + n as u64).map(|b| b as u8).collect();
                if let Some(taken) = self.sides[side].write(id, &bytes) {
                    *self.written[side].entry(id).or_default() += taken as u64;
                }
            }
            Step::Read(side, i, n) => {
                if let Some(id) = self.ids.get(i).copied() {
                    self.read(usize::from(side), id, n);
                }
            }
            Step::Finish(side, i) => {
                if let Some(id) = self.ids.get(i).copied() {
                    self.sides[usize::from(side)].finish(id);
                }
            }
            Step::Carry(side, n) => self.carry(usize::from(side), n),
            Step::Wait(seconds) => {
                // Pipes are never slower than the answer to a ping may be.
                for _ in 0..4 {
                    self.carry(0, usize::MAX);
                    self.carry(1, usize::MAX);
                }
                self.now += seconds;
                self.sides.iter_mut().for_each(|s| s.handle_timeout(at(self.now)));
            }
        }
    }

    fn read(&mut self, side: usize, id: StreamId, max: usize) -> bool {
        let Read::Data(data) = self.sides[side].read(id, max) else { return false };
        let seen = self.read[side].entry(id).or_default();
        for byte in &data {
            assert_eq!(*byte, *seen as u8, "bytes in order");
            *seen += 1;
        }
        true
    }

    /// Moves bytes from `side` to the other.
    fn carry(&mut self, side: usize, max: usize) {
        let mut out = BytesMut::new();
        self.sides[side].transmit(&mut out, 10_000);
        self.pipes[side].extend_from_slice(&out);
        let n = max.min(self.pipes[side].len());
        let bytes: Vec<u8> = self.pipes[side].drain(..n).collect();
        let other = &mut self.sides[1 - side];
        other.receive(&bytes, at(self.now)).expect("no violation among ourselves");
        while other.accept().is_some() {}
    }

    /// Carries and reads until nothing happens any more.
    fn finish(&mut self) {
        loop {
            self.carry(0, usize::MAX);
            self.carry(1, usize::MAX);
            let mut busy = self.sides.iter().any(Session::wants_transmit);
            for id in self.ids.clone() {
                busy |= self.read(0, id, usize::MAX) | self.read(1, id, usize::MAX);
            }
            if !busy && self.pipes.iter().all(Vec::is_empty) {
                return;
            }
        }
    }
}
