//! Questions that wait for an answer: DISCO pings and reachability probes.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Outstanding questions by their number, each with who asked.
pub(crate) struct Questions<K, W> {
    waiting: BTreeMap<K, (Instant, W)>,
    life: Duration,
}

impl<K: Ord + Copy, W> Questions<K, W> {
    /// Questions are dropped (their askers with them) after `life`.
    pub fn new(life: Duration) -> Self {
        Self { waiting: BTreeMap::new(), life }
    }

    /// Notes a question. More than a thousand at a time are refused: the asker is dropped.
    pub fn ask(&mut self, now: Instant, key: K, asker: W) {
        const LIMIT: usize = 1024;
        if self.waiting.len() < LIMIT {
            self.waiting.insert(key, (now, asker));
        }
    }

    /// The answer to a question: when it was asked, and by whom.
    pub fn answered(&mut self, key: &K) -> Option<(Instant, W)> {
        self.waiting.remove(key)
    }

    /// Drops what is too old.
    pub fn expire(&mut self, now: Instant) {
        self.waiting.retain(|_, (asked, _)| *asked + self.life > now);
    }

    /// When [`Self::expire`] has something to do.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.waiting.values().map(|(asked, _)| *asked + self.life).min()
    }
}

/// IP protocol number of the probe messages.
pub(crate) const TSMP: u8 = 99;
const IP_HEADER: usize = 40;
const PING: u8 = b'p';
const PONG: u8 = b'o';

/// The token that pairs a probe's answer with it.
pub(crate) type Token = [u8; 8];

/// A probe message inside the tunnel (`docs/protocol/tailnet.md`, "Reachability").
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Probe {
    Ping(Token),
    Pong(Token),
}

impl Probe {
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let (kind, rest) = payload.split_first()?;
        let token = *rest.first_chunk::<8>()?;
        match *kind {
            PING => Some(Self::Ping(token)),
            PONG => Some(Self::Pong(token)),
            _ => None,
        }
    }

    /// The complete packet, padded with zeros to a multiple of 16 bytes.
    pub fn packet(&self, from: std::net::Ipv6Addr, to: std::net::Ipv6Addr) -> [u8; 64] {
        let mut packet = [0; 64];
        let (kind, token, length) = match self {
            Self::Ping(token) => (PING, token, 9),
            Self::Pong(token) => (PONG, token, 11), // and a port, zero
        };
        packet[0] = 0x60;
        packet[5] = length;
        packet[6] = TSMP;
        packet[7] = 64;
        packet[8..24].copy_from_slice(&from.octets());
        packet[24..40].copy_from_slice(&to.octets());
        packet[IP_HEADER] = kind;
        packet[IP_HEADER + 1..IP_HEADER + 9].copy_from_slice(token);
        packet
    }
}
