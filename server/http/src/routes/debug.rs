//! Health of the deployment.

use axum::extract::ws::{Message, WebSocket};
use axum::response::{IntoResponse, Response};
use http::header;
use serde::Deserialize;
use warren_api::{HealthSection, HealthSettings, HealthcheckReport, UpdateHealthSettings};
use warren_core::{Cx, Error};
use warren_rbac::{Action, Object, Resource};

use crate::api::{Api, Auth};
use crate::extract::{Body, Query, SessionToken};
use crate::{Json, Result, Upgrade};

pub(crate) fn routes(api: &mut Api) {
    api.tag("Debug");
    api.get("/api/v2/debug/health", "debug-info-deployment-health", Auth::Session, health)
        .query(&["force:boolean", "format:json|text"])
        .returns::<HealthcheckReport>();
    api.get("/api/v2/debug/health/settings", "get-health-settings", Auth::Session, settings);
    api.put("/api/v2/debug/health/settings", "update-health-settings", Auth::Session, update_settings)
        .returns::<UpdateHealthSettings>()
        .also(&[204]);
    api.ws("/api/v2/debug/ws", "debug-info-websocket-test", Auth::Session, echo);
}

#[derive(Deserialize)]
struct HealthQuery {
    #[serde(default)]
    force: String,
    #[serde(default)]
    format: String,
}

fn allow(cx: &Cx) -> Result<()> {
    if cx.actor.may(Action::Read, &Object::new(Resource::DebugInfo)) { Ok(()) } else { Err(Error::forbidden().into()) }
}

async fn health(cx: Cx, SessionToken(token): SessionToken, Query(query): Query<HealthQuery>) -> Result<Response> {
    allow(&cx)?;
    let force = matches!(query.force.as_str(), "1" | "t" | "T" | "TRUE" | "true" | "True");
    let report = crate::health::report(&cx, &token, force).await?;
    match query.format.as_str() {
        "" | "json" => {
            // The one answer that is indented: people read it.
            let mut body = Vec::new();
            let formatter = serde_json::ser::PrettyFormatter::with_indent(b"\t");
            let mut writer = serde_json::Serializer::with_formatter(&mut body, formatter);
            serde::Serialize::serialize(&report, &mut writer).map_err(Error::internal)?;
            body.push(b'\n');
            Ok(([(header::CONTENT_TYPE, "application/json; charset=utf-8")], body).into_response())
        }
        "text" => Ok(format!(
            "time: {}\nhealthy: {}\nderp: {}\naccess_url: {}\nwebsocket: {}\ndatabase: {}\n",
            report.time,
            report.healthy,
            report.derp.healthy,
            report.access_url.healthy,
            report.websocket.healthy,
            report.database.healthy
        )
        .into_response()),
        other => Err(Error::invalid(format!("Invalid format option {other:?}."))
            .detail("Allowed values are \"json\" and \"text\".")
            .into()),
    }
}

async fn settings(cx: Cx) -> Result<Json<HealthSettings>> {
    allow(&cx)?;
    Ok(Json(warren_core::health::get_settings(&cx).await?))
}

async fn update_settings(cx: Cx, Body(body): Body<UpdateHealthSettings>) -> Result<Response> {
    if !cx.actor.may(Action::Update, &Object::new(Resource::DeploymentConfig)) {
        return Err(Error::forbidden().into());
    }
    if body.dismissed_healthchecks.contains(&HealthSection::Unset) {
        return Err(Error::invalid("Failed to validate health settings.").detail("There is no such section.").into());
    }
    let settings = HealthSettings { dismissed_healthchecks: body.dismissed_healthchecks };
    if warren_core::health::update_settings(&cx, &settings).await? {
        Ok(Json(settings).into_response())
    } else {
        Ok(http::StatusCode::NO_CONTENT.into_response())
    }
}

/// Sends every message back.
async fn echo(cx: Cx, upgrade: Upgrade) -> Result<Response> {
    allow(&cx)?;
    Ok(upgrade.open(move |mut socket: WebSocket| async move {
        let echo = async {
            while let Some(Ok(message)) = socket.recv().await {
                if matches!(message, Message::Text(_) | Message::Binary(_)) && socket.send(message).await.is_err() {
                    break;
                }
            }
        };
        tokio::select! {
            () = echo => {}
            () = cx.services.keys.until_revoked(&cx.actor) => {}
            () = cx.services.shutdown.cancelled() => {}
        }
    }))
}
