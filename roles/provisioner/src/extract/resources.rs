//! Resources: which are shown, which agent runs on which, their metadata.

use std::collections::{HashMap, HashSet};

use warren_proto::provisioner::agent::Auth;
use warren_proto::provisioner::resource::Metadata;
use warren_proto::provisioner::{Agent, AiTask, AiTaskSidebarApp, Resource};
use warren_template::graph::Graph;

use super::agents::Declared;
use super::value::{Values, blocks, boolean, int32, text};
use super::{ExtractError, Instance, Mode};

/// Types that describe another resource and are not shown as one.
const DESCRIBING: [&str; 5] = ["coder_script", "coder_agent", "coder_agent_instance", "coder_app", "coder_metadata"];

/// Resources sorted by address.
pub(super) fn resources(
    ordered: &[&Instance],
    graph: &Graph,
    agents: Vec<Declared>,
) -> Result<Vec<Resource>, ExtractError> {
    let present: HashSet<&str> = ordered
        .iter()
        .filter(|instance| instance.mode == Mode::Managed)
        .filter(|instance| !instance.kind.starts_with("coder_") || instance.kind == "coder_external_agent")
        .map(|instance| instance.label.as_str())
        .collect();
    let is_compute = |label: &str| present.contains(label);
    let mut agents_of: HashMap<String, Vec<Agent>> = HashMap::new();
    for mut declared in agents {
        if let Some(compute) = graph.nearest_dependent(&declared.label, is_compute) {
            if !declared.instance_given {
                infer_instance(&mut declared.agent, ordered, compute);
            }
            agents_of.entry(compute.to_owned()).or_default().push(declared.agent);
        }
    }
    let mut described: HashMap<String, &Values> = HashMap::new();
    let mut describing = HashSet::new();
    for instance in ordered.iter().filter(|instance| instance.is("coder_metadata")) {
        if let Some(target) = graph.nearest_dependency(&instance.label, is_compute) {
            // All instances of a counted block describe the same label; two blocks are one too many.
            if described.contains_key(target) && !describing.contains(&instance.label) {
                return Err(ExtractError::DuplicateMetadata(target.to_owned()));
            }
            describing.insert(instance.label.clone());
            described.insert(target.to_owned(), &instance.values);
        }
    }
    let shown = ordered
        .iter()
        .filter(|instance| instance.mode == Mode::Managed && !DESCRIBING.contains(&instance.kind.as_str()));
    Ok(shown
        .map(|instance| {
            let mut resource = Resource {
                name: instance.name.clone(),
                r#type: instance.kind.clone(),
                agents: agents_of.get(&instance.label).cloned().unwrap_or_default(),
                instance_type: instance_type(instance),
                module_path: instance.module.clone(),
                ..Resource::default()
            };
            if let Some(values) = described.get(&instance.label) {
                resource.metadata = blocks(values, "item").map(item).collect();
                resource.hide = boolean(values, "hide");
                resource.icon = text(values, "icon");
                resource.daily_cost = int32(values, "daily_cost");
            }
            resource
        })
        .collect())
}

/// `coder_ai_task` resources.
pub(super) fn ai_tasks(ordered: &[&Instance]) -> Vec<AiTask> {
    ordered
        .iter()
        .filter(|instance| instance.is("coder_ai_task"))
        .map(|instance| AiTask {
            id: text(&instance.values, "id"),
            sidebar_app: blocks(&instance.values, "sidebar_app")
                .next()
                .map(|values| AiTaskSidebarApp { id: text(values, "id") }),
            app_id: text(&instance.values, "app_id"),
        })
        .collect()
}

fn item(values: &Values) -> Metadata {
    Metadata {
        key: text(values, "key"),
        value: text(values, "value"),
        sensitive: boolean(values, "sensitive"),
        is_null: boolean(values, "is_null"),
    }
}

fn instance_type(instance: &Instance) -> String {
    let attribute = match instance.kind.as_str() {
        "google_compute_instance" => "machine_type",
        "aws_instance" | "aws_spot_instance_request" => "instance_type",
        "azurerm_linux_virtual_machine" | "azurerm_windows_virtual_machine" => "size",
        _ => return String::new(),
    };
    text(&instance.values, attribute)
}

/// Machines of the large clouds identify themselves; their id is an attribute.
fn infer_instance(agent: &mut Agent, ordered: &[&Instance], compute: &str) {
    let Some(Auth::InstanceId(id)) = &mut agent.auth else { return };
    let Some(instance) = ordered.iter().find(|instance| instance.label == compute) else { return };
    let attribute = match instance.kind.as_str() {
        "google_compute_instance" => "instance_id",
        "aws_instance" => "id",
        "aws_spot_instance_request" => "spot_instance_id",
        "azurerm_linux_virtual_machine" | "azurerm_windows_virtual_machine" => "virtual_machine_id",
        _ => return,
    };
    *id = text(&instance.values, attribute);
}
