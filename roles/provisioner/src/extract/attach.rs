//! What belongs to an agent: instance ids, apps, scripts, variables, dev containers.
//! By the agent's id where it is known (state), else by the graph (plan).

use std::collections::HashSet;
use std::sync::LazyLock;

use regex::Regex;
use uuid::Uuid;
use warren_proto::provisioner::agent::Auth;
use warren_proto::provisioner::{App, AppOpenIn, AppSharingLevel, Devcontainer, Env, Healthcheck, Script};
use warren_template::graph::Graph;

use super::agents::{Declared, name_pattern};
use super::value::{Values, blocks, boolean, int32, int64, text};
use super::{ExtractError, Instance};

static SLUG: LazyLock<Regex> = LazyLock::new(|| name_pattern("^[a-z0-9](-?[a-z0-9])*$"));

/// Adds to each agent what belongs to it; things without an agent are left out.
pub(super) fn attach(ordered: &[&Instance], graph: &Graph, agents: &mut [Declared]) -> Result<(), ExtractError> {
    // Dev containers first: apps, scripts and variables may belong to one of them.
    let mut containers: Vec<(usize, String, Devcontainer)> = Vec::new();
    for instance in ordered.iter().filter(|instance| instance.is("coder_devcontainer")) {
        if let Some(agent) = agent_of(instance, graph, agents) {
            containers.push((agent, instance.label.clone(), devcontainer(instance)));
        }
    }
    let mut slugs = HashSet::new();
    for instance in ordered.iter().copied() {
        match instance.kind.as_str() {
            "coder_agent_instance" => {
                let id = text(&instance.values, "instance_id");
                if let Some(declared) = agent_of(instance, graph, agents).and_then(|at| agents.get_mut(at))
                    && let Some(Auth::InstanceId(slot)) = &mut declared.agent.auth
                {
                    *slot = id;
                    declared.instance_given = true;
                }
            }
            "coder_app" => {
                let app = app(instance)?;
                if !slugs.insert(app.slug.clone()) {
                    return Err(ExtractError::DuplicateSlug(app.slug));
                }
                match owner(instance, graph, agents, &containers) {
                    Some(Owner::Agent(at)) => {
                        agents.get_mut(at).into_iter().for_each(|declared| declared.agent.apps.push(app.clone()))
                    }
                    Some(Owner::Container(at)) => {
                        containers.get_mut(at).into_iter().for_each(|(_, _, one)| one.apps.push(app.clone()))
                    }
                    None => {}
                }
            }
            "coder_script" => {
                let script = script(&instance.values);
                match owner(instance, graph, agents, &containers) {
                    Some(Owner::Agent(at)) => {
                        agents.get_mut(at).into_iter().for_each(|declared| declared.agent.scripts.push(script.clone()))
                    }
                    Some(Owner::Container(at)) => {
                        containers.get_mut(at).into_iter().for_each(|(_, _, one)| one.scripts.push(script.clone()))
                    }
                    None => {}
                }
            }
            "coder_env" => {
                let env = env(&instance.values);
                match owner(instance, graph, agents, &containers) {
                    Some(Owner::Agent(at)) => {
                        agents.get_mut(at).into_iter().for_each(|declared| declared.agent.extra_envs.push(env.clone()))
                    }
                    Some(Owner::Container(at)) => {
                        containers.get_mut(at).into_iter().for_each(|(_, _, one)| one.envs.push(env.clone()))
                    }
                    None => {}
                }
            }
            _ => {}
        }
    }
    for (at, _, container) in containers {
        if let Some(declared) = agents.get_mut(at) {
            declared.agent.devcontainers.push(container);
        }
    }
    Ok(())
}

enum Owner {
    Agent(usize),
    Container(usize),
}

fn owner(
    instance: &Instance,
    graph: &Graph,
    agents: &[Declared],
    containers: &[(usize, String, Devcontainer)],
) -> Option<Owner> {
    let id = text(&instance.values, "agent_id");
    let container = containers.iter().position(|(_, label, container)| match id.as_str() {
        "" => graph.refers_to(&instance.label, label),
        id => id == container.subagent_id,
    });
    container.map(Owner::Container).or_else(|| agent_of(instance, graph, agents).map(Owner::Agent))
}

fn agent_of(instance: &Instance, graph: &Graph, agents: &[Declared]) -> Option<usize> {
    let id = text(&instance.values, "agent_id");
    agents.iter().position(|declared| match id.as_str() {
        "" => graph.refers_to(&instance.label, &declared.label),
        id => id == declared.agent.id,
    })
}

fn app(instance: &Instance) -> Result<App, ExtractError> {
    let values = &instance.values;
    let or = |first: String, second: &str| if first.is_empty() { second.to_owned() } else { first };
    let slug = or(text(values, "slug"), &instance.name);
    if !SLUG.is_match(&slug) {
        return Err(ExtractError::Slug(slug));
    }
    let sharing = match text(values, "share").as_str() {
        "authenticated" => AppSharingLevel::Authenticated,
        "public" => AppSharingLevel::Public,
        _ => AppSharingLevel::Owner,
    };
    let open_in = match text(values, "open_in").as_str() {
        "tab" => AppOpenIn::Tab,
        "window" => AppOpenIn::Window,
        _ => AppOpenIn::SlimWindow,
    };
    let id = or(text(values, "id"), "");
    Ok(App {
        display_name: or(or(text(values, "display_name"), &text(values, "name")), &slug),
        slug,
        command: text(values, "command"),
        url: text(values, "url"),
        icon: text(values, "icon"),
        subdomain: boolean(values, "subdomain"),
        healthcheck: blocks(values, "healthcheck").next().map(|values| Healthcheck {
            url: text(values, "url"),
            interval: int32(values, "interval"),
            threshold: int32(values, "threshold"),
        }),
        sharing_level: sharing.into(),
        external: boolean(values, "external"),
        order: int64(values, "order"),
        hidden: boolean(values, "hidden"),
        open_in: open_in.into(),
        group: text(values, "group"),
        id: if id.is_empty() { Uuid::new_v4().to_string() } else { id },
        tooltip: text(values, "tooltip"),
    })
}

fn script(values: &Values) -> Script {
    Script {
        display_name: text(values, "display_name"),
        icon: text(values, "icon"),
        script: text(values, "script"),
        cron: text(values, "cron"),
        start_blocks_login: boolean(values, "start_blocks_login"),
        run_on_start: boolean(values, "run_on_start"),
        run_on_stop: boolean(values, "run_on_stop"),
        timeout_seconds: int32(values, "timeout"),
        log_path: text(values, "log_path"),
    }
}

fn env(values: &Values) -> Env {
    Env { name: text(values, "name"), value: text(values, "value"), merge_strategy: text(values, "merge_strategy") }
}

fn devcontainer(instance: &Instance) -> Devcontainer {
    let values = &instance.values;
    Devcontainer {
        workspace_folder: text(values, "workspace_folder"),
        config_path: text(values, "config_path"),
        name: instance.name.clone(),
        id: text(values, "id"),
        subagent_id: text(values, "subagent_id"),
        apps: Vec::new(),
        scripts: Vec::new(),
        envs: Vec::new(),
    }
}
