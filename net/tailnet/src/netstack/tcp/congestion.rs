//! How much may be on the way: CUBIC (RFC 9438).

use std::time::{Duration, Instant};

const C: f64 = 0.4;
const BETA: f64 = 0.7;
/// Segments that may be sent before anything is known.
const INITIAL_SEGMENTS: u32 = 10;

#[derive(Debug)]
pub(super) struct Congestion {
    mss: f64,
    window: f64,
    threshold: f64,
    /// The window when the last loss happened.
    peak: f64,
    /// Since when the window grows towards and beyond the peak.
    epoch: Option<Epoch>,
}

#[derive(Debug)]
struct Epoch {
    start: Instant,
    /// Seconds until the peak is reached again.
    k: f64,
    /// Around what the curve bends: the peak, or where it began if that is higher.
    origin: f64,
    /// What plain additive increase would allow.
    reno: f64,
}

impl Congestion {
    pub fn new(mss: u32) -> Self {
        let mss = f64::from(mss);
        Self { mss, window: mss * f64::from(INITIAL_SEGMENTS), threshold: f64::MAX, peak: 0.0, epoch: None }
    }

    /// Bytes.
    pub fn window(&self) -> u32 {
        self.window as u32
    }

    /// Whether the window is growing back quickly.
    pub fn is_slow_start(&self) -> bool {
        self.window < self.threshold
    }

    /// New data was acknowledged while the window was in use.
    pub fn acknowledged(&mut self, bytes: u32, now: Instant, round_trip: Duration) {
        let bytes = f64::from(bytes);
        if self.is_slow_start() {
            self.window += bytes;
            return;
        }
        let (peak, window, mss) = (self.peak, self.window, self.mss);
        let epoch = self.epoch.get_or_insert_with(|| {
            let k = ((peak - window).max(0.0) / mss / C).cbrt();
            Epoch { start: now, k, origin: peak.max(window), reno: window }
        });
        let t = (now.saturating_duration_since(epoch.start) + round_trip).as_secs_f64() - epoch.k;
        let cubic = (C * t * t * t * mss + epoch.origin).min(window * 1.5);
        epoch.reno += 3.0 * (1.0 - BETA) / (1.0 + BETA) * bytes * mss / window;
        if cubic > window {
            self.window += (cubic - window) / window * bytes;
        }
        self.window = self.window.max(epoch.reno);
    }

    /// Something was lost, once per window.
    pub fn lost(&mut self) {
        // A peak below the last one: somebody else wants room, too.
        self.peak = if self.window < self.peak { self.window * (1.0 + BETA) / 2.0 } else { self.window };
        self.window = (self.window * BETA).max(2.0 * self.mss);
        self.threshold = self.window;
        self.epoch = None;
    }

    /// Nothing came back for a whole time-out.
    pub fn timed_out(&mut self) {
        self.lost();
        self.window = 2.0 * self.mss;
    }
}
