//! Metadata: small scripts whose output the dashboard shows (agent.md §16).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::task::JoinSet;
use tokio::time::Instant;
use warren_proto::agent::workspace_agent_metadata::{Description, Result as MetadataResult};
use warren_proto::agent::{BatchUpdateMetadataRequest, Metadata, agent_methods};

use crate::environment::{Paths, Workspace};
use crate::process::{self, Group};
use crate::user::User;
use crate::wire;

const TICK: Duration = Duration::from_secs(1);
/// Output that is kept of one run.
const MAX_OUTPUT: u64 = 10 * 1024;
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(3);

/// Runs the scripts and sends their results for as long as the connection lives.
pub async fn run(
    descriptions: &[Description],
    (user, paths, workspace): (&User, &Paths, Arc<Workspace>),
    session: &warren_rpc::Session,
) -> Result<(), warren_rpc::Error> {
    let mut last: BTreeMap<&str, Instant> = BTreeMap::new();
    let results: Arc<Mutex<BTreeMap<String, MetadataResult>>> = Arc::default();
    let running: Arc<Mutex<std::collections::BTreeSet<String>>> = Arc::default();
    let mut runs = JoinSet::new();
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        while runs.try_join_next().is_some() {}
        for description in descriptions {
            let interval = seconds(description.interval.as_ref());
            let due = match last.get(description.key.as_str()) {
                None => true,
                Some(at) => !interval.is_zero() && at.elapsed() >= interval,
            };
            if !due || !running.lock().insert(description.key.clone()) {
                continue;
            }
            last.insert(&description.key, Instant::now());
            let timeout = match (seconds(description.timeout.as_ref()), interval) {
                (Duration::ZERO, Duration::ZERO) => DEFAULT_TIMEOUT,
                (Duration::ZERO, interval) => interval,
                (timeout, _) => timeout,
            };
            let (key, script) = (description.key.clone(), description.script.clone());
            let (user, paths, workspace) = (user.clone(), paths.clone(), workspace.clone());
            let (results, running) = (results.clone(), running.clone());
            runs.spawn(async move {
                let result = collect(&user, &paths, &workspace, (&script, timeout)).await;
                results.lock().insert(key.clone(), result);
                running.lock().remove(&key);
            });
        }
        let batch = std::mem::take(&mut *results.lock());
        if batch.is_empty() {
            continue;
        }
        let metadata = batch.into_iter().map(|(key, result)| Metadata { key, result: Some(result) }).collect();
        session.unary(agent_methods::BATCH_UPDATE_METADATA, &BatchUpdateMetadataRequest { metadata }).await?;
    }
}

/// Seconds travel as the nanoseconds of the duration.
fn seconds(value: Option<&prost_types::Duration>) -> Duration {
    let nanos = value.map_or(0, |d| d.seconds.saturating_mul(1_000_000_000).saturating_add(i64::from(d.nanos)));
    Duration::from_secs(u64::try_from(nanos).unwrap_or(0))
}

async fn collect(
    user: &User,
    paths: &Paths,
    workspace: &Workspace,
    (script, timeout): (&str, Duration),
) -> MetadataResult {
    let collected_at = Some(wire::timestamp(Timestamp::now()));
    let (value, error) = match tokio::time::timeout(timeout, output(user, paths, workspace, script)).await {
        Ok(Ok((value, error))) => (value, error),
        Ok(Err(error)) => (String::new(), format!("run the script: {error}")),
        Err(_) => (String::new(), format!("the script did not end within {} s", timeout.as_secs())),
    };
    MetadataResult { collected_at, age: 0, value, error }
}

async fn output(user: &User, paths: &Paths, workspace: &Workspace, script: &str) -> std::io::Result<(String, String)> {
    let mut child = process::spawn(user, paths, workspace, (script, &[]))?;
    // Ends the whole group when the time is up and this future is dropped.
    let group = Group::of(&child);
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let ((mut value, cut), (errors, _), status) = tokio::join!(read(stdout), read(stderr), child.wait());
    group.release();
    value.push_str(&errors);
    let status = status?;
    let error = match status.code() {
        _ if cut => format!("the output is longer than {MAX_OUTPUT} bytes"),
        Some(0) => String::new(),
        Some(code) => format!("exit status {code}"),
        None => status.to_string(),
    };
    Ok((value, error))
}

/// Reads to the end but keeps a bounded part; true when something was left out.
async fn read(from: Option<impl AsyncRead + Unpin>) -> (String, bool) {
    let Some(mut from) = from else { return (String::new(), false) };
    let mut kept = Vec::new();
    let _ = (&mut from).take(MAX_OUTPUT).read_to_end(&mut kept).await;
    let rest = tokio::io::copy(&mut from, &mut tokio::io::sink()).await.unwrap_or(0);
    (String::from_utf8_lossy(&kept).into_owned(), rest > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn template_seconds_are_the_nanoseconds_of_the_wire() {
        assert_eq!(seconds(Some(&prost_types::Duration { seconds: 0, nanos: 10 })), Duration::from_secs(10));
        assert_eq!(seconds(None), Duration::ZERO);
    }
}
