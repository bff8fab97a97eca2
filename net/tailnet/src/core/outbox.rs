//! Relay frames on their way out, collected per region until the connection takes them.

use std::collections::BTreeMap;

use warren_derp::{FrameKind, HEADER_BYTES};
use warren_disco::NodePublic;

use crate::defaults::LANE_BYTES;

/// A relay region's number. Fits the port of its pseudo address.
pub(crate) type RegionId = u16;

const KEY_BYTES: usize = 32;
const PREFIX: usize = HEADER_BYTES + KEY_BYTES;

/// The frames for one region.
#[derive(Default)]
pub(crate) struct Lane {
    /// Complete SendPacket frames.
    pub buffer: Vec<u8>,
    /// The relay answers: bulk data may be sent.
    pub open: bool,
    /// Somebody wants to send there.
    pub wanted: bool,
}

/// All lanes. Order of regions is fixed, so that runs can be repeated.
#[derive(Default)]
pub(crate) struct Outbox {
    lanes: BTreeMap<RegionId, Lane>,
}

impl Outbox {
    pub fn lane(&mut self, region: RegionId) -> &mut Lane {
        self.lanes.entry(region).or_default()
    }

    pub fn lanes(&mut self) -> impl Iterator<Item = (RegionId, &mut Lane)> {
        self.lanes.iter_mut().map(|(region, lane)| (*region, lane))
    }

    pub fn is_open(&self, region: RegionId) -> bool {
        self.lanes.get(&region).is_some_and(|lane| lane.open)
    }

    /// Whether bulk data for the region can be taken; if not, notes that somebody wants to send there.
    pub fn has_room(&mut self, region: RegionId) -> bool {
        let lane = self.lane(region);
        lane.wanted = true;
        lane.open && lane.buffer.len() < LANE_BYTES
    }

    /// Appends one packet, written in place by `fill`, which returns its length (0: none after all). A lane that is
    /// full beyond its limit drops it, like any network.
    pub fn send(
        &mut self,
        region: RegionId,
        destination: &NodePublic,
        room: usize,
        fill: &mut dyn FnMut(&mut [u8]) -> usize,
    ) {
        let lane = self.lane(region);
        lane.wanted = true;
        let buffer = &mut lane.buffer;
        if buffer.len() >= 2 * LANE_BYTES {
            return;
        }
        let start = buffer.len();
        buffer.resize(start + PREFIX + room, 0);
        let length = fill(&mut buffer[start + PREFIX..]);
        if length == 0 {
            buffer.truncate(start);
            return;
        }
        buffer.truncate(start + PREFIX + length);
        // A packet is at most the room asked for, far below the frame's limit.
        let payload = (KEY_BYTES + length) as u32;
        buffer[start] = FrameKind::SendPacket.to_byte();
        buffer[start + 1..start + HEADER_BYTES].copy_from_slice(&payload.to_be_bytes());
        buffer[start + HEADER_BYTES..start + PREFIX].copy_from_slice(destination.as_bytes());
    }
}
