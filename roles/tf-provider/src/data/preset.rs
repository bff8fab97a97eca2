//! `coder_workspace_preset`: schedules of prebuilt workspaces must not overlap.

use super::Reading;
use crate::value::get;

pub fn read(reading: &mut Reading<'_>) {
    let name = reading.text("name").to_owned();
    reading.set("id", name);
    let prebuilds = get(reading.config, "prebuilds").elements().first();
    let scheduling = prebuilds.and_then(|p| p.get("scheduling").elements().first());
    let schedules = scheduling.map_or(&[][..], |s| s.get("schedule").elements());
    let crons: Vec<_> = schedules.iter().filter_map(|s| s.get("cron").as_text()).collect();
    if let Err(why) = check_overlaps(&crons) {
        reading.fail(format!("schedules overlap with each other: {why}"));
    }
}

fn check_overlaps(crons: &[&str]) -> Result<(), String> {
    for (index, one) in crons.iter().enumerate() {
        for other in &crons[index + 1..] {
            let overlap = overlaps(one, other).map_err(|why| format!("invalid schedule: {why}"))?;
            if overlap {
                return Err(format!("schedules overlap: {one} and {other}"));
            }
        }
    }
    Ok(())
}

/// Whether there is an hour in which both hold.
fn overlaps(one: &str, other: &str) -> Result<bool, String> {
    let fields = |spec: &str| -> Option<[String; 5]> {
        spec.split_whitespace().map(str::to_owned).collect::<Vec<_>>().try_into().ok()
    };
    let (Some(one), Some(other)) = (fields(one), fields(other)) else {
        return Err("a schedule has five fields".to_owned());
    };
    let meet = |index: usize, most: u8, what: &str| -> Result<bool, String> {
        Ok(read_field(&one[index], most, what)? & read_field(&other[index], most, what)? != 0)
    };
    let months = meet(3, 12, "month")?;
    let any = |index: usize| one[index] == "*" || other[index] == "*";
    // As in cron itself, the two day fields are alternatives unless one of them is open.
    let days = if any(2) {
        meet(4, 6, "day-of-week")?
    } else if any(4) {
        meet(2, 31, "day-of-month")?
    } else {
        meet(2, 31, "day-of-month")? || meet(4, 6, "day-of-week")?
    };
    let hours = meet(1, 23, "hour")?;
    Ok(months && days && hours)
}

/// The values of a field as a set of bits: `*`, or a comma list of numbers and ranges.
fn read_field(field: &str, most: u8, what: &str) -> Result<u64, String> {
    let bits = |from: u8, to: u8| (from..=to).fold(0u64, |bits, value| bits | 1 << value);
    if field == "*" {
        return Ok(bits(0, most));
    }
    let number = |text: &str| text.parse::<u8>().ok().filter(|value| *value <= most);
    field.split(',').try_fold(0, |all, part| {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        match (number(from), number(to)) {
            (Some(from), Some(to)) if from <= to => Ok(all | bits(from, to)),
            _ => Err(format!("invalid {what} {part:?} in {field:?}")),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_overlap_when_month_day_and_hour_do() {
        for (one, other, expected) in [
            ("* 8-12 * * 1-5", "* 12-14 * * 5", true),
            ("* 8-18 * * 1-5", "* 8-18 * * 6,0", false),
            ("* 8-12 * * *", "* 13-14 * * *", false),
            // A day of the month against a day of the week: only the open field's other half counts.
            ("* 8-12 1 * *", "* 12-14 * * 5", true),
            ("* 8 1 * *", "* 8 2 * *", false),
            ("* 8 1 * 1", "* 8 2 * 1", true),
            ("* 8 * 1-6 *", "* 8 * 7-12 *", false),
        ] {
            assert_eq!(overlaps(one, other), Ok(expected), "{one} / {other}");
        }
    }

    #[test]
    fn steps_are_an_error_only_when_there_is_something_to_compare() {
        assert_eq!(check_overlaps(&["* */2 * * *"]), Ok(()));
        let why = check_overlaps(&["* */2 * * *", "* 12 * * *"]).unwrap_err();
        assert!(why.starts_with("invalid schedule: invalid hour"), "{why}");
    }
}
