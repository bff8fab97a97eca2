//! `templates create`: the old way to make a template; `push` does it too.

use anyhow::{Result, bail};
use jiff::Timestamp;
use warren_api::CreateTemplateRequest;

use super::upload::{self, Import, Source, UPLOAD_OPTIONS};
use crate::commands::ORG;
use crate::frame::{Args, Command, Cx, Opt};
use crate::output::human;

pub static COMMAND: Command =
    Command::new("create", "Deprecated: use push. Create a template from a directory or a tar on standard input.")
        .usage("[name]", Args::Between(0, 1))
        .options(&[
            UPLOAD_OPTIONS,
            &[
                Opt::flag("agents-allowed", "Accepted for compatibility.").default("true"),
                Opt::flag("private", "Keep the template from the group of everyone."),
                Opt::duration("default-ttl", "How long after a start workspaces stop by themselves.").default("24h"),
                Opt::duration("failure-ttl", "How long after a failed start to stop; 0 means never.").default("0h"),
                Opt::duration(
                    "dormancy-threshold",
                    "How long without use until a workspace is dormant; 0 means never.",
                )
                .default("0h"),
                Opt::duration(
                    "dormancy-auto-deletion",
                    "How long dormant until a workspace is deleted; 0 means never.",
                )
                .default("0h"),
                Opt::flag("require-active-version", "Users may build the active version only.").default("false"),
                ORG,
            ],
        ])
        .run(crate::action!(run));

async fn run(cx: &Cx) -> Result<()> {
    eprintln!("The command 'templates create' is deprecated: 'templates push' does the same.");
    let source = Source::of(cx)?;
    let name = source.name(cx.args.first())?;
    let client = cx.client()?;
    let organization = cx.organization().await?;
    if upload::existing(&client, organization.id, &name).await?.is_some() {
        bail!("a template already exists named {name:?}");
    }
    let tags = upload::tags(cx, &client, None).await?;
    let message = upload::message(cx);
    let file = upload::upload(cx, &client, &source).await?;
    let wanted = Import {
        organization: organization.id,
        template: None,
        name: String::new(),
        message,
        file,
        tags,
        always_prompt: false,
    };
    let version = upload::import(cx, &client, &source, wanted).await?;
    cx.confirm("Confirm create?", true).await?;
    let ms = |option: &str| cx.opts.duration(option).map(|value| i64::try_from(value.as_millis()).unwrap_or(i64::MAX));
    let request = CreateTemplateRequest {
        name: name.clone(),
        template_version_id: version.id,
        default_ttl_ms: ms("default-ttl"),
        failure_ttl_ms: ms("failure-ttl"),
        dormant_ttl_ms: ms("dormancy-threshold"),
        delete_ttl_ms: ms("dormancy-auto-deletion"),
        disable_everyone_group_access: cx.opts.flag("private"),
        require_active_version: cx.opts.flag("require-active-version"),
        ..Default::default()
    };
    client.create_template(organization.id, &request).await?;
    outln!("\nThe {name} template has been created at {}!", human::stamp(Timestamp::now()));
    Ok(())
}
