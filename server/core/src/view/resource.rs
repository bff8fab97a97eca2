//! Resources with their agents.

use std::collections::HashMap;

use jiff::Timestamp;
use uuid::Uuid;
use warren_api::{WorkspaceResource, WorkspaceResourceMetadata, WorkspaceTransition};
use warren_db::resources::ResourceRow;

use super::agent::{AppNames, agent};
use crate::Services;

/// Resources by job.
pub(crate) type ResourceSet = HashMap<Uuid, Vec<WorkspaceResource>>;

/// Groups rows into resources, in the order in which they are shown: those with agents first, by the agents' order, then by
/// name. `names` gives workspace and owner of a job, for the addresses of apps.
pub(crate) fn resources<'a>(
    services: &Services,
    rows: Vec<ResourceRow>,
    now: Timestamp,
    names: impl Fn(Uuid) -> Option<(&'a str, &'a str)>,
) -> ResourceSet {
    let mut found: Vec<(i32, WorkspaceResource)> = Vec::new();
    let mut places = HashMap::<Uuid, usize>::new();
    for row in rows {
        let place = *places.entry(row.id).or_insert_with(|| {
            found.push((i32::MAX, resource(&row)));
            found.len() - 1
        });
        let (order, resource) = &mut found[place];
        *order = (*order).min(row.display_order.unwrap_or(i32::MAX));
        let names = names(row.job_id).map(|(workspace, owner)| AppNames { workspace, owner });
        let agent_order = row.display_order.unwrap_or_default();
        if let Some(agent) = agent(services, row, names, now) {
            let at = resource.agents.iter().position(|other| other.name > agent.name && agent_order == 0);
            resource.agents.insert(at.unwrap_or(resource.agents.len()), agent);
        }
    }
    found.sort_by(|(a_order, a), (b_order, b)| (a_order, &a.name, &a.kind).cmp(&(b_order, &b.name, &b.kind)));
    let mut sets = ResourceSet::new();
    for (_, resource) in found {
        sets.entry(resource.job_id).or_default().push(resource);
    }
    sets
}

fn resource(row: &ResourceRow) -> WorkspaceResource {
    let metadata = row.metadata.0.iter().map(|item| WorkspaceResourceMetadata {
        key: item.key.clone(),
        sensitive: item.sensitive,
        value: item.value.clone(),
    });
    WorkspaceResource {
        agents: Vec::new(),
        created_at: row.created_at,
        daily_cost: i64::from(row.daily_cost),
        hide: row.hide,
        icon: row.icon.clone(),
        id: row.id,
        job_id: row.job_id,
        metadata: metadata.collect(),
        name: row.name.clone(),
        kind: row.r#type.clone(),
        workspace_transition: WorkspaceTransition::parse(&row.transition),
    }
}
