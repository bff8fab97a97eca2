//! What the rest of the server is told about agents' connections.

use uuid::Uuid;
use warren_core::{AgentPresence, AgentState};
use warren_proto::tailnet::Node;

use crate::Agents;

impl AgentPresence for Agents {
    fn connection(&self, agent: Uuid) -> Option<AgentState> {
        let presence = self.0.live.find(agent)?.presence()?;
        let latency = self.0.coordination.node(agent).map(|node| self.latency(&node)).unwrap_or_default();
        Some(AgentState {
            first_connected_at: presence.first_connected_at,
            last_connected_at: Some(presence.last_seen),
            disconnected_at: None,
            latency,
        })
    }
}

impl Agents {
    /// An agent's own measurements by name of region: `(milliseconds, preferred)`. Keys are `<region>-v4` or `-v6`.
    fn latency(&self, node: &Node) -> Vec<(String, f64, bool)> {
        let mut found: Vec<(String, f64, bool)> = Vec::new();
        for (key, seconds) in &node.derp_latency {
            let id = key.split('-').next().and_then(|id| id.parse::<i64>().ok());
            let Some(region) = id.and_then(|id| self.0.derp_map.regions.get(&id)) else { continue };
            let (ms, preferred) = (seconds * 1e3, region.region_id == i64::from(node.preferred_derp));
            match found.iter_mut().find(|(name, ..)| *name == region.region_name) {
                Some(entry) => entry.1 = entry.1.min(ms),
                None => found.push((region.region_name.clone(), ms, preferred)),
            }
        }
        found
    }
}
