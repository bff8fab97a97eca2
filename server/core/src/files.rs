//! Archives: upload and download.

use bytes::Bytes;
use sha2::{Digest, Sha256};
use uuid::Uuid;
use warren_api::UploadResponse;
use warren_db::files::{self, NewFile};
use warren_rbac::{Action, Object, Resource};
use warren_template::ArchiveError;
use warren_template::archive::{UPLOAD_LIMIT, tar_to_zip, zip_to_tar};

use crate::{Cx, Error, Result};

const TAR: &str = "application/x-tar";

/// A stored archive on its way to the caller.
#[derive(Debug, Clone)]
pub struct Download {
    /// Media type.
    pub media_type: String,
    /// The bytes.
    pub data: Bytes,
}

/// Stores an archive; a zip becomes a tar. True if the caller did not have it yet.
///
/// # Errors
/// 400 for other media types and broken archives, 403, 413.
pub async fn upload_file(cx: &Cx, media_type: &str, body: Bytes) -> Result<(bool, UploadResponse)> {
    let owner = cx.actor.user_id;
    cx.allow(Action::Create, &Object::new(Resource::File).owned_by(owner))?;
    let data = match media_type {
        TAR => body,
        "application/zip" | "application/x-zip-compressed" => {
            let converted = blocking(move || zip_to_tar(&body, UPLOAD_LIMIT)).await?;
            converted.map_err(bad_zip)?.into()
        }
        other => return Err(Error::invalid(format!("Unsupported content type header {other:?}."))),
    };
    let (hash, data) = blocking(move || (hex::encode(Sha256::digest(&data)), data)).await?;
    let conn = cx.db().conn().await?;
    if let Some(id) = files::find_file_id_by_hash(&conn, &hash, owner).await? {
        return Ok((false, UploadResponse { hash: id }));
    }
    let file = NewFile { id: Uuid::new_v4(), hash: &hash, created_by: owner, mimetype: TAR, data: &data };
    match files::insert_file(&conn, cx.services.now(), file).await? {
        Some(id) => Ok((true, UploadResponse { hash: id })),
        // The same upload at the same time was faster.
        None => {
            let id = files::find_file_id_by_hash(&conn, &hash, owner).await?;
            Ok((false, UploadResponse { hash: id.ok_or_else(|| Error::internal("a stored file vanished"))? }))
        }
    }
}

/// An archive, in its stored form or as a zip.
///
/// # Errors
/// 400 for another format, 404.
pub async fn get_file(cx: &Cx, id: Uuid, format: Option<&str>) -> Result<Download> {
    let as_zip = match format.filter(|format| !format.is_empty()) {
        None => false,
        Some("zip") => true,
        Some(_) => return Err(Error::invalid("Unsupported conversion format.")),
    };
    let conn = cx.db().conn().await?;
    let file = files::find_file(&conn, id).await?.ok_or_else(Error::not_found)?.allow(&cx.actor, Action::Read)?;
    if !as_zip {
        return Ok(Download { media_type: file.mimetype, data: file.data.into() });
    }
    if file.mimetype != TAR {
        return Err(Error::invalid("Only tar archives can be converted."));
    }
    let zip = blocking(move || tar_to_zip(&file.data, UPLOAD_LIMIT)).await?.map_err(Error::internal)?;
    Ok(Download { media_type: "application/zip".into(), data: zip.into() })
}

fn bad_zip(error: ArchiveError) -> Error {
    match error {
        ArchiveError::TooLarge { .. } => Error::new(413, "Request body too large.").detail(error.to_string()),
        error => Error::invalid("Incomplete .zip archive file.").detail(error.to_string()),
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)
}
