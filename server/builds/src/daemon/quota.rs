//! What a build may cost. Without the quota feature everything is allowed; the cost is kept.

use warren_db::builds::update_daily_cost;
use warren_proto::provisionerd::{CommitQuotaRequest, CommitQuotaResponse};
use warren_rpc::RpcError;

use super::Connection;
use crate::Error;

impl Connection {
    pub(super) async fn commit_quota(self, request: CommitQuotaRequest) -> Result<CommitQuotaResponse, RpcError> {
        let job = Self::job_id(&request.job_id)?;
        let conn = self.builds.0.db.conn().await.map_err(Error::from)?;
        self.owned_progress(&conn, job).await?;
        update_daily_cost(&conn, job, request.daily_cost).await.map_err(Error::from)?;
        Ok(CommitQuotaResponse { ok: true, credits_consumed: 0, budget: -1 })
    }
}
