//! TCP for this tunnel: IPv6, window scaling, selective acknowledgements, loss detection by time and order of sending,
//! CUBIC. Sans-I/O.
//!
//! Public sources: RFC 9293 (TCP), 6298 (time-outs), 7323 (scaling), 2018 and 6675 (SACK), 8985 (RACK-TLP), 9438 (CUBIC).

mod congestion;
mod receive;
mod rtt;
mod segment;
mod send;
mod seq;
mod socket;

pub(super) use segment::{Segment, checksum};
pub(super) use socket::{Read, Socket};

#[cfg(test)]
mod tests;
