//! Resources, agents and apps as they are stored: the rules of docs/protocol/provisioner.md, "Resources".

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use uuid::Uuid;
use warren_db::resources::{
    AgentDevcontainer, AgentMetadataDescription, AgentScript, AppDocument, LogSourceDocument, MemoryMonitor, NewAgent,
    NewModule, NewResource, NewResources, ResourceMetadata, ResourceMonitors, VolumeMonitor,
};
use warren_proto::provisioner as proto;

use crate::Error;

/// Icon of a container's pseudo-script.
const CONTAINER_ICON: &str = "/emojis/1f4e6.png";

/// For what resources were found.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scope {
    pub job: Uuid,
    /// `start`, `stop` or `delete`
    pub transition: &'static str,
    /// `(build, workspace)` of a workspace build.
    pub workspace: Option<(Uuid, Uuid)>,
    pub at: Timestamp,
}

/// Everything to store for `found`. Agents count only for starts.
pub(crate) fn collect(scope: Scope, found: Vec<proto::Resource>) -> Result<NewResources, Error> {
    let mut collector =
        Collector { scope, stored: NewResources::default(), slugs: BTreeSet::new(), agents: BTreeSet::new() };
    for resource in found {
        collector.resource(resource)?;
    }
    Ok(collector.stored)
}

/// Modules to store.
pub(crate) fn collect_modules(scope: Scope, found: Vec<proto::Module>) -> Vec<NewModule> {
    let module = |module: proto::Module| NewModule {
        id: Uuid::new_v4(),
        created_at: scope.at,
        job_id: scope.job,
        transition: scope.transition.to_owned(),
        source: module.source,
        version: module.version,
        key: module.key,
    };
    found.into_iter().map(module).collect()
}

struct Collector {
    scope: Scope,
    stored: NewResources,
    slugs: BTreeSet<String>,
    agents: BTreeSet<String>,
}

impl Collector {
    fn resource(&mut self, found: proto::Resource) -> Result<(), Error> {
        let id = Uuid::new_v4();
        let metadata = found.metadata.into_iter().filter(|item| !item.is_null);
        let metadata =
            metadata.map(|item| ResourceMetadata { key: item.key, value: item.value, sensitive: item.sensitive });
        self.stored.resources.push(NewResource {
            id,
            created_at: self.scope.at,
            job_id: self.scope.job,
            transition: self.scope.transition.to_owned(),
            r#type: found.r#type,
            name: found.name,
            hide: found.hide,
            icon: found.icon,
            instance_type: found.instance_type,
            daily_cost: found.daily_cost,
            module_path: found.module_path,
            metadata: metadata.collect(),
        });
        if self.scope.transition != "start" {
            return Ok(());
        }
        self.agents.clear();
        found.agents.into_iter().try_for_each(|agent| self.agent(id, agent))
    }

    fn agent(&mut self, resource_id: Uuid, found: proto::Agent) -> Result<(), Error> {
        check_agent_name(&found.name)?;
        if !self.agents.insert(found.name.to_lowercase()) {
            return Err(Error::Invalid(format!("duplicate agent name: {}", found.name)));
        }
        // The id of the template's state is not used: a new build has new agents.
        let id = Uuid::new_v4();
        let (auth_token, auth_instance_id) = match found.auth {
            Some(proto::agent::Auth::Token(token)) if !token.is_empty() => {
                let token = Uuid::parse_str(&token)
                    .map_err(|_| Error::Invalid(format!("the token of agent {:?} is not a UUID", found.name)))?;
                (token, None)
            }
            Some(proto::agent::Auth::InstanceId(instance)) if !instance.is_empty() => (Uuid::new_v4(), Some(instance)),
            _ => (Uuid::new_v4(), None),
        };
        let mut scripts = Vec::with_capacity(found.scripts.len());
        for script in found.scripts {
            scripts.push(self.script(id, script));
        }
        let mut devcontainers = Vec::with_capacity(found.devcontainers.len());
        for container in found.devcontainers {
            devcontainers.push(self.devcontainer(id, container, &mut scripts));
        }
        let (build_id, workspace_id) = self.scope.workspace.unzip();
        self.stored.agents.push(NewAgent {
            id,
            created_at: self.scope.at,
            resource_id,
            job_id: self.scope.job,
            build_id,
            workspace_id,
            environment_variables: environment(&found.name, found.extra_envs, found.env)?,
            name: found.name,
            auth_token,
            auth_instance_id,
            api_key_scope: if found.api_key_scope == "no_user_data" { "no_user_data" } else { "all" }.to_owned(),
            architecture: found.architecture,
            operating_system: found.operating_system,
            directory: found.directory,
            connection_timeout_seconds: found.connection_timeout_seconds,
            troubleshooting_url: found.troubleshooting_url,
            motd_file: found.motd_file,
            display_apps: display_apps(found.display_apps),
            display_order: i32::try_from(found.order).unwrap_or_default(),
            scripts,
            metadata: metadata(found.metadata),
            devcontainers,
            resource_monitors: monitors(found.resources_monitoring),
        });
        found.apps.into_iter().try_for_each(|app| self.app(id, app))
    }

    fn script(&mut self, agent: Uuid, found: proto::Script) -> AgentScript {
        let log_source_id = self.log_source(agent, &found.display_name, &found.icon);
        AgentScript {
            id: Uuid::new_v4(),
            log_source_id,
            log_path: found.log_path,
            script: found.script,
            cron: found.cron,
            run_on_start: found.run_on_start,
            run_on_stop: found.run_on_stop,
            start_blocks_login: found.start_blocks_login,
            timeout: found.timeout_seconds,
            display_name: found.display_name,
            icon: found.icon,
        }
    }

    /// A container shows as a script of its own, which the agent reports about.
    fn devcontainer(
        &mut self,
        agent: Uuid,
        found: proto::Devcontainer,
        scripts: &mut Vec<AgentScript>,
    ) -> AgentDevcontainer {
        let id = Uuid::parse_str(&found.id).unwrap_or_else(|_| Uuid::new_v4());
        let display_name = format!("Dev Container ({})", found.name);
        let log_source_id = self.log_source(agent, &display_name, CONTAINER_ICON);
        scripts.push(AgentScript {
            id,
            log_source_id,
            log_path: format!("devcontainer-{}.log", found.name),
            script: String::new(),
            cron: String::new(),
            run_on_start: false,
            run_on_stop: false,
            start_blocks_login: false,
            timeout: 0,
            display_name,
            icon: CONTAINER_ICON.to_owned(),
        });
        let has_content = !(found.apps.is_empty() && found.scripts.is_empty() && found.envs.is_empty());
        AgentDevcontainer {
            id,
            name: found.name,
            workspace_folder: found.workspace_folder,
            config_path: found.config_path,
            subagent_id: has_content.then(|| Uuid::parse_str(&found.subagent_id).ok()).flatten(),
        }
    }

    fn log_source(&mut self, agent: Uuid, display_name: &str, icon: &str) -> Uuid {
        let id = Uuid::new_v4();
        self.stored.log_sources.push(LogSourceDocument {
            workspace_agent_id: agent,
            id,
            created_at: self.scope.at,
            display_name: display_name.to_owned(),
            icon: icon.to_owned(),
        });
        id
    }

    fn app(&mut self, agent_id: Uuid, found: proto::App) -> Result<(), Error> {
        if found.slug.is_empty() || !is_slug(&found.slug) {
            return Err(Error::Invalid(format!(
                "app slug {:?} must consist of letters and digits with single hyphens between them",
                found.slug
            )));
        }
        if !self.slugs.insert(found.slug.clone()) {
            return Err(Error::Invalid(format!("duplicate app slug, must be unique per template: {:?}", found.slug)));
        }
        let sharing = match found.sharing_level() {
            proto::AppSharingLevel::Owner => "owner",
            proto::AppSharingLevel::Authenticated => "authenticated",
            proto::AppSharingLevel::Public => "public",
        };
        let open_in = match found.open_in() {
            proto::AppOpenIn::Tab => "tab",
            proto::AppOpenIn::Window | proto::AppOpenIn::SlimWindow => "slim-window",
        };
        let healthcheck = found.healthcheck.unwrap_or_default();
        // Only builds of a workspace keep the ids of the template's state.
        let stable = self.scope.workspace.and_then(|_| Uuid::parse_str(&found.id).ok()).filter(|id| !id.is_nil());
        self.stored.apps.push(AppDocument {
            id: stable.unwrap_or_else(Uuid::new_v4),
            created_at: self.scope.at,
            agent_id,
            slug: found.slug,
            display_name: found.display_name,
            icon: found.icon,
            command: found.command,
            url: found.url,
            external: found.external,
            subdomain: found.subdomain,
            sharing_level: sharing.to_owned(),
            health: if healthcheck.url.is_empty() { "disabled" } else { "initializing" }.to_owned(),
            healthcheck_url: healthcheck.url,
            healthcheck_interval: healthcheck.interval,
            healthcheck_threshold: healthcheck.threshold,
            display_order: i32::try_from(found.order).unwrap_or_default(),
            display_group: found.group,
            hidden: found.hidden,
            open_in: open_in.to_owned(),
            tooltip: found.tooltip,
        });
        Ok(())
    }
}

fn check_agent_name(name: &str) -> Result<(), Error> {
    if name.contains('_') {
        return Err(Error::Invalid(format!("agent name {name:?} contains underscores, use hyphens instead")));
    }
    if !is_slug(&name.to_lowercase()) {
        return Err(Error::Invalid(format!(
            "agent name {name:?} must consist of letters and digits with single hyphens between them"
        )));
    }
    Ok(())
}

/// Lower-case letters and digits with single hyphens between them.
fn is_slug(text: &str) -> bool {
    text.split('-').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()))
}

/// The environment: the separate variables in their order, each by its strategy, then the agent's own map.
fn environment(
    agent: &str,
    extra: Vec<proto::Env>,
    own: BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, Error> {
    let mut merged = BTreeMap::<String, String>::new();
    for env in extra {
        let old = merged.get(&env.name).cloned();
        let value = match (env.merge_strategy.as_str(), old) {
            (_, None) | ("" | "replace", Some(_)) => env.value,
            ("append", Some(old)) => format!("{old}:{}", env.value),
            ("prepend", Some(old)) => format!("{}:{old}", env.value),
            ("error", Some(_)) => {
                return Err(Error::Invalid(format!(
                    "agent {agent:?} has the environment variable {:?} twice",
                    env.name
                )));
            }
            (unknown, Some(_)) => {
                return Err(Error::Invalid(format!("unknown merge strategy {unknown:?} of variable {:?}", env.name)));
            }
        };
        merged.insert(env.name, value);
    }
    merged.extend(own);
    Ok(merged)
}

fn display_apps(found: Option<proto::DisplayApps>) -> Vec<&'static str> {
    let found = found.unwrap_or_default();
    [
        (found.vscode, "vscode"),
        (found.vscode_insiders, "vscode_insiders"),
        (found.web_terminal, "web_terminal"),
        (found.port_forwarding_helper, "port_forwarding_helper"),
        (found.ssh_helper, "ssh_helper"),
    ]
    .into_iter()
    .filter_map(|(shown, name)| shown.then_some(name))
    .collect()
}

fn metadata(found: Vec<proto::agent::Metadata>) -> Vec<AgentMetadataDescription> {
    let mut descriptions: Vec<_> = found
        .into_iter()
        .map(|item| AgentMetadataDescription {
            key: item.key,
            display_name: item.display_name,
            script: item.script,
            interval: item.interval,
            timeout: item.timeout,
            order: item.order,
        })
        .collect();
    descriptions.sort_by(|a, b| (a.order, &a.key).cmp(&(b.order, &b.key)));
    descriptions
}

fn monitors(found: Option<proto::ResourcesMonitoring>) -> ResourceMonitors {
    let Some(found) = found else { return ResourceMonitors::default() };
    let volume = |monitor: proto::VolumeResourceMonitor| VolumeMonitor {
        path: monitor.path,
        enabled: monitor.enabled,
        threshold: monitor.threshold,
    };
    ResourceMonitors {
        memory: found.memory.map(|memory| MemoryMonitor { enabled: memory.enabled, threshold: memory.threshold }),
        volumes: found.volumes.into_iter().map(volume).collect(),
    }
}

#[cfg(test)]
mod tests;
