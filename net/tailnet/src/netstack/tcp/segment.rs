//! TCP headers, read and written, with the IPv6 header around them.

use super::seq::Seq;
use crate::netstack::flow::{Flow, IP_HEADER};

const TCP_HEADER: usize = 20;
const FIN: u8 = 0x01;
const SYN: u8 = 0x02;
const RST: u8 = 0x04;
const PSH: u8 = 0x08;
const ACK: u8 = 0x10;

const OPTION_END: u8 = 0;
const OPTION_PADDING: u8 = 1;
const OPTION_MSS: u8 = 2;
const OPTION_SCALE: u8 = 3;
const OPTION_SACK_PERMITTED: u8 = 4;
const OPTION_SACK: u8 = 5;

/// How many ranges one header has room for.
pub(crate) const MAX_RANGES: usize = 4;

/// Ranges that arrived beyond what is acknowledged.
pub(crate) type Ranges = [Option<(Seq, Seq)>; MAX_RANGES];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Segment<'a> {
    pub seq: Seq,
    pub ack: Option<Seq>,
    /// Not scaled.
    pub window: u16,
    pub syn: bool,
    pub fin: bool,
    pub rst: bool,
    pub push: bool,
    pub mss: Option<u16>,
    pub scale: Option<u8>,
    pub sack_permitted: bool,
    pub sack: Ranges,
    pub payload: &'a [u8],
}

impl<'a> Segment<'a> {
    pub fn new(seq: Seq) -> Self {
        Self {
            seq,
            ack: None,
            window: 0,
            syn: false,
            fin: false,
            rst: false,
            push: false,
            mss: None,
            scale: None,
            sack_permitted: false,
            sack: [None; MAX_RANGES],
            payload: &[],
        }
    }

    /// Ports, and the rest. The checksum is not looked at: the tunnel authenticates what arrives.
    pub fn parse(bytes: &'a [u8]) -> Option<((u16, u16), Self)> {
        let head = bytes.first_chunk::<TCP_HEADER>()?;
        let word = |at: usize| u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let half = |at: usize| u16::from_be_bytes([head[at], head[at + 1]]);
        let offset = usize::from(head[12] >> 4) * 4;
        let options = bytes.get(TCP_HEADER..offset)?;
        let flags = head[13];
        let mut segment = Segment {
            ack: (flags & ACK != 0).then(|| Seq(word(8))),
            window: half(14),
            syn: flags & SYN != 0,
            fin: flags & FIN != 0,
            rst: flags & RST != 0,
            push: flags & PSH != 0,
            payload: bytes.get(offset..)?,
            ..Segment::new(Seq(word(4)))
        };
        segment.read_options(options);
        Some(((half(0), half(2)), segment))
    }

    fn read_options(&mut self, mut options: &[u8]) {
        while let [kind, rest @ ..] = options {
            if *kind == OPTION_PADDING {
                options = rest;
                continue;
            }
            // The length counts kind and length, too. Nonsense ends the list.
            let Some(length) = rest.first().map(|length| usize::from(*length)).filter(|length| *length >= 2) else {
                return;
            };
            if *kind == OPTION_END {
                return;
            }
            let Some(value) = options.get(2..length) else { return };
            match (*kind, value) {
                (OPTION_MSS, [high, low]) => self.mss = Some(u16::from_be_bytes([*high, *low])),
                (OPTION_SCALE, [shift]) => self.scale = Some((*shift).min(14)),
                (OPTION_SACK_PERMITTED, []) => self.sack_permitted = true,
                (OPTION_SACK, blocks) => {
                    for (range, block) in self.sack.iter_mut().zip(blocks.chunks_exact(8)) {
                        let word =
                            |at: usize| u32::from_be_bytes([block[at], block[at + 1], block[at + 2], block[at + 3]]);
                        *range = Some((Seq(word(0)), Seq(word(4))));
                    }
                }
                _ => {}
            }
            options = &options[length..];
        }
    }

    /// Sequence space that it takes.
    pub fn length(&self) -> u32 {
        self.payload.len() as u32 + u32::from(self.syn) + u32::from(self.fin)
    }

    /// What answers a segment that belongs to no connection; nothing answers an RST.
    pub fn refusal(&self) -> Option<Segment<'static>> {
        if self.rst {
            return None;
        }
        let answer = match self.ack {
            Some(ack) => Segment { rst: true, ..Segment::new(ack) },
            None => Segment { rst: true, ack: Some(self.seq.plus(self.length())), ..Segment::new(Seq(0)) },
        };
        Some(answer)
    }

    /// Writes the packet; its payload is `self.payload` followed by `more`. `None` if it does not fit.
    pub fn write(&self, flow: &Flow, more: &[u8], out: &mut [u8]) -> Option<usize> {
        let mut options = [OPTION_PADDING; 40];
        let options_length = self.write_options(&mut options);
        let tcp_length = TCP_HEADER + options_length + self.payload.len() + more.len();
        let total = IP_HEADER + tcp_length;
        let out = out.get_mut(..total)?;
        out[..8].copy_from_slice(&[0x60, 0, 0, 0, 0, 0, 6, 64]);
        out[4..6].copy_from_slice(&(tcp_length as u16).to_be_bytes());
        out[8..24].copy_from_slice(&flow.local.0.octets());
        out[24..40].copy_from_slice(&flow.remote.0.octets());
        let tcp = &mut out[IP_HEADER..];
        tcp[0..2].copy_from_slice(&flow.local.1.to_be_bytes());
        tcp[2..4].copy_from_slice(&flow.remote.1.to_be_bytes());
        tcp[4..8].copy_from_slice(&self.seq.0.to_be_bytes());
        tcp[8..12].copy_from_slice(&self.ack.map_or(0, |ack| ack.0).to_be_bytes());
        tcp[12] = (((TCP_HEADER + options_length) / 4) << 4) as u8;
        let flags = [(self.fin, FIN), (self.syn, SYN), (self.rst, RST), (self.push, PSH), (self.ack.is_some(), ACK)];
        tcp[13] = flags.iter().filter(|(set, _)| *set).map(|(_, bit)| bit).sum();
        tcp[14..16].copy_from_slice(&self.window.to_be_bytes());
        tcp[16..20].fill(0);
        let payload = TCP_HEADER + options_length;
        tcp[TCP_HEADER..payload].copy_from_slice(&options[..options_length]);
        let second = payload + self.payload.len();
        tcp[payload..second].copy_from_slice(self.payload);
        tcp[second..].copy_from_slice(more);
        let sum = checksum(6, out);
        out[IP_HEADER + 16..IP_HEADER + 18].copy_from_slice(&sum.to_be_bytes());
        Some(total)
    }

    fn write_options(&self, out: &mut [u8; 40]) -> usize {
        let mut at = 0;
        let mut put = |bytes: &[u8]| {
            out[at..at + bytes.len()].copy_from_slice(bytes);
            at += bytes.len();
        };
        if let Some(mss) = self.mss {
            let [high, low] = mss.to_be_bytes();
            put(&[OPTION_MSS, 4, high, low]);
        }
        if self.sack_permitted {
            put(&[OPTION_PADDING, OPTION_PADDING, OPTION_SACK_PERMITTED, 2]);
        }
        if let Some(scale) = self.scale {
            put(&[OPTION_PADDING, OPTION_SCALE, 3, scale]);
        }
        let ranges = self.sack.iter().flatten().count();
        if ranges > 0 {
            put(&[OPTION_PADDING, OPTION_PADDING, OPTION_SACK, 2 + 8 * ranges as u8]);
            for (start, end) in self.sack.iter().flatten() {
                put(&start.0.to_be_bytes());
                put(&end.0.to_be_bytes());
            }
        }
        at
    }
}

/// The Internet checksum of an IPv6 packet's payload with its pseudo header; the checksum field must be zero.
pub(crate) fn checksum(protocol: u8, packet: &[u8]) -> u16 {
    let length = packet.len() - IP_HEADER;
    // Addresses and payload lie side by side: one run.
    let mut sum = length as u64 + u64::from(protocol);
    let mut chunks = packet[8..].chunks_exact(8);
    for chunk in &mut chunks {
        let value =
            u64::from_be_bytes([chunk[0], chunk[1], chunk[2], chunk[3], chunk[4], chunk[5], chunk[6], chunk[7]]);
        sum += (value >> 32) + (value & 0xFFFF_FFFF);
    }
    let mut last = [0; 8];
    let rest = chunks.remainder();
    last[..rest.len()].copy_from_slice(rest);
    let value = u64::from_be_bytes(last);
    sum += (value >> 32) + (value & 0xFFFF_FFFF);
    while sum > 0xFFFF {
        sum = (sum >> 16) + (sum & 0xFFFF);
    }
    !(sum as u16)
}
