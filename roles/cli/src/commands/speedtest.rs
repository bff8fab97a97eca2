//! `speedtest`: throughput to a workspace.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde::Serialize;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};

use crate::agent_wait;
use crate::commands::{OUTPUT, columns};
use crate::frame::{Args, Command, Cx, Opt};
use crate::output::human;
use crate::output::table::{Column, render};
use crate::resolve::normalize_ssh_target;
use crate::ssh::target::{self, Autostart};
use crate::tunnel::{SPEEDTEST_PORT, Tunnel};

pub static COMMAND: Command = Command::new("speedtest", "Measure the throughput to a workspace.")
    .usage("<workspace>", Args::Exactly(1))
    .threads()
    .options(&[&[
        Opt::flag("direct", "Wait for a direct connection first.").short('d'),
        Opt::choice("direction", &["up", "down"], "Direction of the data, seen from here.").default("down"),
        Opt::duration("time", "How long to measure.").short('t').default("5s"),
        Opt::text("pcap-file", "Accepted for compatibility: no packets are recorded."),
        columns(&["Interval", "Throughput"], "interval,throughput"),
        OUTPUT,
    ]])
    .run(crate::action!(run));

#[derive(Debug, Clone, Serialize)]
struct Interval {
    start_time_seconds: f64,
    end_time_seconds: f64,
    throughput_mbits: f64,
}

impl Interval {
    fn new(from: Duration, to: Duration, bytes: u64) -> Self {
        let seconds = (to - from).as_secs_f64().max(1e-9);
        Self {
            start_time_seconds: from.as_secs_f64(),
            end_time_seconds: to.as_secs_f64(),
            throughput_mbits: bytes as f64 * 8.0 / 1e6 / seconds,
        }
    }
}

const COLUMNS: &[Column<Interval>] = &[
    Column::new("Interval", |i| format!("{:.2}-{:.2} sec", i.start_time_seconds, i.end_time_seconds)),
    Column::new("Throughput", |i| format!("{:.4} Mbits/sec", i.throughput_mbits)),
];

async fn run(cx: &Cx) -> Result<()> {
    let duration = cx.opts.duration("time").unwrap_or(Duration::from_secs(5));
    let down = cx.opts.text("direction") != Some("up");
    if cx.opts.flag("direct") && cx.opts.flag("disable-direct-connections") {
        bail!("--direct (-d) is incompatible with --disable-direct-connections");
    }
    let client = cx.client()?;
    let found = target::resolve(cx, &client, &normalize_ssh_target(cx.arg(0)), Autostart::Disabled).await?;
    let wait = agent_wait::Options { wait: false, docs_url: String::new() };
    agent_wait::wait(&client, found.agent.id, &wait).await.context("await agent")?;
    let tunnel = Tunnel::open(cx, &client, found.agent.id).await?;
    while cx.opts.flag("direct") {
        match tunnel.node().ping(tunnel.agent()).await {
            Ok(pong) if pong.endpoint.is_some() => break,
            Ok(_) => eprintln!("Waiting for a direct connection..."),
            Err(error) => eprintln!("Waiting for a direct connection: {error}"),
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let word = if down { "download" } else { "upload" };
    eprintln!("Starting a {} {word} test...", human::go_duration(duration));
    let stream = tunnel.dial(SPEEDTEST_PORT).await?;
    let mut intervals = measure(stream, duration, down).await?;
    tunnel.close().await;
    let total = intervals.pop().context("no data came through")?;
    if cx.opts.json() {
        let value = serde_json::json!({ "overall": total, "intervals": intervals });
        outln!("{}", crate::output::json(&value)?);
        return Ok(());
    }
    let wanted = cx.opts.columns();
    intervals.push(total);
    let text = render(COLUMNS, &wanted, &intervals)?;
    let (rows, overall) = text.rsplit_once('\n').unwrap_or(("", &text));
    outln!("{rows}\n{}\n{overall}", "-".repeat(overall.chars().count()));
    Ok(())
}

/// Intervals of about a second, the whole as the last one.
async fn measure(stream: warren_tailnet::TcpStream, duration: Duration, down: bool) -> Result<Vec<Interval>> {
    let mut stream = BufReader::with_capacity(64 << 10, stream);
    let request = serde_json::json!({ "version": 2, "time": duration.as_nanos() as u64, "direction": u8::from(!down) });
    stream.write_all(format!("{request}\n").as_bytes()).await?;
    stream.flush().await?;
    let mut answer = String::new();
    stream.read_line(&mut answer).await.context("read the answer of the agent")?;
    let answer: serde_json::Value = serde_json::from_str(&answer).context("read the answer of the agent")?;
    if let Some(error) = answer.get("error").and_then(serde_json::Value::as_str) {
        bail!("the agent refused the test: {error}");
    }
    let mut buffer = vec![0u8; 256 << 10];
    if !down {
        rand::Rng::fill_bytes(&mut rand::rng(), &mut buffer);
    }
    let started = Instant::now();
    let (mut from, mut bytes, mut total) = (Duration::ZERO, 0u64, 0u64);
    let mut intervals = Vec::new();
    loop {
        let count = if down {
            stream.read(&mut buffer).await?
        } else if started.elapsed() < duration {
            stream.write(&buffer).await?
        } else {
            0
        };
        let now = started.elapsed();
        bytes += count as u64;
        total += count as u64;
        if count == 0 || now - from >= Duration::from_secs(1) {
            if bytes > 0 {
                intervals.push(Interval::new(from, now, bytes));
            }
            (from, bytes) = (now, 0);
        }
        if count == 0 {
            let _ = stream.shutdown().await;
            intervals.push(Interval::new(Duration::ZERO, now, total));
            return Ok(intervals);
        }
    }
}
