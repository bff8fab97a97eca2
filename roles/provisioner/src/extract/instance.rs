//! One instance of a resource or data source.

use serde_json::Value;

use super::value::Values;

/// Managed or read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// `resource`.
    Managed,
    /// `data`.
    Data,
}

/// An instance with its attributes.
#[derive(Debug, Clone, PartialEq)]
pub struct Instance {
    /// Full address: `module.m["k"].docker_container.main[0]`.
    pub address: String,
    /// Address without instance keys, as in the graph: `module.m.docker_container.main`.
    pub label: String,
    /// The module part of the address, "" for the root.
    pub module: String,
    /// Managed or read.
    pub mode: Mode,
    /// Type.
    pub kind: String,
    /// Name.
    pub name: String,
    /// Attributes.
    pub values: Values,
}

impl Instance {
    /// From the parts of a state file.
    #[allow(clippy::too_many_arguments)]
    pub fn new(module: &str, mode: Mode, kind: &str, name: &str, index: Option<&Value>, values: Values) -> Self {
        let mut address = String::new();
        if !module.is_empty() {
            address.push_str(module);
            address.push('.');
        }
        if mode == Mode::Data {
            address.push_str("data.");
        }
        address.push_str(&format!("{kind}.{name}"));
        if let Some(index) = index {
            address.push_str(&format!("[{index}]"));
        }
        Self {
            label: without_keys(&address),
            address,
            module: module.to_owned(),
            mode,
            kind: kind.to_owned(),
            name: name.to_owned(),
            values,
        }
    }

    /// From an address. `None` if it is not one of a resource or data source.
    pub fn parse(address: &str, values: Values) -> Option<Self> {
        let label = without_keys(address);
        let parts: Vec<&str> = label.split('.').collect();
        let modules = parts.chunks(2).take_while(|pair| pair.first() == Some(&"module")).count();
        let mut rest = parts.get(modules * 2..)?.iter();
        let mut kind = *rest.next()?;
        let mut mode = Mode::Managed;
        if kind == "data" {
            mode = Mode::Data;
            kind = rest.next()?;
        }
        let name = rest.next()?;
        if rest.next().is_some() {
            return None;
        }
        Some(Self {
            module: leading_steps(address, modules * 2)?.to_owned(),
            address: address.to_owned(),
            mode,
            kind: kind.to_owned(),
            name: (*name).to_owned(),
            label: label.clone(),
            values,
        })
    }

    /// Whether this is a managed resource of a type.
    pub fn is(&self, kind: &str) -> bool {
        self.mode == Mode::Managed && self.kind == kind
    }
}

/// Drops `[…]`; a key in quotes may hold brackets and escaped quotes.
fn without_keys(address: &str) -> String {
    let mut label = String::with_capacity(address.len());
    walk(address, |_, c, in_key| {
        if !in_key {
            label.push(c);
        }
        true
    });
    label
}

/// The first `count` dot-separated steps with their keys.
fn leading_steps(address: &str, count: usize) -> Option<&str> {
    if count == 0 {
        return Some("");
    }
    let mut dots = 0;
    let mut end = None;
    walk(address, |at, c, in_key| {
        if c == '.' && !in_key {
            dots += 1;
            if dots == count {
                end = Some(at);
            }
        }
        end.is_none()
    });
    address.get(..end?)
}

fn walk(address: &str, mut each: impl FnMut(usize, char, bool) -> bool) {
    let (mut in_key, mut in_quotes, mut escaped) = (false, false, false);
    for (at, c) in address.char_indices() {
        if in_quotes {
            match c {
                '"' if !escaped => in_quotes = false,
                _ => escaped = c == '\\' && !escaped,
            }
        } else if in_key {
            match c {
                '"' => (in_quotes, escaped) = (true, false),
                ']' => {
                    if !each(at, c, true) {
                        return;
                    }
                    in_key = false;
                    continue;
                }
                _ => {}
            }
        } else if c == '[' {
            in_key = true;
        }
        if !each(at, c, in_key) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_apart() {
        for (address, module, mode, kind, name, label) in [
            ("a_b.c", "", Mode::Managed, "a_b", "c", "a_b.c"),
            ("a_b.c[0]", "", Mode::Managed, "a_b", "c", "a_b.c"),
            ("data.a_b.c[\"x.y\"]", "", Mode::Data, "a_b", "c", "data.a_b.c"),
            ("module.m[\"k]\\\".x\"].a_b.c", "module.m[\"k]\\\".x\"]", Mode::Managed, "a_b", "c", "module.m.a_b.c"),
            (
                "module.m.module.n[1].data.a_b.c",
                "module.m.module.n[1]",
                Mode::Data,
                "a_b",
                "c",
                "module.m.module.n.data.a_b.c",
            ),
        ] {
            let found = Instance::parse(address, Values::new()).unwrap();
            assert_eq!((found.module.as_str(), found.mode), (module, mode), "{address}");
            assert_eq!((found.kind.as_str(), found.name.as_str(), found.label.as_str()), (kind, name, label));
        }
        assert_eq!(Instance::parse("module.m", Values::new()), None);
        assert_eq!(Instance::parse("a.b.c.d", Values::new()), None);
        let made = Instance::new("module.m[0]", Mode::Data, "a_b", "c", Some(&"k".into()), Values::new());
        assert_eq!(made.address, "module.m[0].data.a_b.c[\"k\"]");
    }
}
