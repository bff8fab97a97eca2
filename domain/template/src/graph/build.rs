//! From declarations to nodes and edges.

use std::collections::BTreeMap;

use super::declare::{Declaration, Reference, declarations};
use super::{Graph, ModulePath};
use crate::Module;

pub(super) fn build(modules: &BTreeMap<ModulePath, Module>) -> Graph {
    let mut graph = Graph::default();
    let declared: Vec<(String, Vec<Declaration>)> =
        modules.iter().map(|(path, module)| (prefix(path), declarations(module))).collect();
    // All nodes first, so that a reference to nothing is seen as such.
    for (prefix, declarations) in &declared {
        for declaration in declarations {
            if let Some(label) = label(prefix, declaration) {
                graph.node(&label);
            }
            if declaration.kind == "module"
                && let Some(name) = declaration.labels.first()
            {
                graph.node(&format!("{prefix}module.{name} (expand)"));
                graph.node(&format!("{prefix}module.{name} (close)"));
            }
        }
    }
    for (prefix, declarations) in &declared {
        for declaration in declarations {
            connect(&mut graph, prefix, declaration);
        }
    }
    graph.finish()
}

fn prefix(path: &[String]) -> String {
    path.iter().map(|name| format!("module.{name}.")).collect()
}

fn label(prefix: &str, declaration: &Declaration) -> Option<String> {
    let first = declaration.labels.first()?;
    Some(match declaration.kind {
        "resource" => format!("{prefix}{first}.{}", declaration.labels.get(1)?),
        kind @ ("data" | "ephemeral") => {
            format!("{prefix}{kind}.{first}.{}", declaration.labels.get(1)?)
        }
        "local" => format!("{prefix}local.{first}"),
        "variable" => format!("{prefix}var.{first}"),
        "output" => format!("{prefix}output.{first}"),
        "provider" => match &declaration.provider {
            Some(alias) => format!("{prefix}provider.{first}.{alias}"),
            None => format!("{prefix}provider.{first}"),
        },
        _ => return None,
    })
}

fn connect(graph: &mut Graph, prefix: &str, declaration: &Declaration) {
    if declaration.kind == "module" {
        connect_call(graph, prefix, declaration);
        return;
    }
    let Some(node) = label(prefix, declaration).and_then(|label| graph.index.get(&label).copied()) else {
        return;
    };
    refer(graph, prefix, node, &declaration.references);
    if let Some(module) = prefix.strip_suffix('.') {
        if let Some(&expand) = graph.index.get(&format!("{module} (expand)")) {
            graph.connect(node, expand);
        }
        if let Some(&close) = graph.index.get(&format!("{module} (close)")) {
            graph.connect(close, node);
        }
    }
    if matches!(declaration.kind, "resource" | "data" | "ephemeral") {
        let implied = || declaration.labels.first().and_then(|kind| kind.split('_').next()).map(str::to_owned);
        let Some(provider) = declaration.provider.clone().or_else(implied) else {
            return;
        };
        // A module without its own block inherits the root's.
        let own = format!("{prefix}provider.{provider}");
        let root = format!("provider.{provider}");
        if let Some(&provider) = graph.index.get(&own).or_else(|| graph.index.get(&root)) {
            graph.connect(node, provider);
        }
    }
}

fn connect_call(graph: &mut Graph, prefix: &str, call: &Declaration) {
    let Some(name) = call.labels.first() else {
        return;
    };
    let module = format!("{prefix}module.{name}");
    let Some(&expand) = graph.index.get(&format!("{module} (expand)")) else {
        return;
    };
    refer(graph, prefix, expand, &call.references);
    if let Some(&close) = graph.index.get(&format!("{module} (close)")) {
        graph.connect(close, expand);
    }
    if let Some(parent) = prefix.strip_suffix('.')
        && let Some(&parent) = graph.index.get(&format!("{parent} (expand)"))
    {
        graph.connect(expand, parent);
    }
    for (argument, references) in &call.arguments {
        if let Some(&variable) = graph.index.get(&format!("{module}.var.{argument}")) {
            refer(graph, prefix, variable, references);
        }
    }
}

fn refer(graph: &mut Graph, prefix: &str, from: usize, references: &[Reference]) {
    for reference in references {
        if let Some(to) = resolve(graph, prefix, reference) {
            graph.connect(from, to);
        }
    }
}

fn resolve(graph: &Graph, prefix: &str, reference: &[String]) -> Option<usize> {
    let part = |at: usize| reference.get(at).map(String::as_str);
    let find = |label: String| graph.index.get(&label).copied();
    match part(0)? {
        kind @ ("data" | "ephemeral") => find(format!("{prefix}{kind}.{}.{}", part(1)?, part(2)?)),
        kind @ ("var" | "local") => find(format!("{prefix}{kind}.{}", part(1)?)),
        "module" => {
            let module = format!("{prefix}module.{}", part(1)?);
            part(2)
                .and_then(|output| find(format!("{module}.output.{output}")))
                .or_else(|| find(format!("{module} (close)")))
        }
        kind => find(format!("{prefix}{kind}.{}", part(1)?)),
    }
}
