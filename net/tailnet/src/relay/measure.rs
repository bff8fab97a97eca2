//! How far the relays are: one small HTTP request to each.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::time::timeout;

use super::{Dialer, Target};
use crate::core::RegionId;
use crate::defaults::MEASURE_TIMEOUT;

/// Latency of each region that answered in time.
pub(crate) async fn measure(dialer: &Dialer, regions: Vec<(RegionId, Vec<Target>)>) -> BTreeMap<RegionId, Duration> {
    let mut tries: FuturesUnordered<_> = regions
        .into_iter()
        .map(|(region, targets)| (dialer.clone(), region, targets))
        .map(|(dialer, region, targets)| async move {
            let first = async {
                for target in targets {
                    match dialer.clone().latency(target).await {
                        Ok(latency) => return Some(latency),
                        Err(error) => tracing::debug!(region, %error, "latency check failed"),
                    }
                }
                None
            };
            timeout(MEASURE_TIMEOUT, first).await.ok().flatten().map(|latency| (region, latency))
        })
        .collect();
    let mut result = BTreeMap::new();
    while let Some(measured) = tries.next().await {
        result.extend(measured);
    }
    result
}
