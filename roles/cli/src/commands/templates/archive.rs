//! `templates archive`: sets unused versions aside.

use anyhow::{Context, Result};
use jiff::Timestamp;
use warren_api::Template;

use crate::commands::{ORG, YES};
use crate::frame::{Args, Command, Cx, Opt};
use crate::output::human;

pub static COMMAND: Command = Command::new("archive", "Archive unused or failed versions of templates.")
    .usage("[template-name...] ", Args::Any)
    .options(&[&[Opt::flag("all", "Archive all unused versions, not only failed ones."), YES, ORG]])
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
        let picked = cx.select("Select a template to archive versions of:", labels, 0, "the name of a template")?;
        templates.push(all.swap_remove(picked));
    }
    let names = templates.iter().map(|template| template.name.clone()).collect::<Vec<_>>().join(", ");
    cx.confirm(&format!("Archive template versions of these templates: {names}?"), false).await?;
    let all = cx.opts.flag("all");
    for template in &templates {
        let done = client.archive_unused_versions(template.id, all).await;
        let done = done.with_context(|| format!("archive template versions for {:?}", template.name))?;
        outln!(
            "Archived {} versions from {} at {}",
            done.archived_ids.len(),
            template.name,
            human::stamp(Timestamp::now())
        );
        if cx.verbose() {
            outln!("{}", crate::output::json(&done)?);
        }
    }
    Ok(())
}
