//! Jobs that end well.

use uuid::Uuid;
use warren_db::Tx;
use warren_db::jobs::{self, JobRow};
use warren_db::resources::insert_resources;
use warren_proto::provisionerd::{CompletedJob, Empty, completed_job};
use warren_rpc::RpcError;

use super::Connection;
use super::resources::{Scope, collect, collect_modules};
use crate::events::{LogNotice, publish_log_tx};
use crate::input::JobInput;
use crate::{Error, now};

impl Connection {
    pub(super) async fn complete_job(self, request: CompletedJob) -> Result<Empty, RpcError> {
        let job = Self::job_id(&request.job_id)?;
        let kind = request.r#type.ok_or_else(|| RpcError::new("the result of the job is missing"))?;
        let connection = self.clone();
        self.builds.0.db.tx(|tx| async move { connection.complete(&tx, job, kind).await }).await?;
        *self.job.lock() = None;
        tracing::info!(job.id = %job, "a job completed");
        Ok(Empty {})
    }

    async fn complete(&self, tx: &Tx, job: Uuid, kind: completed_job::Type) -> Result<(), Error> {
        let row = self.lock_owned(tx, job).await?;
        let input = JobInput::read(&row.r#type, &row.input.0)
            .ok_or_else(|| Error::Invalid(format!("the input of this {} cannot be read", row.r#type)))?;
        match (input, kind) {
            (JobInput::Import(_), completed_job::Type::TemplateImport(result)) => {
                self.complete_import(tx, &row, result).await?;
            }
            (JobInput::Build(_), completed_job::Type::WorkspaceBuild(result)) => {
                self.complete_build(tx, &row, result).await?;
            }
            (JobInput::DryRun(_), completed_job::Type::TemplateDryRun(result)) => {
                self.complete_dry_run(tx, &row, result).await?;
            }
            _ => return Err(Error::Invalid(format!("the result does not fit a {}", row.r#type))),
        }
        // After the commit: who sees the end of the log must find the job complete.
        publish_log_tx(&self.builds.0.bus, tx, job, LogNotice { created_after: -1, end_of_logs: true });
        Ok(())
    }

    async fn complete_dry_run(
        &self,
        tx: &Tx,
        row: &JobRow,
        result: completed_job::TemplateDryRun,
    ) -> Result<(), Error> {
        let scope = Scope { job: row.id, transition: "start", workspace: None, at: now() };
        let mut found = collect(scope, result.resources)?;
        found.modules = collect_modules(scope, result.modules);
        insert_resources(tx, &found, None).await?;
        jobs::complete_job(tx, row.id, scope.at, "", "").await?;
        Ok(())
    }
}
