//! `templates list`.

use anyhow::Result;
use serde_json::json;
use warren_api::Template;

use crate::commands::{OUTPUT, columns, print_list};
use crate::frame::{Command, Cx};
use crate::output::human;
use crate::output::table::Column;

pub static COMMAND: Command = Command::new("list", "List templates.")
    .aliases(&["ls"])
    .options(&[&[
        columns(
            &[
                "name",
                "created at",
                "last updated",
                "organization id",
                "organization name",
                "provisioner",
                "active version id",
                "used by",
                "default ttl",
            ],
            "name,organization name,last updated,used by",
        ),
        OUTPUT,
    ]])
    .run(crate::action!(run));

const COLUMNS: &[Column<Template>] = &[
    Column::new("name", |t| t.name.clone()),
    Column::new("created at", |t| human::date(t.created_at)),
    Column::new("last updated", |t| human::date(t.updated_at)),
    Column::new("organization id", |t| t.organization_id.to_string()),
    Column::new("organization name", |t| t.organization_name.clone()),
    Column::new("provisioner", |t| t.provisioner.clone()),
    Column::new("active version id", |t| t.active_version_id.to_string()),
    Column::new("used by", |t| human::active_developers(t.active_user_count)),
    Column::new("default ttl", |t| {
        human::go_duration(std::time::Duration::from_millis(t.default_ttl_ms.unsigned_abs()))
    }),
];

async fn run(cx: &Cx) -> Result<()> {
    let client = cx.client()?;
    let mut templates = client.templates("").await?;
    templates.sort_by(|a, b| a.name.cmp(&b.name));
    let json: Vec<_> = templates.iter().map(|template| json!({ "Template": template })).collect();
    let empty = format!("   No templates found! Create one:\n\n  $ {} templates push <directory>\n", cx.program.name);
    print_list(cx, COLUMNS, &templates, &json, &empty)
}
