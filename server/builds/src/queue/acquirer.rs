//! Waiting for jobs. Daemons that could run the same jobs form a domain; in a domain one looks into the queue at a time,
//! and a posted job wakes one of them.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use warren_db::Db;
use warren_db::jobs::{self, JobRow, Tags, Worker};
use warren_pubsub::{Bus, Event};

use crate::defaults::BACKUP_POLL;
use crate::events::{JOB_POSTED, JobPosted};
use crate::{Error, PREBUILDS_USER, now};

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct DomainKey {
    organization_id: Uuid,
    provisioners: Vec<String>,
    tags: Vec<(String, String)>,
}

#[derive(Debug, Default)]
struct Domain {
    posted: Notify,
    looking: tokio::sync::Mutex<()>,
}

/// Hands jobs to waiting daemons.
#[derive(Debug)]
pub(crate) struct Acquirer {
    db: Db,
    domains: Mutex<HashMap<DomainKey, Weak<Domain>>>,
}

impl Acquirer {
    pub(crate) fn new(db: Db) -> Self {
        Self { db, domains: Mutex::default() }
    }

    /// Wakes domains as jobs are posted, until `stop`.
    pub(crate) async fn listen(self: Arc<Self>, bus: Bus, stop: CancellationToken) {
        let mut posted = bus.subscribe(JOB_POSTED);
        loop {
            let event = tokio::select! {
                () = stop.cancelled() => return,
                event = posted.recv() => event,
            };
            match event {
                Event::Message(text) => match serde_json::from_str::<JobPosted>(&text) {
                    Ok(job) => self.wake(&job),
                    Err(error) => tracing::warn!(%error, "an announced job cannot be read"),
                },
                Event::Dropped => self.each(|_, domain| domain.posted.notify_one()),
            }
        }
    }

    /// The next job for this worker; waits until there is one. `None` once `cancel` fires.
    pub(crate) async fn acquire(
        &self,
        worker: Worker<'_>,
        cancel: &CancellationToken,
    ) -> Result<Option<JobRow>, Error> {
        let domain = self.domain(worker);
        loop {
            // Registered before the look, so that a job posted meanwhile is not missed.
            let posted = domain.posted.notified();
            let mut posted = std::pin::pin!(posted);
            posted.as_mut().enable();
            {
                let _one_at_a_time = tokio::select! {
                    () = cancel.cancelled() => return Ok(None),
                    guard = domain.looking.lock() => guard,
                };
                // Not raced against `cancel`: a job whose answer nobody reads would be lost.
                if let Some(job) = self.look(worker).await? {
                    domain.posted.notify_one();
                    return Ok(Some(job));
                }
            }
            tokio::select! {
                () = cancel.cancelled() => return Ok(None),
                () = posted => {}
                () = tokio::time::sleep(BACKUP_POLL) => {}
            }
        }
    }

    async fn look(&self, worker: Worker<'_>) -> Result<Option<JobRow>, Error> {
        let at: Timestamp = now();
        let conn = self.db.conn().await?;
        Ok(jobs::acquire_job(&conn, at, worker, PREBUILDS_USER).await?)
    }

    fn domain(&self, worker: Worker<'_>) -> Arc<Domain> {
        let mut provisioners = worker.provisioners.to_vec();
        provisioners.sort_unstable();
        let tags = worker.tags.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
        let key = DomainKey { organization_id: worker.organization_id, provisioners, tags };
        let mut domains = self.domains.lock();
        domains.retain(|_, domain| domain.strong_count() > 0);
        match domains.get(&key).and_then(Weak::upgrade) {
            Some(domain) => domain,
            None => {
                let domain = Arc::<Domain>::default();
                domains.insert(key, Arc::downgrade(&domain));
                domain
            }
        }
    }

    fn wake(&self, job: &JobPosted) {
        self.each(|key, domain| {
            let here = job.organization_id.is_nil() || job.organization_id == key.organization_id;
            if here && key.provisioners.contains(&job.provisioner) && contains(&key.tags, &job.tags) {
                domain.posted.notify_one();
            }
        });
    }

    fn each(&self, mut visit: impl FnMut(&DomainKey, &Domain)) {
        let domains: Vec<_> =
            self.domains.lock().iter().filter_map(|(key, domain)| Some((key.clone(), domain.upgrade()?))).collect();
        for (key, domain) in domains {
            visit(&key, &domain);
        }
    }
}

/// A hint only: the query decides.
fn contains(daemon: &[(String, String)], job: &Tags) -> bool {
    job.iter().all(|(key, value)| daemon.iter().any(|(k, v)| k == key && v == value))
}
