//! Archives.

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Deserialize;
use uuid::Uuid;
use warren_api::UploadResponse;
use warren_core::{Cx, files};

use crate::api::{Api, Auth, RateScope};
use crate::extract::{Path, Query, RawBody};
use crate::{Json, Result};

/// Largest upload.
const MAX_UPLOAD: usize = 100 * 1024 * 1024;

pub(crate) fn routes(api: &mut Api) {
    api.tag("Files");
    // 201 for a new archive, 200 for one that is kept already.
    api.post("/api/v2/files", "upload-file", Auth::Session, upload)
        .also(&[201])
        .takes_bytes(&["application/x-tar", "application/zip"])
        .limit(RateScope::Files);
    api.get("/api/v2/files/{fileID}", "get-file-by-id", Auth::Session, get)
        .query(&["format:zip"])
        .media("application/x-tar")
        .limit(RateScope::Files);
}

async fn upload(
    cx: Cx,
    headers: HeaderMap,
    RawBody(body): RawBody<MAX_UPLOAD>,
) -> Result<(StatusCode, Json<UploadResponse>)> {
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (new, stored) = files::upload_file(&cx, media_type, body).await?;
    Ok((if new { StatusCode::CREATED } else { StatusCode::OK }, Json(stored)))
}

#[derive(Deserialize)]
struct Format {
    format: Option<String>,
}

async fn get(cx: Cx, Path(id): Path<Uuid>, Query(query): Query<Format>) -> Result<Response> {
    let file = files::get_file(&cx, id, query.format.as_deref()).await?;
    let media = HeaderValue::from_str(&file.media_type).unwrap_or(HeaderValue::from_static("application/octet-stream"));
    Ok(([(header::CONTENT_TYPE, media)], file.data).into_response())
}
