//! WireGuard with one peer: the narrow wrapper around the protocol library.
//!
//! The library reads its own clock for rekeying; what is decided here (ticks, keepalives, repeated handshakes, dropping
//! idle tunnels) goes by the caller's `now`.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use boringtun::noise::{Tunn, TunnResult};
use boringtun::x25519::{PublicKey, StaticSecret};
use warren_disco::{NodePrivate, NodePublic};

use crate::defaults::{HANDSHAKE_GIVE_UP, KEEPALIVE, MTU, WIREGUARD_TICK};

/// What a data message is longer than its (padded) packet.
pub(crate) const OVERHEAD: usize = 32;
const INITIATION: u8 = 1;
/// The library wants room for a handshake message whatever it is about to write.
const MIN_ROOM: usize = 148;

/// Where messages for the peer go.
pub(crate) trait Wire {
    /// Lets `fill` write a message of at most `room` bytes; it returns how long the message became, 0 for none.
    fn send(&mut self, room: usize, fill: &mut dyn FnMut(&mut [u8]) -> usize);
}

pub(crate) struct Tunnel {
    private: StaticSecret,
    peer: PublicKey,
    /// What the library binds cookies to: stable, wherever packets come from.
    address: IpAddr,
    index: u32,
    /// Absent while there is neither a session nor a handshake: an idle peer costs next to nothing.
    state: Option<Box<State>>,
    /// Keep the path warm even when nothing is sent.
    pub keepalive: bool,
    sent: Option<Instant>,
}

struct State {
    tunn: Tunn,
    ticked: Instant,
    initiated: Option<Instant>,
    /// When there was last a session, or the first attempt to get one.
    alive: Instant,
}

impl Tunnel {
    /// `index` tells this node's tunnels apart; 24 bits count.
    pub fn new(private: &NodePrivate, peer: &NodePublic, address: IpAddr, index: u32) -> Self {
        Self {
            private: StaticSecret::from(*private.expose_bytes()),
            peer: PublicKey::from(*peer.as_bytes()),
            address,
            index,
            state: None,
            keepalive: false,
            sent: None,
        }
    }

    fn state(&mut self, now: Instant) -> &mut State {
        self.state.get_or_insert_with(|| {
            let tunn = Tunn::new(self.private.clone(), self.peer, None, None, self.index, None);
            Box::new(State { tunn, ticked: now, initiated: None, alive: now })
        })
    }

    /// Encrypts a packet (padded by the caller), or keeps it and starts a handshake.
    pub fn encapsulate(&mut self, now: Instant, packet: &[u8], wire: &mut dyn Wire) {
        self.freshen(now, wire);
        self.sent = Some(now);
        let state = self.state(now);
        wire.send((packet.len() + OVERHEAD).max(MIN_ROOM), &mut |room| {
            let written = written(state.tunn.encapsulate(packet, room));
            note_initiation(&mut state.initiated, now, &room[..written]);
            written
        });
    }

    /// Handles a message of the peer. Returns the length of the packet that it left in `scratch`, if any.
    pub fn decapsulate(
        &mut self,
        now: Instant,
        message: &[u8],
        scratch: &mut [u8],
        wire: &mut dyn Wire,
    ) -> Option<usize> {
        if message.len() > scratch.len() || (self.state.is_none() && message.first() != Some(&INITIATION)) {
            return None; // longer than the MTU allows, or for a tunnel that we no longer know
        }
        self.freshen(now, wire);
        let address = self.address;
        let state = self.state(now);
        match state.tunn.decapsulate(Some(address), message, scratch) {
            TunnResult::WriteToTunnelV6(packet, _) => Some(packet.len()),
            TunnResult::WriteToNetwork(reply) => {
                send_copy(reply, wire);
                while let TunnResult::WriteToNetwork(queued) = state.tunn.decapsulate(None, &[], scratch) {
                    send_copy(queued, wire);
                }
                self.sent = Some(now);
                None
            }
            TunnResult::Err(error) => {
                tracing::debug!(?error, "wireguard message refused");
                None
            }
            TunnResult::Done | TunnResult::WriteToTunnelV4(..) => None,
        }
    }

    /// Starts or repeats the handshake if one is wanted and the last attempt is `older_than` ago.
    pub fn hasten(&mut self, now: Instant, older_than: Duration, wire: &mut dyn Wire) {
        let Some(state) = &mut self.state else { return };
        let Some(at) = state.initiated else { return };
        if state.tunn.time_since_last_handshake().is_some() || now.saturating_duration_since(at) < older_than {
            return;
        }
        state.initiated = Some(now);
        wire.send(MIN_ROOM, &mut |room| written(state.tunn.format_handshake_initiation(room, true)));
    }

    /// Since when the present session exists.
    pub fn last_handshake(&self, now: Instant) -> Option<Instant> {
        let age = self.state.as_ref()?.tunn.time_since_last_handshake()?;
        now.checked_sub(age)
    }

    /// When [`Self::tick`] wants to be called.
    pub fn next_tick(&self) -> Option<Instant> {
        let keepalive = self.keepalive.then(|| self.sent.map(|sent| sent + KEEPALIVE)).flatten();
        let tick = self.state.as_ref().map(|state| state.ticked + WIREGUARD_TICK);
        [keepalive, tick].into_iter().flatten().min()
    }

    /// Rekeys, repeats, keeps alive; forgets a tunnel that has no session any more.
    pub fn tick(&mut self, now: Instant, wire: &mut dyn Wire) {
        if let Some(state) = &mut self.state
            && now.saturating_duration_since(state.ticked) >= WIREGUARD_TICK
        {
            state.ticked = now;
            let mut expired = false;
            wire.send(MIN_ROOM, &mut |room| match quietly(|| state.tunn.update_timers(room)) {
                TunnResult::Err(_) => {
                    expired = true;
                    0
                }
                result => {
                    let written = written(result);
                    note_initiation(&mut state.initiated, now, &room[..written]);
                    written
                }
            });
            if state.tunn.time_since_last_handshake().is_some() {
                state.alive = now;
            }
            if expired || state.alive + HANDSHAKE_GIVE_UP <= now {
                self.state = None;
            }
        }
        let due = self.sent.is_none_or(|sent| now.saturating_duration_since(sent) >= KEEPALIVE);
        if self.keepalive && due {
            self.encapsulate(now, &[], wire);
        }
    }

    /// The library stamps events with the time of its last tick, so that must not be long ago.
    fn freshen(&mut self, now: Instant, wire: &mut dyn Wire) {
        if self.state.as_ref().is_some_and(|state| now.saturating_duration_since(state.ticked) >= WIREGUARD_TICK) {
            self.tick(now, wire);
        }
    }
}

/// The library warns of each repeated handshake, which is everyday life here: its timers run without a log.
fn quietly<T>(run: impl FnOnce() -> T) -> T {
    tracing::subscriber::with_default(tracing::subscriber::NoSubscriber::default(), run)
}

fn note_initiation(initiated: &mut Option<Instant>, now: Instant, message: &[u8]) {
    if message.first() == Some(&INITIATION) {
        *initiated = Some(now);
    }
}

fn written(result: TunnResult<'_>) -> usize {
    match result {
        TunnResult::WriteToNetwork(message) => message.len(),
        _ => 0,
    }
}

fn send_copy(message: &[u8], wire: &mut dyn Wire) {
    wire.send(message.len(), &mut |room| {
        room[..message.len()].copy_from_slice(message);
        message.len()
    });
}

/// Room for any message that carries a packet of the MTU.
pub(crate) type Scratch = [u8; MTU + 64];
