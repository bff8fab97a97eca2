//! Fields that are text, as the contract has them, and take a few words only: their schemas.

use utoipa::openapi::schema::{Array, ArrayBuilder, Object, ObjectBuilder, Type};

fn one_of(words: &[&str]) -> Object {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words.iter().copied())).build()
}

/// Engines that can be asked for.
pub(crate) fn provisioners() -> Object {
    one_of(&["terraform", "echo"])
}

/// The engine of a template.
pub(crate) fn template_provisioner() -> Object {
    one_of(&["terraform"])
}

/// Icons of links.
pub(crate) fn link_icons() -> Object {
    one_of(&["bug", "chat", "docs", "star"])
}

/// Places of links.
pub(crate) fn link_locations() -> Object {
    one_of(&["navbar", "dropdown"])
}

/// Types of a template's variables.
pub(crate) fn variable_types() -> Object {
    one_of(&["string", "number", "bool"])
}

/// Types of parameters.
pub(crate) fn parameter_types() -> Object {
    one_of(&["string", "number", "bool", "list(string)"])
}

/// Inputs of parameters; empty for the one that the type suggests.
pub(crate) fn form_types() -> Object {
    one_of(&[
        "",
        "radio",
        "dropdown",
        "input",
        "textarea",
        "slider",
        "checkbox",
        "switch",
        "tag-select",
        "multi-select",
        "error",
    ])
}

/// Themes that can stand for light and dark.
pub(crate) fn themes() -> Object {
    one_of(&["light", "light-protan-deuter", "light-tritan", "dark", "dark-protan-deuter", "dark-tritan"])
}

/// Days of the week.
pub(crate) fn days() -> Array {
    let day = one_of(&["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]);
    ArrayBuilder::new().items(day).build()
}
