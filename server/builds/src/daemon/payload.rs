//! What a daemon gets with a job.

use bytes::Bytes;
use prost::Message;
use uuid::Uuid;
use warren_api::{TemplateVersionVariable, VariableValue as ApiVariable};
use warren_auth::KeyRequest;
use warren_db::jobs::{BuildPayloadRow, JobRow, find_build_payload, find_version_payload};
use warren_db::{api_keys, versions};
use warren_proto::provisioner::{Metadata, Role, VariableValue, WorkspaceTransition};
use warren_proto::provisionerd::{AcquiredJob, acquired_job};

use super::Connection;
use super::convert::parameter_values;
use crate::defaults::MAX_MESSAGE;
use crate::events::WorkspaceEvent;
use crate::input::{BuildInput, DryRunInput, ImportInput, JobInput};
use crate::{Error, now};

/// Group that every member of an organization is in.
const EVERYONE: &str = "Everyone";

impl Connection {
    pub(super) async fn payload(&self, row: &JobRow) -> Result<AcquiredJob, Error> {
        let input = JobInput::read(&row.r#type, &row.input.0)
            .ok_or_else(|| Error::Invalid(format!("the input of this {} cannot be read", row.r#type)))?;
        let (user_name, archive, kind) = match input {
            JobInput::Import(input) => self.import_payload(row, input).await?,
            JobInput::Build(input) => self.build_payload(row, input).await?,
            JobInput::DryRun(input) => self.dry_run_payload(row, input).await?,
        };
        let archive_size = archive.len();
        let job = AcquiredJob {
            job_id: row.id.to_string(),
            created_at: row.created_at.as_millisecond(),
            provisioner: row.provisioner.clone(),
            user_name,
            template_source_archive: archive,
            trace_metadata: Default::default(),
            r#type: Some(kind),
        };
        let size = job.encoded_len();
        if size > MAX_MESSAGE {
            return Err(Error::Invalid(format!(
                "the job is too large for one message of {MAX_MESSAGE} bytes: the template has {archive_size} bytes, \
                 state and parameters {} bytes",
                size - archive_size
            )));
        }
        Ok(job)
    }

    async fn import_payload(
        &self,
        row: &JobRow,
        input: ImportInput,
    ) -> Result<(String, Bytes, acquired_job::Type), Error> {
        let conn = self.builds.0.db.conn().await?;
        let payload = find_version_payload(&conn, row.id, input.template_version_id)
            .await?
            .ok_or_else(|| Error::Invalid("the template version or its archive is gone".into()))?;
        let active = match payload.template_id {
            Some(template) => versions::find_active_variables(&conn, template).await?,
            None => Vec::new(),
        };
        let metadata = Metadata {
            coder_url: self.builds.0.options.access_url.clone(),
            workspace_owner_groups: vec![EVERYONE.into()],
            template_id: payload.template_id.map(|id| id.to_string()).unwrap_or_default(),
            template_version_id: payload.version_id.to_string(),
            ..Default::default()
        };
        let import = acquired_job::TemplateImport {
            metadata: Some(metadata),
            user_variable_values: merge_variables(input.user_variable_values, active),
        };
        Ok((payload.initiator_username, payload.archive.into(), acquired_job::Type::TemplateImport(import)))
    }

    async fn dry_run_payload(
        &self,
        row: &JobRow,
        input: DryRunInput,
    ) -> Result<(String, Bytes, acquired_job::Type), Error> {
        let conn = self.builds.0.db.conn().await?;
        let payload = find_version_payload(&conn, row.id, input.template_version_id)
            .await?
            .ok_or_else(|| Error::Invalid("the template version or its archive is gone".into()))?;
        let metadata = Metadata {
            coder_url: self.builds.0.options.access_url.clone(),
            workspace_name: input.workspace_name,
            workspace_owner: payload.initiator_username.clone(),
            workspace_owner_groups: vec![EVERYONE.into()],
            ..Default::default()
        };
        let dry_run = acquired_job::TemplateDryRun {
            rich_parameter_values: parameter_values(&input.rich_parameter_values),
            variable_values: stored_variables(&payload.variables.0),
            metadata: Some(metadata),
        };
        Ok((payload.initiator_username, payload.archive.into(), acquired_job::Type::TemplateDryRun(dry_run)))
    }

    async fn build_payload(
        &self,
        row: &JobRow,
        input: BuildInput,
    ) -> Result<(String, Bytes, acquired_job::Type), Error> {
        let conn = self.builds.0.db.conn().await?;
        let mut payload = find_build_payload(&conn, row.id)
            .await?
            .ok_or_else(|| Error::Invalid("the build or its template's archive is gone".into()))?;
        drop(conn);
        let session_token = self.renew_session_token(&payload).await?;
        let archive = std::mem::take(&mut payload.archive);
        let state = payload.provisioner_state.take().unwrap_or_default();
        let build = acquired_job::WorkspaceBuild {
            workspace_build_id: payload.build_id.to_string(),
            workspace_name: payload.workspace_name.clone(),
            rich_parameter_values: parameter_values(&payload.parameters.0),
            variable_values: stored_variables(&payload.variables.0),
            external_auth_providers: Vec::new(),
            metadata: Some(self.build_metadata(&payload, session_token)),
            state: state.into(),
            log_level: input.log_level,
            previous_parameter_values: parameter_values(&payload.previous_parameters.0),
        };
        WorkspaceEvent::state(payload.workspace_id).publish(&self.builds.0.bus, payload.owner_id);
        Ok((payload.initiator_username, archive.into(), acquired_job::Type::WorkspaceBuild(build)))
    }

    fn build_metadata(&self, payload: &BuildPayloadRow, session_token: String) -> Metadata {
        let transition = match payload.transition.as_str() {
            "stop" => WorkspaceTransition::Stop,
            "delete" => WorkspaceTransition::Destroy,
            _ => WorkspaceTransition::Start,
        };
        Metadata {
            coder_url: self.builds.0.options.access_url.clone(),
            workspace_transition: transition.into(),
            workspace_name: payload.workspace_name.clone(),
            workspace_owner: payload.owner_username.clone(),
            workspace_id: payload.workspace_id.to_string(),
            workspace_owner_id: payload.owner_id.to_string(),
            workspace_owner_email: payload.owner_email.clone(),
            template_name: payload.template_name.clone(),
            template_version: payload.version_name.clone(),
            workspace_owner_oidc_access_token: payload.oidc_access_token.clone(),
            workspace_owner_session_token: session_token,
            template_id: payload.template_id.to_string(),
            workspace_owner_name: payload.owner_name.clone(),
            workspace_owner_groups: payload.owner_groups.clone(),
            workspace_owner_ssh_public_key: payload.ssh_public_key.clone(),
            workspace_owner_ssh_private_key: payload.ssh_private_key.clone(),
            workspace_build_id: payload.build_id.to_string(),
            workspace_owner_login_type: payload.owner_login_type.clone(),
            workspace_owner_rbac_roles: roles(payload),
            prebuilt_workspace_build_stage: 0,
            running_agent_auth_tokens: Vec::new(),
            task_id: Uuid::nil().to_string(),
            task_prompt: String::new(),
            template_version_id: payload.version_id.to_string(),
            template_version_modules_file: payload.module_file_id.map(|id| id.to_string()).unwrap_or_default(),
        }
    }

    /// A start gets a fresh session token of the owner, every other build none; the old one ends in any case.
    async fn renew_session_token(&self, payload: &BuildPayloadRow) -> Result<String, Error> {
        let keys = &self.builds.0.keys;
        let conn = self.builds.0.db.conn().await?;
        let name = format!("{}_{}_session_token", payload.owner_id, payload.workspace_id);
        for id in api_keys::delete_api_keys_by_name(&conn, payload.owner_id, &name).await? {
            keys.forget_key(&id);
        }
        if payload.transition != "start" {
            return Ok(String::new());
        }
        let lifetime = keys.lifetimes().default_token;
        let login_type = match payload.owner_login_type.as_str() {
            "github" => "github",
            "oidc" => "oidc",
            _ => "password",
        };
        let mut request = KeyRequest::session(payload.owner_id, login_type, lifetime, "");
        request.token_name = name;
        Ok(keys.issue(&conn, request, now()).await?.token.reveal())
    }
}

fn roles(payload: &BuildPayloadRow) -> Vec<Role> {
    let site = payload.owner_site_roles.iter().map(String::as_str).chain(["member"]);
    let site = site.map(|name| Role { name: name.to_owned(), org_id: String::new() });
    let org_id = payload.organization_id.to_string();
    let implied = payload.owner_is_member.then_some("organization-member");
    let organization = payload.owner_organization_roles.iter().map(String::as_str).chain(implied);
    site.chain(organization.map(|name| Role { name: name.to_owned(), org_id: org_id.clone() })).collect()
}

/// Values given with the request, then those of the active version for other names; all count as sensitive.
fn merge_variables(given: Vec<ApiVariable>, active: Vec<TemplateVersionVariable>) -> Vec<VariableValue> {
    let carried: Vec<_> = active
        .into_iter()
        .filter(|old| !old.value.is_empty() && !given.iter().any(|new| new.name == old.name))
        .map(|old| VariableValue { name: old.name, value: old.value, sensitive: true })
        .collect();
    let given = given.into_iter().map(|new| VariableValue { name: new.name, value: new.value, sensitive: true });
    given.chain(carried).collect()
}

fn stored_variables(variables: &[TemplateVersionVariable]) -> Vec<VariableValue> {
    let given = variables
        .iter()
        .filter(|variable| !variable.value.is_empty() || !variable.default_value.is_empty() || variable.required);
    let value = |variable: &TemplateVersionVariable| VariableValue {
        name: variable.name.clone(),
        value: variable.value.clone(),
        sensitive: variable.sensitive,
    };
    given.map(value).collect()
}
