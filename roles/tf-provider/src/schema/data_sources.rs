//! The data sources.

use super::{Default, Schema, Type, computed, id, list, optional, required, schema, set};
use crate::check::{Check, text};

use Default::{Bool as DefaultBool, Text as DefaultText};
use Type::{Bool, Number, ObjectList, Text, TextList, TextMap};

/// Every data source type.
pub static ALL: &[Schema] = &[
    schema(
        "coder_external_auth",
        1,
        &[computed("access_token", Text).sensitive(), required("id", Text), optional("optional", Bool)],
    ),
    schema(
        "coder_parameter",
        1,
        &[
            optional("default", Text),
            optional("description", Text),
            optional("display_name", Text),
            optional("ephemeral", Bool).default(DefaultBool(false)),
            optional("form_type", Text).check(&[Check::OneOf(&[
                "radio",
                "slider",
                "input",
                "dropdown",
                "checkbox",
                "switch",
                "multi-select",
                "tag-select",
                "textarea",
                "error",
            ])]),
            optional("icon", Text).check(&[Check::Url]),
            id(),
            optional("mutable", Bool).default(DefaultBool(false)),
            required("name", Text),
            computed("optional", Bool),
            optional("order", Number),
            optional("styling", Text).default(DefaultText("{}")),
            optional("type", Text).default(DefaultText("string")).check(&[Check::OneOf(&[
                "string",
                "number",
                "bool",
                "list(string)",
            ])]),
            computed("value", Text),
        ],
    )
    .blocks(&[
        list(
            "option",
            &[
                optional("description", Text),
                optional("icon", Text).check(&[Check::Url]),
                required("name", Text),
                required("value", Text),
            ],
        ),
        list(
            "validation",
            &[
                optional("error", Text),
                optional("max", Number),
                computed("max_disabled", Bool),
                optional("min", Number),
                computed("min_disabled", Bool),
                optional("monotonic", Text),
                optional("regex", Text).conflicts(&["min", "max", "monotonic"]),
            ],
        )
        .max(1),
    ]),
    schema("coder_provisioner", 1, &[computed("arch", Text), id(), computed("os", Text)]),
    schema(
        "coder_secret",
        1,
        &[
            optional("env", Text).check(&[Check::Text(text::secret_env)]),
            optional("file", Text).check(&[Check::Text(text::secret_file)]),
            required("help_message", Text),
            id(),
            computed("value", Text).sensitive(),
        ],
    ),
    schema("coder_task", 0, &[computed("enabled", Bool), computed("id", Text), computed("prompt", Text)]),
    schema(
        "coder_workspace",
        1,
        &[
            computed("access_port", Number),
            computed("access_url", Text),
            computed("id", Text),
            computed("is_prebuild", Bool),
            computed("is_prebuild_claim", Bool),
            computed("name", Text),
            computed("prebuild_count", Number),
            computed("start_count", Number),
            computed("template_id", Text),
            computed("template_name", Text),
            computed("template_version", Text),
            computed("transition", Text),
        ],
    ),
    schema(
        "coder_workspace_owner",
        0,
        &[
            computed("email", Text),
            computed("full_name", Text),
            computed("groups", TextList),
            computed("id", Text),
            computed("login_type", Text),
            computed("name", Text),
            computed("oidc_access_token", Text).sensitive(),
            computed("rbac_roles", ObjectList(&["name", "org_id"])),
            computed("session_token", Text).sensitive(),
            computed("ssh_private_key", Text).sensitive(),
            computed("ssh_public_key", Text),
        ],
    ),
    schema(
        "coder_workspace_preset",
        1,
        &[
            optional("default", Bool).default(DefaultBool(false)),
            optional("description", Text).check(&[Check::LengthBetween(0, 128)]),
            optional("icon", Text).check(&[Check::LengthBetween(0, 256), Check::Url]),
            computed("id", Text),
            required("name", Text).check(&[Check::NotEmpty]),
            optional("parameters", TextMap),
        ],
    )
    .blocks(&[set("prebuilds", &[required("instances", Number).check(&[Check::AtLeast(0)])]).max(1).blocks(&[
        set("expiration_policy", &[required("ttl", Number).check(&[Check::ZeroOrBetween(3_600, 31_536_000)])]).max(1),
        list("scheduling", &[required("timezone", Text).check(&[Check::Text(text::timezone)])]).max(1).blocks(&[list(
            "schedule",
            &[required("cron", Text).check(&[Check::Text(text::preset_cron)]), required("instances", Number)],
        )
        .min(1)]),
    ])]),
    schema("coder_workspace_tags", 1, &[id(), optional("tags", TextMap)]),
];
