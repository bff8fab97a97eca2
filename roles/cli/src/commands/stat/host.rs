//! Where the numbers come from: /proc, the file system, the control groups (both versions).

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::Measure;

const SAMPLE: Duration = Duration::from_millis(200);

/// Use of the processor by the host and, inside a container, by the container.
pub async fn cpu_both() -> Result<(Measure, Option<Measure>)> {
    let cores = std::thread::available_parallelism().map_or(1.0, |n| n.get() as f64);
    let host_before = host_ticks()?;
    let group_before = group_cpu_seconds();
    let started = Instant::now();
    tokio::time::sleep(SAMPLE).await;
    let host_after = host_ticks()?;
    let elapsed = started.elapsed().as_secs_f64();
    let total = (host_after.total - host_before.total).max(1.0);
    let busy = (host_after.busy - host_before.busy).max(0.0);
    let host = Measure { total: Some(cores), unit: "cores", used: round(busy / total * cores) };
    let container = match (group_before, group_cpu_seconds()) {
        (Some(before), Some(after)) => {
            Some(Measure { total: group_cpu_limit(), unit: "cores", used: round((after - before).max(0.0) / elapsed) })
        }
        _ => None,
    };
    Ok((host, container))
}

fn round(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

struct Ticks {
    total: f64,
    busy: f64,
}

fn host_ticks() -> Result<Ticks> {
    let text = std::fs::read_to_string("/proc/stat").context("read /proc/stat")?;
    let line = text.lines().next().unwrap_or_default();
    let numbers: Vec<f64> = line.split_whitespace().skip(1).take(8).filter_map(|word| word.parse().ok()).collect();
    let [user, nice, system, idle, iowait, irq, softirq, steal] = numbers.as_slice() else {
        bail!("/proc/stat has an unknown form");
    };
    let busy = user + nice + system + irq + softirq + steal;
    Ok(Ticks { total: busy + idle + iowait, busy })
}

/// True for a process in a container: it has limits of its own.
fn is_container() -> bool {
    Path::new("/.dockerenv").exists()
        || Path::new("/run/.containerenv").exists()
        || std::fs::read_to_string("/proc/1/cgroup").is_ok_and(|text| {
            text.lines().any(|line| ["docker", "kubepods", "containerd", "lxc"].iter().any(|word| line.contains(word)))
        })
        || std::env::var_os("KUBERNETES_SERVICE_HOST").is_some()
}

fn read_number(path: &str) -> Option<f64> {
    std::fs::read_to_string(path).ok()?.trim().parse().ok()
}

fn group_cpu_seconds() -> Option<f64> {
    if !is_container() {
        return None;
    }
    let second = std::fs::read_to_string("/sys/fs/cgroup/cpu.stat").ok().and_then(|text| {
        let line = text.lines().find_map(|line| line.strip_prefix("usage_usec "))?;
        line.trim().parse::<f64>().ok().map(|micros| micros / 1e6)
    });
    second.or_else(|| read_number("/sys/fs/cgroup/cpu,cpuacct/cpuacct.usage").map(|nanos| nanos / 1e9))
}

fn group_cpu_limit() -> Option<f64> {
    if let Ok(text) = std::fs::read_to_string("/sys/fs/cgroup/cpu.max") {
        let mut words = text.split_whitespace();
        let (quota, period) = (words.next()?, words.next()?.parse::<f64>().ok()?);
        return quota.parse::<f64>().ok().map(|quota| quota / period);
    }
    let quota = read_number("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us")?;
    let period = read_number("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us")?;
    (quota > 0.0).then_some(quota / period)
}

/// Memory of the host, without what the system can give back at once.
pub fn memory() -> Result<Measure> {
    let text = std::fs::read_to_string("/proc/meminfo").context("read /proc/meminfo")?;
    let field = |name: &str| {
        text.lines()
            .find_map(|line| line.strip_prefix(name))
            .and_then(|rest| rest.trim_start_matches(':').split_whitespace().next()?.parse::<f64>().ok())
            .map(|kib| kib * 1024.0)
    };
    let (Some(total), Some(available)) = (field("MemTotal"), field("MemAvailable")) else {
        bail!("/proc/meminfo has an unknown form");
    };
    Ok(Measure { total: Some(total), unit: "B", used: total - available })
}

/// Memory of the container, without the inactive file cache.
pub fn container_memory() -> Option<Measure> {
    if !is_container() {
        return None;
    }
    let inactive = |path: &str, name: &str| -> f64 {
        std::fs::read_to_string(path)
            .ok()
            .and_then(|text| text.lines().find_map(|line| line.strip_prefix(name))?.trim().parse().ok())
            .unwrap_or(0.0)
    };
    if let Some(used) = read_number("/sys/fs/cgroup/memory.current") {
        let used = used - inactive("/sys/fs/cgroup/memory.stat", "inactive_file ");
        return Some(Measure { total: read_number("/sys/fs/cgroup/memory.max"), unit: "B", used });
    }
    let used = read_number("/sys/fs/cgroup/memory/memory.usage_in_bytes")?;
    let used = used - inactive("/sys/fs/cgroup/memory/memory.stat", "total_inactive_file ");
    // Without a limit the first version shows a number near 2^63.
    let total = read_number("/sys/fs/cgroup/memory/memory.limit_in_bytes").filter(|limit| *limit < 9e18);
    Some(Measure { total, unit: "B", used })
}

/// The disk that holds a path.
pub fn disk(path: &Path) -> Result<Measure> {
    if !path.exists() {
        bail!("not found: {:?}", path.display().to_string());
    }
    #[cfg(unix)]
    {
        let stat = nix::sys::statvfs::statvfs(path).with_context(|| format!("stat {}", path.display()))?;
        let block = stat.fragment_size() as f64;
        let total = stat.blocks() as f64 * block;
        let used = (stat.blocks().saturating_sub(stat.blocks_free())) as f64 * block;
        Ok(Measure { total: Some(total), unit: "B", used })
    }
    #[cfg(not(unix))]
    bail!("not supported on this system")
}
