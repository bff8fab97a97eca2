//! The fixed shape in which Terraform prints its graph.

use super::Graph;

/// Reads node and edge lines; everything else is left out.
pub(super) fn read(text: &str) -> Graph {
    let mut graph = Graph::default();
    for line in text.lines() {
        let line = line.trim();
        if !line.starts_with("\"[root] ") {
            continue;
        }
        let quoted: Vec<&str> = quoted(line);
        match quoted.as_slice() {
            [from, to] if line.contains("\" -> \"") => {
                let (from, to) = (graph.node(label(from)), graph.node(label(to)));
                graph.connect(from, to);
            }
            [node, ..] => {
                graph.node(label(node));
            }
            [] => {}
        }
    }
    graph.finish()
}

/// The quoted strings of a line; `\"` does not end one.
fn quoted(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut start = None;
    let mut escaped = false;
    for (at, byte) in line.bytes().enumerate() {
        match (byte, start) {
            (b'"', None) => start = Some(at + 1),
            (b'"', Some(from)) if !escaped => {
                found.extend(line.get(from..at));
                start = None;
            }
            _ => {}
        }
        escaped = byte == b'\\' && !escaped;
    }
    found
}

fn label(id: &str) -> &str {
    let id = id.strip_prefix("[root] ").unwrap_or(id);
    // Module nodes keep their role, so that `module.m (expand)` and `module.m (close)` stay two nodes.
    let plain = id.strip_suffix(" (expand)").unwrap_or(id);
    if is_module(plain) { id } else { plain }
}

fn is_module(label: &str) -> bool {
    let parts = label.split('.').count();
    label.starts_with("module.") && parts.is_multiple_of(2) && label.split('.').step_by(2).all(|part| part == "module")
}
