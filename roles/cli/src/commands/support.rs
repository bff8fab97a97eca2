//! `support bundle`: what helps to find the cause of a problem, in one archive.

use std::io::Write;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use warren_api::Workspace;
use warren_client::{Client, JobRef};

use crate::commands::YES;
use crate::frame::{Args, Command, Cx, Opt};
use crate::output::human;
use crate::resolve;
use crate::tunnel::{API_PORT, Tunnel};

pub static COMMAND: Command = Command::new("support", "Commands for troubleshooting.").children(&[&BUNDLE]);

static BUNDLE: Command =
    Command::new("bundle", "Collect information about a workspace and the deployment in a zip file.")
        .usage("[<workspace>] [<agent>]", Args::Between(0, 2))
        .threads()
        .options(&[&[
            Opt::text("output-file", "Path of the file.").short('O').env("CODER_SUPPORT_BUNDLE_OUTPUT_FILE"),
            Opt::text("url-override", "Talk to this URL instead.").env("CODER_SUPPORT_BUNDLE_URL_OVERRIDE"),
            Opt::int("workspaces-total-cap", "How many workspaces to list; 0 means no limit.")
                .env("CODER_SUPPORT_BUNDLE_WORKSPACES_TOTAL_CAP"),
            Opt::text("template", "Template to include, [org/]name.").env("CODER_SUPPORT_BUNDLE_TEMPLATE"),
            Opt::list("workspace-file", "Files of the workspace to include.")
                .env("CODER_SUPPORT_BUNDLE_WORKSPACE_FILE"),
            Opt::flag("pprof", "Include profiles of 30 seconds.").env("CODER_SUPPORT_BUNDLE_PPROF"),
            YES,
        ]])
        .run(crate::action!(run));

const NOTICE: &str = "\
A support bundle is about to be made. It holds:
  - the version, settings and health of the deployment (secrets are left out by the server)
  - the workspace, its template and parameters, the logs of its last build
  - the logs and network state of its agent
Look at the files before you hand the bundle to anybody.";

/// Files of the archive in memory: a bundle is small.
#[derive(Default)]
struct Bundle(Vec<(String, Vec<u8>)>);

impl Bundle {
    fn add(&mut self, name: &str, bytes: impl Into<Vec<u8>>) {
        self.0.push((name.to_owned(), bytes.into()));
    }

    fn json(&mut self, name: &str, value: &impl serde::Serialize) {
        match serde_json::to_vec_pretty(value) {
            Ok(bytes) => self.add(name, bytes),
            Err(error) => self.add(name, error.to_string()),
        }
    }

    /// A document of the deployment; what cannot be had is recorded as the reason.
    async fn document(&mut self, client: &Client, name: &str, path: &str) {
        match client.document(path).await {
            Ok(bytes) => self.add(name, redacted(&bytes)),
            Err(error) => self.json(name, &json!({ "error": error.to_string() })),
        }
    }

    fn write(self, path: &str) -> Result<()> {
        let mut options = std::fs::File::options();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).with_context(|| format!("create {path}"))?;
        let mut archive = zip::ZipWriter::new(file);
        let settings = zip::write::SimpleFileOptions::default();
        for (name, bytes) in self.0 {
            archive.start_file(name, settings)?;
            archive.write_all(&bytes)?;
        }
        archive.finish()?;
        Ok(())
    }
}

async fn run(cx: &Cx) -> Result<()> {
    let client = match cx.opts.filled("url-override") {
        Some(url) => Client::new(cx.client_options(url.parse().context("parse --url-override")?, cx.token()?)?)?,
        None => cx.client()?,
    };
    let name = match cx.args.first() {
        Some(name) => Some(name.clone()),
        None => inside_workspace(),
    };
    let workspace = match &name {
        Some(name) => Some(resolve::workspace(&client, name).await.context("invalid workspace")?),
        None => None,
    };
    if !cx.yes() {
        outln!("{NOTICE}");
    }
    cx.confirm("Continue? ", false).await?;
    let mut bundle = Bundle::default();
    deployment(&mut bundle, &client).await;
    network(&mut bundle, &client).await;
    if let Some(workspace) = &workspace {
        workspace_files(&mut bundle, &client, workspace).await;
        agent_files(cx, &mut bundle, &client, workspace, cx.arg(1)).await;
    }
    let license: Value = json!("Every feature is free: there is no licence.");
    bundle.json("license-status.txt", &license);
    bundle.add("cli_logs.txt", "");
    bundle.add(
        "logs.txt",
        format!("made at {} by {}\n", human::time_utc(jiff::Timestamp::now()), crate::version::COMPATIBILITY_VERSION),
    );
    let path = match cx.opts.filled("output-file") {
        Some(path) => path.to_owned(),
        None => format!("coder-support-{}.zip", jiff::Timestamp::now().as_second()),
    };
    bundle.write(&path)?;
    eprintln!("Wrote support bundle to {path}");
    Ok(())
}

fn inside_workspace() -> Option<String> {
    let name = std::env::var("CODER_WORKSPACE_NAME").ok()?;
    match std::env::var("CODER_WORKSPACE_OWNER_NAME") {
        Ok(owner) => Some(format!("{owner}/{name}")),
        Err(_) => Some(name),
    }
}

async fn deployment(bundle: &mut Bundle, client: &Client) {
    for (name, path) in [
        ("deployment/buildinfo.json", "/api/v2/buildinfo"),
        ("deployment/config.json", "/api/v2/deployment/config"),
        ("deployment/experiments.json", "/api/v2/experiments"),
        ("deployment/health.json", "/api/v2/debug/health"),
        ("deployment/stats.json", "/api/v2/deployment/stats"),
        ("deployment/entitlements.json", "/api/v2/entitlements"),
        ("deployment/health_settings.json", "/api/v2/debug/health/settings"),
        ("deployment/workspaces.json", "/api/v2/workspaces"),
        ("deployment/prometheus.txt", "/api/v2/debug/metrics"),
    ] {
        bundle.document(client, name, path).await;
    }
}

async fn network(bundle: &mut Bundle, client: &Client) {
    for (name, path) in [
        ("network/connection_info.json", "/api/v2/workspaceagents/connection"),
        ("network/coordinator_debug.html", "/api/v2/debug/coordinator"),
        ("network/tailnet_debug.html", "/api/v2/debug/tailnet"),
    ] {
        bundle.document(client, name, path).await;
    }
    bundle.json("network/netcheck.json", &json!({}));
    bundle.json("network/interfaces.json", &json!({}));
}

async fn workspace_files(bundle: &mut Bundle, client: &Client, workspace: &Workspace) {
    let mut shown = serde_json::to_value(workspace).unwrap_or_default();
    redact_environment(&mut shown);
    bundle.json("workspace/workspace.json", &shown);
    let build = &workspace.latest_build;
    bundle.document(client, "workspace/template.json", &format!("/api/v2/templates/{}", workspace.template_id)).await;
    let version = format!("/api/v2/templateversions/{}", build.template_version_id);
    bundle.document(client, "workspace/template_version.json", &version).await;
    bundle
        .document(client, "workspace/parameters.json", &format!("/api/v2/workspacebuilds/{}/parameters", build.id))
        .await;
    let logs = client.job_logs(JobRef::Build(build.id), 0).await.unwrap_or_default();
    let text: String = logs
        .iter()
        .map(|log| format!("{} [{}] [{}] {}\n", human::time_utc(log.created_at), log.log_level, log.stage, log.output))
        .collect();
    bundle.add("workspace/build_logs.txt", text);
    if let Ok(version) = client.template_version(build.template_version_id).await
        && let Ok((bytes, _)) = client.download(version.job.file_id, "zip").await
    {
        bundle.add("workspace/template_file.zip", bytes.to_vec());
    }
}

/// A document without the values of environment variables; what is not JSON stays as it is.
fn redacted(bytes: &[u8]) -> Vec<u8> {
    match serde_json::from_slice::<Value>(bytes) {
        Ok(mut value) => {
            redact_environment(&mut value);
            serde_json::to_vec_pretty(&value).unwrap_or_else(|_| bytes.to_vec())
        }
        Err(_) => bytes.to_vec(),
    }
}

/// Values of environment variables may be secrets.
fn redact_environment(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                match value {
                    Value::Object(variables) if key == "environment_variables" => {
                        variables.values_mut().for_each(|value| *value = json!("***REDACTED***"));
                    }
                    other => redact_environment(other),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(redact_environment),
        _ => {}
    }
}

async fn agent_files(cx: &Cx, bundle: &mut Bundle, client: &Client, workspace: &Workspace, name: &str) {
    let Ok(agent) = resolve::choose_agent(workspace, name) else { return };
    let mut shown = serde_json::to_value(&agent).unwrap_or_default();
    redact_environment(&mut shown);
    bundle.json("agent/agent.json", &shown);
    bundle
        .document(
            client,
            "agent/listening_ports.json",
            &format!("/api/v2/workspaceagents/{}/listening-ports", agent.id),
        )
        .await;
    let logs = client.agent_logs(agent.id, 0).await.unwrap_or_default();
    let text: String = logs
        .iter()
        .map(|log| format!("{} [{}] {}\n", human::time_utc(log.created_at), log.level, log.output))
        .collect();
    bundle.add("agent/startup_logs.txt", text);
    let tunnel = match Tunnel::open(cx, client, agent.id).await {
        Ok(tunnel) => tunnel,
        Err(error) => {
            bundle.json("agent/peer_diagnostics.json", &json!({ "error": format!("{error:#}") }));
            return;
        }
    };
    if let Ok(pong) = tunnel.node().ping(agent.id).await {
        let ping = json!({ "latency_ms": pong.latency.as_secs_f64() * 1000.0, "endpoint": pong.endpoint, "region": pong.region_id });
        bundle.json("agent/ping_result.json", &ping);
    }
    for (name, path) in [
        ("agent/logs.txt", "/debug/logs"),
        ("agent/manifest.json", "/debug/manifest"),
        ("agent/prometheus.txt", "/debug/prometheus"),
        ("agent/agent_magicsock.html", "/debug/magicsock"),
    ] {
        match tunnel.agent_get(API_PORT, path).await {
            Ok((_, bytes)) => bundle.add(name, bytes),
            Err(error) => bundle.add(name, format!("{error:#}")),
        }
    }
    tunnel.close().await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_variables_do_not_leave_the_machine() {
        let text = redacted(br#"{"workspaces": [{"agents": [{"environment_variables": {"TOKEN": "secret"}}]}]}"#);
        let text = String::from_utf8(text).expect("text");
        assert!(text.contains("TOKEN") && !text.contains("secret"), "{text}");
    }
}
