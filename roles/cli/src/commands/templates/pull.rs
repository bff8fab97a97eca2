//! `templates pull`.

use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, bail};
use warren_api::TemplateVersion;
use warren_client::Client;
use warren_template::archive::{UPLOAD_LIMIT, unpack_tar};

use crate::commands::{ORG, YES};
use crate::config::make_dir;
use crate::frame::{Args, Command, Cx, Opt};

pub static COMMAND: Command = Command::new("pull", "Download the files of a template.")
    .usage("<name> [destination]", Args::Between(1, 2))
    .options(&[&[
        Opt::flag("tar", "Write a tar archive to standard output."),
        Opt::flag("zip", "Write a zip archive to standard output."),
        Opt::text("version", "Name of the version, or active, or latest."),
        YES,
        ORG,
    ]])
    .run(crate::action!(run));

async fn run(cx: &Cx) -> Result<()> {
    let (tar, zip) = (cx.opts.flag("tar"), cx.opts.flag("zip"));
    if tar && zip {
        bail!("either tar or zip can be selected");
    }
    let client = cx.client()?;
    let organization = cx.organization().await?;
    let template = super::by_name(&client, organization.id, cx.arg(0)).await?;
    let version = version(cx, &client, template.id, template.active_version_id).await?;
    eprintln!("Pulling template version {}...", version.name);
    let (format, kind) = if zip { ("zip", "application/zip") } else { ("", "application/x-tar") };
    let (bytes, found) = client.download(version.job.file_id, format).await.context("download template")?;
    if !found.starts_with(kind) {
        bail!("unexpected Content-Type {found:?}, expected {kind:?}");
    }
    if tar || zip {
        let mut stdout = std::io::stdout().lock();
        stdout.write_all(&bytes).and_then(|()| stdout.flush()).context("write the archive")?;
        return Ok(());
    }
    let destination = if cx.args.len() > 1 { cx.arg(1) } else { template.name.as_str() };
    let dir = std::path::absolute(destination).context("get absolute path")?;
    make_dir(&dir, 0o750).with_context(|| format!("create {}", dir.display()))?;
    if !is_empty(&dir)? {
        cx.confirm(
            &format!(
                "Directory {destination:?} is not empty, existing files may be overwritten.\nContinue extracting?"
            ),
            false,
        )
        .await?;
    }
    eprintln!("Extracting template to {:?}", dir.display().to_string());
    unpack_tar(&bytes, &dir, UPLOAD_LIMIT).context("extract the template")?;
    Ok(())
}

fn is_empty(dir: &Path) -> Result<bool> {
    Ok(std::fs::read_dir(dir).with_context(|| format!("read {}", dir.display()))?.next().is_none())
}

async fn version(cx: &Cx, client: &Client, template: uuid::Uuid, active: uuid::Uuid) -> Result<TemplateVersion> {
    let wanted = cx.opts.filled("version").unwrap_or("active");
    match wanted {
        "active" | "latest" => {
            let newest = client
                .template_versions(template, false)
                .await
                .context("template versions by template")?
                .into_iter()
                .max_by_key(|version| version.created_at);
            let Some(newest) = newest else { bail!("the template has no versions") };
            if wanted == "latest" {
                return Ok(newest);
            }
            if newest.id != active {
                eprintln!(
                    "A newer template version than the active version exists. Pulling the active version instead."
                );
                eprintln!("Use --version=latest to pull the latest version.");
            }
            client.template_version(active).await.context("get active template version")
        }
        name => client.template_version_by_name(template, name).await.context("get template version"),
    }
}
