//! Values as people read them: durations, times, schedules.

use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// Truncated to minutes: `2d3h`, `45m`, `<1m`; zero is `0s`.
pub fn duration(value: SignedDuration) -> String {
    if value.is_zero() {
        return "0s".into();
    }
    let minutes = value.as_secs() / 60;
    if minutes == 0 {
        return "<1m".into();
    }
    let sign = if minutes < 0 { "-" } else { "" };
    let minutes = minutes.unsigned_abs();
    let mut text = sign.to_owned();
    for (amount, unit) in [(minutes / 1440, "d"), (minutes / 60 % 24, "h"), (minutes % 60, "m")] {
        if amount > 0 {
            text.push_str(&format!("{amount}{unit}"));
        }
    }
    text
}

/// Milliseconds as [`duration`].
pub fn duration_ms(ms: i64) -> String {
    duration(SignedDuration::from_millis(ms))
}

/// Go's way to print a duration: `1h0m0s`, `1.5s`, `853µs`.
pub fn go_duration(value: Duration) -> String {
    let nanos = value.as_nanos();
    let trim = |number: f64| -> String {
        let text = format!("{number:.9}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    if nanos == 0 {
        return "0s".into();
    }
    if nanos < 1_000 {
        return format!("{nanos}ns");
    }
    if nanos < 1_000_000 {
        return format!("{}µs", trim(nanos as f64 / 1e3));
    }
    if nanos < 1_000_000_000 {
        return format!("{}ms", trim(nanos as f64 / 1e6));
    }
    let seconds = value.as_secs();
    let rest = trim((seconds % 60) as f64 + f64::from(value.subsec_nanos()) / 1e9);
    match (seconds / 3600, seconds / 60 % 60) {
        (0, 0) => format!("{rest}s"),
        (0, m) => format!("{m}m{rest}s"),
        (h, m) => format!("{h}h{m}m{rest}s"),
    }
}

/// RFC 3339 to the second in the local zone.
pub fn time(at: Timestamp) -> String {
    let local = at.to_zoned(TimeZone::system());
    let text = local.strftime("%Y-%m-%dT%H:%M:%S").to_string();
    format!("{text}{}", offset(&local))
}

/// RFC 3339 to the second in UTC.
pub fn time_utc(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn offset(at: &jiff::Zoned) -> String {
    if at.offset().seconds() == 0 { "Z".into() } else { at.strftime("%:z").to_string() }
}

/// The time of a success line: `Jan _2 15:04:05`.
pub fn stamp(at: Timestamp) -> String {
    at.to_zoned(TimeZone::system()).strftime("%b %e %H:%M:%S").to_string()
}

/// The time of a log line: `2026-08-22 14:01:46.123Z`.
pub fn log_time(at: Timestamp) -> String {
    let local = at.to_zoned(TimeZone::system());
    format!("{}{}", local.strftime("%Y-%m-%d %H:%M:%S%.3f"), offset(&local))
}

/// `January 2, 2006`.
pub fn date(at: Timestamp) -> String {
    at.to_zoned(TimeZone::system()).strftime("%B %-d, %Y").to_string()
}

/// `9:00AM Mon-Fri (UTC)` of a weekly schedule; the text itself if it is none.
pub fn schedule(cron: &str) -> String {
    let (zone, spec) = match cron.strip_prefix("CRON_TZ=").and_then(|rest| rest.split_once(' ')) {
        Some((zone, spec)) => (zone, spec),
        None => ("UTC", cron),
    };
    let fields: Vec<&str> = spec.split_whitespace().collect();
    let [minute, hour, _, _, days] = fields.as_slice() else { return cron.to_owned() };
    let time = match (minute.parse::<u32>(), hour.parse::<u32>()) {
        (Ok(minute), Ok(hour)) => {
            let half = if hour < 12 { "AM" } else { "PM" };
            let hour = if hour.is_multiple_of(12) { 12 } else { hour % 12 };
            format!("{hour}:{minute:02}{half}")
        }
        _ => format!("cron({minute} {hour})"),
    };
    format!("{time} {} ({zone})", weekdays(days))
}

fn weekdays(field: &str) -> String {
    const NAMES: [&str; 8] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    if field == "*" {
        return "daily".into();
    }
    field
        .chars()
        .map(|c| match c.to_digit(10).and_then(|digit| NAMES.get(digit as usize)) {
            Some(name) => (*name).to_owned(),
            None => c.to_string(),
        })
        .collect()
}

/// `map[owner: scope:organization]`.
pub fn go_map<'a>(entries: impl IntoIterator<Item = (&'a String, &'a String)>) -> String {
    let inner: Vec<String> = entries.into_iter().map(|(key, value)| format!("{key}:{value}")).collect();
    format!("map[{}]", inner.join(" "))
}

/// `n active developer(s)`; negative means unknown.
pub fn active_developers(count: i64) -> String {
    match count {
        i64::MIN..=-1 => "-".into(),
        1 => "1 active developer".into(),
        n => format!("{n} active developers"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_drop_zero_units_and_seconds() {
        let minutes = |n| duration(SignedDuration::from_mins(n));
        assert_eq!(minutes(480), "8h");
        assert_eq!(minutes(2 * 1440 + 180), "2d3h");
        assert_eq!(minutes(45), "45m");
        assert_eq!(duration(SignedDuration::from_secs(59)), "<1m");
        assert_eq!(minutes(0), "0s");
    }

    #[test]
    fn schedules_name_their_days() {
        assert_eq!(schedule("CRON_TZ=Europe/Dublin 30 9 * * 1-5"), "9:30AM Mon-Fri (Europe/Dublin)");
        assert_eq!(schedule("CRON_TZ=EST 30 9 * * *"), "9:30AM daily (EST)");
        assert_eq!(schedule("0 12 * * 0,6"), "12:00PM Sun,Sat (UTC)");
        assert_eq!(schedule("0 0 * * *"), "12:00AM daily (UTC)");
        assert_eq!(schedule("*/5 9 * * *"), "cron(*/5 9) daily (UTC)");
    }

    #[test]
    fn durations_print_as_in_go() {
        assert_eq!(go_duration(Duration::from_secs(3600)), "1h0m0s");
        assert_eq!(go_duration(Duration::from_nanos(1_146_509)), "1.146509ms");
        assert_eq!(go_duration(Duration::from_nanos(841_497)), "841.497µs");
        assert_eq!(go_duration(Duration::from_millis(1500)), "1.5s");
        assert_eq!(go_duration(Duration::ZERO), "0s");
    }
}
