//! Round-trip time and what follows from it: time-outs (RFC 6298).

use std::time::Duration;

const INITIAL: Duration = Duration::from_secs(1);
const SHORTEST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(15);
/// How long the peer may hold back an acknowledgement.
const DELAYED_ACK: Duration = Duration::from_millis(40);

#[derive(Debug, Default)]
pub(super) struct Rtt {
    smoothed: Option<Duration>,
    variance: Duration,
    pub shortest: Option<Duration>,
    backoff: u32,
}

impl Rtt {
    /// A segment that was sent once was acknowledged after this time.
    pub fn sample(&mut self, took: Duration) {
        self.shortest = Some(self.shortest.map_or(took, |shortest| shortest.min(took)));
        match self.smoothed {
            None => {
                self.smoothed = Some(took);
                self.variance = took / 2;
            }
            Some(smoothed) => {
                self.variance = (self.variance * 3 + smoothed.abs_diff(took)) / 4;
                self.smoothed = Some((smoothed * 7 + took) / 8);
            }
        }
    }

    pub fn smoothed(&self) -> Duration {
        self.smoothed.unwrap_or(INITIAL)
    }

    /// Retransmission time-out.
    pub fn timeout(&self) -> Duration {
        let base = self.smoothed.map_or(INITIAL, |smoothed| smoothed + self.variance * 4).clamp(SHORTEST, LONGEST);
        (base * (1 << self.backoff.min(6))).min(LONGEST)
    }

    /// When the last segment is sent again, in case only it was lost.
    pub fn probe_timeout(&self) -> Duration {
        (self.smoothed() * 2 + DELAYED_ACK).min(self.timeout())
    }

    /// How late a segment may be before it counts as lost.
    pub fn reordering(&self) -> Duration {
        self.shortest.unwrap_or(INITIAL) / 4
    }

    pub fn back_off(&mut self) {
        self.backoff += 1;
    }

    pub fn progress(&mut self) {
        self.backoff = 0;
    }
}
