//! The relay connections of a node: one task per region, buffers handed over, idle ones closed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use warren_derp::Frame;
use warren_disco::NodePrivate;

use crate::core::{Outbox, RegionId};
use crate::defaults::{LANE_BUFFERS, REGION_IDLE};
use crate::map::Region;
use crate::relay::{self, Dialer, Event, Link, Reporter};

pub(crate) struct Links {
    key: NodePrivate,
    dialer: Dialer,
    force_websocket: bool,
    tracker: TaskTracker,
    cancel: CancellationToken,
    events: mpsc::Sender<Event>,
    open: BTreeMap<RegionId, State>,
    next: u64,
    home: Option<RegionId>,
}

/// Where the tasks of connections live, and where they report.
pub(crate) struct Tasks {
    pub tracker: TaskTracker,
    pub cancel: CancellationToken,
    pub events: mpsc::Sender<Event>,
}

struct State {
    link: u64,
    outbound: mpsc::Sender<Vec<u8>>,
    cancel: CancellationToken,
    home: Arc<AtomicBool>,
    connected: bool,
    /// Buffers that it has not written yet.
    writing: usize,
    /// Written buffers, for reuse.
    spare: Option<Vec<u8>>,
    used: Instant,
}

impl Links {
    pub fn new(key: NodePrivate, dialer: Dialer, force_websocket: bool, tasks: Tasks) -> Self {
        let Tasks { tracker, cancel, events } = tasks;
        Self { key, dialer, force_websocket, tracker, cancel, events, open: BTreeMap::new(), next: 0, home: None }
    }

    /// For connections made from now on.
    pub fn set_force_websocket(&mut self, force: bool) {
        self.force_websocket = force;
    }

    /// Whether an event of this link still counts.
    pub fn is_current(&self, region: RegionId, link: u64) -> bool {
        self.open.get(&region).is_some_and(|state| state.link == link)
    }

    pub fn is_open(&self, region: RegionId) -> bool {
        self.open.get(&region).is_some_and(|state| state.connected)
    }

    pub fn opened(&mut self, region: RegionId) {
        if let Some(state) = self.open.get_mut(&region) {
            state.connected = true;
            state.writing = 0;
        }
    }

    pub fn closed(&mut self, region: RegionId) {
        if let Some(state) = self.open.get_mut(&region) {
            state.connected = false;
            state.writing = 0;
        }
    }

    pub fn written(&mut self, region: RegionId, buffer: Vec<u8>) {
        if let Some(state) = self.open.get_mut(&region) {
            state.writing = state.writing.saturating_sub(1);
            state.spare = Some(buffer);
        }
    }

    /// Gives full buffers to their connections, opening those that are wanted. `true` if any was taken, so that there
    /// is room for more.
    pub fn hand_over(&mut self, now: Instant, outbox: &mut Outbox, regions: &BTreeMap<RegionId, Region>) -> bool {
        let mut taken = false;
        for (region, lane) in outbox.lanes() {
            if !std::mem::take(&mut lane.wanted) && lane.buffer.is_empty() {
                continue;
            }
            let Some(description) = regions.get(&region) else {
                lane.buffer = Vec::new(); // a region that the map no longer has
                continue;
            };
            let state = self.connect(now, region, description);
            if lane.buffer.is_empty() || !state.connected || state.writing >= LANE_BUFFERS {
                continue;
            }
            let empty = state.spare.take().unwrap_or_default();
            match state.outbound.try_send(std::mem::replace(&mut lane.buffer, empty)) {
                Ok(()) => {
                    state.writing += 1;
                    state.used = now;
                    taken = true;
                }
                // The task is between two connections: what it would have sent is lost, as on any network.
                Err(_) => state.writing = LANE_BUFFERS,
            }
        }
        taken
    }

    fn connect(&mut self, now: Instant, region: RegionId, description: &Region) -> &mut State {
        let Self { key, dialer, tracker, cancel, events, next, home, force_websocket, .. } = self;
        self.open.entry(region).or_insert_with(|| {
            *next += 1;
            let (outbound, queue) = mpsc::channel(LANE_BUFFERS + 2);
            let is_home = Arc::new(AtomicBool::new(*home == Some(region)));
            let cancel = cancel.child_token();
            let link = Link {
                reporter: Reporter { region, link: *next, events: events.clone() },
                targets: description.targets.clone(),
                embedded: description.embedded,
                force_websocket: *force_websocket,
                home: is_home.clone(),
                key: key.duplicate(),
                dialer: dialer.clone(),
            };
            tracker.spawn(relay::run(link, queue, cancel.clone()));
            State { link: *next, outbound, cancel, home: is_home, connected: false, writing: 0, spare: None, used: now }
        })
    }

    /// Connects to the home region and tells the relays concerned.
    pub fn set_home(&mut self, home: Option<RegionId>, regions: &BTreeMap<RegionId, Region>) {
        self.home = home;
        for (region, state) in &mut self.open {
            let is_home = Some(*region) == home;
            if state.home.swap(is_home, Ordering::Relaxed) != is_home && state.connected {
                // If its queue is full the relay only counts wrongly.
                let frame = Frame::NotePreferred(is_home).to_bytes().to_vec();
                if state.outbound.try_send(frame).is_ok() {
                    state.writing += 1;
                }
            }
        }
        if let Some((home, description)) = home.and_then(|home| Some((home, regions.get(&home)?))) {
            self.connect(tokio::time::Instant::now().into_std(), home, description);
        }
    }

    /// Ends a region's connection; `true` if there was one.
    pub fn close(&mut self, region: RegionId) -> bool {
        match self.open.remove(&region) {
            Some(state) => {
                state.cancel.cancel();
                true
            }
            None => false,
        }
    }

    /// Ends connections to foreign regions that are not used any more; which.
    pub fn close_idle(&mut self, now: Instant, home: Option<RegionId>) -> Vec<RegionId> {
        let idle: Vec<_> = self
            .open
            .iter()
            .filter(|(region, state)| Some(**region) != home && state.used + REGION_IDLE <= now)
            .map(|(region, _)| *region)
            .collect();
        for region in &idle {
            self.close(*region);
        }
        idle
    }

    /// When [`Self::close_idle`] has something to do.
    pub fn poll_timeout(&self, home: Option<RegionId>) -> Option<Instant> {
        let foreign = self.open.iter().filter(|(region, _)| Some(**region) != home);
        foreign.map(|(_, state)| state.used + REGION_IDLE).min()
    }
}
