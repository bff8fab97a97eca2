//! When a stopped workspace starts by itself.

use jiff::Timestamp;

use crate::{Cron, Weekdays};

/// A workspace's schedule and the days on which its template permits it.
#[derive(Debug, Clone, Copy)]
pub struct Autostart<'a> {
    /// The workspace's schedule.
    pub cron: &'a Cron,
    /// The template's permitted days, in the zone of the schedule.
    pub days: Weekdays,
}

impl Autostart<'_> {
    /// The next permitted start strictly after `after`; `None` if no day is permitted.
    pub fn next(&self, after: Timestamp) -> Option<Timestamp> {
        let mut at = after;
        // Each match on a day that is not permitted is passed over; a schedule has at most 1,440 of them a day.
        for _ in 0..8 * 1440 {
            at = self.cron.next(at)?;
            if self.days.contains(self.cron.local(at).weekday()) {
                return Some(at);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passes_over_days_that_the_template_forbids() {
        let cron = Cron::weekly("CRON_TZ=Asia/Tokyo 0 8 * * *").unwrap();
        let days = Weekdays::from_names(["wednesday"]).unwrap();
        let next = Autostart { cron: &cron, days }.next("2026-11-24T10:00:00Z".parse().unwrap());
        // Wednesday 08:00 in Tokyo is Tuesday 23:00 in UTC.
        assert_eq!(next, Some("2026-11-24T23:00:00Z".parse().unwrap()));
        assert_eq!(Autostart { cron: &cron, days: Weekdays::NONE }.next("2026-11-24T10:00:00Z".parse().unwrap()), None);
    }
}
