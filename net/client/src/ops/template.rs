//! Templates, their versions, files, parameters.

use bytes::Bytes;
use http::Method;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;
use warren_api::*;

use crate::client::{Body, read_bounded, segment, with_query};
use crate::{Client, Error, JsonStream, Result};

/// Longest template archive that is read.
const MAX_FILE_BYTES: usize = 128 << 20;

/// Where a job lives: the three places that have logs and a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobRef {
    Build(Uuid),
    Version(Uuid),
    DryRun { version: Uuid, job: Uuid },
}

impl JobRef {
    fn path(self) -> String {
        match self {
            Self::Build(id) => format!("/api/v2/workspacebuilds/{id}"),
            Self::Version(id) => format!("/api/v2/templateversions/{id}"),
            Self::DryRun { version, job } => format!("/api/v2/templateversions/{version}/dry-run/{job}"),
        }
    }
}

#[derive(Deserialize)]
struct Owner {
    job: ProvisionerJob,
}

/// What an archive call did.
#[derive(Debug, Deserialize, serde::Serialize)]
pub struct ArchiveResult {
    #[serde(default)]
    pub template_id: Uuid,
    #[serde(default, deserialize_with = "null_default")]
    pub archived_ids: Vec<Uuid>,
}

impl Client {
    /// The job of a build, a template version or a dry-run.
    pub async fn job(&self, job: JobRef) -> Result<ProvisionerJob> {
        match job {
            JobRef::DryRun { .. } => self.get(&job.path()).await,
            _ => Ok(self.get::<Owner>(&job.path()).await?.job),
        }
    }

    /// Logs of a job after a log id, without waiting for more.
    pub async fn job_logs(&self, job: JobRef, after: i64) -> Result<Vec<ProvisionerJobLog>> {
        Ok(self.get::<Option<_>>(&format!("{}/logs?after={after}", job.path())).await?.unwrap_or_default())
    }

    /// Logs of a job until its end.
    pub async fn follow_job_logs(&self, job: JobRef, after: i64) -> Result<JsonStream<ProvisionerJobLog>> {
        self.json_stream(&format!("{}/logs?follow&after={after}", job.path())).await
    }

    pub async fn cancel_job(&self, job: JobRef) -> Result<()> {
        self.call::<()>(Method::PATCH, &format!("{}/cancel", job.path()), None).await
    }

    pub async fn job_resources(&self, job: JobRef) -> Result<Vec<WorkspaceResource>> {
        Ok(self.get::<Option<_>>(&format!("{}/resources", job.path())).await?.unwrap_or_default())
    }

    pub async fn templates(&self, query: &str) -> Result<Vec<Template>> {
        self.get(&with_query("/api/v2/templates", &[("q", query)])).await
    }

    pub async fn template(&self, id: Uuid) -> Result<Template> {
        self.get(&format!("/api/v2/templates/{id}")).await
    }

    pub async fn template_by_name(&self, organization: Uuid, name: &str) -> Result<Template> {
        self.get(&format!("/api/v2/organizations/{organization}/templates/{}", segment(name))).await
    }

    pub async fn create_template(&self, organization: Uuid, request: &CreateTemplateRequest) -> Result<Template> {
        self.post(&format!("/api/v2/organizations/{organization}/templates"), request).await
    }

    /// `None` if nothing changed (304).
    pub async fn update_template(&self, id: Uuid, request: &UpdateTemplateMeta) -> Result<Option<Template>> {
        self.patch(&format!("/api/v2/templates/{id}"), request).await
    }

    pub async fn delete_template(&self, id: Uuid) -> Result<()> {
        self.call::<()>(Method::DELETE, &format!("/api/v2/templates/{id}"), None).await
    }

    pub async fn set_active_version(&self, template: Uuid, version: Uuid) -> Result<()> {
        let body = UpdateActiveTemplateVersion { id: version };
        self.call(Method::PATCH, &format!("/api/v2/templates/{template}/versions"), Some(&body)).await
    }

    pub async fn template_versions(&self, template: Uuid, archived: bool) -> Result<Vec<TemplateVersion>> {
        let query: &[(&str, &str)] = if archived { &[("include_archived", "true")] } else { &[] };
        self.get(&with_query(&format!("/api/v2/templates/{template}/versions"), query)).await
    }

    pub async fn template_version_by_name(&self, template: Uuid, name: &str) -> Result<TemplateVersion> {
        self.get(&format!("/api/v2/templates/{template}/versions/{}", segment(name))).await
    }

    pub async fn template_version(&self, id: Uuid) -> Result<TemplateVersion> {
        self.get(&format!("/api/v2/templateversions/{id}")).await
    }

    pub async fn create_template_version(
        &self,
        organization: Uuid,
        request: &CreateTemplateVersionRequest,
    ) -> Result<TemplateVersion> {
        self.post(&format!("/api/v2/organizations/{organization}/templateversions"), request).await
    }

    pub async fn archive_unused_versions(&self, template: Uuid, all: bool) -> Result<ArchiveResult> {
        self.post(&format!("/api/v2/templates/{template}/versions/archive"), &json!({ "all": all })).await
    }

    /// `archive` or `unarchive`.
    pub async fn set_version_archived(&self, version: Uuid, verb: &str) -> Result<()> {
        self.call::<()>(Method::POST, &format!("/api/v2/templateversions/{version}/{verb}"), None).await
    }

    pub async fn rich_parameters(&self, version: Uuid) -> Result<Vec<TemplateVersionParameter>> {
        self.get(&format!("/api/v2/templateversions/{version}/rich-parameters")).await
    }

    pub async fn evaluate_parameters(
        &self,
        version: Uuid,
        request: &DynamicParametersRequest,
    ) -> Result<DynamicParametersResponse> {
        self.post(&format!("/api/v2/templateversions/{version}/dynamic-parameters/evaluate"), request).await
    }

    pub async fn version_variables(&self, version: Uuid) -> Result<Vec<TemplateVersionVariable>> {
        self.get(&format!("/api/v2/templateversions/{version}/variables")).await
    }

    pub async fn version_presets(&self, version: Uuid) -> Result<Vec<Preset>> {
        let path = format!("/api/v2/templateversions/{version}/presets");
        Ok(self.get::<Option<_>>(&path).await?.unwrap_or_default())
    }

    pub async fn version_external_auth(&self, version: Uuid) -> Result<Vec<TemplateVersionExternalAuth>> {
        self.get(&format!("/api/v2/templateversions/{version}/external-auth")).await
    }

    pub async fn create_dry_run(
        &self,
        version: Uuid,
        request: &CreateTemplateVersionDryRunRequest,
    ) -> Result<ProvisionerJob> {
        self.post(&format!("/api/v2/templateversions/{version}/dry-run"), request).await
    }

    pub async fn dry_run_matched_provisioners(&self, version: Uuid, job: Uuid) -> Result<MatchedProvisioners> {
        self.get(&format!("{}/matched-provisioners", JobRef::DryRun { version, job }.path())).await
    }

    /// Uploads a tar archive; the id of the stored file.
    pub async fn upload_tar(&self, tar: Vec<u8>) -> Result<Uuid> {
        let body = Body::Raw("application/x-tar", tar.into());
        Ok(self.json::<UploadResponse>(Method::POST, "/api/v2/files", body).await?.hash)
    }

    /// Downloads a stored file: the archive and its media type.
    pub async fn download(&self, file: Uuid, format: &str) -> Result<(Bytes, String)> {
        let query = [("format", format)];
        let query: &[_] = if format.is_empty() { &[] } else { &query };
        let path = with_query(&format!("/api/v2/files/{file}"), query);
        let response = self.send(Method::GET, &path, Body::Empty, None).await?;
        let kind = response.headers().get("content-type").and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
        let bytes = read_bounded(response, MAX_FILE_BYTES).await.map_err(|reason| Error::Decode {
            method: "GET".into(),
            url: path,
            reason,
        })?;
        Ok((bytes, kind))
    }
}
