//! `schedule`: when workspaces start and stop by themselves.

use anyhow::{Context, Result, anyhow, bail};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use warren_api::Workspace;
use warren_client::Client;

use crate::commands::list::{next_start, next_stop};
use crate::commands::{OUTPUT, columns, print_list};
use crate::frame::{Args, Command, Cx, Opt, values};
use crate::output::human;
use crate::output::table::{Column, render};
use crate::resolve;

const NAMES: &[&str] = &["workspace", "starts at", "starts next", "stops after", "stops next"];
const ALL: &str = "workspace,starts at,starts next,stops after,stops next";

pub static COMMAND: Command = Command::new("schedule", "Schedule automated starts and stops of workspaces.")
    .usage("{ show | start | stop | extend } <workspace>", Args::Any)
    .children(&[&SHOW, &START, &STOP, &EXTEND]);

static SHOW: Command = Command::new("show", "Show schedules.")
    .usage("<workspace | --search <query> | --all>", Args::Between(0, 1))
    .options(&[&[
        Opt::flag("all", "Show all workspaces that you may see.").short('a'),
        Opt::text("search", "Query to search for.").default("owner:me"),
        columns(NAMES, ALL),
        OUTPUT,
    ]])
    .run(crate::action!(show));

static START: Command = Command::new("start", "Edit when a workspace starts.")
    .usage("<workspace-name> { <start-time> [day-of-week] [location] | manual }", Args::Between(2, 4))
    .long("  - Start at 9:30AM in Dublin from Monday to Friday:\n      $ {name} schedule start my-workspace 9:30AM Mon-Fri Europe/Dublin")
    .run(crate::action!(start));

static STOP: Command = Command::new("stop", "Edit how long after a start a workspace stops.")
    .usage("<workspace-name> { <duration> | manual }", Args::Exactly(2))
    .run(crate::action!(stop));

static EXTEND: Command = Command::new("extend", "Extend the stop time of a running workspace.")
    .aliases(&["override-stop"])
    .usage("<workspace-name> <duration from now>", Args::Exactly(2))
    .run(crate::action!(extend));

struct Row {
    star: &'static str,
    workspace: Workspace,
}

const COLUMNS: &[Column<Row>] = &[
    Column::new("workspace", |r| format!("{}{}/{}", r.star, r.workspace.owner_name, r.workspace.name)),
    Column::new("starts at", |r| starts_at(&r.workspace)),
    Column::new("starts next", |r| next_start(&r.workspace)),
    Column::new("stops after", |r| stops_after(&r.workspace)),
    Column::new("stops next", |r| next_stop(&r.workspace)),
];

#[derive(Serialize)]
struct JsonRow {
    workspace: String,
    starts_at: String,
    starts_next: String,
    stops_after: String,
    stops_next: String,
}

fn starts_at(workspace: &Workspace) -> String {
    workspace.autostart_schedule.as_deref().filter(|text| !text.is_empty()).map(human::schedule).unwrap_or_default()
}

fn stops_after(workspace: &Workspace) -> String {
    workspace.ttl_ms.filter(|ms| *ms > 0).map(human::duration_ms).unwrap_or_default()
}

async fn show(cx: &Cx) -> Result<()> {
    let client = cx.client()?;
    let query = match cx.args.first() {
        Some(text) => match text.split_once('/') {
            Some((owner, name)) => format!("owner:{owner} name:{name}"),
            None => format!("owner:me name:{text}"),
        },
        None if cx.opts.flag("all") => String::new(),
        None => cx.opts.text("search").unwrap_or_default().to_owned(),
    };
    let mut found = client.workspaces(&query).await?.workspaces;
    found.sort_by(|a, b| (&a.owner_name, &a.name).cmp(&(&b.owner_name, &b.name)));
    let json: Vec<JsonRow> = found
        .iter()
        .map(|w| JsonRow {
            workspace: format!("{}/{}", w.owner_name, w.name),
            starts_at: starts_at(w),
            starts_next: next_start(w),
            stops_after: stops_after(w),
            stops_next: next_stop(w),
        })
        .collect();
    let rows: Vec<Row> = found.into_iter().map(|workspace| Row { star: "", workspace }).collect();
    print_list(cx, COLUMNS, &rows, &json, "No schedules found.")
}

async fn print_changed(client: &Client, id: uuid::Uuid) -> Result<()> {
    let workspace = client.workspace(id).await?;
    let star = if workspace.favorite { "★ " } else { "  " };
    let wanted: Vec<String> = NAMES.iter().map(|name| (*name).to_owned()).collect();
    outln!("{}", render(COLUMNS, &wanted, &[Row { star, workspace }])?);
    Ok(())
}

async fn start(cx: &Cx) -> Result<()> {
    let client = cx.client()?;
    let workspace = editable(&client, cx.arg(0)).await?;
    let schedule = match cx.arg(1) {
        "manual" => None,
        _ => {
            let words: Vec<String> = match &cx.args[1..] {
                [one] => one.split_whitespace().map(str::to_owned).collect(),
                words => words.to_vec(),
            };
            Some(parse_start(&words)?)
        }
    };
    let template = client.template(workspace.template_id).await.context("get template")?;
    let days = &template.autostart_requirement.days_of_week;
    if schedule.is_some() && !days.is_empty() && days.len() < 7 {
        eprintln!("Warning: your workspace template restricts autostart to the following days: {}.", days.join(", "));
        eprintln!("Your workspace may only autostart on these days.");
    }
    client.set_autostart(workspace.id, schedule).await?;
    print_changed(&client, workspace.id).await
}

async fn editable(client: &Client, text: &str) -> Result<Workspace> {
    let workspace = resolve::workspace(client, text).await?;
    if workspace.is_prebuild {
        bail!("the schedule of a prebuilt workspace cannot be changed before it is claimed");
    }
    Ok(workspace)
}

async fn stop(cx: &Cx) -> Result<()> {
    let client = cx.client()?;
    let workspace = editable(&client, cx.arg(0)).await?;
    let ttl = match cx.arg(1) {
        "manual" => None,
        text => Some(i64::try_from(positional_duration(text)?.as_millis()).unwrap_or(i64::MAX)),
    };
    client.set_ttl(workspace.id, ttl).await?;
    print_changed(&client, workspace.id).await
}

/// A duration as a word: a bare number means minutes.
fn positional_duration(text: &str) -> Result<std::time::Duration> {
    if let Ok(minutes) = text.parse::<u32>() {
        return Ok(std::time::Duration::from_secs(u64::from(minutes) * 60));
    }
    values::duration(text).map_err(|reason| anyhow!(reason))
}

async fn extend(cx: &Cx) -> Result<()> {
    let duration = positional_duration(cx.arg(1))?;
    if duration < std::time::Duration::from_secs(29 * 60) {
        outln!("Please specify a duration of at least 30 minutes.");
        return Ok(());
    }
    let client = cx.client()?;
    let workspace = editable(&client, cx.arg(0)).await.context("get workspace")?;
    if workspace.latest_build.deadline.is_none_or(|deadline| deadline <= warren_api::zero_time()) {
        bail!("Workspace shutdown is manual.");
    }
    let now = Timestamp::now();
    let deadline = now.checked_add(jiff::SignedDuration::try_from(duration)?)?;
    client.extend_workspace(workspace.id, deadline).await?;
    print_changed(&client, workspace.id).await
}

/// `<time> [days] [zone]` as a cron line with its zone.
pub fn parse_start(words: &[String]) -> Result<String> {
    let (time, days, zone) = match words {
        [time] => (time, "*".to_owned(), None),
        [time, one] if is_zone(one) => (time, "*".to_owned(), Some(one.clone())),
        [time, days] => (time, days.clone(), None),
        [time, days, zone] => (time, days.clone(), Some(zone.clone())),
        _ => bail!("Schedule must be in the format \"<time> [day-of-week] [location]\""),
    };
    let (hour, minute) = time_of_day(time)?;
    let zone = match zone {
        Some(zone) if is_zone(&zone) => zone,
        Some(zone) => bail!("Invalid schedule: the zone {zone:?} is not in the time zone database"),
        None => TimeZone::system().iana_name().unwrap_or("UTC").to_owned(),
    };
    let zone = if zone == "Etc/UTC" { "UTC".to_owned() } else { zone };
    let days = day_numbers(&days)?;
    let line = format!("CRON_TZ={zone} {minute} {hour} * * {days}");
    warren_schedule::Cron::weekly(&line).map_err(|error| anyhow!("Invalid schedule: {error}"))?;
    Ok(line)
}

fn is_zone(text: &str) -> bool {
    TimeZone::get(text).is_ok()
}

/// `3:04PM`, `15:04`, `1504`, `3pm`.
fn time_of_day(text: &str) -> Result<(u32, u32)> {
    let wrong = || anyhow!("Start time must be in the format hh:mm[am|pm] or HH:MM");
    let lower = text.to_lowercase();
    let (digits, half) = match (lower.strip_suffix("am"), lower.strip_suffix("pm")) {
        (Some(digits), _) => (digits.trim(), Some(0)),
        (_, Some(digits)) => (digits.trim(), Some(12)),
        _ => (lower.as_str(), None),
    };
    let (hour, minute) = match digits.split_once(':') {
        Some((hour, minute)) if minute.len() == 2 => (hour, minute),
        Some(_) => return Err(wrong()),
        None if half.is_some() && digits.len() <= 2 => (digits, "00"),
        None if digits.len() == 4 && digits.is_ascii() => digits.split_at(2),
        None if half.is_some() && digits.len() == 3 && digits.is_ascii() => digits.split_at(1),
        None => return Err(wrong()),
    };
    let number = |text: &str| text.parse::<u32>().map_err(|_| wrong());
    let (mut hour, minute) = (number(hour)?, number(minute)?);
    if let Some(offset) = half {
        if !(1..=12).contains(&hour) {
            return Err(wrong());
        }
        hour = hour % 12 + offset;
    }
    if hour > 23 || minute > 59 { Err(wrong()) } else { Ok((hour, minute)) }
}

/// Day names as the numbers of cron.
fn day_numbers(text: &str) -> Result<String> {
    const NAMES: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
    if matches!(text, "*" | "daily") {
        return Ok("*".into());
    }
    let day = |word: &str| -> Result<String> {
        if word.parse::<u8>().is_ok_and(|n| n <= 7) {
            return Ok(word.to_owned());
        }
        let lower = word.to_lowercase();
        let place = NAMES.iter().position(|name| lower.len() >= 3 && lower.starts_with(name));
        place.map(|n| n.to_string()).ok_or_else(|| {
            anyhow!("Invalid schedule: parse schedule: failed to parse int from {word}: {word:?} is no day")
        })
    };
    let parts: Vec<String> = text
        .split(',')
        .map(|part| match part.split_once('-') {
            Some((from, to)) => Ok(format!("{}-{}", day(from)?, day(to)?)),
            None => day(part),
        })
        .collect::<Result<_>>()?;
    Ok(parts.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn start_times_have_many_forms() {
        for (text, hour, minute) in
            [("9:30AM", 9, 30), ("03:04pm", 15, 4), ("15:04", 15, 4), ("1504", 15, 4), ("3PM", 15, 0), ("12am", 0, 0)]
        {
            assert_eq!(time_of_day(text).ok(), Some((hour, minute)), "{text}");
        }
        for bad in ["25:00", "9", "9:5", "13pm", "x"] {
            assert!(time_of_day(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_second_word_is_a_zone_if_the_database_has_it() {
        let line = |words: &[&str]| parse_start(&words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>());
        assert_eq!(
            line(&["9:30AM", "Mon-Fri", "Europe/Dublin"]).ok().as_deref(),
            Some("CRON_TZ=Europe/Dublin 30 9 * * 1-5")
        );
        assert_eq!(line(&["9:30AM", "EST"]).ok().as_deref(), Some("CRON_TZ=EST 30 9 * * *"));
        assert!(line(&["9:30", "PST"]).is_err());
    }
}
