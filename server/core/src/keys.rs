//! API keys and long-lived tokens.

use jiff::SignedDuration;
use warren_api::{
    ApiKey, ApiKeyScope, ApiKeyWithOwner, CreateTokenRequest, GenerateApiKeyResponse, LoginType, TokenConfig,
};
use warren_auth::KeyRequest;
use warren_db::api_keys::{self, ApiKeyRow};
use warren_db::{Querier, ResultExt};
use warren_rbac::{Action, Object, Resource, Scope};

use crate::audit::{Change, Target};
use crate::users::load_user;
use crate::{Cx, Error, Result, UserRef, generated_name};

/// Makes a session key for a client of the caller, as the CLI asks for after a login in the browser.
///
/// # Errors
/// 404, 403.
pub async fn create_session_key(cx: &Cx, user: &UserRef) -> Result<GenerateApiKeyResponse> {
    let row = load_user(cx, user, Action::Read).await?;
    cx.allow(Action::Create, &Object::new(Resource::ApiKey).owned_by(row.id))?;
    check_within(cx, &Scope::all())?;
    let lifetime = cx.services.keys.lifetimes().default_token;
    let request = KeyRequest::session(row.id, LoginType::Password.as_str(), lifetime, cx.request.ip.clone());
    issue(cx, request, &row.username).await
}

/// Makes a long-lived token.
///
/// # Errors
/// 404, 403; 400 for lifetime, scope or allow list; 409 for a taken name.
pub async fn create_token(cx: &Cx, user: &UserRef, body: CreateTokenRequest) -> Result<GenerateApiKeyResponse> {
    let row = load_user(cx, user, Action::Read).await?;
    cx.allow(Action::Create, &Object::new(Resource::ApiKey).owned_by(row.id))?;
    let lifetime = token_lifetime(cx, body.lifetime)?;
    let scopes = scopes_of(&body);
    let allow_list = if body.allow_list.is_empty() { vec!["*:*".to_owned()] } else { body.allow_list };
    let bad = |detail: String| Error::invalid("Failed to create API key.").detail(detail);
    if allow_list.len() > MAX_ALLOW_LIST {
        return Err(bad(format!("the allow list may have at most {MAX_ALLOW_LIST} entries")));
    }
    let scope = Scope::parse(&scopes, &allow_list)
        .map_err(|error| bad(format!("invalid or unsupported API key scope: {:?}", error.0)))?;
    check_within(cx, &scope)?;
    let token_name = if body.token_name.is_empty() { generated_name('_') } else { body.token_name };
    let request = KeyRequest {
        user: row.id,
        login_type: LoginType::Token.as_str(),
        token_name,
        scopes,
        allow_list,
        lifetime,
        ip: cx.request.ip.clone(),
    };
    issue(cx, request, &row.username).await
}

/// A key makes others up to its own limits only.
fn check_within(cx: &Cx, scope: &Scope) -> Result<()> {
    if cx.actor.covers_scope(scope) {
        return Ok(());
    }
    Err(Error::forbidden_because("A key with limits cannot make a key that may do more."))
}

/// Most entries of an allow list.
const MAX_ALLOW_LIST: usize = 128;

/// The longest lifetime that the caller may ask for.
///
/// # Errors
/// 404, 403.
pub async fn get_token_config(cx: &Cx, user: &UserRef) -> Result<TokenConfig> {
    load_user(cx, user, Action::Read).await?;
    let max = i64::try_from(max_lifetime(cx).as_nanos()).unwrap_or(i64::MAX);
    Ok(TokenConfig { max_token_lifetime: max })
}

/// The tokens of a user, or of everybody that the caller may see.
///
/// # Errors
/// 404, 403.
pub async fn list_tokens(
    cx: &Cx,
    user: &UserRef,
    include_all: bool,
    include_expired: bool,
) -> Result<Vec<ApiKeyWithOwner>> {
    let row = load_user(cx, user, Action::Read).await?;
    let conn = cx.db().conn().await?;
    let keys = api_keys::list_tokens(&conn, (!include_all).then_some(row.id), include_expired).await?;
    let visible = keys.into_iter().filter_map(|key| key.allow(&cx.actor, Action::Read).ok());
    Ok(visible
        .map(|row| {
            let username = row.username.clone();
            let ApiKey {
                allow_list,
                created_at,
                expires_at,
                id,
                last_used,
                lifetime_seconds,
                login_type,
                scope,
                scopes,
                token_name,
                updated_at,
                user_id,
            } = view(row);
            ApiKeyWithOwner {
                allow_list,
                created_at,
                expires_at,
                id,
                last_used,
                lifetime_seconds,
                login_type,
                scope,
                scopes,
                token_name,
                updated_at,
                user_id,
                username,
            }
        })
        .collect())
}

/// One key.
///
/// # Errors
/// 404.
pub async fn get_key(cx: &Cx, user: &UserRef, id: &str) -> Result<ApiKey> {
    Ok(view(load_key(cx, user, id, Action::Read).await?))
}

/// One token by name.
///
/// # Errors
/// 404.
pub async fn get_token_by_name(cx: &Cx, user: &UserRef, name: &str) -> Result<ApiKey> {
    let row = load_user(cx, user, Action::Read).await?;
    let conn = cx.db().conn().await?;
    let key = api_keys::find_token_by_name(&conn, row.id, name).await?.ok_or_else(Error::not_found)?;
    Ok(view(key.allow(&cx.actor, Action::Read)?))
}

/// Removes a key; it is refused from the next request on.
///
/// # Errors
/// 404, 403.
pub async fn delete_key(cx: &Cx, user: &UserRef, id: &str) -> Result<()> {
    let key = load_key(cx, user, id, Action::Delete).await?;
    let key = &key;
    cx.db()
        .tx(|tx| async move {
            api_keys::delete_api_key(&tx, &key.id).await?;
            cx.audit(&tx, "delete", &target(key), Change::deleted(&view(key.clone()))).await?;
            let (keys, id) = (cx.services.keys.clone(), key.id.clone());
            tx.on_commit(move || keys.forget_key(&id));
            Ok::<_, Error>(())
        })
        .await
}

/// Ends a key now and keeps it in lists.
///
/// # Errors
/// 404, 403.
pub async fn expire_key(cx: &Cx, user: &UserRef, id: &str) -> Result<()> {
    let key = load_key(cx, user, id, Action::Update).await?;
    let key = &key;
    cx.db()
        .tx(|tx| async move {
            let now = cx.services.now();
            api_keys::expire_api_key(&tx, &key.id, now).await?;
            let expired = ApiKeyRow { expires_at: now, ..key.clone() };
            cx.audit(&tx, "write", &target(key), Change::updated(&view(key.clone()), &view(expired))).await?;
            let (keys, id) = (cx.services.keys.clone(), key.id.clone());
            tx.on_commit(move || keys.forget_key(&id));
            Ok::<_, Error>(())
        })
        .await
}

async fn load_key(cx: &Cx, user: &UserRef, id: &str, action: Action) -> Result<ApiKeyRow> {
    let row = load_user(cx, user, Action::Read).await?;
    let conn = cx.db().conn().await?;
    let key = api_keys::find_api_key(&conn, row.id, id).await?.ok_or_else(Error::not_found)?;
    Ok(key.allow(&cx.actor, action)?)
}

async fn issue(cx: &Cx, request: KeyRequest, username: &str) -> Result<GenerateApiKeyResponse> {
    let name = request.token_name.clone();
    let taken = || {
        Error::conflict(format!("A token with name {name:?} already exists."))
            .validation("name", "This value is already in use and should be unique.")
    };
    let (request, taken) = (&request, &taken);
    let issued = cx
        .db()
        .tx(|tx| async move {
            let issued = store(cx, &tx, request, username).await.map_err(|error| {
                let cause = error.cause.as_ref().and_then(|cause| cause.downcast_ref::<warren_db::DbError>());
                if cause.is_some_and(|cause| cause.violates("api_keys_token_name_idx")) { taken() } else { error }
            })?;
            Ok::<_, Error>(issued)
        })
        .await?;
    Ok(GenerateApiKeyResponse { key: issued.token.reveal() })
}

async fn store(cx: &Cx, q: &impl Querier, request: &KeyRequest, username: &str) -> Result<warren_auth::Issued> {
    let issued = cx
        .services
        .keys
        .issue(q, request.clone(), cx.services.now())
        .await
        .on_constraint("api_keys_pkey", || Error::internal("a random key id was taken"))?;
    let name = if request.token_name.is_empty() { username } else { &request.token_name };
    let target = Target { resource_type: "api_key", id: request.user, name: name.to_owned(), ..Target::default() };
    let shown = serde_json::json!({ "login_type": request.login_type, "token_name": request.token_name, "scopes": request.scopes });
    cx.audit(q, "create", &target, Change::created(&shown)).await?;
    Ok(issued)
}

fn target(key: &ApiKeyRow) -> Target {
    let name = if key.token_name.is_empty() { key.username.clone() } else { key.token_name.clone() };
    Target { resource_type: "api_key", id: key.user_id, name, ..Target::default() }
}

fn max_lifetime(cx: &Cx) -> SignedDuration {
    let lifetimes = cx.services.keys.lifetimes();
    if cx.actor.has_role("owner") { lifetimes.max_admin_token } else { lifetimes.max_token }
}

fn token_lifetime(cx: &Cx, nanoseconds: i64) -> Result<SignedDuration> {
    if nanoseconds == 0 {
        return Ok(cx.services.keys.lifetimes().default_token);
    }
    let bad = |detail: String| Error::invalid("Failed to validate create API key request.").detail(detail);
    if nanoseconds < 0 {
        return Err(bad("lifetime must be positive number greater than 0".to_owned()));
    }
    let (lifetime, max) = (SignedDuration::from_nanos(nanoseconds), max_lifetime(cx));
    if lifetime > max {
        return Err(bad(format!("lifetime must be less than {}h0m0s", max.as_hours())));
    }
    Ok(lifetime)
}

/// Canonical names: the two old ones are aliases.
fn scopes_of(body: &CreateTokenRequest) -> Vec<String> {
    let canonical = |scope: &String| match scope.as_str() {
        "all" => "coder:all".to_owned(),
        "application_connect" => "coder:application_connect".to_owned(),
        other => other.to_owned(),
    };
    let mut scopes: Vec<String> = body.scopes.iter().map(canonical).collect();
    if scopes.is_empty() && !body.scope.is_empty() {
        scopes.push(canonical(&body.scope));
    }
    if scopes.is_empty() {
        scopes.push("coder:all".to_owned());
    }
    scopes
}

fn view(row: ApiKeyRow) -> ApiKey {
    let scope = match row.scopes.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["coder:all"] => ApiKeyScope::All,
        ["coder:application_connect"] => ApiKeyScope::ApplicationConnect,
        _ => ApiKeyScope::Unset,
    };
    ApiKey {
        id: row.id,
        user_id: row.user_id,
        login_type: LoginType::parse(&row.login_type),
        token_name: row.token_name,
        scope,
        scopes: row.scopes.iter().map(|name| ApiKeyScope::parse(name)).collect(),
        allow_list: row.allow_list,
        lifetime_seconds: row.lifetime_seconds,
        created_at: row.created_at,
        updated_at: row.updated_at,
        last_used: row.last_used,
        expires_at: row.expires_at,
    }
}
