//! Templates and workspaces through the API.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::server::{Server, text};

const JOB_LIMIT: Duration = Duration::from_secs(180);
const AGENTS: &str = include_str!("../../templates/agents/main.tf");

/// A built workspace.
#[derive(Debug, Clone)]
pub struct Workspace {
    pub id: String,
    pub name: String,
}

/// Pushes the benchmarks' own template and creates a workspace of it.
pub async fn agent_workspace(server: &Server, name: &str) -> Result<Workspace> {
    let template = push(server, "agents", archive(&[("main.tf", AGENTS.as_bytes())])?, json!([])).await?;
    let (workspace, _) = create(server, &template, name).await?;
    Ok(workspace)
}

/// A tar archive of named contents.
pub fn archive(files: &[(&str, &[u8])]) -> Result<Vec<u8>> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, *content)?;
    }
    Ok(tar.into_inner()?)
}

/// A tar archive of the files of a folder, not of its folders.
pub fn archive_of(dir: &Path) -> Result<Vec<u8>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).with_context(|| dir.display().to_string())? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            files.push((entry.file_name().to_string_lossy().into_owned(), std::fs::read(entry.path())?));
        }
    }
    files.sort();
    let files: Vec<_> = files.iter().map(|(name, content)| (name.as_str(), content.as_slice())).collect();
    archive(&files)
}

/// Imports an archive as a template; the template's id. `variables`: `[{name, value}]`.
pub async fn push(server: &Server, name: &str, archive: Vec<u8>, variables: Value) -> Result<String> {
    let file = server.upload(archive).await?;
    let organization = &server.organization;
    let request = json!({
        "storage_method": "file", "file_id": file, "provisioner": "terraform", "tags": {},
        "user_variable_values": variables,
    });
    let version = server.post(&format!("/api/v2/organizations/{organization}/templateversions"), &request).await?;
    let version = text(&version, "id")?;
    wait_for_job(server, &format!("/api/v2/templateversions/{version}")).await.context("import of the template")?;
    let request = json!({"name": name, "template_version_id": version});
    let template = server.post(&format!("/api/v2/organizations/{organization}/templates"), &request).await?;
    text(&template, "id")
}

/// Creates a workspace; with the time of its build's job.
pub async fn create(server: &Server, template: &str, name: &str) -> Result<(Workspace, Duration)> {
    let request = json!({"template_id": template, "name": name});
    let workspace = server.post("/api/v2/users/me/workspaces", &request).await?;
    let build = text(&workspace["latest_build"], "id")?;
    let job = wait_for_job(server, &format!("/api/v2/workspacebuilds/{build}")).await.context("first build")?;
    Ok((Workspace { id: text(&workspace, "id")?, name: name.to_owned() }, job))
}

/// Builds once more; the time of the job.
pub async fn build(server: &Server, workspace: &Workspace, transition: &str) -> Result<Duration> {
    let path = format!("/api/v2/workspaces/{}/builds", workspace.id);
    let build = server.post(&path, &json!({"transition": transition})).await?;
    let build = text(&build, "id")?;
    wait_for_job(server, &format!("/api/v2/workspacebuilds/{build}")).await.with_context(|| transition.to_owned())
}

/// Waits for the job of a build or a version; from its start to its end by the server's own clock.
async fn wait_for_job(server: &Server, path: &str) -> Result<Duration> {
    let started = Instant::now();
    loop {
        let job = server.get(path).await?["job"].clone();
        match job["status"].as_str().unwrap_or_default() {
            "succeeded" => {
                let time = |field: &str| -> Result<Timestamp> { Ok(text(&job, field)?.parse()?) };
                let (from, to) = (time("started_at")?, time("completed_at")?);
                return Ok(to.duration_since(from).unsigned_abs());
            }
            "pending" | "running" if started.elapsed() < JOB_LIMIT => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            status => bail!("the job is {status}: {}", job["error"].as_str().unwrap_or("no error was given")),
        }
    }
}
