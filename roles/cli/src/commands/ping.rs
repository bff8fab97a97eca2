//! `ping`: how and how well a workspace is reached.

mod hints;

use std::time::Duration;

use anyhow::Result;
use jiff::tz::TimeZone;
use warren_tailnet::Pong;

use crate::frame::{Args, Command, Cx, Opt};
use crate::output::human;
use crate::output::table::{Column, render};
use crate::resolve::normalize_ssh_target;
use crate::signals;
use crate::ssh::target::{self, Autostart};
use crate::tunnel::Tunnel;

pub static COMMAND: Command = Command::new("ping", "Ping a workspace.")
    .usage("<workspace>", Args::Exactly(1))
    .threads()
    .options(&[&[
        Opt::duration("wait", "How long to wait between pings.").default("1s"),
        Opt::duration("timeout", "How long to wait for an answer.").short('t').default("5s"),
        Opt::int("num", "How many pings to send; 0 means until interrupted.").short('n'),
        Opt::flag("time", "Show the local time of each answer."),
        Opt::flag("utc", "Show the time of each answer in UTC."),
    ]])
    .run(crate::action!(run));

#[derive(Default)]
struct Summary {
    workspace: String,
    total: u64,
    times: Vec<Duration>,
}

impl Summary {
    fn mean(&self) -> f64 {
        self.times.iter().map(Duration::as_secs_f64).sum::<f64>() / self.times.len().max(1) as f64
    }

    fn shown(&self, value: Option<Duration>) -> String {
        value.map_or_else(|| "<nil>".into(), human::go_duration)
    }

    /// Of the answers' times; one alone has none.
    fn variance(&self) -> Option<Duration> {
        if self.times.len() < 2 {
            return None;
        }
        let mean = self.mean();
        let sum: f64 = self.times.iter().map(|time| (time.as_secs_f64() - mean).powi(2)).sum();
        // Squared seconds shown as seconds: what scripts of the official program read.
        Some(Duration::from_secs_f64(sum / (self.times.len() - 1) as f64))
    }
}

const COLUMNS: &[Column<Summary>] = &[
    Column::new("workspace", |s| s.workspace.clone()),
    Column::new("total", |s: &Summary| s.total.to_string()).right(),
    Column::new("successful", |s: &Summary| s.times.len().to_string()).right(),
    Column::new("min", |s| s.shown(s.times.iter().min().copied())),
    Column::new("avg", |s| s.shown((!s.times.is_empty()).then(|| Duration::from_secs_f64(s.mean())))),
    Column::new("max", |s| s.shown(s.times.iter().max().copied())),
    Column::new("variance", |s| s.shown(s.variance())),
];

async fn run(cx: &Cx) -> Result<()> {
    let client = cx.client()?;
    let name = normalize_ssh_target(cx.arg(0));
    let found = target::resolve(cx, &client, &name, Autostart::Disabled).await?;
    let tunnel = Tunnel::start(cx, &client, found.agent.id).await?;
    let _claim = signals::claim();
    let mut summary = Summary { workspace: found.workspace.name.clone(), ..Summary::default() };
    let mut last = None;
    tokio::select! {
        () = ping(cx, &tunnel, &mut summary, &mut last) => {}
        () = signals::shutdown() => {}
    }
    if last.is_some() {
        let wanted = COLUMNS.iter().map(|column| column.name.to_owned()).collect::<Vec<_>>();
        let text = render(COLUMNS, &wanted, std::slice::from_ref(&summary))?;
        let width = text.lines().next().map_or(0, |line| line.chars().count());
        out!("{}\n{text}", "-".repeat(width));
    }
    verdict(cx, &tunnel, last.as_ref()).await;
    tunnel.close().await;
    Ok(())
}

async fn ping(cx: &Cx, tunnel: &Tunnel, summary: &mut Summary, last: &mut Option<Pong>) {
    diagnose(tunnel).await;
    let limit = cx.opts.int("num");
    let wait = cx.opts.duration("wait").unwrap_or(Duration::from_secs(1));
    let timeout = cx.opts.duration("timeout").unwrap_or(Duration::from_secs(5));
    loop {
        summary.total += 1;
        match tokio::time::timeout(timeout, tunnel.node().ping(tunnel.agent())).await {
            Ok(Ok(pong)) => {
                summary.times.push(pong.latency);
                let way = match pong.endpoint {
                    Some(address) => format!("p2p via {address}"),
                    None => format!("proxied via DERP({})", tunnel.region_name(pong.region_id)),
                };
                let ms = (pong.latency.as_secs_f64() * 1000.0).round() as u64;
                let shown = human::go_duration(Duration::from_millis(ms));
                outln!("{}pong from {} {way} in {shown}", stamp(cx), summary.workspace);
                *last = Some(pong);
            }
            Ok(Err(error)) => outln!("{}ping to {:?} failed: {error}", stamp(cx), summary.workspace),
            Err(_) => outln!("{}ping to {:?} timed out", stamp(cx), summary.workspace),
        }
        if limit > 0 && summary.total >= limit.unsigned_abs() {
            return;
        }
        tokio::time::sleep(wait).await;
    }
}

fn stamp(cx: &Cx) -> String {
    let now = jiff::Timestamp::now();
    if cx.opts.flag("utc") {
        return format!("[{}] ", human::time_utc(now));
    }
    if cx.opts.flag("time") {
        let _ = TimeZone::system();
        return format!("[{}] ", human::time(now));
    }
    String::new()
}

/// What is known of the way before the first answer, on standard error.
async fn diagnose(tunnel: &Tunnel) {
    let reachable = tunnel.wait_reachable().await.is_ok();
    let home = tunnel.node().stats().await.ok().and_then(|stats| stats.home_region);
    match home {
        Some(region) => eprintln!("✔ preferred DERP region: {region} ({})", tunnel.region_name(region)),
        None => eprintln!("✘ not connected to DERP"),
    }
    let published = tunnel.node().published().borrow().is_some();
    eprintln!("{} sent local data to the networking coordinator", if published { "✔" } else { "✘ not yet" });
    let known = tunnel.node().knows(tunnel.agent()).await.unwrap_or(false);
    eprintln!("{} received remote agent data from the networking coordinator", if known { "✔" } else { "✘ not yet" });
    if reachable {
        eprintln!("✔ Wireguard handshake 0s ago");
    } else {
        eprintln!("✘ Wireguard is not connected");
    }
    eprintln!();
}

async fn verdict(cx: &Cx, tunnel: &Tunnel, last: Option<&Pong>) {
    let Some(pong) = last else { return eprintln!("✘ No answer from the workspace") };
    if pong.endpoint.is_some() {
        return eprintln!("✔ You are connected directly (p2p)");
    }
    eprintln!("❗ You are connected via a DERP relay, not directly (p2p)");
    for hint in hints::collect(tunnel, cx.opts.flag("disable-direct-connections")).await {
        eprintln!(" - {hint}");
    }
}
