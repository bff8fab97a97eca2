//! `data "coder_workspace_tags"` blocks: keys and values as source text, to be evaluated later.

use std::collections::BTreeMap;

use hcl_edit::Span;
use hcl_edit::expr::{Expression, ObjectKey};

use super::{File, Module, literal};

impl Module {
    /// Key (without quotes) to the source text of its value, of all blocks in native files.
    pub fn workspace_tags(&self) -> BTreeMap<String, String> {
        let mut tags = BTreeMap::new();
        for (file, block) in self.blocks("data") {
            if block.labels.first().is_none_or(|label| label.as_str() != "coder_workspace_tags") {
                continue;
            }
            let Some(Expression::Object(object)) = block.body.get_attribute("tags").map(|attr| &attr.value) else {
                continue;
            };
            for (key, value) in object.iter() {
                tags.insert(key_text(file, key), file.source(value.expr().span()).to_owned());
            }
        }
        tags
    }

    /// Default of each `data "coder_parameter"` block of native files that has a literal one, by the block's name.
    pub fn parameter_defaults(&self) -> BTreeMap<String, String> {
        let default = |block: &hcl_edit::structure::Block| {
            let [kind, name] = block.labels.as_slice() else { return None };
            let value = literal::evaluate(&block.body.get_attribute("default")?.value)?;
            (kind.as_str() == "coder_parameter").then(|| (name.as_str().to_owned(), literal::default_text(&value)))
        };
        self.blocks("data").filter_map(|(_, block)| default(block)).collect()
    }
}

pub(super) fn key_text(file: &File, key: &ObjectKey) -> String {
    match key {
        ObjectKey::Ident(ident) => ident.as_str().to_owned(),
        ObjectKey::Expression(expression) => match expression.as_str() {
            Some(text) => text.to_owned(),
            None => file.source(expression.span()).trim_matches('"').to_owned(),
        },
    }
}
