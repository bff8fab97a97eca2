//! The file in which editors look up how good a connection is.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde::Serialize;

use crate::config::make_dir;
use crate::tunnel::Tunnel;

/// Errors are put up with for this long.
const PATIENCE: Duration = Duration::from_secs(60);

/// One line of JSON; all keys are always there.
#[derive(Debug, Default, Serialize)]
pub struct NetworkInfo {
    pub p2p: bool,
    /// Milliseconds.
    pub latency: f64,
    pub preferred_derp: String,
    pub derp_latency: BTreeMap<String, f64>,
    pub upload_bytes_sec: i64,
    pub download_bytes_sec: i64,
    pub using_coder_connect: bool,
}

/// Where the file is: named after the process that started this one (ssh, for a `ProxyCommand`).
pub fn file_in(dir: &Path) -> Result<PathBuf> {
    make_dir(dir, 0o700).with_context(|| format!("create {}", dir.display()))?;
    Ok(dir.join(format!("{}.json", parent_pid())))
}

/// The process that started this one.
pub fn parent_pid() -> u32 {
    #[cfg(unix)]
    return std::os::unix::process::parent_id();
    #[cfg(not(unix))]
    return std::process::id();
}

/// Replaces the file.
pub fn write(file: &Path, info: &NetworkInfo) -> Result<()> {
    let text = serde_json::to_string(info)?;
    let dir = file.parent().unwrap_or(Path::new("."));
    let mut temporary = tempfile::NamedTempFile::new_in(dir).with_context(|| format!("write {}", file.display()))?;
    temporary.write_all(text.as_bytes())?;
    temporary.persist(file).with_context(|| format!("write {}", file.display()))?;
    Ok(())
}

/// Writes the file now and at each interval. Ends when that has failed for a minute.
pub async fn keep_written(tunnel: &Tunnel, file: &Path, interval: Duration) {
    let mut tick = tokio::time::interval(interval.max(Duration::from_millis(100)));
    let mut last = Instant::now();
    let mut failing: Option<Instant> = None;
    loop {
        tick.tick().await;
        let elapsed = last.elapsed().as_secs_f64().max(0.001);
        last = Instant::now();
        match collect(tunnel, elapsed).await.and_then(|info| write(file, &info)) {
            Ok(()) => failing = None,
            Err(error) => {
                tracing::debug!(%error, "network information failed");
                if failing.get_or_insert_with(Instant::now).elapsed() > PATIENCE {
                    return;
                }
            }
        }
    }
}

async fn collect(tunnel: &Tunnel, elapsed: f64) -> Result<NetworkInfo> {
    let pong = tunnel.node().ping(tunnel.agent()).await.context("ping the agent")?;
    let stats = tunnel.node().stats().await?;
    let rate = |bytes: u64| (bytes as f64 / elapsed) as i64;
    let home = stats.home_region.unwrap_or(pong.region_id);
    let preferred = tunnel.region_name(home);
    let latency = pong.latency.as_secs_f64() * 1000.0;
    Ok(NetworkInfo {
        p2p: pong.endpoint.is_some(),
        latency,
        derp_latency: BTreeMap::from([(preferred.clone(), 0.0)]),
        preferred_derp: preferred,
        upload_bytes_sec: rate(stats.tx_bytes),
        download_bytes_sec: rate(stats.rx_bytes),
        using_coder_connect: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_one_private_line_with_all_keys() {
        let dir = tempfile::tempdir().expect("temp dir");
        let file = file_in(&dir.path().join("net")).expect("file");
        write(&file, &NetworkInfo::default()).expect("write");
        let text = std::fs::read_to_string(&file).expect("read");
        assert_eq!(
            text,
            r#"{"p2p":false,"latency":0.0,"preferred_derp":"","derp_latency":{},"upload_bytes_sec":0,"download_bytes_sec":0,"using_coder_connect":false}"#
        );
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&file).expect("file").permissions().mode() & 0o777, 0o600);
        }
    }
}
