//! `data "coder_workspace_tags"` blocks: keys and values as source text, to be evaluated later.

use std::collections::BTreeMap;

use hcl_edit::Span;
use hcl_edit::expr::{Expression, ObjectKey};

use super::{File, Module};

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
}

fn key_text(file: &File, key: &ObjectKey) -> String {
    match key {
        ObjectKey::Ident(ident) => ident.as_str().to_owned(),
        ObjectKey::Expression(expression) => match expression.as_str() {
            Some(text) => text.to_owned(),
            None => file.source(expression.span()).trim_matches('"').to_owned(),
        },
    }
}
