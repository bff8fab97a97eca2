//! Environment variables of Terraform processes.

use std::ffi::{OsStr, OsString};

use sha2::{Digest, Sha256};
use warren_proto::provisioner::{
    ExternalAuthProvider, Metadata, PrebuiltWorkspaceBuildStage, RichParameterValue, VariableValue, WorkspaceTransition,
};
use warren_template::bootstrap;

/// A list of variables.
pub(super) type Variables = Vec<(OsString, OsString)>;

/// `TF_*` variables whose values may be shown.
const SHOWN: [&str; 9] = [
    "TF_LOG",
    "TF_LOG_PATH",
    "TF_INPUT",
    "TF_DATA_DIR",
    "TF_WORKSPACE",
    "TF_IN_AUTOMATION",
    "TF_CLI_CONFIG_FILE",
    "TF_IGNORE",
    "TF_REGISTRY_",
];

/// Drops what could carry secrets of the server: `CODER_*` and `WARREN_*`.
pub(super) fn scrub(mut variables: Variables) -> Variables {
    variables.retain(|(name, _)| {
        let name = name.to_string_lossy();
        !name.starts_with("CODER_") && !name.starts_with("WARREN_")
    });
    variables
}

/// Sets a variable, replacing an earlier one.
pub(super) fn set(variables: &mut Variables, name: &str, value: OsString) {
    variables.retain(|(existing, _)| existing != OsStr::new(name));
    variables.push((name.into(), value));
}

/// One line for each inherited `TF_*` variable.
pub(super) fn warnings(variables: &[(OsString, OsString)]) -> Vec<String> {
    let mut lines: Vec<_> = variables
        .iter()
        .filter_map(|(name, value)| {
            let name = name.to_str().filter(|name| name.starts_with("TF_"))?;
            let shown = SHOWN.iter().any(|shown| name == *shown || (shown.ends_with('_') && name.starts_with(shown)));
            let value = if shown { value.to_string_lossy().into_owned() } else { "<value redacted>".to_owned() };
            Some(format!("terraform environment variable: {name}={value}"))
        })
        .collect();
    lines.sort();
    lines
}

/// Adds what the provider reads in plan and apply.
pub(super) fn add_metadata(variables: &mut Variables, metadata: &Metadata) {
    let transition = match metadata.workspace_transition() {
        WorkspaceTransition::Start => "start",
        WorkspaceTransition::Stop => "stop",
        WorkspaceTransition::Destroy => "destroy",
    };
    let pairs: [(&str, &str); 21] = [
        ("CODER_AGENT_URL", &metadata.coder_url),
        ("CODER_WORKSPACE_TRANSITION", transition),
        ("CODER_WORKSPACE_NAME", &metadata.workspace_name),
        ("CODER_WORKSPACE_ID", &metadata.workspace_id),
        ("CODER_WORKSPACE_BUILD_ID", &metadata.workspace_build_id),
        ("CODER_WORKSPACE_OWNER", &metadata.workspace_owner),
        ("CODER_WORKSPACE_OWNER_ID", &metadata.workspace_owner_id),
        ("CODER_WORKSPACE_OWNER_EMAIL", &metadata.workspace_owner_email),
        ("CODER_WORKSPACE_OWNER_NAME", &metadata.workspace_owner_name),
        ("CODER_WORKSPACE_OWNER_LOGIN_TYPE", &metadata.workspace_owner_login_type),
        ("CODER_WORKSPACE_OWNER_GROUPS", &groups(&metadata.workspace_owner_groups)),
        ("CODER_WORKSPACE_OWNER_RBAC_ROLES", &roles(metadata)),
        ("CODER_WORKSPACE_OWNER_OIDC_ACCESS_TOKEN", &metadata.workspace_owner_oidc_access_token),
        ("CODER_WORKSPACE_OWNER_SESSION_TOKEN", &metadata.workspace_owner_session_token),
        ("CODER_WORKSPACE_OWNER_SSH_PUBLIC_KEY", &metadata.workspace_owner_ssh_public_key),
        ("CODER_WORKSPACE_OWNER_SSH_PRIVATE_KEY", &metadata.workspace_owner_ssh_private_key),
        ("CODER_WORKSPACE_TEMPLATE_ID", &metadata.template_id),
        ("CODER_WORKSPACE_TEMPLATE_NAME", &metadata.template_name),
        ("CODER_WORKSPACE_TEMPLATE_VERSION", &metadata.template_version),
        ("CODER_TASK_ID", &metadata.task_id),
        ("CODER_TASK_PROMPT", &metadata.task_prompt),
    ];
    for (name, value) in pairs {
        push(variables, name.to_owned(), value);
    }
    match metadata.prebuilt_workspace_build_stage() {
        PrebuiltWorkspaceBuildStage::None => {}
        PrebuiltWorkspaceBuildStage::Create => push(variables, "CODER_WORKSPACE_IS_PREBUILD".to_owned(), "true"),
        PrebuiltWorkspaceBuildStage::Claim => push(variables, "CODER_WORKSPACE_IS_PREBUILD_CLAIM".to_owned(), "true"),
    }
    match metadata.running_agent_auth_tokens.as_slice() {
        [] => {}
        [only] => push(variables, hashed("CODER_RUNNING_WORKSPACE_AGENT_TOKEN_", ""), &only.token),
        several => {
            for token in several {
                push(variables, hashed("CODER_RUNNING_WORKSPACE_AGENT_TOKEN_", &token.agent_id), &token.token);
            }
        }
    }
    for (os, arch) in bootstrap::PLATFORMS {
        if let Some(script) = bootstrap::template(os, arch) {
            push(variables, format!("CODER_AGENT_SCRIPT_{os}_{arch}"), &script);
        }
    }
}

/// Adds what only the plan reads.
pub(super) fn add_inputs(
    variables: &mut Variables,
    parameters: &[RichParameterValue],
    previous: &[RichParameterValue],
    external_auth: &[ExternalAuthProvider],
) {
    for parameter in parameters {
        push(variables, hashed("CODER_PARAMETER_", &parameter.name), &parameter.value);
    }
    for parameter in previous {
        push(variables, hashed("CODER_PARAMETER_PREVIOUS_", &parameter.name), &parameter.value);
    }
    for provider in external_auth {
        for prefix in ["CODER_EXTERNAL_AUTH_ACCESS_TOKEN_", "CODER_GIT_AUTH_ACCESS_TOKEN_"] {
            push(variables, format!("{prefix}{}", provider.id), &provider.access_token);
        }
    }
}

/// Adds the secret values of template variables, and returns the arguments that carry the others: what stands on a command
/// line can be read by every user of the machine.
pub(super) fn add_variables(variables: &mut Variables, values: &[VariableValue]) -> Vec<OsString> {
    let mut arguments = Vec::new();
    for VariableValue { name, value, sensitive } in values {
        if *sensitive {
            push(variables, format!("TF_VAR_{name}"), value);
        } else {
            arguments.extend(["-var".into(), format!("{name}={value}").into()]);
        }
    }
    arguments
}

fn push(variables: &mut Variables, name: String, value: &str) {
    // The kernel refuses a NUL; whoever sent one gets the text without it.
    let value = value.replace('\0', "");
    set(variables, &name, value.into());
}

fn hashed(prefix: &str, name: &str) -> String {
    format!("{prefix}{}", hex::encode(Sha256::digest(name.as_bytes())))
}

fn groups(groups: &[String]) -> String {
    if groups.is_empty() {
        return "null".to_owned();
    }
    serde_json::to_string(groups).unwrap_or_else(|_| "null".to_owned())
}

fn roles(metadata: &Metadata) -> String {
    if metadata.workspace_owner_rbac_roles.is_empty() {
        return "null".to_owned();
    }
    let roles: Vec<_> = metadata
        .workspace_owner_rbac_roles
        .iter()
        .map(|role| {
            let mut object = serde_json::Map::new();
            object.insert("name".to_owned(), role.name.clone().into());
            if !role.org_id.is_empty() {
                object.insert("org_id".to_owned(), role.org_id.clone().into());
            }
            serde_json::Value::Object(object)
        })
        .collect();
    serde_json::to_string(&roles).unwrap_or_else(|_| "null".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(name: &str, value: &str) -> (OsString, OsString) {
        (name.into(), value.into())
    }

    #[test]
    fn settings_of_the_server_do_not_reach_templates() {
        let kept = pair("AWS_PROFILE", "build");
        let inherited = [
            pair("CODER_PG_CONNECTION_URL", "postgres://u:secret@h/d"),
            pair("CODER_PROVISIONER_DAEMON_PSK", "secret"),
            pair("WARREN_ANYTHING", "secret"),
            kept.clone(),
        ];
        assert_eq!(scrub(inherited.into()), [kept]);
    }

    #[test]
    fn secret_variables_are_not_on_the_command_line() {
        let value =
            |name: &str, value: &str, sensitive| VariableValue { name: name.into(), value: value.into(), sensitive };
        let mut variables = Variables::new();
        let arguments = add_variables(&mut variables, &[value("zone", "a", false), value("token", "s3cret", true)]);
        assert_eq!(arguments, ["-var", "zone=a"]);
        assert_eq!(variables, [pair("TF_VAR_token", "s3cret")]);
    }
}
