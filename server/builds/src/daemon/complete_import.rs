//! The result of an import.

use std::collections::BTreeSet;

use warren_db::Tx;
use warren_db::jobs::{self, JobRow};
use warren_db::resources::insert_resources;
use warren_db::versions::{ExternalAuthNeed, ImportResult, store_version_import};
use warren_proto::provisioner::ExternalAuthProviderResource;
use warren_proto::provisionerd::completed_job::TemplateImport;

use super::Connection;
use super::convert::{parameters, presets};
use super::files::{find_modules, store_modules};
use super::resources::{Scope, collect, collect_modules};
use crate::{Error, now};

impl Connection {
    pub(super) async fn complete_import(&self, tx: &Tx, row: &JobRow, result: TemplateImport) -> Result<(), Error> {
        let at = now();
        let start = Scope { job: row.id, transition: "start", workspace: None, at };
        let mut found = collect(start, result.start_resources)?;
        found.resources.extend(collect(Scope { transition: "stop", ..start }, result.stop_resources)?.resources);
        found.modules = collect_modules(start, result.start_modules);
        insert_resources(tx, &found, None).await?;
        let module_file_id = if !result.module_files.is_empty() {
            Some(store_modules(tx, &result.module_files).await?)
        } else if !result.module_files_hash.is_empty() {
            find_modules(tx, &hex::encode(&result.module_files_hash)).await?
        } else {
            None
        };
        let external_auth = needs(result.external_auth_providers, result.external_auth_providers_names);
        let unknown = external_auth
            .iter()
            .find(|need| !self.builds.0.options.external_auth.contains(&need.id))
            .map(|need| need.id.clone());
        let import = ImportResult {
            parameters: parameters(result.rich_parameters),
            presets: presets(result.presets),
            external_auth,
            has_external_agent: result.has_external_agents,
            plan: result.plan.to_vec(),
            module_file_id,
            daemon_api_version: self.identity.api_version.clone(),
        };
        let problem = match unknown {
            Some(id) => format!("external auth provider {id:?} is not configured"),
            None => duplicate_preset(&import).unwrap_or_default(),
        };
        store_version_import(tx, row.id, at, &import).await?;
        jobs::complete_job(tx, row.id, at, &problem, "").await?;
        Ok(())
    }
}

/// Old daemons send names only.
fn needs(found: Vec<ExternalAuthProviderResource>, names: Vec<String>) -> Vec<ExternalAuthNeed> {
    if found.is_empty() {
        return names.into_iter().map(|id| ExternalAuthNeed { id, optional: false }).collect();
    }
    found.into_iter().map(|need| ExternalAuthNeed { id: need.id, optional: need.optional }).collect()
}

fn duplicate_preset(import: &ImportResult) -> Option<String> {
    let mut names = BTreeSet::new();
    let twice = import.presets.iter().find(|preset| !names.insert(preset.name.as_str()))?;
    Some(format!("two presets have the name {:?}", twice.name))
}
