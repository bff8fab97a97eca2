//! Packets of one kind that wait for one receiver, fair between their senders: deficit round robin when taken, the
//! longest sender pays when there is no room.

use std::collections::VecDeque;

use bytes::Bytes;
use indexmap::IndexMap;
use tokio::time::Instant;

use crate::client::ConnNumber;

/// What a sender may send in one turn, in bytes, when others wait as well.
const QUANTUM_BYTES: usize = 8 * 1024;

#[derive(Debug, Default)]
pub(super) struct Lane {
    /// Never holds an empty flow.
    flows: IndexMap<ConnNumber, Flow>,
    turn: usize,
    packets: usize,
    bytes: usize,
}

#[derive(Debug, Default)]
struct Flow {
    packets: VecDeque<(Bytes, Instant)>,
    bytes: usize,
    /// What this turn still allows.
    credit: usize,
}

impl Lane {
    pub(super) fn is_empty(&self) -> bool {
        self.packets == 0
    }

    pub(super) fn packets(&self) -> usize {
        self.packets
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn push(&mut self, source: ConnNumber, frame: Bytes, now: Instant) {
        self.packets += 1;
        self.bytes += frame.len();
        let flow = self.flows.entry(source).or_default();
        flow.bytes += frame.len();
        flow.packets.push_back((frame, now));
    }

    /// The next packet, in the order of arrival per sender.
    pub(super) fn pop(&mut self) -> Option<(Bytes, Instant)> {
        loop {
            if self.turn >= self.flows.len() {
                self.turn = 0;
            }
            let alone = self.flows.len() == 1;
            let (_, flow) = self.flows.get_index_mut(self.turn)?;
            let next = flow.packets.front().map_or(0, |(frame, _)| frame.len());
            if alone || next <= flow.credit {
                flow.credit = flow.credit.saturating_sub(next);
                return self.pop_at(self.turn);
            }
            flow.credit += QUANTUM_BYTES;
            if next > flow.credit {
                self.turn += 1;
            }
        }
    }

    /// Drops the oldest packet of the sender with the most bytes; its length.
    pub(super) fn drop_one(&mut self) -> Option<usize> {
        let longest = self.flows.values().enumerate().max_by_key(|(_, flow)| flow.bytes)?.0;
        self.pop_at(longest).map(|(frame, _)| frame.len())
    }

    fn pop_at(&mut self, index: usize) -> Option<(Bytes, Instant)> {
        let (_, flow) = self.flows.get_index_mut(index)?;
        let (frame, since) = flow.packets.pop_front()?;
        flow.bytes -= frame.len();
        self.packets -= 1;
        self.bytes -= frame.len();
        let next = flow.packets.front().map_or(0, |(frame, _)| frame.len());
        if flow.packets.is_empty() {
            self.flows.swap_remove_index(index);
        } else if index == self.turn && next > flow.credit {
            self.turn += 1;
        }
        Some((frame, since))
    }

    pub(super) fn give_back_memory(&mut self) {
        self.flows.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn packet(source: u64, number: u32, length: usize) -> Bytes {
        let mut bytes = vec![0; length.max(12)];
        bytes[..8].copy_from_slice(&source.to_be_bytes());
        bytes[8..12].copy_from_slice(&number.to_be_bytes());
        bytes.into()
    }

    fn source_of(frame: &Bytes) -> u64 {
        u64::from_be_bytes(frame[..8].try_into().unwrap())
    }

    #[test]
    fn a_sender_of_little_is_not_behind_a_sender_of_much() {
        let mut lane = Lane::default();
        let now = Instant::now();
        (0..500).for_each(|number| lane.push(1, packet(1, number, 1300), now));
        lane.push(2, packet(2, 0, 1300), now);
        let position = (0..).find(|_| source_of(&lane.pop().unwrap().0) == 2).unwrap();
        assert!(position < 10, "{position}");
    }

    #[test]
    fn who_waits_with_most_bytes_makes_room() {
        let mut lane = Lane::default();
        let now = Instant::now();
        (0..10).for_each(|number| lane.push(1, packet(1, number, 1300), now));
        (0..3).for_each(|number| lane.push(2, packet(2, number, 1300), now));
        (0..7).for_each(|_| assert_eq!(lane.drop_one(), Some(1300)));
        let left: Vec<_> = std::iter::from_fn(|| lane.pop()).map(|(frame, _)| source_of(&frame)).collect();
        assert_eq!(left.iter().filter(|source| **source == 2).count(), 3);
        assert_eq!(left.len(), 6);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_doubled_or_reordered(steps in proptest::collection::vec((0..5u64, 12..20_000usize, 0..3u8), 0..200)) {
            let mut lane = Lane::default();
            let now = Instant::now();
            let mut next_in = [0u32; 5];
            let mut next_out = [0u32; 5];
            let mut check = |frame: &Bytes| {
                let source = source_of(frame) as usize;
                let number = u32::from_be_bytes(frame[8..12].try_into().unwrap());
                assert_eq!(number, next_out[source]);
                next_out[source] += 1;
            };
            for (source, length, pops) in steps {
                lane.push(source, packet(source, next_in[source as usize], length), now);
                next_in[source as usize] += 1;
                for _ in 0..pops {
                    if let Some((frame, _)) = lane.pop() {
                        check(&frame);
                    }
                }
            }
            while let Some((frame, _)) = lane.pop() {
                check(&frame);
            }
            prop_assert_eq!(next_in, next_out);
            prop_assert!(lane.is_empty() && lane.bytes() == 0 && lane.packets() == 0);
        }
    }
}
