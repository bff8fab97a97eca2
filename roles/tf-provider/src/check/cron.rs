//! Whether a cron expression can be read. When it fires is the agent's and the server's business.

/// The values of a field.
struct Field {
    least: u32,
    most: u32,
    names: &'static [&'static str],
}

const SECOND: Field = Field { least: 0, most: 59, names: &[] };
const MINUTE: Field = Field { least: 0, most: 59, names: &[] };
const HOUR: Field = Field { least: 0, most: 23, names: &[] };
const DAY: Field = Field { least: 1, most: 31, names: &[] };
const MONTH: Field = Field {
    least: 1,
    most: 12,
    names: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
};
const WEEKDAY: Field = Field { least: 0, most: 6, names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"] };

/// Seconds first, day of the week optional, or a descriptor.
pub fn check_with_seconds(spec: &str) -> Result<(), String> {
    check(spec, &[SECOND, MINUTE, HOUR, DAY, MONTH, WEEKDAY], 5)
}

/// The five fields of Unix, or a descriptor.
pub fn check_standard(spec: &str) -> Result<(), String> {
    check(spec, &[MINUTE, HOUR, DAY, MONTH, WEEKDAY], 5)
}

fn check(spec: &str, fields: &[Field], least: usize) -> Result<(), String> {
    if spec.is_empty() {
        return Err("empty spec string".to_owned());
    }
    let mut spec = spec;
    if spec.starts_with("TZ=") || spec.starts_with("CRON_TZ=") {
        let (zone, rest) = spec.split_once(' ').ok_or("no fields after the time zone")?;
        let zone = zone.split_once('=').map_or("", |(_, zone)| zone);
        super::text::timezone(zone)?;
        spec = rest.trim_start();
    }
    if spec.starts_with('@') {
        return check_descriptor(spec);
    }
    let words: Vec<_> = spec.split_whitespace().collect();
    if !(least..=fields.len()).contains(&words.len()) {
        let expected =
            if least == fields.len() { format!("exactly {least}") } else { format!("{least} to {}", fields.len()) };
        return Err(format!("expected {expected} fields, found {}: [{}]", words.len(), words.join(" ")));
    }
    words.iter().zip(fields).try_for_each(|(word, field)| {
        word.split(',').filter(|part| !part.is_empty()).try_for_each(|part| check_range(part, field))
    })
}

fn check_range(part: &str, field: &Field) -> Result<(), String> {
    let (range, step) = match part.split_once('/') {
        Some((range, step)) => (range, Some(step)),
        None => (part, None),
    };
    if step.is_some_and(|step| step.contains('/')) {
        return Err(format!("too many slashes: {part}"));
    }
    let (start, end) = match range.split_once('-') {
        _ if matches!(range, "*" | "?") => (field.least, field.most),
        Some((_, end)) if end.contains('-') => return Err(format!("too many hyphens: {part}")),
        Some((start, end)) => (number(start, field)?, number(end, field)?),
        // "N/step" runs from N to the end.
        None => {
            let start = number(range, field)?;
            (start, if step.is_some() { field.most } else { start })
        }
    };
    if start < field.least {
        return Err(format!("beginning of range ({start}) below minimum ({}): {part}", field.least));
    }
    if end > field.most {
        return Err(format!("end of range ({end}) above maximum ({}): {part}", field.most));
    }
    if start > end {
        return Err(format!("beginning of range ({start}) beyond end of range ({end}): {part}"));
    }
    if let Some(step) = step {
        let positive = step.parse::<u32>().is_ok_and(|step| step > 0);
        if !positive {
            return Err(format!("step of range should be a positive number: {part}"));
        }
    }
    Ok(())
}

fn number(text: &str, field: &Field) -> Result<u32, String> {
    let lower = text.to_ascii_lowercase();
    if let Some(index) = field.names.iter().position(|name| *name == lower) {
        return Ok(field.least + u32::try_from(index).unwrap_or(0));
    }
    text.parse().map_err(|_| format!("failed to parse int from {text}"))
}

fn check_descriptor(spec: &str) -> Result<(), String> {
    const NAMED: &[&str] = &["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];
    if NAMED.contains(&spec) {
        return Ok(());
    }
    if let Some(duration) = spec.strip_prefix("@every ") {
        return check_duration(duration).ok_or_else(|| format!("failed to parse duration {spec}"));
    }
    Err(format!("unrecognized descriptor: {spec}"))
}

/// `1h30m`, `1.5s`, `-2ms`, `0`.
fn check_duration(text: &str) -> Option<()> {
    let mut rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    if rest == "0" {
        return Some(());
    }
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at(digits);
        number.parse::<f64>().ok()?;
        let unit = ["ns", "us", "µs", "ms", "s", "m", "h"]
            .into_iter()
            .filter(|unit| tail.starts_with(unit))
            .max_by_key(|unit| unit.len())?;
        rest = &tail[unit.len()..];
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_and_six_fields_and_descriptors_are_read() {
        for good in [
            "0 30 8 * * 1-5",
            "30 8 * * 1-5",
            "*/15 0 0 1,15 jan-MAR ?",
            "@daily",
            "@every 1h30m",
            "TZ=UTC 0 0 8 * * *",
        ] {
            assert_eq!(check_with_seconds(good), Ok(()), "{good}");
        }
        assert_eq!(check_standard("* 8-18 * * mon-fri"), Ok(()));
    }

    #[test]
    fn the_reason_names_the_part() {
        assert_eq!(check_with_seconds("whenever").unwrap_err(), "expected 5 to 6 fields, found 1: [whenever]");
        assert_eq!(check_with_seconds("0 99 8 * * *").unwrap_err(), "end of range (99) above maximum (59): 99");
        for bad in ["", "@never", "@every soon", "* * * * * 7", "0 0 5-2 * * *", "*/0 * * * * *"] {
            assert!(check_with_seconds(bad).is_err(), "{bad}");
        }
    }
}
