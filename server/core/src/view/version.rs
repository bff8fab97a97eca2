//! Template versions.

use warren_api::{MatchedProvisioners, MinimalUser, ProvisionerJobInput, ProvisionerJobType, TemplateVersion};
use warren_db::versions::VersionRow;

use super::{Queue, job, job_parts};

/// A version with its import. `matched` is shown until the import is complete.
pub(crate) fn version(row: &VersionRow, queue: &Queue, matched: Option<MatchedProvisioners>) -> TemplateVersion {
    let input = ProvisionerJobInput { template_version_id: Some(row.id), ..Default::default() };
    let parts = job_parts!(row, row.organization_id, ProvisionerJobType::TemplateVersionImport, input);
    TemplateVersion {
        archived: row.archived,
        created_at: row.created_at,
        created_by: MinimalUser {
            avatar_url: row.created_by_avatar_url.clone(),
            id: row.created_by,
            name: row.created_by_full_name.clone(),
            username: row.created_by_username.clone(),
        },
        has_external_agent: row.has_external_agent,
        id: row.id,
        job: job(parts, queue),
        matched_provisioners: matched,
        message: row.message.clone(),
        name: row.name.clone(),
        organization_id: row.organization_id,
        readme: row.readme.clone(),
        // The nil UUID while it belongs to no template.
        template_id: Some(row.template_id.unwrap_or_default()),
        updated_at: row.updated_at,
        warnings: Vec::new(),
    }
}
