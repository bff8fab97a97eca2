//! The exposition format.

use std::collections::BTreeSet;
use std::fmt::Write;

/// `Content-Type` of the format.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores";

/// The counts of a histogram.
#[derive(Debug, Clone, Copy)]
pub struct Histogram<'a> {
    /// Upper bounds.
    pub bounds: &'a [f64],
    /// Counts by bucket, not cumulative; the last for what is above every bound.
    pub buckets: &'a [u64],
    /// Sum of the observed values.
    pub sum: f64,
}

/// A text under construction: families one after another, each with its samples.
#[derive(Debug, Default)]
pub struct Text {
    text: String,
    families: BTreeSet<String>,
}

impl Text {
    /// Begins a family; a second beginning of the same one adds nothing.
    pub fn family(&mut self, name: &str, kind: &str, help: &str) {
        if self.families.insert(name.to_owned()) {
            let help = help.replace('\\', "\\\\").replace('\n', "\\n");
            let _infallible = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}");
        }
    }

    /// One value. Labels are written sorted by name.
    pub fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: f64) {
        self.text.push_str(name);
        self.labels(labels);
        self.text.push(' ');
        self.value(value);
        self.text.push('\n');
    }

    /// A histogram.
    pub fn histogram(&mut self, name: &str, labels: &[(&str, &str)], histogram: Histogram<'_>) {
        let Histogram { bounds, buckets, sum } = histogram;
        let mut total = 0;
        let bucket = format!("{name}_bucket");
        for (i, count) in buckets.iter().enumerate() {
            total += count;
            let bound = bounds.get(i).map_or_else(|| "+Inf".to_owned(), f64::to_string);
            let with_bound: Vec<(&str, &str)> = labels.iter().copied().chain([("le", bound.as_str())]).collect();
            #[allow(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
            self.sample(&bucket, &with_bound, total as f64);
        }
        self.sample(&format!("{name}_sum"), labels, sum);
        #[allow(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
        self.sample(&format!("{name}_count"), labels, total as f64);
    }

    /// The finished text.
    pub fn finish(self) -> String {
        self.text
    }

    fn labels(&mut self, labels: &[(&str, &str)]) {
        if labels.is_empty() {
            return;
        }
        let mut sorted = labels.to_vec();
        // "le" comes last, as Go writes it.
        sorted.sort_by_key(|(name, _)| (*name == "le", *name));
        for (i, (name, value)) in sorted.iter().enumerate() {
            let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let _infallible = write!(self.text, "{}{name}=\"{value}\"", if i == 0 { '{' } else { ',' });
        }
        self.text.push('}');
    }

    fn value(&mut self, value: f64) {
        if value.is_infinite() {
            self.text.push_str(if value > 0.0 { "+Inf" } else { "-Inf" });
        } else if value.abs() >= 1e21 {
            let _infallible = write!(self.text, "{value:e}");
        } else {
            let _infallible = write!(self.text, "{value}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_the_form_of_the_go_client() {
        let mut text = Text::default();
        text.family("a_total", "counter", "An example.");
        text.sample("a_total", &[("path", "/x"), ("code", "2\"00")], 3.0);
        text.family("b_seconds", "histogram", "Another.");
        let histogram = Histogram { bounds: &[0.005, 1.0], buckets: &[1, 2, 3], sum: 4.5 };
        text.histogram("b_seconds", &[("method", "GET")], histogram);
        assert_eq!(
            text.finish(),
            "# HELP a_total An example.\n# TYPE a_total counter\na_total{code=\"2\\\"00\",path=\"/x\"} 3\n\
             # HELP b_seconds Another.\n# TYPE b_seconds histogram\n\
             b_seconds_bucket{method=\"GET\",le=\"0.005\"} 1\nb_seconds_bucket{method=\"GET\",le=\"1\"} 3\n\
             b_seconds_bucket{method=\"GET\",le=\"+Inf\"} 6\nb_seconds_sum{method=\"GET\"} 4.5\n\
             b_seconds_count{method=\"GET\"} 6\n"
        );
    }
}
