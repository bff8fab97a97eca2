//! When a started workspace stops: its deadline, the bump by activity, and the forced stop of the template
//! (operations.md §13.2–13.4).

use jiff::{SignedDuration, Timestamp, ToSpan, civil};

use crate::{Autostart, Cron, Weekdays};

/// How far before a forced stop a build may still be started without being stopped at once.
const LEEWAY: SignedDuration = SignedDuration::from_hours(2);
/// Quiet hours that begin this little before midnight still belong to the day.
const BUFFER: SignedDuration = SignedDuration::from_mins(15);

/// What decides about the deadline of a start build.
#[derive(Debug, Clone, Copy)]
pub struct AutostopRules<'a> {
    /// The template lets users choose; else only `template_ttl` counts.
    pub user_may_set: bool,
    /// The workspace's own time to live.
    pub workspace_ttl: Option<SignedDuration>,
    /// The template's default; zero means none.
    pub template_ttl: SignedDuration,
    /// The workspace's autostart, when it has one and the template allows it.
    pub autostart: Option<Autostart<'a>>,
    /// The template's forced stop and the owner's quiet hours.
    pub requirement: Option<(AutostopRequirement, &'a Cron)>,
}

/// The forced stop of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AutostopRequirement {
    /// On these days; never without a day.
    pub days: Weekdays,
    /// Only every so many weeks; 0 and 1 mean every week.
    pub weeks: i64,
}

/// When a build ends; `None` is "never".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Deadlines {
    /// Moves with activity.
    pub deadline: Option<Timestamp>,
    /// Never moves.
    pub max_deadline: Option<Timestamp>,
}

impl AutostopRules<'_> {
    /// The deadlines of a start build that completed at `now`.
    pub fn deadlines(&self, now: Timestamp) -> Deadlines {
        let ttl = if self.user_may_set {
            self.workspace_ttl.filter(|ttl| ttl.is_positive())
        } else {
            Some(self.template_ttl).filter(|ttl| ttl.is_positive())
        };
        let mut deadline = ttl.and_then(|ttl| after_autostart(now, ttl, self.autostart));
        let max_deadline = self.requirement.and_then(|(requirement, quiet)| requirement.max_deadline(now, quiet));
        if let Some(max) = max_deadline {
            deadline = Some(deadline.map_or(max, |deadline| deadline.min(max)));
        }
        Deadlines { deadline, max_deadline }
    }
}

/// `now + ttl`; when an autostart lies before that, the workspace keeps running through it and a whole ttl longer.
fn after_autostart(now: Timestamp, ttl: SignedDuration, autostart: Option<Autostart<'_>>) -> Option<Timestamp> {
    let deadline = now.checked_add(ttl).ok()?;
    match autostart.and_then(|autostart| autostart.next(now)) {
        Some(start) if start < deadline => start.checked_add(ttl).ok(),
        _ => Some(deadline),
    }
}

impl AutostopRequirement {
    /// The forced stop of a build that completed at `now`; `None` without required days.
    pub fn max_deadline(&self, now: Timestamp, quiet: &Cron) -> Option<Timestamp> {
        if self.days.is_empty() {
            return None;
        }
        let mut day = quiet.local(now.checked_add(LEEWAY).ok()?).date();
        if self.weeks > 1 {
            let week = weeks_since_epoch(day);
            if week % self.weeks != 0 {
                let next = (week / self.weeks + 1) * self.weeks;
                day = civil::date(2023, 1, 2).checked_add(next.weeks()).ok()?;
            }
        }
        // The day's quiet time is too near, or over: the next day is the first candidate.
        let quiet_of = |day: civil::Date| quiet.next(quiet.midnight(day)?.checked_sub(BUFFER).ok()?);
        if quiet_of(day)? < now.checked_add(LEEWAY).ok()? {
            day = day.tomorrow().ok()?;
        }
        for _ in 0..7 {
            if self.days.contains(day.weekday()) {
                break;
            }
            day = day.tomorrow().ok()?;
        }
        let midnight = quiet.midnight(day)?;
        let check = if midnight < now {
            now.checked_add(SignedDuration::from_hours(1)).ok()?
        } else {
            midnight.checked_sub(BUFFER).ok()?
        };
        quiet.next(check)
    }
}

/// Whole weeks since Monday 2023-01-02.
fn weeks_since_epoch(day: civil::Date) -> i64 {
    let days = day.since(civil::date(2023, 1, 2)).map_or(0, |span| i64::from(span.get_days()));
    days.div_euclid(7)
}

/// What decides about a bump by activity.
#[derive(Debug, Clone, Copy)]
pub struct Bump<'a> {
    /// The present deadlines of the build.
    pub deadlines: Deadlines,
    /// How long activity keeps the workspace; zero switches bumping off.
    pub interval: SignedDuration,
    /// The workspace's time to live, used beyond an autostart.
    pub ttl: SignedDuration,
    /// The workspace's autostart, if allowed.
    pub autostart: Option<Autostart<'a>>,
}

impl Bump<'_> {
    /// The new deadline, or `None` when the present one stays.
    pub fn next_deadline(&self, now: Timestamp) -> Option<Timestamp> {
        let deadline = self.deadlines.deadline?;
        if !self.interval.is_positive() {
            return None;
        }
        // At most one write for each twentieth of the interval.
        let since = deadline.checked_sub(self.interval * 19 / 20).ok()?;
        if since >= now {
            return None;
        }
        let bumped = now.checked_add(self.interval).ok()?;
        let bumped = match self.autostart.and_then(|autostart| autostart.next(now)) {
            Some(start) if start < bumped => start.checked_add(self.ttl.max(self.interval)).ok()?,
            _ => bumped,
        };
        let bumped = self.deadlines.max_deadline.map_or(bumped, |max| bumped.min(max));
        (bumped > deadline).then_some(bumped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn hours(hours: i64) -> SignedDuration {
        SignedDuration::from_hours(hours)
    }

    fn rules<'a>() -> AutostopRules<'a> {
        AutostopRules {
            user_may_set: true,
            workspace_ttl: Some(hours(8)),
            template_ttl: hours(2),
            autostart: None,
            requirement: None,
        }
    }

    #[test]
    fn deadline_is_completion_plus_ttl() {
        let now = at("2026-11-24T10:00:00Z");
        assert_eq!(rules().deadlines(now).deadline, Some(at("2026-11-24T18:00:00Z")));
        assert_eq!(AutostopRules { workspace_ttl: None, ..rules() }.deadlines(now), Deadlines::default());
        let forced = AutostopRules { user_may_set: false, ..rules() };
        assert_eq!(forced.deadlines(now).deadline, Some(at("2026-11-24T12:00:00Z")));
    }

    #[test]
    fn deadline_reaches_over_the_next_autostart() {
        let cron = Cron::weekly("0 12 * * *").unwrap();
        let autostart = Some(Autostart { cron: &cron, days: Weekdays::ALL });
        let found = AutostopRules { autostart, ..rules() }.deadlines(at("2026-11-24T10:00:00Z"));
        assert_eq!(found.deadline, Some(at("2026-11-24T20:00:00Z")));
    }

    #[test]
    fn forced_stop_is_the_next_quiet_time_on_a_required_day() {
        let quiet = Cron::daily("CRON_TZ=Europe/Berlin 0 2 * * *").unwrap();
        let saturday = AutostopRequirement { days: Weekdays::from_names(["saturday"]).unwrap(), weeks: 1 };
        // Tuesday: the coming Saturday, 02:00 in Berlin.
        assert_eq!(saturday.max_deadline(at("2026-11-24T10:00:00Z"), &quiet), Some(at("2026-11-28T01:00:00Z")));
        // Half an hour before the quiet time: a week later.
        assert_eq!(saturday.max_deadline(at("2026-11-28T00:30:00Z"), &quiet), Some(at("2026-12-05T01:00:00Z")));
        let capped =
            AutostopRules { requirement: Some((saturday, &quiet)), workspace_ttl: Some(hours(500)), ..rules() };
        let found = capped.deadlines(at("2026-11-24T10:00:00Z"));
        assert_eq!(found.deadline, found.max_deadline);
    }

    #[test]
    fn forced_stop_skips_weeks() {
        let quiet = Cron::daily("0 0 * * *").unwrap();
        let days = Weekdays::ALL;
        let every_fourth = AutostopRequirement { days, weeks: 4 };
        let found = every_fourth.max_deadline(at("2026-11-24T10:00:00Z"), &quiet).unwrap();
        let week = weeks_since_epoch(quiet.local(found).date());
        assert_eq!(week % 4, 0, "{found}");
        assert!(found > at("2026-11-24T12:00:00Z"));
    }

    #[test]
    fn bump_extends_but_never_shortens_or_passes_the_maximum() {
        let now = at("2026-11-24T10:00:00Z");
        let bump = |deadline: &str, max: Option<&str>| {
            let deadlines = Deadlines { deadline: Some(at(deadline)), max_deadline: max.map(at) };
            Bump { deadlines, interval: hours(1), ttl: hours(8), autostart: None }.next_deadline(now)
        };
        assert_eq!(bump("2026-11-24T10:10:00Z", None), Some(at("2026-11-24T11:00:00Z")));
        assert_eq!(bump("2026-11-24T10:10:00Z", Some("2026-11-24T10:30:00Z")), Some(at("2026-11-24T10:30:00Z")));
        assert_eq!(bump("2026-11-24T10:59:00Z", None), None);
        assert_eq!(bump("2026-11-24T15:00:00Z", None), None);
    }
}
