//! The one connection of the process: listens, and sends what was published in batches.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use tokio::sync::mpsc;
use tokio_postgres::AsyncMessage;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use warren_db::Db;

use crate::bus::Counters;
use crate::subscription::Registry;
use crate::wire::{Batch, CHANNEL, Message, pack};

/// First pause before connecting again; doubles up to [`RETRY_MAX`] so that the bus is back a second after the database.
const RETRY: Duration = Duration::from_millis(50);
const RETRY_MAX: Duration = Duration::from_secs(1);
/// Messages that are sent with one statement at most.
const BATCH: usize = 512;
/// How long the last messages may take at the end of the process.
const STOP_TIMEOUT: Duration = Duration::from_secs(1);
/// How often an idle connection is asked whether it still lives.
const PROBE: Duration = Duration::from_secs(15);
const PROBE_TIMEOUT: Duration = Duration::from_secs(5);

/// A function because NOTIFY itself takes no parameters; one statement for all payloads.
const NOTIFY: &str = "SELECT pg_notify($1, p) FROM unnest($2::text[]) AS p";

type Failure = Box<dyn std::error::Error + Send + Sync>;

pub(crate) struct Listener {
    pub(crate) db: Db,
    pub(crate) sender: Uuid,
    pub(crate) registry: Arc<Registry>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) waiting: mpsc::Receiver<Message>,
    pub(crate) unsent: Vec<Message>,
}

impl Listener {
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let mut pause = RETRY;
        loop {
            let connected = self.connection(&stop, &mut pause).await;
            self.counters.connected.store(false, Ordering::Relaxed);
            if stop.is_cancelled() {
                return;
            }
            match connected {
                Ok(()) => {}
                Err(error) => tracing::warn!(%error, "the notification bus is not connected"),
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
            pause = (pause * 2).min(RETRY_MAX);
        }
    }

    /// One connection, until it is lost or the bus stops.
    async fn connection(&mut self, stop: &CancellationToken, pause: &mut Duration) -> Result<(), Failure> {
        let (client, mut connection) = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            connected = self.db.dedicated() => connected?,
        };
        let (notified, mut notifications) = mpsc::channel(BATCH);
        let (registry, counters) = (self.registry.clone(), self.counters.clone());
        let pump = async move {
            let mut messages = pin!(stream::poll_fn(move |cx| connection.poll_message(cx)));
            while let Some(message) = messages.next().await {
                match message {
                    Ok(AsyncMessage::Notification(notification)) => {
                        let text = notification.payload().to_owned();
                        // A full queue would stop the whole connection: say that something is missing instead.
                        if notified.try_send(text).is_err() {
                            registry.drop_all();
                        }
                    }
                    Ok(_) => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(())
        };
        let sender = self.sender;
        let receiver_registry = self.registry.clone();
        let receive = async move {
            while let Some(text) = notifications.recv().await {
                receive(&text, sender, &receiver_registry, &counters);
            }
        };
        let work = async {
            client.batch_execute(&format!("LISTEN {CHANNEL}")).await?;
            self.counters.connected.store(true, Ordering::Relaxed);
            *pause = RETRY;
            // Whatever was sent before this moment is missing.
            self.registry.drop_all();
            self.send_loop(&client, stop).await
        };
        let result = tokio::select! {
            ended = pump => ended.map_err(Into::into),
            () = receive => Ok(()),
            worked = work => worked,
        };
        self.counters.disconnections.fetch_add(1, Ordering::Relaxed);
        self.registry.drop_all();
        result
    }

    async fn send_loop(&mut self, client: &tokio_postgres::Client, stop: &CancellationToken) -> Result<(), Failure> {
        loop {
            if self.unsent.is_empty() {
                tokio::select! {
                    biased;
                    count = self.waiting.recv_many(&mut self.unsent, BATCH) => if count == 0 { return Ok(()) },
                    () = stop.cancelled() => return Ok(()),
                    () = tokio::time::sleep(PROBE) => {
                        tokio::time::timeout(PROBE_TIMEOUT, client.batch_execute("")).await??;
                        continue;
                    }
                }
            }
            let (payloads, too_large) = pack(self.sender, self.unsent.clone());
            for message in too_large {
                tracing::error!(channel = message.channel, bytes = message.payload.len(), "message too large for the bus");
            }
            let timeout = if stop.is_cancelled() { STOP_TIMEOUT } else { PROBE_TIMEOUT };
            tokio::time::timeout(timeout, client.execute(NOTIFY, &[&CHANNEL, &payloads])).await??;
            self.unsent.clear();
        }
    }
}

fn receive(text: &str, own: Uuid, registry: &Registry, counters: &Counters) {
    let Ok(batch) = serde_json::from_str::<Batch>(text) else {
        tracing::warn!("unreadable message on the bus");
        return registry.drop_all();
    };
    // Own messages were delivered when they were published.
    if batch.sender == own {
        return;
    }
    for message in &batch.messages {
        counters.received.fetch_add(1, Ordering::Relaxed);
        counters.received_bytes.fetch_add(message.payload.len() as u64, Ordering::Relaxed);
        registry.deliver(&message.channel, &message.payload);
    }
}
