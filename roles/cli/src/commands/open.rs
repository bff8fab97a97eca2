//! `open`: an editor or an app of a workspace.

use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use url::Url;
use warren_api::{Region, Workspace, WorkspaceAgent, WorkspaceAgentLifecycle, WorkspaceApp};
use warren_client::Client;

use crate::agent_wait;
use crate::commands::apps::{open_browser, open_uri};
use crate::frame::{Args, Command, Cx, Opt};
use crate::resolve;
use crate::ssh::target;

pub static COMMAND: Command =
    Command::new("open", "Open a workspace in an editor or one of its apps.").children(&[&APP, &VSCODE]);

static VSCODE: Command = Command::new("vscode", "Open a workspace in VS Code Desktop.")
    .usage("<workspace> [<directory in workspace>]", Args::Between(1, 2))
    .options(&[&[
        Opt::flag("generate-token", "Put a new session token into the URI even inside a workspace.")
            .env("CODER_OPEN_VSCODE_GENERATE_TOKEN"),
        Opt::flag("test.open-error", "Act as if opening failed.").hidden(),
    ]])
    .run(crate::action!(vscode));

static APP: Command = Command::new("app", "Open an app of a workspace.")
    .usage("<workspace> <app slug>", Args::Between(1, 2))
    .options(&[&[
        Opt::text("region", "Region to reach the app through.").env("CODER_OPEN_APP_REGION").default("primary"),
        Opt::flag("test.open-error", "Act as if opening failed.").hidden(),
    ]])
    .run(crate::action!(app));

/// True for a command that runs in a workspace.
fn inside_workspace() -> bool {
    std::env::var("CODER").is_ok_and(|value| value == "true") && std::env::var_os("CODER_WORKSPACE_NAME").is_some()
}

async fn vscode(cx: &Cx) -> Result<()> {
    let client = cx.client()?;
    let found = target::resolve(cx, &client, cx.arg(0), target::Autostart::Allowed).await?;
    let options = agent_wait::Options { wait: false, docs_url: String::new() };
    let mut agent = agent_wait::wait(&client, found.agent.id, &options).await?;
    // The directory may hold variables: the agent tells what it is once it has started.
    while !agent.directory.is_empty() && agent.lifecycle_state == WorkspaceAgentLifecycle::Created {
        tokio::time::sleep(Duration::from_millis(500)).await;
        agent = client.agent(agent.id).await?;
    }
    let inside = inside_workspace();
    let folder = folder(&agent, cx.args.get(1).map(String::as_str))?;
    let shown = if folder.is_empty() {
        format!("{}.{}", found.workspace.name, agent.name)
    } else {
        format!("{}.{}:{folder}", found.workspace.name, agent.name)
    };
    let asked = cx.opts.flag("generate-token");
    let key = if !inside || asked { Some(client.create_api_key("me").await.context("create API key")?) } else { None };
    let uri = vscode_uri(&client, &found.workspace, &agent, &folder, key.as_deref());
    if inside {
        eprintln!("Open the following URI on your computer to open {shown} in VS Code Desktop:\n");
        outln!("{uri}");
        return Ok(());
    }
    eprintln!("Opening {shown} in VS Code Desktop");
    let opened = if cx.opts.flag("no-open") { Err(anyhow!("--no-open was given")) } else { open_uri(uri.as_str()) };
    let Err(error) = opened else { return Ok(()) };
    let mut uri = uri;
    if let Some(key) = key.filter(|_| !asked) {
        // Nobody got the key: it must not live on, nor be in what is printed.
        let id = key.split('-').next().unwrap_or_default().to_owned();
        client.delete_api_key("me", &id).await.context("delete the unused API key")?;
        uri = vscode_uri(&client, &found.workspace, &agent, &folder, None);
    }
    eprintln!(
        "Could not automatically open {shown} in VS Code Desktop: {error}\nPlease open the following URI instead:\n"
    );
    outln!("{uri}");
    Ok(())
}

fn vscode_uri(
    client: &Client,
    workspace: &Workspace,
    agent: &WorkspaceAgent,
    folder: &str,
    key: Option<&str>,
) -> String {
    let mut pairs = vec![("agent", agent.name.as_str())];
    if !folder.is_empty() {
        pairs.push(("folder", folder));
    }
    pairs.push(("owner", &workspace.owner_name));
    if let Some(key) = key {
        pairs.push(("token", key));
    }
    let url = client.url().as_str().trim_end_matches('/');
    pairs.push(("url", url));
    pairs.push(("workspace", &workspace.name));
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    format!("vscode://coder.coder-remote/open?{query}")
}

/// The directory to open, in the terms of the workspace.
fn folder(agent: &WorkspaceAgent, wanted: Option<&str>) -> Result<String> {
    let base = agent.expanded_directory.as_str();
    match wanted.filter(|text| !text.is_empty()) {
        None => Ok(base.to_owned()),
        Some(path) if path.starts_with('~') => {
            bail!("path {path:?} starts with ~: give it absolute, or relative to the directory of the agent")
        }
        Some(path) if path.starts_with('/') || path.get(1..2) == Some(":") => Ok(path.to_owned()),
        Some(path) if base.is_empty() => bail!("path {path:?} is relative, and the agent has no directory"),
        Some(path) => {
            let separator = if agent.operating_system == "windows" { '\\' } else { '/' };
            Ok(join(base, path, separator))
        }
    }
}

fn join(base: &str, path: &str, separator: char) -> String {
    let mut parts: Vec<&str> = base.split(separator).collect();
    for part in path.split(['/', separator]) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join(&separator.to_string())
}

async fn app(cx: &Cx) -> Result<()> {
    let client = cx.client()?;
    let (name, agent_name) = resolve::split_agent(cx.arg(0));
    let workspace = resolve::workspace(&client, name).await.context("failed to get workspace and agent")?;
    let agent = resolve::choose_agent(&workspace, agent_name).context("failed to get workspace and agent")?;
    let slugs = agent.apps.iter().map(|app| app.slug.as_str()).collect::<Vec<_>>().join(" ");
    let Some(slug) = cx.args.get(1) else {
        eprintln!("Available apps in {:?}: [{slugs}]", workspace.name);
        return Ok(());
    };
    let Some(app) = agent.apps.iter().find(|app| app.slug == *slug) else {
        eprintln!("ERROR: App {slug:?} not found in workspace {:?}!\nAvailable apps: [{slugs}]", workspace.name);
        bail!("app not found");
    };
    let regions = client.regions().await.context("failed to fetch regions")?;
    let wanted = cx.opts.text("region").unwrap_or("primary");
    let Some(region) = regions.iter().find(|region| region.name == wanted) else {
        let names = regions.iter().map(|region| region.name.as_str()).collect::<Vec<_>>().join(" ");
        eprintln!("ERROR: Preferred region {wanted:?} not found!\nAvailable regions: [{names}]");
        bail!("region not found");
    };
    let url = app_url(cx, &workspace, &agent, app, region).await?;
    if inside_workspace() {
        eprintln!("Please open the following URI on your local machine:\n");
        outln!("{url}");
        return Ok(());
    }
    // The URL may hold a token: only its public part is announced.
    let public = if app.url.contains("$SESSION_TOKEN") { app.url.as_str() } else { &url };
    eprintln!("Opening {public}");
    let opened = if cx.opts.flag("no-open") { Err(anyhow!("--no-open was given")) } else { open_browser(&url) };
    if opened.is_err() {
        outln!("{url}");
    }
    Ok(())
}

async fn app_url(
    cx: &Cx,
    workspace: &Workspace,
    agent: &WorkspaceAgent,
    app: &WorkspaceApp,
    region: &Region,
) -> Result<String> {
    let client = cx.client()?;
    if app.external {
        return external_url(cx, &client, agent, app).await;
    }
    let base = region.path_app_url.trim_end_matches('/');
    let base = if base.is_empty() { client.url().as_str().trim_end_matches('/') } else { base };
    let place = format!("@{}/{}.{}", workspace.owner_name, workspace.name, agent.name);
    if !app.command.is_empty() {
        return Ok(format!("{base}/{place}/terminal?app={}", app.slug));
    }
    if app.subdomain && !region.wildcard_hostname.is_empty() {
        let scheme = Url::parse(base).map(|url| url.scheme().to_owned()).unwrap_or_else(|_| "https".into());
        let host = region.wildcard_hostname.replacen('*', &app.subdomain_name, 1);
        return Ok(format!("{scheme}://{host}/"));
    }
    Ok(format!("{base}/{place}/apps/{}/", app.slug))
}

/// The URL of an external app. A token is only put into links that go to a program on this computer or back to the deployment,
/// and never without asking: the template decides where the link leads.
async fn external_url(cx: &Cx, client: &Client, agent: &WorkspaceAgent, app: &WorkspaceApp) -> Result<String> {
    // What is no URL could be an option of the program that opens it.
    let parsed = Url::parse(&app.url).context("parse the URL of the app")?;
    if !app.url.contains("$SESSION_TOKEN") || agent.parent_id.is_some() {
        return Ok(app.url.clone());
    }
    check_destination(&parsed, client.url())?;
    if !cx.ask(&format!("The app hands your session token to {:?}. Continue?", parsed.scheme()), false).await? {
        return Err(crate::frame::error::cancelled());
    }
    Ok(app.url.replace("$SESSION_TOKEN", client.token().unwrap_or_default()))
}

/// A link with a token may lead to a program on this computer, or back to the deployment itself.
fn check_destination(link: &Url, deployment: &Url) -> Result<()> {
    if matches!(link.scheme(), "http" | "https" | "ws" | "wss" | "ftp") && link.origin() != deployment.origin() {
        let host = link.host_str().unwrap_or("another host");
        bail!("the app's URL would send your session token to {host}: it is not opened");
    }
    if matches!(link.scheme(), "file" | "javascript" | "data" | "vbscript") {
        bail!("the app's URL has the scheme {:?}: it is not opened", link.scheme());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// GHSA-v54h-cp2w-9x4g: a template chooses the link, so it must not choose who gets the token.
    #[test]
    fn ghsa_v54h_cp2w_9x4g_tokens_leave_only_for_programs_and_the_deployment() {
        let deployment = Url::parse("https://dev.example.com").unwrap();
        for good in ["vscode://coder.coder-remote/open?token=x", "jetbrains://x?token=x", "https://dev.example.com/x"] {
            assert!(check_destination(&Url::parse(good).unwrap(), &deployment).is_ok(), "{good}");
        }
        for bad in [
            "https://evil.example/?t=x",
            "https://dev.example.com.evil.example/",
            "https://dev.example.com@evil.example/",
            "http://dev.example.com/",
            "https://dev.example.com:8443/",
            "wss://evil.example/",
            "file:///tmp/x",
            "javascript:alert(1)",
        ] {
            assert!(check_destination(&Url::parse(bad).unwrap(), &deployment).is_err(), "{bad}");
        }
    }
}
