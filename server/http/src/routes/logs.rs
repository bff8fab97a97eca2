//! Logs of jobs: one route for the list, the text and the followed stream.

use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt};
use http::{HeaderValue, header};
use serde::Deserialize;
use warren_api::ProvisionerJobLog;
use warren_core::{Cx, Error, log_text};

use crate::websocket::{OneWay, StreamItem, Upgrade};
use crate::{Json, Result};

/// The query parameters.
pub(crate) const QUERY: &[&str] = &["before:integer", "after:integer", "follow:boolean", "format:json|text"];

/// The query of a log.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct LogQuery {
    after: Option<String>,
    before: Option<String>,
    /// Its presence counts.
    follow: Option<String>,
    format: Option<String>,
}

impl LogQuery {
    /// The line to begin after, the line to end before, whether to follow, whether as text.
    fn read(&self) -> Result<(i64, i64, bool, bool), Error> {
        let as_text = match self.format.as_deref() {
            None | Some("" | "json") => false,
            Some("text") => true,
            Some(_) => {
                return Err(
                    Error::invalid("Invalid format parameter.").detail("Allowed values are \"json\" and \"text\".")
                );
            }
        };
        let follow = self.follow.as_deref().is_some_and(|value| value != "false");
        if as_text && follow {
            return Err(Error::invalid("Text format is not supported with follow mode.")
                .detail("Use format=json or omit the follow parameter."));
        }
        let line = |name: &str, text: Option<&str>, default: i64| match text {
            None | Some("") => Ok(default),
            Some(text) => text.parse().map_err(|_| {
                let error = Error::invalid(format!("Query param {name:?} must be an integer."));
                error.validation(name, "Must be an integer")
            }),
        };
        let after = line("after", self.after.as_deref(), -1)?;
        Ok((after, line("before", self.before.as_deref(), i64::MAX)?, follow, as_text))
    }
}

/// Answers in the form that the query asks for. Only the wanted one of the two futures runs.
pub(crate) async fn answer<S>(
    cx: &Cx,
    query: LogQuery,
    upgrade: Upgrade,
    list: impl AsyncFnOnce(i64) -> Result<Vec<ProvisionerJobLog>, Error>,
    follow: impl AsyncFnOnce(i64) -> Result<S, Error>,
) -> Result<Response>
where
    S: Stream<Item = ProvisionerJobLog> + Send + 'static,
{
    let (after, before, follows, as_text) = query.read()?;
    if follows {
        let lines = follow(after).await?.map(|line| StreamItem::json(&line));
        return Ok(upgrade.send(cx, OneWay::Log, lines));
    }
    let mut lines = list(after).await?;
    lines.retain(|line| line.id < before);
    if as_text {
        let media = [(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"))];
        return Ok((media, log_text(&lines)).into_response());
    }
    Ok(Json(lines).into_response())
}
