//! Six-field cron expressions of scripts: second, minute, hour, day, month, and optionally day of week, in local time.

use std::str::FromStr;
use std::time::Duration;

use jiff::Zoned;
use jiff::civil::Weekday;

/// When a script runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Allowed values as bits: seconds, minutes, hours, days, months, weekdays (Sunday is 0).
    fields: [u64; 6],
}

/// What is wrong with an expression.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Error {
    #[error("expected five or six fields, found {0}")]
    FieldCount(usize),
    #[error("field {0:?} is not valid")]
    Field(String),
}

const RANGES: [(u32, u32); 6] = [(0, 59), (0, 59), (0, 23), (1, 31), (1, 12), (0, 7)];
const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

impl FromStr for Schedule {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let text = match text.trim() {
            "@hourly" => "0 0 * * * *",
            "@daily" | "@midnight" => "0 0 0 * * *",
            "@weekly" => "0 0 0 * * 0",
            "@monthly" => "0 0 0 1 * *",
            "@yearly" | "@annually" => "0 0 0 1 1 *",
            other => other,
        };
        let words: Vec<&str> = text.split_whitespace().collect();
        if !(5..=6).contains(&words.len()) {
            return Err(Error::FieldCount(words.len()));
        }
        let mut fields = [0; 6];
        for (i, field) in fields.iter_mut().enumerate() {
            let word = words.get(i).copied().unwrap_or("*");
            *field = parse_field(word, i).ok_or_else(|| Error::Field(word.to_owned()))?;
        }
        if fields[5] & (1 << 7) != 0 {
            fields[5] |= 1;
        }
        Ok(Self { fields })
    }
}

fn parse_field(word: &str, index: usize) -> Option<u64> {
    let (low, high) = RANGES[index];
    let mut bits = 0;
    for part in word.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, step.parse::<u32>().ok().filter(|s| *s > 0)?),
            None => (part, 1),
        };
        let (from, to) = match range {
            "*" | "?" => (low, high),
            _ => match range.split_once('-') {
                Some((a, b)) => (value(a, index)?, value(b, index)?),
                None => {
                    let at = value(range, index)?;
                    (at, if part.contains('/') { high } else { at })
                }
            },
        };
        if from < low || to > high || from > to {
            return None;
        }
        bits = (from..=to).step_by(step as usize).fold(bits, |bits, n| bits | 1 << n);
    }
    Some(bits)
}

fn value(word: &str, index: usize) -> Option<u32> {
    let names: &[&str] = match index {
        4 => &MONTHS,
        5 => &DAYS,
        _ => &[],
    };
    let lower = word.to_lowercase();
    match names.iter().position(|n| *n == lower) {
        Some(at) => Some(at as u32 + u32::from(index == 4)),
        None => word.parse().ok(),
    }
}

impl Schedule {
    /// The time from `now` to the next run; `None` when there is none within five years.
    pub fn next_delay(&self, now: &Zoned) -> Option<Duration> {
        let mut at = now.checked_add(jiff::Span::new().seconds(1)).ok()?.with().subsec_nanosecond(0).build().ok()?;
        let end = now.checked_add(jiff::Span::new().years(5)).ok()?;
        while at < end {
            at = if !self.has(4, at.month() as u32) || !self.day_matches(&at) {
                at.tomorrow().ok()?.start_of_day().ok()?
            } else if !self.has(2, at.hour() as u32) {
                let next = at.checked_add(jiff::Span::new().hours(1)).ok()?;
                next.with().minute(0).second(0).build().ok()?
            } else if !self.has(1, at.minute() as u32) {
                let next = at.checked_add(jiff::Span::new().minutes(1)).ok()?;
                next.with().second(0).build().ok()?
            } else if !self.has(0, at.second() as u32) {
                at.checked_add(jiff::Span::new().seconds(1)).ok()?
            } else {
                return Duration::try_from(now.duration_until(&at)).ok();
            };
        }
        None
    }

    fn has(&self, field: usize, value: u32) -> bool {
        self.fields[field] & (1 << value) != 0
    }

    /// With both day fields restricted either may match, as cron has always done.
    fn day_matches(&self, at: &Zoned) -> bool {
        let weekday = match at.weekday() {
            Weekday::Sunday => 0,
            day => day.to_monday_one_offset() as u32,
        };
        let (day, week) = (self.has(3, at.day() as u32), self.has(5, weekday));
        let any_day = self.fields[3].count_ones() == 31;
        let any_week = self.fields[5].count_ones() == 8;
        if any_day || any_week { day && week } else { day || week }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delay(cron: &str, now: &str) -> Duration {
        cron.parse::<Schedule>().unwrap().next_delay(&now.parse().unwrap()).unwrap()
    }

    #[test]
    fn next_run_is_found_across_minutes_days_and_weekdays() {
        let monday = "2026-11-23T10:00:30.5[UTC]";
        assert_eq!(delay("*/10 * * * * *", monday), Duration::from_millis(9_500));
        assert_eq!(delay("0 5 10 * * *", monday), Duration::from_millis(269_500));
        assert_eq!(delay("0 0 0 * * tue", monday), Duration::from_millis(50_369_500));
        assert_eq!(delay("0 0 10 * *", monday), Duration::from_millis(86_369_500));
    }

    #[test]
    fn wrong_expressions_are_named() {
        assert_eq!("1 2 3".parse::<Schedule>(), Err(Error::FieldCount(3)));
        assert_eq!("61 * * * * *".parse::<Schedule>(), Err(Error::Field("61".into())));
    }
}
