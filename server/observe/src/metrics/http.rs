//! Requests of the HTTP API (metrics.md §2).

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use parking_lot::Mutex;

use super::{Histogram, Text};

const LATENCY_BUCKETS: [f64; 11] = [0.001, 0.005, 0.010, 0.025, 0.050, 0.100, 0.500, 1.0, 5.0, 10.0, 30.0];
const WEBSOCKET_BUCKETS: [f64; 6] = [0.001, 1.0, 60.0, 3600.0, 54_000.0, 108_000.0];

/// A route's pattern.
type Pattern = &'static str;

#[derive(Debug, Clone, Copy)]
struct Counts<const N: usize> {
    buckets: [u64; N],
    sum: f64,
}

impl<const N: usize> Counts<N> {
    fn new() -> Self {
        Self { buckets: [0; N], sum: 0.0 }
    }

    fn shown<'a>(&'a self, bounds: &'a [f64]) -> Histogram<'a> {
        Histogram { bounds, buckets: &self.buckets, sum: self.sum }
    }

    fn observe(&mut self, bounds: &[f64], value: f64) {
        if let Some(bucket) = self.buckets.get_mut(bounds.partition_point(|bound| *bound < value)) {
            *bucket += 1;
        }
        self.sum += value;
    }
}

#[derive(Debug, Default)]
struct State {
    processed: BTreeMap<(u16, &'static str, Pattern), u64>,
    concurrent: BTreeMap<(&'static str, Pattern), i64>,
    latencies: BTreeMap<(&'static str, Pattern), Counts<12>>,
    websockets: BTreeMap<Pattern, i64>,
    durations: BTreeMap<Pattern, Counts<7>>,
    too_large: BTreeMap<(&'static str, Pattern), u64>,
}

/// What a request is counted under.
#[derive(Debug, Clone, Copy)]
pub struct Measured {
    /// The method; an unusual one is counted as `OTHER`.
    pub method: &'static str,
    /// The route's pattern, `UNKNOWN` or `STATIC`.
    pub path: &'static str,
    /// It asks for a websocket.
    pub websocket: bool,
}

/// The counters.
#[derive(Debug, Default)]
pub struct HttpMetrics(Mutex<State>);

/// The counters of this process.
pub static HTTP: LazyLock<HttpMetrics> = LazyLock::new(HttpMetrics::default);

impl HttpMetrics {
    /// A request begins.
    pub fn begin(&self, request: &Measured) {
        let Measured { method, path, websocket } = *request;
        let mut state = self.0.lock();
        if websocket {
            *state.websockets.entry(path).or_default() += 1;
        } else {
            *state.concurrent.entry((method, path)).or_default() += 1;
        }
    }

    /// A request ended.
    pub fn end(&self, request: &Measured, code: u16, took: Duration) {
        let Measured { method, path, websocket } = *request;
        let mut state = self.0.lock();
        *state.processed.entry((code, method, path)).or_default() += 1;
        if code == 413 {
            *state.too_large.entry((method, path)).or_default() += 1;
        }
        let seconds = took.as_secs_f64();
        if websocket {
            *state.websockets.entry(path).or_default() -= 1;
            state.durations.entry(path).or_insert_with(Counts::new).observe(&WEBSOCKET_BUCKETS, seconds);
        } else {
            let key = (method, path);
            if let Some(concurrent) = state.concurrent.get_mut(&key) {
                *concurrent -= 1;
            }
            state.latencies.entry(key).or_insert_with(Counts::new).observe(&LATENCY_BUCKETS, seconds);
        }
    }
}

/// Writes the counters of this process.
#[allow(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
pub fn http(text: &mut Text) {
    let state = HTTP.0.lock();
    let name = "coderd_api_concurrent_requests";
    text.family(name, "gauge", "Requests that are being answered.");
    for ((method, path), value) in &state.concurrent {
        text.sample(name, &[("method", method), ("path", path)], *value as f64);
    }
    let name = "coderd_api_concurrent_websockets";
    text.family(name, "gauge", "Open websockets.");
    for (path, value) in &state.websockets {
        text.sample(name, &[("path", path)], *value as f64);
    }
    let name = "coderd_api_request_latencies_seconds";
    text.family(name, "histogram", "Time to answer a request.");
    for ((method, path), histogram) in &state.latencies {
        text.histogram(name, &[("method", method), ("path", path)], histogram.shown(&LATENCY_BUCKETS));
    }
    let name = "coderd_api_requests_processed_total";
    text.family(name, "counter", "Requests that were answered.");
    for ((code, method, path), value) in &state.processed {
        text.sample(name, &[("code", &code.to_string()), ("method", method), ("path", path)], *value as f64);
    }
    if !state.too_large.is_empty() {
        let name = "coderd_api_requests_too_large_total";
        text.family(name, "counter", "Requests that were too large.");
        for ((method, path), value) in &state.too_large {
            let labels = [("method", *method), ("path", path), ("reason", "request_body")];
            text.sample(name, &labels, *value as f64);
        }
    }
    let name = "coderd_api_websocket_durations_seconds";
    text.family(name, "histogram", "How long websockets were open.");
    for (path, histogram) in &state.durations {
        text.histogram(name, &[("path", path)], histogram.shown(&WEBSOCKET_BUCKETS));
    }
}
