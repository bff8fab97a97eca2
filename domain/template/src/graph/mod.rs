//! The dependency graph of a configuration, read from its files: what Terraform's own graph says about
//! resources, data sources, locals, variables, outputs, module calls and provider blocks, transitively reduced.
//! Labels are addresses without instance keys (`module.m.coder_agent.main`).

mod build;
mod declare;
mod dot;
mod reduce;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use crate::Module;

/// Names of the module calls that lead to a module; empty for the root.
pub type ModulePath = Vec<String>;

/// A directed graph: an edge goes from what depends to what it depends on.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    labels: Vec<String>,
    index: HashMap<String, usize>,
    /// All edges.
    edges: Vec<BTreeSet<usize>>,
    /// Edges without those that follow from others, both ways.
    reduced: Vec<BTreeSet<usize>>,
    reversed: Vec<BTreeSet<usize>>,
}

impl Graph {
    /// Builds the graph of a configuration from its parsed modules.
    pub fn from_modules(modules: &BTreeMap<ModulePath, Module>) -> Self {
        build::build(modules)
    }

    /// Reads the output of `terraform graph -type=plan`.
    pub fn from_dot(text: &str) -> Self {
        dot::read(text)
    }

    /// All labels, in no particular order.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        self.labels.iter().map(String::as_str)
    }

    /// The nearest node that depends on `label` and that `accepts`; the smallest label among equally near ones.
    pub fn nearest_dependent(&self, label: &str, accepts: impl Fn(&str) -> bool) -> Option<&str> {
        self.nearest(&self.reversed, label, accepts)
    }

    /// The nearest node on which `label` depends and that `accepts`; the smallest label among equally near ones.
    pub fn nearest_dependency(&self, label: &str, accepts: impl Fn(&str) -> bool) -> Option<&str> {
        self.nearest(&self.reduced, label, accepts)
    }

    /// Whether `from` refers to `to` itself or by way of locals, variables and outputs.
    pub fn refers_to(&self, from: &str, to: &str) -> bool {
        let (Some(&from), Some(&to)) = (self.index.get(from), self.index.get(to)) else {
            return false;
        };
        let mut seen = BTreeSet::new();
        let mut open = vec![from];
        while let Some(node) = open.pop() {
            for &next in self.edges.get(node).into_iter().flatten() {
                if next == to {
                    return true;
                }
                if self.labels.get(next).is_some_and(|label| is_pass_through(label)) && seen.insert(next) {
                    open.push(next);
                }
            }
        }
        false
    }

    /// The direct edges after reduction, as labels: for tests and diagnosis.
    pub fn dependencies(&self, label: &str) -> Vec<&str> {
        let Some(&node) = self.index.get(label) else {
            return Vec::new();
        };
        self.reduced
            .get(node)
            .into_iter()
            .flatten()
            .filter_map(|&next| self.labels.get(next))
            .map(String::as_str)
            .collect()
    }

    fn nearest(&self, edges: &[BTreeSet<usize>], label: &str, accepts: impl Fn(&str) -> bool) -> Option<&str> {
        let &start = self.index.get(label)?;
        let mut seen = BTreeSet::from([start]);
        let mut level = VecDeque::from([start]);
        while !level.is_empty() {
            let mut next_level = VecDeque::new();
            let mut best: Option<&str> = None;
            for node in level {
                for &next in edges.get(node).into_iter().flatten() {
                    if !seen.insert(next) {
                        continue;
                    }
                    next_level.push_back(next);
                    let Some(label) = self.labels.get(next) else {
                        continue;
                    };
                    if accepts(label) && best.is_none_or(|best| label.as_str() < best) {
                        best = Some(label);
                    }
                }
            }
            if best.is_some() {
                return best;
            }
            level = next_level;
        }
        None
    }

    fn node(&mut self, label: &str) -> usize {
        if let Some(&node) = self.index.get(label) {
            return node;
        }
        let node = self.labels.len();
        self.labels.push(label.to_owned());
        self.index.insert(label.to_owned(), node);
        self.edges.push(BTreeSet::new());
        node
    }

    fn connect(&mut self, from: usize, to: usize) {
        if from != to
            && let Some(edges) = self.edges.get_mut(from)
        {
            edges.insert(to);
        }
    }

    fn finish(mut self) -> Self {
        self.reduced = reduce::reduce(&self.edges);
        self.reversed = vec![BTreeSet::new(); self.edges.len()];
        for (from, edges) in self.reduced.iter().enumerate() {
            for &to in edges {
                if let Some(back) = self.reversed.get_mut(to) {
                    back.insert(from);
                }
            }
        }
        self
    }
}

fn is_pass_through(label: &str) -> bool {
    let mut rest = label;
    while let Some(inner) = rest.strip_prefix("module.") {
        match inner.split_once('.') {
            Some((_, after)) => rest = after,
            None => return true,
        }
    }
    ["local.", "var.", "output."].iter().any(|prefix| rest.starts_with(prefix))
}

#[cfg(test)]
mod tests;
