//! The form of a version's parameters over a websocket: an answer at once, then one for each request.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use axum::response::Response;
use serde::Deserialize;
use uuid::Uuid;
use warren_api::DynamicParametersRequest;
use warren_core::versions::{self, Form, FormOwner};
use warren_core::{Cx, Error};

use crate::Result;
use crate::extract::{Path, Query};
use crate::websocket::{StreamItem, Upgrade, close};

/// A form that is open longer is closed; the page opens it again.
const LIFETIME: Duration = Duration::from_secs(30 * 60);
const PING_INTERVAL: Duration = Duration::from_secs(15);
const GOING_AWAY: u16 = 1001;
const INTERNAL: u16 = 1011;

#[derive(Deserialize)]
pub(crate) struct Owner {
    user_id: Option<String>,
}

pub(crate) async fn open(
    cx: Cx,
    Path(id): Path<Uuid>,
    Query(owner): Query<Owner>,
    upgrade: Upgrade,
) -> Result<Response> {
    let owner = match owner.user_id.as_deref() {
        None | Some("" | "me") => FormOwner::User(cx.actor.user_id),
        Some(text) => FormOwner::User(Uuid::parse_str(text).map_err(|_| {
            Error::invalid("Invalid user_id query parameter.").validation("user_id", "must be \"me\" or a UUID")
        })?),
    };
    let form = versions::open_form(&cx, id).await?;
    Ok(upgrade.open(move |socket| serve(socket, cx, form, owner)))
}

async fn serve(mut socket: WebSocket, cx: Cx, form: Form, mut owner: FormOwner) {
    let keys = cx.services.keys.clone();
    let end = async {
        tokio::select! {
            () = tokio::time::sleep(LIFETIME) => {}
            () = keys.until_revoked(&cx.actor) => {}
            () = cx.services.shutdown.cancelled() => {}
        }
    };
    let mut end = std::pin::pin!(end);
    let mut ping = tokio::time::interval_at(tokio::time::Instant::now() + PING_INTERVAL, PING_INTERVAL);
    let mut next = Some((-1, BTreeMap::new()));
    loop {
        if let Some((id, inputs)) = next.take() {
            let Ok(answer) = form.answer(&cx, id, owner, &inputs).await else {
                return close(&mut socket, INTERNAL, "internal error").await;
            };
            let StreamItem::Text(text) = StreamItem::json(&answer) else { return };
            if socket.send(Message::Text(text.into())).await.is_err() {
                return;
            }
        }
        let received = tokio::select! {
            received = socket.recv() => received,
            _ = ping.tick() => match socket.send(Message::Ping(bytes::Bytes::new())).await {
                Ok(()) => continue,
                Err(_) => return,
            },
            () = &mut end => return close(&mut socket, GOING_AWAY, "the form was open for too long").await,
        };
        let request = match received {
            Some(Ok(Message::Text(text))) => serde_json::from_str::<DynamicParametersRequest>(&text),
            Some(Ok(Message::Binary(bytes))) => serde_json::from_slice(&bytes),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
            Some(Ok(Message::Close(_)) | Err(_)) | None => return,
        };
        match request {
            Ok(request) => {
                if !request.owner_id.is_nil() {
                    owner = FormOwner::User(request.owner_id);
                }
                next = Some((request.id, request.inputs));
            }
            Err(_) => return close(&mut socket, GOING_AWAY, "").await,
        }
    }
}
