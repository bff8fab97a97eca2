//! `templates delete`.

use anyhow::{Context, Result};
use jiff::Timestamp;
use warren_api::Template;

use crate::commands::{ORG, YES};
use crate::frame::{Args, Command, Cx};
use crate::output::human;

pub static COMMAND: Command = Command::new("delete", "Delete templates.")
    .aliases(&["rm"])
    .usage("[name...]", Args::Any)
    .options(&[&[YES, ORG]])
    .run(crate::action!(run));

async fn run(cx: &Cx) -> Result<()> {
    let client = cx.client()?;
    let organization = cx.organization().await?;
    let mut templates: Vec<Template> = Vec::new();
    for name in &cx.args {
        templates.push(super::by_name(&client, organization.id, name).await?);
    }
    if templates.is_empty() {
        let mut all = client.templates("").await?;
        all.retain(|template| template.organization_id == organization.id);
        let labels = all.iter().map(|template| template.name.clone()).collect();
        let picked = cx.select("Select a template to delete:", labels, 0, "the name of a template")?;
        templates.push(all.swap_remove(picked));
    }
    let names = templates.iter().map(|template| template.name.clone()).collect::<Vec<_>>().join(", ");
    cx.confirm(&format!("Delete these templates: {names}?"), false).await?;
    for template in &templates {
        client.delete_template(template.id).await.with_context(|| format!("delete template {:?}", template.name))?;
        outln!("Deleted template {} at {}!", template.name, human::stamp(Timestamp::now()));
    }
    Ok(())
}
