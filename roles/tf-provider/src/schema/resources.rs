//! The resources.

use super::{Default, Schema, Type, computed, id, list, optional, required, schema, set};
use crate::check::{Check, text};

use Default::{Bool as DefaultBool, Int as DefaultInt, Text as DefaultText};
use Type::{Bool, Number, Text, TextMap};

/// A percentage.
const PERCENT: &[Check] = &[Check::Between(0, 100)];

/// Every resource type.
pub static ALL: &[Schema] = &[
    schema(
        "coder_agent",
        1,
        &[
            optional("api_key_scope", Text)
                .default(DefaultText("all"))
                .check(&[Check::OneOf(&["all", "no_user_data"])]),
            required("arch", Text).check(&[Check::OneOf(&["amd64", "armv7", "arm64"])]),
            optional("auth", Text).default(DefaultText("token")).check(&[Check::OneOf(&[
                "token",
                "google-instance-identity",
                "aws-instance-identity",
                "azure-instance-identity",
            ])]),
            optional("connection_timeout", Number).default(DefaultInt(120)).check(&[Check::AtLeast(0)]),
            optional("dir", Text)
                .deprecated("Leave it out: the agent starts in the home directory, which every client expects.")
                .check(&[Check::Remark(text::working_directory)]),
            optional("env", TextMap),
            id(),
            computed("init_script", Text),
            optional("motd_file", Text),
            optional("order", Number),
            required("os", Text).check(&[Check::OneOf(&["linux", "darwin", "windows"])]),
            optional("shutdown_script", Text),
            optional("startup_script", Text),
            optional("startup_script_behavior", Text)
                .default(DefaultText("non-blocking"))
                .check(&[Check::OneOf(&["blocking", "non-blocking"])]),
            computed("token", Text).sensitive(),
            optional("troubleshooting_url", Text),
        ],
    )
    .blocks(&[
        set(
            "display_apps",
            &[
                optional("port_forwarding_helper", Bool).default(DefaultBool(true)),
                optional("ssh_helper", Bool).default(DefaultBool(true)),
                optional("vscode", Bool).default(DefaultBool(true)),
                optional("vscode_insiders", Bool).default(DefaultBool(false)),
                optional("web_terminal", Bool).default(DefaultBool(true)),
            ],
        )
        .max(1)
        .computed(),
        list(
            "metadata",
            &[
                optional("display_name", Text),
                required("interval", Number),
                required("key", Text),
                optional("order", Number),
                required("script", Text),
                optional("timeout", Number),
            ],
        ),
        set("resources_monitoring", &[]).max(1).blocks(&[
            set("memory", &[required("enabled", Bool), required("threshold", Number).check(PERCENT)]).max(1),
            set(
                "volume",
                &[
                    required("enabled", Bool),
                    required("path", Text).check(&[Check::Text(text::volume_path)]),
                    required("threshold", Number).check(PERCENT),
                ],
            ),
        ]),
    ]),
    schema("coder_agent_instance", 0, &[required("agent_id", Text), id(), required("instance_id", Text)]),
    schema(
        "coder_ai_task",
        1,
        &[
            super::attribute("app_id", Text, super::Mode::OptionalComputed)
                .check(&[Check::Uuid])
                .conflicts(&["sidebar_app"]),
            computed("enabled", Bool),
            computed("id", Text),
            computed("prompt", Text),
        ],
    )
    .blocks(&[set("sidebar_app", &[required("id", Text).check(&[Check::Uuid])])
        .max(1)
        .deprecated("Use the attribute app_id.")
        .conflicts(&["app_id"])]),
    schema(
        "coder_app",
        1,
        &[
            required("agent_id", Text),
            optional("command", Text).conflicts(&["url", "subdomain"]),
            optional("display_name", Text).check(&[Check::MaxBytes(64, "display name")]),
            optional("external", Bool).default(DefaultBool(false)).conflicts(&[
                "healthcheck",
                "command",
                "subdomain",
                "share",
            ]),
            optional("group", Text).check(&[Check::MaxBytes(64, "group name")]),
            optional("hidden", Bool).default(DefaultBool(false)),
            optional("icon", Text).check(&[Check::Url]),
            id(),
            optional("open_in", Text).default(DefaultText("slim-window")).check(&[Check::Text(text::open_in)]),
            optional("order", Number),
            optional("share", Text).default(DefaultText("owner")).check(&[Check::Text(text::app_share)]),
            required("slug", Text).check(&[Check::Text(text::app_slug)]),
            optional("subdomain", Bool),
            optional("tooltip", Text).check(&[Check::MaxBytes(2048, "tooltip")]),
            optional("url", Text).conflicts(&["command"]),
        ],
    )
    .blocks(&[set(
        "healthcheck",
        &[required("interval", Number), required("threshold", Number), required("url", Text)],
    )
    .max(1)
    .conflicts(&["command"])]),
    schema(
        "coder_devcontainer",
        1,
        &[
            required("agent_id", Text),
            optional("config_path", Text),
            id(),
            computed("subagent_id", Text),
            required("workspace_folder", Text).check(&[Check::NotEmpty]),
        ],
    ),
    schema(
        "coder_env",
        1,
        &[
            required("agent_id", Text),
            id(),
            optional("merge_strategy", Text)
                .default(DefaultText("replace"))
                .check(&[Check::OneOf(&["replace", "append", "prepend", "error"])]),
            required("name", Text).check(&[Check::Text(text::env_name)]),
            optional("value", Text),
        ],
    ),
    schema("coder_external_agent", 1, &[required("agent_id", Text), id()]),
    schema(
        "coder_metadata",
        1,
        &[
            optional("daily_cost", Number),
            optional("hide", Bool),
            optional("icon", Text).check(&[Check::Url]),
            id(),
            required("resource_id", Text),
        ],
    )
    .blocks(&[list(
        "item",
        &[
            computed("is_null", Bool),
            required("key", Text),
            optional("sensitive", Bool).default(DefaultBool(false)),
            optional("value", Text),
        ],
    )]),
    schema(
        "coder_script",
        1,
        &[
            required("agent_id", Text),
            optional("cron", Text).check(&[Check::Text(text::script_cron), Check::Remark(text::five_field_cron)]),
            required("display_name", Text),
            optional("icon", Text).check(&[Check::Url]),
            id(),
            optional("log_path", Text),
            optional("run_on_start", Bool).default(DefaultBool(false)),
            optional("run_on_stop", Bool).default(DefaultBool(false)),
            required("script", Text),
            optional("start_blocks_login", Bool).default(DefaultBool(false)),
            optional("timeout", Number).default(DefaultInt(0)).check(&[Check::AtLeast(1)]),
        ],
    ),
];
