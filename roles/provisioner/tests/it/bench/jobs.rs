//! Templates and jobs.

use warren_proto::provisioner::{Metadata, Role, VariableValue, WorkspaceTransition};
use warren_proto::provisionerd::acquired_job;
use warren_template::archive::{Entry, write_tar};

/// A template archive.
pub fn tar(files: &[(&str, &str)]) -> Vec<u8> {
    let mut entries = Vec::new();
    for (path, text) in files {
        match path.strip_suffix('/') {
            Some(dir) => entries.push(Entry::directory(dir)),
            None => entries.push(Entry::file(*path, *text)),
        }
    }
    write_tar(&entries).unwrap()
}

/// Metadata of the workspace `w1` of `admin`.
pub fn metadata(transition: WorkspaceTransition) -> Metadata {
    Metadata {
        coder_url: "http://127.0.0.1:7340".to_owned(),
        workspace_transition: transition.into(),
        workspace_name: "w1".to_owned(),
        workspace_owner: "admin".to_owned(),
        workspace_id: "00000000-0000-4000-8000-000000000001".to_owned(),
        workspace_owner_id: "00000000-0000-4000-8000-000000000002".to_owned(),
        workspace_owner_email: "admin@example.com".to_owned(),
        template_name: "t".to_owned(),
        template_version: "v1".to_owned(),
        template_id: "00000000-0000-4000-8000-000000000003".to_owned(),
        workspace_owner_session_token: if transition == WorkspaceTransition::Start {
            "secret-token".to_owned()
        } else {
            String::new()
        },
        workspace_owner_groups: vec!["Everyone".to_owned()],
        workspace_build_id: "00000000-0000-4000-8000-000000000004".to_owned(),
        workspace_owner_login_type: "password".to_owned(),
        workspace_owner_rbac_roles: vec![
            Role { name: "owner".to_owned(), org_id: String::new() },
            Role { name: "organization-member".to_owned(), org_id: "00000000-0000-4000-8000-000000000005".to_owned() },
        ],
        task_id: uuid::Uuid::nil().to_string(),
        ..Metadata::default()
    }
}

pub fn import() -> acquired_job::Type {
    import_with(&[])
}

pub fn import_with(variables: &[(&str, &str)]) -> acquired_job::Type {
    let user_variable_values = variables
        .iter()
        .map(|(name, value)| VariableValue { name: (*name).to_owned(), value: (*value).to_owned(), sensitive: true })
        .collect();
    let metadata = Metadata {
        coder_url: "http://127.0.0.1:7340".to_owned(),
        workspace_owner_groups: vec!["Everyone".to_owned()],
        template_version_id: uuid::Uuid::new_v4().to_string(),
        ..Metadata::default()
    };
    acquired_job::Type::TemplateImport(acquired_job::TemplateImport { metadata: Some(metadata), user_variable_values })
}

pub fn build(transition: WorkspaceTransition, state: &[u8]) -> acquired_job::WorkspaceBuild {
    acquired_job::WorkspaceBuild {
        workspace_build_id: "00000000-0000-4000-8000-000000000004".to_owned(),
        workspace_name: "w1".to_owned(),
        metadata: Some(metadata(transition)),
        state: bytes::Bytes::copy_from_slice(state),
        ..acquired_job::WorkspaceBuild::default()
    }
}
