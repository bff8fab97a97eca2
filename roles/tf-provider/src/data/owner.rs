//! `coder_workspace_owner`: whose workspace it is.

use serde::de::DeserializeOwned;

use super::Reading;
use crate::engine::new_id;
use crate::value::{Object, Value};

#[derive(serde::Deserialize)]
struct Role {
    #[serde(default)]
    name: String,
    #[serde(default)]
    org_id: String,
}

pub fn read(reading: &mut Reading<'_>) {
    let env = &reading.session.env;
    for (name, variable, fallback) in [
        ("name", "CODER_WORKSPACE_OWNER", "default"),
        ("full_name", "CODER_WORKSPACE_OWNER_NAME", "default"),
        ("email", "CODER_WORKSPACE_OWNER_EMAIL", "default@example.com"),
        ("ssh_public_key", "CODER_WORKSPACE_OWNER_SSH_PUBLIC_KEY", ""),
        ("ssh_private_key", "CODER_WORKSPACE_OWNER_SSH_PRIVATE_KEY", ""),
        ("session_token", "CODER_WORKSPACE_OWNER_SESSION_TOKEN", ""),
        ("oidc_access_token", "CODER_WORKSPACE_OWNER_OIDC_ACCESS_TOKEN", ""),
    ] {
        reading.set(name, env.get_or(variable, fallback));
    }
    reading.set("id", env.find_filled("CODER_WORKSPACE_OWNER_ID").map_or_else(new_id, Value::text));
    let login = env.find_filled("CODER_WORKSPACE_OWNER_LOGIN_TYPE");
    reading.set("login_type", login.map_or(Value::Null, Value::text));

    match parse_list::<String>(env.find("CODER_WORKSPACE_OWNER_GROUPS")) {
        Ok(groups) => reading.set("groups", list(groups.into_iter().map(Value::Text))),
        Err(why) => return reading.fail(format!("invalid user groups: {why}")),
    }
    let role = |role: Role| {
        Value::Object(Object::from([("name".to_owned(), role.name.into()), ("org_id".to_owned(), role.org_id.into())]))
    };
    match parse_list::<Role>(env.find("CODER_WORKSPACE_OWNER_RBAC_ROLES")) {
        Ok(roles) => reading.set("rbac_roles", list(roles.into_iter().map(role))),
        Err(why) => reading.fail(format!("invalid user rbac roles: {why}")),
    }
}

fn list(elements: impl Iterator<Item = Value>) -> Value {
    Value::List(elements.collect())
}

/// A JSON list; unset and `null` are an empty one.
fn parse_list<T: DeserializeOwned>(text: Option<&str>) -> Result<Vec<T>, String> {
    let Some(text) = text else { return Ok(Vec::new()) };
    let list: Option<Vec<T>> = serde_json::from_str(text).map_err(|error| explain(text, &error))?;
    Ok(list.unwrap_or_default())
}

/// Names the character where reading stopped, as the value comes from a program and not from a line.
fn explain(text: &str, error: &serde_json::Error) -> String {
    if error.is_eof() {
        return "EOF".to_owned();
    }
    // Of the wrong shape: the first character that is neither space nor the opening is the culprit.
    let found = text.trim_start_matches([' ', '\t', '\r', '\n', '{', '[']).chars().next();
    match found {
        Some(c) if error.is_syntax() || text.trim_start().starts_with('{') => {
            format!("invalid character '{c}' looking for beginning of value or of object key string")
        }
        _ => error.to_string(),
    }
}
