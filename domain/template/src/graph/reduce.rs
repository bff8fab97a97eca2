//! Transitive reduction.

use std::collections::BTreeSet;

/// Drops every edge A→C for which a longer way from A to C exists. A graph with cycles keeps the edges inside them.
pub(super) fn reduce(edges: &[BTreeSet<usize>]) -> Vec<BTreeSet<usize>> {
    let order = order(edges);
    let words = edges.len().div_ceil(64);
    let mut reach: Vec<Vec<u64>> = vec![Vec::new(); edges.len()];
    for &node in &order {
        let mut set = vec![0u64; words];
        for &next in edges.get(node).into_iter().flatten() {
            if let Some(word) = set.get_mut(next / 64) {
                *word |= 1 << (next % 64);
            }
            for (mine, theirs) in set.iter_mut().zip(reach.get(next).into_iter().flatten()) {
                *mine |= theirs;
            }
        }
        if let Some(slot) = reach.get_mut(node) {
            *slot = set;
        }
    }
    let reaches = |from: usize, to: usize| {
        reach.get(from).and_then(|set| set.get(to / 64)).is_some_and(|word| word & (1 << (to % 64)) != 0)
    };
    edges
        .iter()
        .map(|targets| {
            targets
                .iter()
                .copied()
                .filter(|&to| !targets.iter().any(|&via| via != to && reaches(via, to) && !reaches(to, via)))
                .collect()
        })
        .collect()
}

/// Nodes so that a node comes after those it depends on (without cycles), found without recursion.
fn order(edges: &[BTreeSet<usize>]) -> Vec<usize> {
    let mut state = vec![0u8; edges.len()];
    let mut done = Vec::with_capacity(edges.len());
    for root in 0..edges.len() {
        let mut stack = vec![(root, false)];
        while let Some((node, leaving)) = stack.pop() {
            let Some(mark) = state.get_mut(node) else {
                continue;
            };
            if leaving {
                *mark = 2;
                done.push(node);
            } else if *mark == 0 {
                *mark = 1;
                stack.push((node, true));
                stack.extend(edges.get(node).into_iter().flatten().map(|&next| (next, false)));
            }
        }
    }
    done
}
