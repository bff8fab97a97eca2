//! Memory and disk use, pushed as a window of datapoints (agent.md §19). Nothing is pushed unless the template
//! asks for a monitor.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;
use warren_proto::agent::push_resources_monitoring_usage_request::Datapoint;
use warren_proto::agent::push_resources_monitoring_usage_request::datapoint::{MemoryUsage, VolumeUsage};
use warren_proto::agent::{
    GetResourcesMonitoringConfigurationResponse as Configuration, PushResourcesMonitoringUsageRequest, agent_methods,
};

use crate::wire;

/// A window longer than it is cut.
const MAX_DATAPOINTS: usize = 1000;

/// Collects and pushes for as long as the connection lives.
pub async fn run(configuration: Configuration, session: &warren_rpc::Session) -> Result<(), warren_rpc::Error> {
    let memory = configuration.memory.as_ref().is_some_and(|m| m.enabled);
    let volumes: Vec<_> = configuration.volumes.iter().filter(|v| v.enabled).map(|v| v.path.clone()).collect();
    let config = configuration.config.unwrap_or_default();
    let (count, interval) = (usize::try_from(config.num_datapoints), u64::try_from(config.collection_interval_seconds));
    let (Ok(count @ 1..), Ok(interval @ 1..)) = (count, interval) else {
        return std::future::pending().await;
    };
    if !memory && volumes.is_empty() {
        return std::future::pending().await;
    }
    let count = count.min(MAX_DATAPOINTS);
    let mut window: VecDeque<Datapoint> = VecDeque::new();
    let mut tick = tokio::time::interval(Duration::from_secs(interval));
    tick.tick().await;
    loop {
        tick.tick().await;
        window.push_back(collect(memory, &volumes));
        if window.len() > count {
            window.pop_front();
        }
        if window.len() == count {
            let request = PushResourcesMonitoringUsageRequest { datapoints: window.iter().cloned().collect() };
            if let Err(error) = session.unary(agent_methods::PUSH_RESOURCES_MONITORING_USAGE, &request).await {
                if session.is_closed() {
                    return Err(error);
                }
                tracing::warn!(%error, "push resource use");
            }
        }
    }
}

fn collect(memory: bool, volumes: &[String]) -> Datapoint {
    Datapoint {
        collected_at: Some(wire::timestamp(Timestamp::now())),
        memory: if memory { memory_usage() } else { None },
        volumes: volumes.iter().filter_map(|path| volume_usage(path)).collect(),
    }
}

/// The container's limit and use, or the host's where there is no limit.
fn memory_usage() -> Option<MemoryUsage> {
    let number = |path: &str| std::fs::read_to_string(path).ok()?.trim().parse::<i64>().ok();
    let v2 = (number("/sys/fs/cgroup/memory.current"), number("/sys/fs/cgroup/memory.max"));
    if let (Some(used), Some(total)) = v2 {
        return Some(MemoryUsage { used, total });
    }
    use procfs::Current as _;
    let info = procfs::Meminfo::current().ok()?;
    let total = i64::try_from(info.mem_total).ok()?;
    let free = i64::try_from(info.mem_available.unwrap_or(info.mem_free)).ok()?;
    Some(MemoryUsage { used: total - free, total })
}

fn volume_usage(path: &str) -> Option<VolumeUsage> {
    let stat = nix::sys::statvfs::statvfs(path).ok()?;
    let block = i64::try_from(stat.fragment_size()).ok()?;
    let total = i64::try_from(stat.blocks()).ok()?.checked_mul(block)?;
    let free = i64::try_from(stat.blocks_free()).ok()?.checked_mul(block)?;
    Some(VolumeUsage { volume: path.to_owned(), used: total - free, total })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_and_the_root_volume_can_be_measured() {
        let point = collect(true, &["/".to_owned(), "/does/not/exist".to_owned()]);
        assert!(point.memory.is_some_and(|m| m.used > 0 && m.used <= m.total));
        assert_eq!(point.volumes.len(), 1);
    }
}
