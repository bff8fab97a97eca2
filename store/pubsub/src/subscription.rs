//! The receiving end.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::mpsc;
use uuid::Uuid;

/// What a subscriber gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A message.
    Message(Arc<str>),
    /// Messages may be missing: read the database again.
    Dropped,
}

/// How many messages wait for a slow subscriber before the next ones are dropped.
const QUEUE: usize = 1_024;

#[derive(Debug)]
struct Slot {
    sender: mpsc::Sender<Arc<str>>,
    dropped: Arc<std::sync::atomic::AtomicBool>,
    wake: Arc<tokio::sync::Notify>,
}

type Channels = HashMap<String, HashMap<Uuid, Slot>>;

/// Every subscriber of this process.
#[derive(Debug, Default)]
pub(crate) struct Registry(Mutex<Channels>);

/// Messages of one channel; ends when dropped.
#[derive(Debug)]
pub struct Subscription {
    registry: Arc<Registry>,
    channel: String,
    id: Uuid,
    receiver: mpsc::Receiver<Arc<str>>,
    dropped: Arc<std::sync::atomic::AtomicBool>,
    wake: Arc<tokio::sync::Notify>,
}

impl Registry {
    pub(crate) fn subscribe(self: &Arc<Self>, channel: &str) -> Subscription {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let (dropped, wake, id) = (Arc::default(), Arc::default(), Uuid::new_v4());
        let slot = Slot { sender, dropped: Arc::clone(&dropped), wake: Arc::clone(&wake) };
        self.0.lock().entry(channel.to_owned()).or_default().insert(id, slot);
        Subscription { registry: self.clone(), channel: channel.to_owned(), id, receiver, dropped, wake }
    }

    pub(crate) fn deliver(&self, channel: &str, payload: &str) {
        let channels = self.0.lock();
        let Some(slots) = channels.get(channel) else { return };
        let payload: Arc<str> = payload.into();
        for slot in slots.values() {
            if slot.sender.try_send(payload.clone()).is_err() {
                slot.drop_messages();
            }
        }
    }

    /// Tells every subscriber that messages may be missing.
    pub(crate) fn drop_all(&self) {
        self.0.lock().values().flat_map(HashMap::values).for_each(Slot::drop_messages);
    }

    /// `(channels, subscribers)`
    pub(crate) fn counts(&self) -> (usize, usize) {
        let channels = self.0.lock();
        (channels.len(), channels.values().map(HashMap::len).sum())
    }
}

impl Slot {
    fn drop_messages(&self) {
        self.dropped.store(true, std::sync::atomic::Ordering::Release);
        self.wake.notify_one();
    }
}

impl Subscription {
    /// The next message. Safe to cancel.
    pub async fn recv(&mut self) -> Event {
        loop {
            if self.dropped.swap(false, std::sync::atomic::Ordering::AcqRel) {
                return Event::Dropped;
            }
            tokio::select! {
                biased;
                () = self.wake.notified() => {}
                message = self.receiver.recv() => match message {
                    Some(payload) => return Event::Message(payload),
                    // The registry holds the sender as long as this subscription lives.
                    None => std::future::pending().await,
                },
            }
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut channels = self.registry.0.lock();
        if let Some(slots) = channels.get_mut(&self.channel) {
            slots.remove(&self.id);
            if slots.is_empty() {
                channels.remove(&self.channel);
            }
        }
    }
}
