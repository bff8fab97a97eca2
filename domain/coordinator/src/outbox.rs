//! What one connection has been told and is still to be told.
//!
//! News about a peer replaces older news about it that the connection has not taken yet.

use std::collections::BTreeMap;
use std::sync::Arc;

use indexmap::IndexMap;
use warren_proto::tailnet::CoordinateResponse;
use warren_proto::tailnet::coordinate_response::PeerUpdate;
use warren_proto::tailnet::coordinate_response::peer_update::Kind;

use crate::{PeerId, PublishedNode, limits};

/// Why the server's half of a stream ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseReason {
    /// The peer asked for it: end in order.
    Disconnected,
    /// A newer connection of the same peer replaced this one.
    Overwritten,
    /// The peer broke a rule; the error was the last response.
    Denied,
}

/// What a connection has to send now.
#[derive(Debug, Default)]
pub struct Output {
    /// In this order.
    pub responses: Vec<CoordinateResponse>,
    /// Close the stream after these responses; the connection is forgotten.
    pub closed: Option<CloseReason>,
}

#[derive(Debug)]
enum News {
    Node(Arc<PublishedNode>),
    Disconnected,
    Lost,
}

#[derive(Debug, Default)]
struct Waiting {
    news: Option<(News, &'static str)>,
    ready: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Outbox {
    sent: BTreeMap<PeerId, Arc<PublishedNode>>,
    waiting: IndexMap<PeerId, Waiting>,
    errors: Vec<String>,
    closed: Option<CloseReason>,
}

impl Outbox {
    pub(crate) fn node(&mut self, about: PeerId, node: Arc<PublishedNode>, reason: &'static str) {
        self.waiting.entry(about).or_default().news = Some((News::Node(node), reason));
    }

    pub(crate) fn gone(&mut self, about: PeerId, lost: bool, reason: &'static str) {
        let news = if lost { News::Lost } else { News::Disconnected };
        let waiting = self.waiting.entry(about).or_default();
        *waiting = Waiting { news: Some((news, reason)), ready: false };
    }

    pub(crate) fn ready(&mut self, about: PeerId) {
        self.waiting.entry(about).or_default().ready = true;
    }

    pub(crate) fn warn(&mut self, text: String) {
        if self.errors.len() < limits::MAX_WAITING_ERRORS {
            self.errors.push(text);
        }
    }

    /// Nothing but `error` (if any) is sent from now on.
    pub(crate) fn close(&mut self, reason: CloseReason, error: Option<String>) {
        if self.closed.is_none() {
            self.waiting.clear();
            self.errors = error.into_iter().collect();
            self.closed = Some(reason);
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.is_some()
    }

    pub(crate) fn take(&mut self) -> Output {
        let mut updates = Vec::new();
        for (about, waiting) in std::mem::take(&mut self.waiting) {
            if let Some((news, reason)) = waiting.news {
                updates.extend(self.deliver(about, news, reason));
            }
            if waiting.ready {
                updates.push(update(about, Kind::ReadyForHandshake, ""));
            }
        }
        let mut responses = Vec::new();
        while !updates.is_empty() {
            let rest = updates.split_off(updates.len().min(limits::MAX_UPDATES_PER_RESPONSE));
            responses
                .push(CoordinateResponse { peer_updates: std::mem::replace(&mut updates, rest), ..Default::default() });
        }
        let errors = std::mem::take(&mut self.errors).into_iter();
        responses.extend(errors.map(|error| CoordinateResponse { error, ..Default::default() }));
        Output { responses, closed: self.closed }
    }

    /// Suppresses what the receiver knows already: an equal node, and the end of a peer that it never saw.
    fn deliver(&mut self, about: PeerId, news: News, reason: &'static str) -> Option<PeerUpdate> {
        match news {
            News::Node(node) => {
                if self.sent.get(&about).is_some_and(|sent| sent.same_bytes(&node)) {
                    return None;
                }
                let message = node.node().clone();
                self.sent.insert(about, node);
                Some(PeerUpdate { node: Some(message), ..update(about, Kind::Node, reason) })
            }
            News::Disconnected => self.sent.remove(&about).map(|_| update(about, Kind::Disconnected, reason)),
            News::Lost => self.sent.remove(&about).map(|_| update(about, Kind::Lost, reason)),
        }
    }
}

fn update(about: PeerId, kind: Kind, reason: &str) -> PeerUpdate {
    PeerUpdate { id: about.0.as_bytes().to_vec().into(), node: None, kind: kind.into(), reason: reason.into() }
}
