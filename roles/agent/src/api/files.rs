//! Folders of the workspace, for clients that let a person choose one.

use std::path::PathBuf;

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::answer::{Answer, error, json};
use crate::user::User;

#[derive(Deserialize)]
struct ListDirectory {
    #[serde(default)]
    path: Vec<String>,
    relativity: String,
}

#[derive(Serialize)]
struct DirectoryEntry {
    name: String,
    absolute_path_string: String,
    is_dir: bool,
}

/// The content of a folder below home or the root.
pub async fn list_directory(user: &User, body: &[u8]) -> Answer {
    let request: ListDirectory = match serde_json::from_slice(body) {
        Ok(request) => request,
        Err(cause) => return error(StatusCode::BAD_REQUEST, "the request is not valid JSON", &cause.to_string()),
    };
    let start = match request.relativity.as_str() {
        "home" => user.home.clone(),
        "root" => PathBuf::from("/"),
        other => return error(StatusCode::BAD_REQUEST, "unknown relativity", other),
    };
    let path = request.path.iter().fold(start, |path, part| path.join(part));
    let listed = tokio::task::spawn_blocking(move || {
        let path = std::fs::canonicalize(path)?;
        let mut contents = Vec::new();
        for entry in std::fs::read_dir(&path)? {
            let entry = entry?;
            contents.push(DirectoryEntry {
                name: entry.file_name().to_string_lossy().into_owned(),
                absolute_path_string: entry.path().display().to_string(),
                is_dir: entry.path().is_dir(),
            });
        }
        contents.sort_by(|a, b| a.name.cmp(&b.name));
        std::io::Result::Ok((path, contents))
    });
    match listed.await {
        Ok(Ok((path, contents))) => {
            let parts: Vec<String> = path.iter().skip(1).map(|part| part.to_string_lossy().into_owned()).collect();
            let text = path.display().to_string();
            json(&json!({"absolute_path": parts, "absolute_path_string": text, "contents": contents}))
        }
        Ok(Err(cause)) => {
            let status = match cause.kind() {
                std::io::ErrorKind::NotFound => StatusCode::NOT_FOUND,
                std::io::ErrorKind::PermissionDenied => StatusCode::FORBIDDEN,
                _ => StatusCode::BAD_REQUEST,
            };
            error(status, "list the directory", &cause.to_string())
        }
        Err(cause) => error(StatusCode::INTERNAL_SERVER_ERROR, "list the directory", &cause.to_string()),
    }
}
