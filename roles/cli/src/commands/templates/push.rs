//! `templates push`: creates a template or a new version of one.

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use warren_api::CreateTemplateRequest;

use super::upload::{self, Import, Source, UPLOAD_OPTIONS};
use crate::commands::ORG;
use crate::frame::{Args, Command, Cx, Opt};
use crate::output::human;

pub static COMMAND: Command =
    Command::new("push", "Create or update a template from a directory or a tar on standard input.")
        .usage("[template]", Args::Between(0, 1))
        .options(&[
            UPLOAD_OPTIONS,
            &[
                Opt::text("name", "Name of the version; one is made up by default."),
                Opt::flag("always-prompt", "Ask for all variables, whatever the last version had."),
                Opt::flag("activate", "Make the version the active one.").default("true"),
                Opt::text("test.workdir", "Working directory.").hidden(),
                ORG,
            ],
        ])
        .run(crate::action!(run));

async fn run(cx: &Cx) -> Result<()> {
    let source = Source::of(cx)?;
    let name = source.name(cx.args.first())?;
    let version_name = cx.opts.filled("name").unwrap_or_default().to_owned();
    check_version_name(&version_name)?;
    let client = cx.client()?;
    let organization = cx.organization().await?;
    let template = upload::existing(&client, organization.id, &name).await?;
    let tags = upload::tags(cx, &client, template.as_ref()).await?;
    let message = upload::message(cx);
    let file = upload::upload(cx, &client, &source).await?;
    let wanted = Import {
        organization: organization.id,
        template: template.as_ref(),
        name: version_name,
        message,
        file,
        tags,
        always_prompt: cx.opts.flag("always-prompt"),
    };
    let version = upload::import(cx, &client, &source, wanted).await?;
    let stamp = || human::stamp(Timestamp::now());
    match template {
        None => {
            let request =
                CreateTemplateRequest { name: name.clone(), template_version_id: version.id, ..Default::default() };
            client.create_template(organization.id, &request).await?;
            outln!(
                "\nThe {name} template has been created at {}! Developers can create a workspace with this template using:\n",
                stamp()
            );
            outln!("  {} create --template={name:?} [workspace name]\n", cx.program.name);
        }
        Some(template) => {
            if cx.opts.flag("activate") {
                client.set_active_version(template.id, version.id).await.context("update active template version")?;
            }
            outln!("Updated version at {}!", stamp());
        }
    }
    Ok(())
}

fn check_version_name(name: &str) -> Result<()> {
    let parts_ok =
        || name.split(['_', '.', '-']).all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric()));
    if !name.is_empty() && (name.len() > 64 || !parts_ok()) {
        bail!(
            "template version name {name:?} is invalid: letters and digits, joined by single '_', '.' or '-', up to 64 characters"
        );
    }
    Ok(())
}
