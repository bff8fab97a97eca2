//! Which configured values of a stored resource differ from what is wanted.

use crate::findings::{Path, Step};
use crate::schema::{Block, Mode, Nesting};
use crate::value::{Object, Value, get};

/// The paths of all differences. Null, "", 0, false and empty are the same value. What the provider
/// decides (unknown in `wanted` where it may) is no difference.
pub fn differences(block: &Block, prior: &Object, wanted: &Object) -> Vec<Path> {
    let mut out = Vec::new();
    collect(block, prior, wanted, &Path::default(), &mut out);
    out
}

fn collect(block: &Block, prior: &Object, wanted: &Object, path: &Path, out: &mut Vec<Path>) {
    let at = |name: &str| path.then(Step::Name(name.to_owned()));
    for attribute in block.attributes {
        let (old, new) = (get(prior, attribute.name), get(wanted, attribute.name));
        let decided_by_provider = match attribute.mode {
            Mode::Computed => true,
            Mode::OptionalComputed => new.is_null() || *new == Value::Unknown,
            Mode::Required | Mode::Optional => false,
        };
        if !decided_by_provider && !same(old, new) {
            out.push(at(attribute.name));
        }
    }
    for nested in block.blocks {
        let (old, new) = (get(prior, nested.name), get(wanted, nested.name));
        if *new == Value::Unknown {
            if !nested.computed {
                out.push(at(nested.name));
            }
            continue;
        }
        let (old, new) = (old.elements(), new.elements());
        match nested.nesting {
            Nesting::Set => {
                if !same_set(&nested.block, old, new) {
                    out.push(at(nested.name));
                }
            }
            Nesting::List => {
                if old.len() != new.len() {
                    out.push(at(nested.name));
                }
                for (index, (old, new)) in old.iter().zip(new).enumerate() {
                    if let (Some(old), Some(new)) = (old.as_object(), new.as_object()) {
                        let path = at(nested.name).then(Step::Index(index));
                        collect(&nested.block, old, new, &path, out);
                    }
                }
            }
        }
    }
}

fn same(old: &Value, new: &Value) -> bool {
    old == new || (old.is_zero() && new.is_zero())
}

/// Whether two sets of blocks hold the same elements, in whatever order.
fn same_set(block: &Block, old: &[Value], new: &[Value]) -> bool {
    let equal = |old: &Value, new: &Value| match (old.as_object(), new.as_object()) {
        (Some(old), Some(new)) => differences(block, old, new).is_empty(),
        _ => same(old, new),
    };
    let mut left: Vec<_> = new.iter().collect();
    old.len() == new.len()
        && old.iter().all(|old| match left.iter().position(|new| equal(old, new)) {
            Some(index) => {
                left.swap_remove(index);
                true
            }
            None => false,
        })
}
