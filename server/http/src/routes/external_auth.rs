//! External authentication providers: none are configured.

use warren_api::{ExternalAuth, ListUserExternalAuthResponse};
use warren_core::{Cx, Error};

use crate::api::{Api, Auth};
use crate::extract::Path;
use crate::{Json, Result};

pub(crate) fn routes(api: &mut Api) {
    api.tag("Git");
    api.get("/api/v2/external-auth", "get-user-external-auths", Auth::Session, list);
    api.get("/api/v2/external-auth/{externalauth}", "get-external-auth-by-id", Auth::Session, get);
}

async fn list(_: Cx) -> Json<ListUserExternalAuthResponse> {
    Json(ListUserExternalAuthResponse::default())
}

async fn get(_: Cx, Path(_id): Path<String>) -> Result<Json<ExternalAuth>> {
    Err(Error::not_found().into())
}
