//! Durations as Go writes them: `1h30m`, `500ms`; retention options also know days and weeks.

use jiff::SignedDuration;

/// Reads a duration.
pub(crate) fn parse(text: &str) -> Option<SignedDuration> {
    if text == "0" {
        return Some(SignedDuration::ZERO);
    }
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest.is_empty() {
        return None;
    }
    let mut nanoseconds: f64 = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let end = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        nanoseconds += number * unit(&rest[..end])?;
        rest = &rest[end..];
    }
    #[allow(clippy::cast_possible_truncation, reason = "the cast saturates")]
    let nanoseconds = if negative { -nanoseconds } else { nanoseconds } as i64;
    Some(SignedDuration::from_nanos(nanoseconds))
}

fn unit(name: &str) -> Option<f64> {
    Some(match name {
        "ns" => 1.0,
        "us" | "µs" => 1e3,
        "ms" => 1e6,
        "s" => 1e9,
        "m" => 60e9,
        "h" => 3600e9,
        "d" => 86_400e9,
        "w" => 604_800e9,
        _ => return None,
    })
}

/// Writes a duration as Go does: `168h0m0s`.
pub(crate) fn format(duration: SignedDuration) -> String {
    let nanoseconds = duration.as_nanos();
    if nanoseconds == 0 {
        return "0s".to_owned();
    }
    if nanoseconds.unsigned_abs() < 1_000_000_000 {
        return format!("{}ms", duration.as_millis());
    }
    let total = duration.as_secs();
    let (hours, minutes, seconds) = (total / 3600, total / 60 % 60, total % 60);
    let fraction = duration.subsec_millis();
    let seconds = if fraction == 0 { format!("{seconds}s") } else { format!("{seconds}.{fraction:03}s") };
    match (hours, minutes) {
        (0, 0) => seconds,
        (0, minutes) => format!("{minutes}m{seconds}"),
        (hours, minutes) => format!("{hours}h{minutes}m{seconds}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_the_form_of_go() {
        for (text, seconds) in [("1h30m", 5400), ("90s", 90), ("7d", 604_800), ("1m0s", 60), ("0", 0)] {
            assert_eq!(parse(text), Some(SignedDuration::from_secs(seconds)), "{text}");
        }
        assert_eq!(parse("1.5s"), Some(SignedDuration::from_millis(1500)));
        for bad in ["", "-", "5", "1x", "h"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
        assert_eq!(format(SignedDuration::from_hours(168)), "168h0m0s");
        assert_eq!(format(SignedDuration::from_millis(15)), "15ms");
        assert_eq!(format(SignedDuration::from_secs(90)), "1m30s");
    }
}
