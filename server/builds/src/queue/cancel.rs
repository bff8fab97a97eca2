//! Canceling a job.

use jiff::Timestamp;
use uuid::Uuid;
use warren_db::{Querier, jobs};
use warren_pubsub::Bus;

use crate::Error;
use crate::events::{LogNotice, publish_log};

/// What a cancellation did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Canceled {
    /// Its daemon will hear of it.
    Requested,
    /// Nobody had taken it: it is complete.
    Complete,
    /// It was complete or canceled before.
    Nothing,
}

/// Cancels a job: at once while nobody works on it, else its daemon hears of it with its next call.
///
/// # Errors
/// The database.
pub async fn cancel_job(q: &impl Querier, bus: &Bus, job: Uuid, now: Timestamp) -> Result<Canceled, Error> {
    Ok(match jobs::cancel_job(q, job, now).await? {
        None => Canceled::Nothing,
        Some(false) => Canceled::Requested,
        Some(true) => {
            publish_log(bus, job, LogNotice { created_after: -1, end_of_logs: true });
            Canceled::Complete
        }
    })
}
