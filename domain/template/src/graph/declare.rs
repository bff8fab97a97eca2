//! What a module declares and to what each declaration refers.

use hcl_edit::expr::{Expression, Traversal, TraversalOperator};
use hcl_edit::structure::{Attribute, Block, Body, Structure};
use hcl_edit::visit::{self, Visit};
use serde_json::Value;

use crate::hcl::{Content, Module, each_body};

/// The names of a traversal without its index keys: `["data", "coder_workspace", "me", "id"]`.
pub(super) type Reference = Vec<String>;

/// One block or local value.
#[derive(Debug, Default)]
pub(super) struct Declaration {
    /// `resource`, `data`, `local`, `variable`, `output`, `module`, `provider`, `ephemeral`.
    pub kind: &'static str,
    /// Labels of the block, or the name of the local.
    pub labels: Vec<String>,
    /// References of the whole block; of `count`, `for_each`, `depends_on` only for a module call.
    pub references: Vec<Reference>,
    /// Arguments of a module call with their references.
    pub arguments: Vec<(String, Vec<Reference>)>,
    /// `provider` of a resource, `alias` of a provider.
    pub provider: Option<String>,
}

const KINDS: [&str; 7] = ["resource", "data", "variable", "output", "module", "provider", "ephemeral"];
/// Arguments of a module call that are not inputs of the module.
const META: [&str; 6] = ["source", "version", "count", "for_each", "depends_on", "providers"];

/// All declarations of a module.
pub(super) fn declarations(module: &Module) -> Vec<Declaration> {
    let mut found = Vec::new();
    for file in &module.files {
        match &file.content {
            Content::Native(body) => native(body, &mut found),
            Content::Json(value) => json(value, &mut found),
        }
    }
    found
}

fn native(body: &Body, found: &mut Vec<Declaration>) {
    for block in body.blocks() {
        let name = block.ident.as_str();
        if name == "locals" {
            found.extend(block.body.attributes().map(|attr| Declaration {
                kind: "local",
                labels: vec![attr.key.as_str().to_owned()],
                references: in_attribute(attr),
                ..Declaration::default()
            }));
        }
        if let Some(kind) = KINDS.into_iter().find(|kind| *kind == name) {
            found.push(native_block(kind, block));
        }
    }
}

fn native_block(kind: &'static str, block: &Block) -> Declaration {
    let mut declaration = Declaration {
        kind,
        labels: block.labels.iter().map(|label| label.as_str().to_owned()).collect(),
        ..Declaration::default()
    };
    for structure in block.body.iter() {
        match structure {
            Structure::Attribute(attr) => {
                let key = attr.key.as_str();
                let references = in_attribute(attr);
                match (kind, key) {
                    ("resource" | "data" | "ephemeral", "provider") => {
                        declaration.provider = provider_name(&attr.value)
                    }
                    ("provider", "alias") => declaration.provider = attr.value.as_str().map(str::to_owned),
                    ("module", key) if !META.contains(&key) => declaration.arguments.push((key.to_owned(), references)),
                    ("module", "providers") | ("variable", _) => {}
                    _ => declaration.references.extend(references),
                }
            }
            Structure::Block(_) if kind == "variable" => {}
            Structure::Block(inner) => {
                let mut collector = Collector::default();
                collector.visit_block(inner);
                declaration.references.extend(collector.found);
            }
        }
    }
    declaration
}

fn provider_name(value: &Expression) -> Option<String> {
    match value {
        Expression::Variable(name) => Some(name.as_str().to_owned()),
        value => value.as_str().map(str::to_owned).or_else(|| {
            let mut collector = Collector::default();
            collector.visit_expr(value);
            collector.found.pop().map(|path| path.join("."))
        }),
    }
}

fn in_attribute(attr: &Attribute) -> Vec<Reference> {
    let mut collector = Collector::default();
    collector.visit_expr(&attr.value);
    collector.found
}

#[derive(Default)]
struct Collector {
    found: Vec<Reference>,
}

impl Visit for Collector {
    fn visit_traversal(&mut self, node: &Traversal) {
        if let Expression::Variable(root) = &node.expr {
            let mut path = vec![root.as_str().to_owned()];
            path.extend(node.operators.iter().filter_map(|operator| match operator.value() {
                TraversalOperator::GetAttr(name) => Some(name.as_str().to_owned()),
                _ => None,
            }));
            self.found.push(path);
        }
        visit::visit_traversal(self, node);
    }
}

fn json(file: &Value, found: &mut Vec<Declaration>) {
    for kind in KINDS {
        for body in file.get(kind).map(each_body).unwrap_or_default() {
            let depth = if matches!(kind, "resource" | "data" | "ephemeral") { 2 } else { 1 };
            json_labels(kind, depth, body, &mut Vec::new(), found);
        }
    }
    for locals in file.get("locals").map(each_body).unwrap_or_default() {
        for (name, value) in locals.as_object().into_iter().flatten() {
            let mut references = Vec::new();
            in_json(value, &mut references);
            found.push(Declaration { kind: "local", labels: vec![name.clone()], references, ..Declaration::default() });
        }
    }
}

fn json_labels(
    kind: &'static str,
    depth: usize,
    value: &Value,
    labels: &mut Vec<String>,
    found: &mut Vec<Declaration>,
) {
    if depth == 0 {
        for body in each_body(value) {
            found.push(json_block(kind, labels.clone(), body));
        }
        return;
    }
    for level in each_body(value) {
        for (label, inner) in level.as_object().into_iter().flatten() {
            labels.push(label.clone());
            json_labels(kind, depth - 1, inner, labels, found);
            labels.pop();
        }
    }
}

fn json_block(kind: &'static str, labels: Vec<String>, body: &Value) -> Declaration {
    let mut declaration = Declaration { kind, labels, ..Declaration::default() };
    for (key, value) in body.as_object().into_iter().flatten() {
        let mut references = Vec::new();
        match (kind, key.as_str()) {
            ("resource" | "data" | "ephemeral", "provider") | ("provider", "alias") => {
                declaration.provider = value.as_str().map(str::to_owned);
            }
            ("module", "providers") | ("variable", _) => {}
            (_, "depends_on") => {
                for item in value.as_array().into_iter().flatten().filter_map(Value::as_str) {
                    if let Ok(expression) = hcl_edit::parser::parse_expr(item) {
                        let mut collector = Collector::default();
                        collector.visit_expr(&expression);
                        declaration.references.extend(collector.found);
                    }
                }
            }
            ("module", key) if !META.contains(&key) => {
                in_json(value, &mut references);
                declaration.arguments.push((key.to_owned(), references));
            }
            _ => {
                in_json(value, &mut references);
                declaration.references.extend(references);
            }
        }
    }
    declaration
}

fn in_json(value: &Value, references: &mut Vec<Reference>) {
    match value {
        Value::String(text) if text.contains("${") || text.contains("%{") => {
            if let Ok(template) = hcl_edit::parser::parse_template(text) {
                let mut collector = Collector::default();
                collector.visit_template(&template);
                references.extend(collector.found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| in_json(item, references)),
        Value::Object(map) => map.values().for_each(|item| in_json(item, references)),
        _ => {}
    }
}
