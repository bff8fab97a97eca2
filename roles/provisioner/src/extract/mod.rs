//! From resource instances and the dependency graph to what the server stores: resources with their agents, apps,
//! scripts and metadata; parameters, presets, external services. Rules: docs/protocol/provisioner.md, "Results".

mod agents;
mod attach;
mod instance;
mod parameters;
mod resources;
mod value;

#[cfg(test)]
mod tests;

use warren_proto::provisioner::{AiTask, ExternalAuthProviderResource, Preset, Resource, RichParameter};
use warren_template::graph::Graph;

pub use instance::{Instance, Mode};
pub(crate) use value::member;

/// Everything a job reports.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Extracted {
    /// Resources sorted by address, with agents.
    pub resources: Vec<Resource>,
    /// Parameters in the order of their addresses, those of child modules first.
    pub parameters: Vec<RichParameter>,
    /// Presets.
    pub presets: Vec<Preset>,
    /// External services by id.
    pub external_auth: Vec<ExternalAuthProviderResource>,
    /// Tasks.
    pub ai_tasks: Vec<AiTask>,
    /// The configuration declares an external agent.
    pub has_external_agents: bool,
}

/// A template that Terraform accepts but that cannot be a workspace.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ExtractError {
    /// Two agents of one name.
    #[error("duplicate agent name: {0}")]
    DuplicateAgent(String),
    /// An underscore in an agent's name.
    #[error(
        "agent name {0:?} contains underscores which are no longer supported, please use hyphens instead \
         (regex: \"(?i)^[a-z0-9](-?[a-z0-9])*$\")"
    )]
    AgentUnderscore(String),
    /// Another bad agent name.
    #[error("agent name {0:?} does not match regex \"(?i)^[a-z0-9](-?[a-z0-9])*$\"")]
    AgentName(String),
    /// Two apps of one slug.
    #[error("duplicate app slug, they must be unique per template: {0:?}")]
    DuplicateSlug(String),
    /// A bad slug.
    #[error("app slug {0:?} does not match regex \"^[a-z0-9](-?[a-z0-9])*$\"")]
    Slug(String),
    /// Two `coder_metadata` for one resource.
    #[error("duplicate metadata resource: {0}")]
    DuplicateMetadata(String),
    /// Two parameters of one name.
    #[error("coder_parameter names must be unique but {0:?} appears several times")]
    DuplicateParameter(String),
    /// Two presets of one name, or two defaults.
    #[error("{0}")]
    Preset(String),
}

/// Reads everything.
pub fn extract(instances: &[Instance], graph: &Graph) -> Result<Extracted, ExtractError> {
    let mut ordered: Vec<&Instance> = instances.iter().collect();
    ordered.sort_by(|a, b| a.address.cmp(&b.address));
    let mut agents = agents::agents(&ordered)?;
    attach::attach(&ordered, graph, &mut agents)?;
    let by_module =
        |a: &&&Instance, b: &&&Instance| (a.module.is_empty(), &a.address).cmp(&(b.module.is_empty(), &b.address));
    let mut children_first: Vec<&&Instance> = ordered.iter().collect();
    children_first.sort_by(by_module);
    let data: Vec<&Instance> =
        children_first.into_iter().copied().filter(|instance| instance.mode == Mode::Data).collect();
    Ok(Extracted {
        resources: resources::resources(&ordered, graph, agents)?,
        parameters: parameters::parameters(&data)?,
        presets: parameters::presets(&data)?,
        external_auth: parameters::external_auth(&data),
        ai_tasks: resources::ai_tasks(&ordered),
        has_external_agents: graph.labels().any(|label| {
            label
                .rsplit_once('.')
                .is_some_and(|(kind, _)| kind == "coder_external_agent" || kind.ends_with(".coder_external_agent"))
        }),
    })
}

/// Sum of the daily costs of all metadata.
pub fn daily_cost(instances: &[Instance]) -> i32 {
    instances
        .iter()
        .filter(|instance| instance.is("coder_metadata"))
        .fold(0, |sum, instance| sum.saturating_add(value::int32(&instance.values, "daily_cost")))
}
