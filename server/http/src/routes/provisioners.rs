//! Daemons, their keys, the queue, and the socket on which daemons work.

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message};
use axum::response::Response;
use http::{HeaderMap, StatusCode, Uri};
use jiff::SignedDuration;
use serde::Deserialize;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use warren_api::{
    CreateProvisionerKeyRequest, CreateProvisionerKeyResponse, ProvisionerDaemon, ProvisionerDaemonStatus,
    ProvisionerJob, ProvisionerJobStatus, ProvisionerKey, ProvisionerKeyDaemons,
};
use warren_builds::{API_VERSION, Builds, Provisionerd};
use warren_core::provisioning::{self, DaemonClaim, DaemonSearch};
use warren_core::{Cx, Error, OrgRef};
use warren_db::jobs::{JobSearch, Tags};
use warren_rpc::{WsMessage, WsPipe};

use crate::api::{Api, Auth};
use crate::extract::{Body, Path, Query, Server};
use crate::websocket::Upgrade;
use crate::{Json, Result};

/// Liveness of a daemon's socket.
const PING_INTERVAL: Duration = Duration::from_secs(15);
/// How many jobs are listed when nothing else is asked.
const DEFAULT_LIMIT: i64 = 50;

pub(crate) fn routes(api: &mut Api) {
    let session = Auth::Session;
    api.tag("Provisioning");
    api.get(
        "/api/v2/organizations/{organization}/provisionerdaemons",
        "get-provisioner-daemons",
        session,
        list_daemons,
    )
    .query(&["limit:integer", "offline:boolean"]);
    api.tag("Organizations");
    api.get("/api/v2/organizations/{organization}/provisionerjobs", "get-provisioner-jobs", session, list_jobs)
        .query(&["limit:integer", "initiator:uuid"]);
    api.get("/api/v2/organizations/{organization}/provisionerjobs/{job}", "get-provisioner-job", session, get_job);
    api.tag("Enterprise");
    api.ws(
        "/api/v2/organizations/{organization}/provisionerdaemons/serve",
        "serve-provisioner-daemon",
        Auth::ProvisionerDaemon,
        serve,
    )
    .query(&["version", "name", "provisioner", "tag"]);
    api.get("/api/v2/organizations/{organization}/provisionerkeys", "list-provisioner-key", session, list_keys);
    api.post("/api/v2/organizations/{organization}/provisionerkeys", "create-provisioner-key", session, create_key)
        .status(201);
    api.get(
        "/api/v2/organizations/{organization}/provisionerkeys/daemons",
        "list-provisioner-key-daemons",
        session,
        list_key_daemons,
    );
    api.delete(
        "/api/v2/organizations/{organization}/provisionerkeys/{provisionerkey}",
        "delete-provisioner-key",
        session,
        delete_key,
    );
    api.get(
        "/api/v2/provisionerkeys/{provisionerkey}",
        "fetch-provisioner-key-details",
        Auth::ProvisionerDaemon,
        own_key,
    );
}

#[derive(Deserialize)]
struct DaemonFilter {
    limit: Option<String>,
    ids: Option<String>,
    status: Option<String>,
    tags: Option<String>,
    offline: Option<bool>,
    max_age: Option<String>,
}

#[derive(Deserialize)]
struct JobFilter {
    limit: Option<String>,
    ids: Option<String>,
    status: Option<String>,
    tags: Option<String>,
    initiator: Option<String>,
}

/// Reads the parts of a filter and collects what is wrong.
struct Reader(Error);

impl Reader {
    fn wrong(&mut self, field: &str, detail: &str) {
        let detail = format!("Query param {field:?} {detail}");
        self.0.validations.push(warren_api::ValidationError { field: field.to_owned(), detail });
    }

    /// What is not known is refused, so that a misspelt filter does not show everything.
    fn only(&mut self, uri: &Uri, known: &[&str]) {
        for (key, _) in url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
            if !known.contains(&&*key) {
                let detail = format!("{key:?} is not a valid query param");
                self.0.validations.push(warren_api::ValidationError { field: key.into_owned(), detail });
            }
        }
    }

    fn ids(&mut self, text: Option<&str>) -> Option<Vec<Uuid>> {
        let ids: Result<Vec<_>, _> = text?.split(',').map(|id| Uuid::parse_str(id.trim())).collect();
        ids.map_err(|_| self.wrong("ids", "must be a list of valid UUIDs")).ok()
    }

    fn tags(&mut self, text: Option<&str>) -> Option<Tags> {
        serde_json::from_str(text?).map_err(|_| self.wrong("tags", "must be a JSON object of strings")).ok()
    }

    fn limit(&mut self, text: Option<&str>, default: i64) -> i64 {
        match text.map(str::parse::<i32>) {
            None | Some(Ok(0)) => default,
            Some(Ok(limit)) if limit > 0 => i64::from(limit),
            Some(_) => {
                self.wrong("limit", "must be a valid non-negative integer");
                default
            }
        }
    }

    fn finish(self) -> Result<(), Error> {
        if self.0.validations.is_empty() { Ok(()) } else { Err(self.0) }
    }
}

async fn list_daemons(
    cx: Cx,
    Path(org): Path<OrgRef>,
    Query(filter): Query<DaemonFilter>,
    uri: Uri,
) -> Result<Json<Vec<ProvisionerDaemon>>> {
    let mut read = Reader(Error::invalid("Invalid query parameters."));
    read.only(&uri, &["limit", "ids", "status", "tags", "offline", "max_age"]);
    let statuses = filter.status.as_deref().map(|text| {
        let statuses: Vec<_> = text.split(',').map(|status| ProvisionerDaemonStatus::parse(status.trim())).collect();
        if statuses.contains(&ProvisionerDaemonStatus::Unset) {
            read.wrong("status", "has an invalid value");
        }
        statuses
    });
    let max_age = filter.max_age.as_deref().and_then(|text| {
        let age = text.parse::<SignedDuration>();
        age.map_err(|_| read.wrong("max_age", "must be a valid duration")).ok()
    });
    let search = DaemonSearch {
        ids: read.ids(filter.ids.as_deref()),
        tags: read.tags(filter.tags.as_deref()),
        statuses,
        offline: filter.offline.unwrap_or_default(),
        max_age,
        limit: read.limit(filter.limit.as_deref(), i64::from(i32::MAX)),
    };
    read.finish()?;
    Ok(Json(provisioning::list_daemons(&cx, &org, search).await?))
}

async fn list_jobs(
    cx: Cx,
    Path(org): Path<OrgRef>,
    Query(filter): Query<JobFilter>,
    uri: Uri,
) -> Result<Json<Vec<ProvisionerJob>>> {
    let mut read = Reader(Error::invalid("Invalid query parameters."));
    read.only(&uri, &["limit", "ids", "status", "tags", "initiator"]);
    let statuses = filter.status.as_deref().map(|text| {
        let statuses: Vec<_> = text.split(',').map(|status| status.trim().to_owned()).collect();
        if statuses.iter().any(|status| ProvisionerJobStatus::parse(status) == ProvisionerJobStatus::Unset) {
            read.wrong("status", "has an invalid value");
        }
        statuses
    });
    let initiator_id = match filter.initiator.as_deref() {
        None => None,
        Some("me") => Some(cx.actor.user_id),
        Some(text) => {
            let id = Uuid::parse_str(text);
            id.map_err(|_| read.wrong("initiator", "must be a valid UUID")).ok()
        }
    };
    let search = JobSearch {
        ids: read.ids(filter.ids.as_deref()),
        statuses,
        tags: read.tags(filter.tags.as_deref()),
        initiator_id,
        limit: read.limit(filter.limit.as_deref(), DEFAULT_LIMIT),
    };
    read.finish()?;
    Ok(Json(provisioning::list_jobs(&cx, &org, search).await?))
}

async fn get_job(cx: Cx, Path((org, id)): Path<(OrgRef, Uuid)>) -> Result<Json<ProvisionerJob>> {
    Ok(Json(provisioning::get_job(&cx, &org, id).await?))
}

async fn list_keys(cx: Cx, Path(org): Path<OrgRef>) -> Result<Json<Vec<ProvisionerKey>>> {
    Ok(Json(provisioning::list_keys(&cx, &org).await?))
}

async fn create_key(
    cx: Cx,
    Path(org): Path<OrgRef>,
    Body(body): Body<CreateProvisionerKeyRequest>,
) -> Result<(StatusCode, Json<CreateProvisionerKeyResponse>)> {
    Ok((StatusCode::CREATED, Json(provisioning::create_key(&cx, &org, body).await?)))
}

async fn list_key_daemons(cx: Cx, Path(org): Path<OrgRef>) -> Result<Json<Vec<ProvisionerKeyDaemons>>> {
    Ok(Json(provisioning::list_key_daemons(&cx, &org).await?))
}

async fn delete_key(cx: Cx, Path((org, name)): Path<(OrgRef, String)>) -> Result<StatusCode> {
    provisioning::delete_key(&cx, &org, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A daemon asks what its key says. The key of the header counts, whatever the path names.
async fn own_key(Server(services): Server, headers: HeaderMap) -> Result<Json<ProvisionerKey>> {
    Ok(Json(provisioning::get_own_key(&services.db, header(&headers, "coder-provisioner-daemon-key")).await?))
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

async fn serve(cx: Cx, Path(org): Path<OrgRef>, uri: Uri, headers: HeaderMap, upgrade: Upgrade) -> Result<Response> {
    let pairs: Vec<(String, String)> =
        url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    // Official daemons send the version twice; the first counts.
    let first =
        |key: &str| pairs.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone()).unwrap_or_default();
    let all = |key: &'static str| pairs.iter().filter(move |(name, _)| name == key).map(|(_, value)| value.clone());
    let api_version = first("version");
    check_version(&api_version)?;
    let tag = |text: String| text.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned()));
    let claim = DaemonClaim {
        name: first("name"),
        provisioners: all("provisioner").collect(),
        tags: all("tag").filter_map(tag).collect(),
        version: header(&headers, "x-coder-build-version").to_owned(),
        api_version,
    };
    let identity = provisioning::identify_daemon(&cx, &org, claim).await?;
    let daemons = Provisionerd((*cx.services.extensions.get::<Builds>()).clone());
    Ok(upgrade.open(move |socket| async move {
        let pipe = WsPipe::from_messages(socket, decode, encode).with_keep_alive(PING_INTERVAL, PING_INTERVAL);
        let closer = pipe.closer();
        let gone = CancellationToken::new();
        let revoked = async {
            cx.services.keys.until_revoked(&cx.actor).await;
            gone.cancel();
            std::future::pending::<()>().await;
        };
        let served = tokio::select! {
            served = daemons.serve(pipe, identity, gone.clone()) => served,
            () = revoked => Ok(()),
        };
        if let Err(error) = served {
            tracing::debug!(%error, "the session of a daemon ended");
            closer.set_internal_error("the session ended with an error");
        }
    }))
}

/// The same major version, and no newer minor one.
fn check_version(text: &str) -> Result<(), Error> {
    let number = |text: &str| text.parse::<u32>().ok();
    let read = text.split_once('.').and_then(|(major, minor)| Some((number(major)?, number(minor)?)));
    match read {
        Some((major, minor)) if major == API_VERSION.0 && minor <= API_VERSION.1 => Ok(()),
        // Daemons from before the parameter.
        None if text.is_empty() => Ok(()),
        _ => Err(Error::invalid("Unknown or unsupported API version").validation(
            "version",
            format!("version {text:?} is not supported, this server speaks {}.{}", API_VERSION.0, API_VERSION.1),
        )),
    }
}

fn decode(message: Message) -> WsMessage {
    match message {
        Message::Binary(bytes) => WsMessage::Binary(bytes),
        Message::Text(_) => WsMessage::Text,
        Message::Ping(payload) => WsMessage::Ping(payload),
        Message::Pong(payload) => WsMessage::Pong(payload),
        Message::Close(frame) => WsMessage::Close(frame.map(|frame| (frame.code, frame.reason.to_string()))),
    }
}

fn encode(message: WsMessage) -> Message {
    match message {
        WsMessage::Binary(bytes) => Message::Binary(bytes),
        WsMessage::Text => Message::Text(Default::default()),
        WsMessage::Ping(payload) => Message::Ping(payload),
        WsMessage::Pong(payload) => Message::Pong(payload),
        WsMessage::Other => Message::Pong(Default::default()),
        WsMessage::Close(frame) => {
            Message::Close(frame.map(|(code, reason)| CloseFrame { code, reason: reason.into() }))
        }
    }
}
