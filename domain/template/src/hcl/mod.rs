//! Reading Terraform files: syntax, variables, workspace tags, provider requirements.
//! Nothing is evaluated beyond literals; both native (`.tf`) and JSON (`.tf.json`) syntax.

mod literal;
mod presets;
mod requirements;
mod variables;
mod version;
mod workspace_tags;

use std::fmt;
use std::ops::Range;
use std::path::Path;

use hcl_edit::structure::{Block, Body};

use crate::archive::{self, ArchiveError, Kind};

pub use presets::FormProblems;
pub use requirements::Requirement;
pub use variables::Variable;
pub use version::{Constraint, Version, choose as choose_version};

/// Bytes of one Terraform file that is read.
const SOURCE_LIMIT: u64 = 4 * 1024 * 1024;

/// A place where a file does not follow the syntax.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// File name inside the module.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
    /// What was expected.
    pub message: String,
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)
    }
}

impl std::error::Error for SyntaxError {}

/// One parsed file.
#[derive(Debug, Clone)]
pub(crate) struct File {
    pub name: String,
    pub text: String,
    pub content: Content,
}

#[derive(Debug, Clone)]
pub(crate) enum Content {
    Native(Body),
    Json(serde_json::Value),
}

impl File {
    /// Source text of a byte range, trimmed.
    pub fn source(&self, range: Option<Range<usize>>) -> &str {
        range.and_then(|range| self.text.get(range)).unwrap_or_default().trim()
    }

    /// Line (from 1) of a byte offset.
    pub fn line(&self, offset: usize) -> usize {
        self.text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
    }
}

/// The Terraform files of one directory. Files that cannot be parsed are listed in [`Module::problems`]; the others
/// are still read, since Terraform itself has the last word.
#[derive(Debug, Clone, Default)]
pub struct Module {
    pub(crate) files: Vec<File>,
    problems: Vec<SyntaxError>,
}

impl Module {
    /// Parses `(name, text)` pairs; names with a slash or another ending are left out.
    pub fn parse<N: Into<String>, T: AsRef<[u8]>>(files: impl IntoIterator<Item = (N, T)>) -> Self {
        let mut module = Self::default();
        for (name, text) in files {
            let name = name.into();
            if is_terraform_file(&name) {
                module.add(name, text.as_ref());
            }
        }
        module.files.sort_by(|a, b| a.name.cmp(&b.name));
        module
    }

    /// The root module of a template archive.
    pub fn from_tar(tar: &[u8]) -> Result<Self, ArchiveError> {
        let entries = archive::read_tar(tar, archive::UPLOAD_LIMIT)?;
        Ok(Self::parse(
            entries.into_iter().filter(|entry| entry.kind == Kind::File).map(|entry| (entry.path, entry.data)),
        ))
    }

    /// The module in a directory.
    pub fn from_directory(dir: &Path) -> Result<Self, ArchiveError> {
        let mut files = Vec::new();
        for item in std::fs::read_dir(dir).map_err(ArchiveError::io(dir))? {
            let item = item.map_err(ArchiveError::io(dir))?;
            let Ok(name) = item.file_name().into_string() else {
                continue;
            };
            let path = item.path();
            if is_terraform_file(&name)
                && path.metadata().is_ok_and(|meta| meta.is_file() && meta.len() <= SOURCE_LIMIT)
            {
                files.push((name, std::fs::read(&path).map_err(ArchiveError::io(&path))?));
            }
        }
        Ok(Self::parse(files))
    }

    /// Files that could not be parsed.
    pub fn problems(&self) -> &[SyntaxError] {
        &self.problems
    }

    /// Whether the module has no Terraform file at all, readable or not.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty() && self.problems.is_empty()
    }

    /// Whether a `backend` or `cloud` block keeps the state elsewhere.
    pub fn has_remote_state(&self) -> bool {
        self.blocks("terraform").any(|(_, block)| block.body.has_blocks("backend") || block.body.has_blocks("cloud"))
            || self.json("terraform").any(|(_, value)| value.get("backend").is_some() || value.get("cloud").is_some())
    }

    fn add(&mut self, name: String, text: &[u8]) {
        let text = match std::str::from_utf8(text) {
            Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text),
            Err(_) => {
                let message = "not UTF-8 text".to_owned();
                self.problems.push(SyntaxError { file: name, line: 1, column: 1, message });
                return;
            }
        };
        let parsed = if name.ends_with(".json") { parse_json(text) } else { parse_native(text) };
        match parsed {
            Ok(content) => self.files.push(File { name, text: text.to_owned(), content }),
            Err((line, column, message)) => self.problems.push(SyntaxError { file: name, line, column, message }),
        }
    }

    /// Top-level blocks of one kind in native files.
    pub(crate) fn blocks<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = (&'a File, &'a Block)> {
        self.files.iter().flat_map(move |file| match &file.content {
            Content::Native(body) => {
                let found: Vec<_> = body.blocks().filter(|block| block.has_ident(kind)).collect();
                found.into_iter().map(|block| (file, block)).collect::<Vec<_>>()
            }
            Content::Json(_) => Vec::new(),
        })
    }

    /// Top-level values of one kind in JSON files (an array counts as several).
    pub(crate) fn json<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = (&'a File, &'a serde_json::Value)> {
        self.files.iter().flat_map(move |file| {
            let values = match &file.content {
                Content::Json(value) => value.get(kind).map(each_body).unwrap_or_default(),
                Content::Native(_) => Vec::new(),
            };
            values.into_iter().map(move |value| (file, value))
        })
    }
}

/// A body in JSON syntax is an object or an array of objects.
pub(crate) fn each_body(value: &serde_json::Value) -> Vec<&serde_json::Value> {
    match value {
        serde_json::Value::Array(items) => items.iter().collect(),
        value => vec![value],
    }
}

/// Whether a name is that of a Terraform file at the top of a module.
pub fn is_terraform_file(name: &str) -> bool {
    !name.contains('/') && !name.starts_with('.') && (name.ends_with(".tf") || name.ends_with(".tf.json"))
}

fn parse_native(text: &str) -> Result<Content, (usize, usize, String)> {
    match hcl_edit::parser::parse_body(text) {
        Ok(body) => Ok(Content::Native(body)),
        Err(error) => Err((error.location().line(), error.location().column(), error.message().to_owned())),
    }
}

fn parse_json(text: &str) -> Result<Content, (usize, usize, String)> {
    match serde_json::from_str(text) {
        Ok(value) => Ok(Content::Json(value)),
        Err(error) => Err((error.line(), error.column(), error.to_string())),
    }
}

#[cfg(test)]
mod tests;
