//! Heartbeats, logs, and what the first phase of an import found.

use jiff::Timestamp;
use uuid::Uuid;
use warren_db::jobs::{JobProgressRow, find_job_progress, touch_job};
use warren_db::versions::store_version_parse;
use warren_db::{Conn, builds};
use warren_proto::provisioner::VariableValue;
use warren_proto::provisionerd::{Log, UpdateJobRequest, UpdateJobResponse};
use warren_rpc::RpcError;

use super::Connection;
use super::convert::{variable_values, variables};
use crate::defaults::HEARTBEAT_WRITE;
use crate::queue::{LogLine, prepare_lines, store_lines};
use crate::{Error, now};

impl Connection {
    pub(super) async fn update_job(self, request: UpdateJobRequest) -> Result<UpdateJobResponse, RpcError> {
        let job = Self::job_id(&request.job_id)?;
        let conn = self.builds.0.db.conn().await.map_err(Error::from)?;
        let progress = self.owned_progress(&conn, job).await?;
        let at = now();
        self.note_life(&conn, job, &progress, request.logs.iter().map(log_line).collect(), at).await?;
        if !request.state.is_empty() {
            builds::keep_state(&conn, job, at, &request.state).await.map_err(Error::from)?;
        }
        let answer = store_parse(&conn, job, request, at).await?;
        Ok(UpdateJobResponse { canceled: progress.canceled_at.is_some(), variable_values: answer })
    }

    /// The job, if this daemon works on it.
    pub(super) async fn owned_progress(&self, conn: &Conn, job: Uuid) -> Result<JobProgressRow, Error> {
        let progress = find_job_progress(conn, job).await?.ok_or(Error::NotOwner)?;
        if progress.worker_id != Some(self.daemon_id) {
            return Err(Error::NotOwner);
        }
        if progress.started_at.is_none() {
            return Err(Error::JobState("job isn't running yet"));
        }
        if progress.completed_at.is_some() {
            return Err(Error::JobState("job already completed"));
        }
        // A daemon that came back with a new session goes on with its job.
        *self.job.lock() = Some(job);
        Ok(progress)
    }

    async fn note_life(
        &self,
        conn: &Conn,
        job: Uuid,
        progress: &JobProgressRow,
        lines: Vec<LogLine>,
        at: Timestamp,
    ) -> Result<(), Error> {
        if !lines.is_empty() && !progress.logs_overflowed {
            let lines = prepare_lines(lines, usize::try_from(progress.logs_length).unwrap_or_default());
            return store_lines(conn, &self.builds.0.bus, job, at, lines).await;
        }
        if at.duration_since(progress.updated_at) >= HEARTBEAT_WRITE {
            touch_job(conn, job, at).await?;
        }
        Ok(())
    }
}

fn log_line(line: &Log) -> LogLine {
    LogLine {
        created_at: Timestamp::from_millisecond(line.created_at).unwrap_or_else(|_| now()),
        source: i16::try_from(line.source.clamp(0, 1)).unwrap_or_default(),
        level: i16::try_from(line.level.clamp(0, 4)).unwrap_or_default(),
        stage: line.stage.clone(),
        output: line.output.clone(),
    }
}

/// Stores readme, variables and tags if the message has them; answers with the values of the variables.
async fn store_parse(
    conn: &Conn,
    job: Uuid,
    request: UpdateJobRequest,
    at: Timestamp,
) -> Result<Vec<VariableValue>, Error> {
    let UpdateJobRequest { template_variables, user_variable_values, readme, workspace_tags, .. } = request;
    if template_variables.is_empty() && readme.is_empty() && workspace_tags.is_empty() {
        return Ok(Vec::new());
    }
    let readme = String::from_utf8_lossy(&readme).replace('\0', "\u{fffd}");
    let variables = variables(template_variables, &user_variable_values);
    let tags = (!workspace_tags.is_empty()).then_some(&workspace_tags);
    let stored = (!variables.is_empty()).then_some(variables.as_slice());
    store_version_parse(conn, job, at, &readme, stored, tags).await?;
    let missing: Vec<_> = variables
        .iter()
        .filter(|variable| variable.required && variable.value.is_empty())
        .map(|variable| variable.name.as_str())
        .collect();
    if !missing.is_empty() {
        // The daemon recognizes the text and fails the job with a code that clients act on.
        return Err(Error::Invalid(format!("required template variables need values: {}", missing.join(", "))));
    }
    Ok(variable_values(&variables))
}
