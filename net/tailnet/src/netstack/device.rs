//! The "network card" of one poll: at most one packet in, any number out.

use std::net::Ipv6Addr;

use smoltcp::phy::{Checksum, Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::time::Instant;

use super::Sink;
use crate::defaults::MTU;

/// Room for one packet and its padding.
pub(super) type Scratch = [u8; MTU + 16];

pub(super) struct Port<'a> {
    pub received: Option<&'a [u8]>,
    pub sink: &'a mut dyn Sink,
    pub scratch: &'a mut Scratch,
    /// Every packet of this poll goes there: connections are polled one by one.
    pub destination: Ipv6Addr,
    /// How many packets this poll may still send.
    pub budget: usize,
    /// Set when a packet was held back for want of room or budget.
    pub held_back: bool,
}

impl Device for Port<'_> {
    type RxToken<'b>
        = In<'b>
    where
        Self: 'b;
    type TxToken<'b>
        = Out<'b>
    where
        Self: 'b;

    fn receive(&mut self, _: Instant) -> Option<(In<'_>, Out<'_>)> {
        let packet = self.received.take()?;
        Some((In(packet), Out { sink: self.sink, scratch: self.scratch, destination: self.destination }))
    }

    fn transmit(&mut self, _: Instant) -> Option<Out<'_>> {
        if self.budget == 0 || !self.sink.has_room(self.destination) {
            self.held_back = true;
            return None;
        }
        self.budget -= 1;
        Some(Out { sink: self.sink, scratch: self.scratch, destination: self.destination })
    }

    fn capabilities(&self) -> DeviceCapabilities {
        capabilities()
    }
}

pub(super) fn capabilities() -> DeviceCapabilities {
    let mut capabilities = DeviceCapabilities::default();
    capabilities.medium = Medium::Ip;
    capabilities.max_transmission_unit = MTU;
    // WireGuard authenticates what arrives; peers verify what we send.
    capabilities.checksum.tcp = Checksum::Tx;
    capabilities
}

pub(super) struct In<'a>(&'a [u8]);

impl RxToken for In<'_> {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, f: F) -> R {
        f(self.0)
    }
}

pub(super) struct Out<'a> {
    sink: &'a mut dyn Sink,
    scratch: &'a mut Scratch,
    destination: Ipv6Addr,
}

impl TxToken for Out<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, f: F) -> R {
        // The stack never makes a packet above the MTU, so the scratch buffer is always long enough.
        let padded = length.next_multiple_of(16);
        let result = f(&mut self.scratch[..length]);
        self.scratch[length..padded].fill(0);
        self.sink.send(self.destination, &self.scratch[..padded], length);
        result
    }
}
