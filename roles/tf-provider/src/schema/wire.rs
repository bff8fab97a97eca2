//! The schemas as Terraform is told them.

use warren_tfplugin::tfplugin5 as pb;

use super::{Attribute, Block, Mode, Nested, Nesting, PROVIDER, Schema, Type};

/// The answer to `GetSchema`.
pub fn provider_schema() -> pb::get_provider_schema::Response {
    let table = |all: &'static [Schema]| {
        all.iter().map(|schema| (schema.name.to_owned(), to_wire(schema.version, &schema.block)))
    };
    pb::get_provider_schema::Response {
        provider: Some(to_wire(0, &PROVIDER)),
        resource_schemas: table(super::resources::ALL).collect(),
        data_source_schemas: table(super::data_sources::ALL).collect(),
        server_capabilities: Some(pb::ServerCapabilities {
            // Later processes of one command then need not be asked for the schema again.
            get_provider_schema_optional: true,
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn to_wire(version: i64, block: &Block) -> pb::Schema {
    pb::Schema { version, block: Some(block_to_wire(block, false)) }
}

fn block_to_wire(block: &Block, deprecated: bool) -> pb::schema::Block {
    pb::schema::Block {
        attributes: block.attributes.iter().map(attribute_to_wire).collect(),
        block_types: block.blocks.iter().map(nested_to_wire).collect(),
        deprecated,
        ..Default::default()
    }
}

fn attribute_to_wire(attribute: &Attribute) -> pb::schema::Attribute {
    pb::schema::Attribute {
        name: attribute.name.to_owned(),
        r#type: type_to_wire(attribute.ty).into(),
        required: attribute.mode == Mode::Required,
        optional: matches!(attribute.mode, Mode::Optional | Mode::OptionalComputed),
        computed: attribute.is_computed(),
        sensitive: attribute.sensitive,
        deprecated: attribute.deprecated.is_some(),
        ..Default::default()
    }
}

fn nested_to_wire(nested: &Nested) -> pb::schema::NestedBlock {
    use pb::schema::nested_block::NestingMode;
    let nesting = match nested.nesting {
        Nesting::List => NestingMode::List,
        Nesting::Set => NestingMode::Set,
    };
    pb::schema::NestedBlock {
        type_name: nested.name.to_owned(),
        block: Some(block_to_wire(&nested.block, nested.deprecated.is_some())),
        nesting: nesting.into(),
        min_items: nested.min_items,
        max_items: nested.max_items,
    }
}

fn type_to_wire(ty: Type) -> String {
    match ty {
        Type::Text => r#""string""#.to_owned(),
        Type::Number => r#""number""#.to_owned(),
        Type::Bool => r#""bool""#.to_owned(),
        Type::TextMap => r#"["map","string"]"#.to_owned(),
        Type::TextList => r#"["list","string"]"#.to_owned(),
        Type::ObjectList(names) => {
            let members: Vec<_> = names.iter().map(|n| format!(r#""{n}":"string""#)).collect();
            format!(r#"["list",["object",{{{}}}]]"#, members.join(","))
        }
    }
}
