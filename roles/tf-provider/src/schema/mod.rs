//! How the schemas are written down: as constants, each attribute with its default and its checks.

pub mod data_sources;
pub mod resources;
mod wire;

use crate::check::Check;
use crate::value::{Object, Value};

pub use wire::provider_schema;

/// The type of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// A text.
    Text,
    /// A number; this provider has only whole ones.
    Number,
    /// A truth value.
    Bool,
    /// A map of texts.
    TextMap,
    /// A list of texts.
    TextList,
    /// A list of objects with these texts.
    ObjectList(&'static [&'static str]),
}

impl Type {
    /// What a missing value becomes inside a block once it is stored.
    pub fn zero(self) -> Value {
        match self {
            Self::Text => Value::text(""),
            Self::Number => Value::int(0),
            Self::Bool => Value::Bool(false),
            Self::TextMap => Value::Object(Object::new()),
            Self::TextList | Self::ObjectList(_) => Value::List(Vec::new()),
        }
    }
}

/// Who sets an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The configuration must.
    Required,
    /// The configuration may.
    Optional,
    /// The configuration may, else the provider does.
    OptionalComputed,
    /// The provider.
    Computed,
}

/// What an attribute is when the configuration does not set it.
#[derive(Debug, Clone, Copy)]
pub enum Default {
    /// A text.
    Text(&'static str),
    /// A number.
    Int(i64),
    /// A truth value.
    Bool(bool),
}

impl Default {
    /// As a value.
    pub fn value(self) -> Value {
        match self {
            Self::Text(text) => Value::text(text),
            Self::Int(int) => Value::int(int),
            Self::Bool(bool) => Value::Bool(bool),
        }
    }
}

/// An attribute.
#[derive(Debug, Clone, Copy)]
pub struct Attribute {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub ty: Type,
    /// Who sets it.
    pub mode: Mode,
    /// Whether Terraform hides it.
    pub sensitive: bool,
    /// Why not to use it.
    pub deprecated: Option<&'static str>,
    /// What it is when not set.
    pub default: Option<Default>,
    /// What is checked when it is set.
    pub checks: &'static [Check],
    /// Attributes and blocks beside it that must not be set together with it.
    pub conflicts: &'static [&'static str],
}

const fn attribute(name: &'static str, ty: Type, mode: Mode) -> Attribute {
    Attribute { name, ty, mode, sensitive: false, deprecated: None, default: None, checks: &[], conflicts: &[] }
}

const fn required(name: &'static str, ty: Type) -> Attribute {
    attribute(name, ty, Mode::Required)
}

const fn optional(name: &'static str, ty: Type) -> Attribute {
    attribute(name, ty, Mode::Optional)
}

const fn computed(name: &'static str, ty: Type) -> Attribute {
    attribute(name, ty, Mode::Computed)
}

/// The identity of everything that does not say otherwise.
const fn id() -> Attribute {
    attribute("id", Type::Text, Mode::OptionalComputed)
}

impl Attribute {
    const fn sensitive(mut self) -> Self {
        self.sensitive = true;
        self
    }

    const fn deprecated(mut self, why: &'static str) -> Self {
        self.deprecated = Some(why);
        self
    }

    const fn default(mut self, default: Default) -> Self {
        self.default = Some(default);
        self
    }

    const fn check(mut self, checks: &'static [Check]) -> Self {
        self.checks = checks;
        self
    }

    const fn conflicts(mut self, with: &'static [&'static str]) -> Self {
        self.conflicts = with;
        self
    }

    /// Whether the configuration can set it.
    pub fn configurable(&self) -> bool {
        self.mode != Mode::Computed
    }

    /// Whether the provider sets it when the configuration does not.
    pub fn is_computed(&self) -> bool {
        matches!(self.mode, Mode::Computed | Mode::OptionalComputed)
    }
}

/// Attributes and nested blocks.
#[derive(Debug, Clone, Copy)]
pub struct Block {
    /// In alphabetical order.
    pub attributes: &'static [Attribute],
    /// In alphabetical order.
    pub blocks: &'static [Nested],
}

/// How the blocks of one name are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nesting {
    /// In order; elements have a number.
    List,
    /// Without order; elements have no address.
    Set,
}

/// A nested block.
#[derive(Debug, Clone, Copy)]
pub struct Nested {
    /// Its name.
    pub name: &'static str,
    /// How its elements are kept.
    pub nesting: Nesting,
    /// What it consists of.
    pub block: Block,
    /// Least number of elements.
    pub min_items: i64,
    /// Largest number of elements; 0 = any.
    pub max_items: i64,
    /// Whether the provider fills it when the configuration has none.
    pub computed: bool,
    /// Why not to use it.
    pub deprecated: Option<&'static str>,
    /// As for attributes.
    pub conflicts: &'static [&'static str],
}

const fn list(name: &'static str, attributes: &'static [Attribute]) -> Nested {
    Nested {
        name,
        nesting: Nesting::List,
        block: Block { attributes, blocks: &[] },
        min_items: 0,
        max_items: 0,
        computed: false,
        deprecated: None,
        conflicts: &[],
    }
}

const fn set(name: &'static str, attributes: &'static [Attribute]) -> Nested {
    let mut nested = list(name, attributes);
    nested.nesting = Nesting::Set;
    nested
}

impl Nested {
    const fn max(mut self, max: i64) -> Self {
        self.max_items = max;
        self
    }

    const fn min(mut self, min: i64) -> Self {
        self.min_items = min;
        self
    }

    const fn blocks(mut self, blocks: &'static [Nested]) -> Self {
        self.block.blocks = blocks;
        self
    }

    const fn computed(mut self) -> Self {
        self.computed = true;
        self
    }

    const fn deprecated(mut self, why: &'static str) -> Self {
        self.deprecated = Some(why);
        self
    }

    const fn conflicts(mut self, with: &'static [&'static str]) -> Self {
        self.conflicts = with;
        self
    }
}

/// The schema of a resource or data source.
#[derive(Debug, Clone, Copy)]
pub struct Schema {
    /// Its type name.
    pub name: &'static str,
    /// Its version.
    pub version: i64,
    /// What it consists of.
    pub block: Block,
}

const fn schema(name: &'static str, version: i64, attributes: &'static [Attribute]) -> Schema {
    Schema { name, version, block: Block { attributes, blocks: &[] } }
}

impl Schema {
    const fn blocks(mut self, blocks: &'static [Nested]) -> Self {
        self.block.blocks = blocks;
        self
    }
}

/// The schema of the provider's own block.
pub static PROVIDER: Block = Block { attributes: &[optional("url", Type::Text).check(&[Check::Url])], blocks: &[] };

/// The schema of a resource type.
pub fn find_resource(name: &str) -> Option<&'static Schema> {
    resources::ALL.iter().find(|schema| schema.name == name)
}

/// The schema of a data source type.
pub fn find_data_source(name: &str) -> Option<&'static Schema> {
    data_sources::ALL.iter().find(|schema| schema.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_sorted(block: &Block) {
        assert!(block.attributes.windows(2).all(|w| w[0].name < w[1].name), "{block:?}");
        assert!(block.blocks.windows(2).all(|w| w[0].name < w[1].name), "{block:?}");
        for nested in block.blocks {
            assert_sorted(&nested.block);
        }
    }

    #[test]
    fn tables_are_in_alphabetical_order() {
        assert_eq!(resources::ALL.len() + data_sources::ALL.len(), 18);
        for schema in resources::ALL.iter().chain(data_sources::ALL) {
            assert_sorted(&schema.block);
        }
    }

    #[test]
    fn conflicts_name_neighbours() {
        fn check(block: &Block) {
            let known = |name: &&&str| {
                block.attributes.iter().any(|a| a.name == **name) || block.blocks.iter().any(|b| b.name == **name)
            };
            let all = block.attributes.iter().map(|a| a.conflicts);
            for list in all.chain(block.blocks.iter().map(|b| b.conflicts)) {
                assert_eq!(list.iter().filter(known).count(), list.len(), "{list:?}");
            }
            block.blocks.iter().for_each(|b| check(&b.block));
        }
        resources::ALL.iter().chain(data_sources::ALL).for_each(|s| check(&s.block));
    }
}
