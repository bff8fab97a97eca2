//! Rate limits: a sliding counter of one minute for each caller and path, per process (rest.md §4).

use std::collections::HashMap;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

const WINDOW: Duration = Duration::from_secs(60);
/// Most counters kept; those of past windows go first, then everything.
const CAPACITY: usize = 50_000;

/// How many requests a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit(pub u32);

/// The answer for one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// The request may go on.
    pub allowed: bool,
    /// The limit.
    pub limit: u32,
    /// How many more fit.
    pub remaining: u32,
    /// How long until the current window ends.
    pub resets_in: Duration,
}

#[derive(Debug)]
struct Counter {
    window: u64,
    current: u32,
    previous: u32,
}

/// The counters.
#[derive(Debug)]
pub struct Limits {
    start: Instant,
    counters: Mutex<HashMap<u64, Counter>>,
    hasher: std::hash::RandomState,
}

impl Default for Limits {
    fn default() -> Self {
        Self { start: Instant::now(), counters: Mutex::default(), hasher: std::hash::RandomState::new() }
    }
}

impl Limits {
    /// Counts a request of `caller` to `path`.
    pub fn count(&self, caller: &str, path: &str, limit: Limit, now: Instant) -> Verdict {
        let elapsed = now.saturating_duration_since(self.start);
        let window = elapsed.as_secs() / WINDOW.as_secs();
        let into = elapsed - WINDOW * u32::try_from(window).unwrap_or(u32::MAX);
        let key = std::hash::BuildHasher::hash_one(&self.hasher, (caller, path, limit.0));
        let mut counters = self.counters.lock();
        if counters.len() >= CAPACITY {
            counters.retain(|_, counter| counter.window == window);
            if counters.len() >= CAPACITY {
                counters.clear();
            }
        }
        let counter = counters.entry(key).or_insert(Counter { window, current: 0, previous: 0 });
        if counter.window != window {
            counter.previous = if counter.window + 1 == window { counter.current } else { 0 };
            counter.current = 0;
            counter.window = window;
        }
        // The part of the previous window that a window ending now still covers.
        let weight = (WINDOW - into.min(WINDOW)).as_secs_f64() / WINDOW.as_secs_f64();
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most the previous count")]
        let carried = (f64::from(counter.previous) * weight) as u32;
        let used = carried + counter.current;
        let allowed = used < limit.0;
        if allowed {
            counter.current += 1;
        }
        Verdict {
            allowed,
            limit: limit.0,
            remaining: limit.0.saturating_sub(used + u32::from(allowed)),
            resets_in: WINDOW.saturating_sub(into),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_is_over_the_limit_and_forgets_slowly() {
        let limits = Limits::default();
        let start = limits.start;
        let count = |after| limits.count("me", "/x", Limit(10), start + Duration::from_secs(after));
        for left in (0..10).rev() {
            let verdict = count(1);
            assert!(verdict.allowed && verdict.remaining == left);
        }
        assert!(!count(2).allowed);
        assert!(limits.count("you", "/x", Limit(10), start).allowed);
        assert!(limits.count("me", "/y", Limit(10), start).allowed);
        assert!(!count(60).allowed);
        assert!(count(90).allowed);
        assert_eq!(count(300).remaining, 9);
    }
}
