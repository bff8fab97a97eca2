//! API keys and tokens.

use http::StatusCode;
use serde::Deserialize;
use warren_api::{
    ApiKey, ApiKeyScope, ApiKeyWithOwner, CreateTokenRequest, ExternalApiKeyScopes, GenerateApiKeyResponse, TokenConfig,
};
use warren_core::{Cx, UserRef, keys};

use crate::api::{Api, Auth};
use crate::extract::{Body, Path, Query};
use crate::{Json, Result};

pub(crate) fn routes(api: &mut Api) {
    api.tag("Users");
    api.post("/api/v2/users/{user}/keys", "create-new-session-key", Auth::Session, create_session_key).status(201);
    api.get("/api/v2/users/{user}/keys/tokens", "get-user-tokens", Auth::Session, list_tokens)
        .query(&["include_all:boolean", "include_expired:boolean"]);
    api.post("/api/v2/users/{user}/keys/tokens", "create-token-api-key", Auth::Session, create_token).status(201);
    api.get("/api/v2/users/{user}/keys/tokens/tokenconfig", "get-token-config", Auth::Session, get_token_config);
    api.get("/api/v2/users/{user}/keys/tokens/{keyname}", "get-api-key-by-token-name", Auth::Session, get_token);
    api.get("/api/v2/users/{user}/keys/{keyid}", "get-api-key-by-id", Auth::Session, get_key);
    api.delete("/api/v2/users/{user}/keys/{keyid}", "delete-api-key", Auth::Session, delete_key);
    api.put("/api/v2/users/{user}/keys/{keyid}/expire", "expire-api-key", Auth::Session, expire_key);
    api.tag("Authorization");
    api.get("/api/v2/auth/scopes", "list-api-key-scopes", Auth::None, list_scopes);
}

async fn create_session_key(cx: Cx, Path(user): Path<UserRef>) -> Result<Json<GenerateApiKeyResponse>> {
    Ok(Json(keys::create_session_key(&cx, &user).await?))
}

#[derive(Deserialize)]
struct ListQuery {
    include_all: Option<bool>,
    include_expired: Option<bool>,
}

async fn list_tokens(
    cx: Cx,
    Path(user): Path<UserRef>,
    Query(query): Query<ListQuery>,
) -> Result<Json<Vec<ApiKeyWithOwner>>> {
    let (all, expired) = (query.include_all.unwrap_or(false), query.include_expired.unwrap_or(false));
    Ok(Json(keys::list_tokens(&cx, &user, all, expired).await?))
}

async fn create_token(
    cx: Cx,
    Path(user): Path<UserRef>,
    Body(body): Body<CreateTokenRequest>,
) -> Result<Json<GenerateApiKeyResponse>> {
    Ok(Json(keys::create_token(&cx, &user, body).await?))
}

async fn get_token_config(cx: Cx, Path(user): Path<UserRef>) -> Result<Json<TokenConfig>> {
    Ok(Json(keys::get_token_config(&cx, &user).await?))
}

async fn get_token(cx: Cx, Path((user, name)): Path<(UserRef, String)>) -> Result<Json<ApiKey>> {
    Ok(Json(keys::get_token_by_name(&cx, &user, &name).await?))
}

async fn get_key(cx: Cx, Path((user, id)): Path<(UserRef, String)>) -> Result<Json<ApiKey>> {
    Ok(Json(keys::get_key(&cx, &user, &id).await?))
}

async fn delete_key(cx: Cx, Path((user, id)): Path<(UserRef, String)>) -> Result<StatusCode> {
    keys::delete_key(&cx, &user, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn expire_key(cx: Cx, Path((user, id)): Path<(UserRef, String)>) -> Result<StatusCode> {
    keys::expire_key(&cx, &user, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn list_scopes() -> Json<ExternalApiKeyScopes> {
    let external = warren_rbac::EXTERNAL_SCOPES.iter().map(|name| ApiKeyScope::parse(name)).collect();
    Json(ExternalApiKeyScopes { external })
}
