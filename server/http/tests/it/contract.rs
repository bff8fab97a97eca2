//! The contract's folder, and the names by which it and the document call the same thing.

use std::path::PathBuf;

use serde_json::Value;

/// Types whose names differ from the contract's by more than case, punctuation and package.
const RENAMED: &[(&str, &str)] = &[("AgentGitSshKey", "agentsdk.GitSSHKey")];

/// The contract's folder: `WARREN_SPEC`, or `shared/spec` beside the repository.
pub fn spec() -> Option<PathBuf> {
    let explicit = std::env::var_os("WARREN_SPEC").map(PathBuf::from);
    let above = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let found = above.ancestors().map(|dir| dir.join("shared/spec")).find(|dir| dir.is_dir());
    explicit.or(found)
}

/// A JSON file of the contract.
pub fn read(name: &str) -> Option<Value> {
    let Some(spec) = spec() else {
        eprintln!("SKIPPED: the contract's folder is not there");
        return None;
    };
    Some(serde_json::from_str(&std::fs::read_to_string(spec.join(name)).unwrap()).unwrap())
}

/// The document of the server's own routes.
pub fn document() -> Value {
    warren_http::document(&warren_http::api())
}

/// The path without the names of its parameters.
pub fn shape(path: &str) -> String {
    let segments = path.split('/').map(|segment| if segment.starts_with('{') { "{}" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}

/// The parameters of a path, in order.
pub fn path_parameters(path: &str) -> Vec<&str> {
    path.split('/').filter_map(|segment| Some(segment.split_once('{')?.1.trim_end_matches('}'))).collect()
}

/// A schema in the contract's notation: a name, `[T]`, `map<string,T>`, `any`.
pub fn notation(schema: &Value) -> String {
    if let Some(path) = schema["$ref"].as_str() {
        return path.rsplit('/').next().unwrap_or(path).to_owned();
    }
    if let Some(part) = schema["oneOf"].as_array().and_then(|parts| parts.iter().find(|part| part["type"] != "null")) {
        return notation(part);
    }
    match schema["type"].as_str() {
        Some("array") => format!("[{}]", notation(&schema["items"])),
        Some("object") if schema.get("additionalProperties").is_some() => {
            format!("map<string,{}>", notation(&schema["additionalProperties"]))
        }
        Some(kind) => kind.to_owned(),
        None => "any".to_owned(),
    }
}

/// Whether a type of the document is one of the contract, both in the contract's notation.
pub fn same_type(types: &Value, ours: &str, theirs: &str) -> bool {
    let inner = |name: &'_ str| name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).map(str::to_owned);
    if let (Some(ours), Some(theirs)) = (inner(ours), inner(theirs)) {
        return same_type(types, &ours, &theirs);
    }
    if let Some(alias) = types[theirs]["base"].as_str().filter(|_| types[theirs]["kind"] == "alias") {
        return same_type(types, ours, alias);
    }
    if let Some((_, name)) = RENAMED.iter().find(|(known, _)| *known == ours) {
        return *name == theirs;
    }
    ours == theirs || plain(ours) == plain(theirs.rsplit('.').next().unwrap_or(theirs))
}

fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}
