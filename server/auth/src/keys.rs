//! From a token to an actor, and the life of a key.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;
use warren_db::api_keys::{self, ActorFactsRow, KeyFactsRow, KeyUse, NewApiKey};
use warren_db::{Db, DbError, Querier, Tx};
use warren_pubsub::{Bus, Event};
use warren_rbac::{Actor, KeyInfo, KeyKind, RoleOptions, Scope};

use crate::cache::{Cache, CachedKey, KeyTimes};
use crate::{AuthError, Token, compile};

/// Invalidations travel here: `key:<id>`, `user:<uuid>`, `all`.
const CHANNEL: &str = "auth";
/// A use is written when the last written one is older than this.
const USE_INTERVAL: SignedDuration = SignedDuration::from_hours(1);
/// A session is prolonged when less than its lifetime minus this is left.
const REFRESH_AFTER: SignedDuration = SignedDuration::from_hours(1);
/// How often uses are written.
const FLUSH_INTERVAL: Duration = Duration::from_secs(5);

/// How long keys live.
#[derive(Debug, Clone, Copy)]
pub struct Lifetimes {
    /// Of a session after a login.
    pub session: SignedDuration,
    /// Of keys and tokens for which nothing else was asked.
    pub default_token: SignedDuration,
    /// Longest that a user may ask for.
    pub max_token: SignedDuration,
    /// Longest that an owner may ask for.
    pub max_admin_token: SignedDuration,
    /// Sessions are prolonged while they are used.
    pub sliding: bool,
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self {
            session: SignedDuration::from_hours(24),
            default_token: SignedDuration::from_hours(168),
            max_token: SignedDuration::from_hours(876_600),
            max_admin_token: SignedDuration::from_hours(168),
            sliding: true,
        }
    }
}

/// An authenticated request.
#[derive(Debug, Clone)]
pub struct Session {
    /// Who asks.
    pub actor: Actor,
    /// The user is dormant; the first request makes them active.
    pub dormant: bool,
}

/// A key to be made.
#[derive(Debug, Clone)]
pub struct KeyRequest {
    /// Whose.
    pub user: Uuid,
    /// `password`, `github`, `oidc`, `token`, `oauth2_provider_app`.
    pub login_type: &'static str,
    /// Empty for sessions.
    pub token_name: String,
    /// Canonical scope names.
    pub scopes: Vec<String>,
    /// `type:id` entries.
    pub allow_list: Vec<String>,
    /// How long it lives.
    pub lifetime: SignedDuration,
    /// The client's address.
    pub ip: String,
}

impl KeyRequest {
    /// An unrestricted session of a user.
    pub fn session(user: Uuid, login_type: &'static str, lifetime: SignedDuration, ip: impl Into<String>) -> Self {
        Self {
            user,
            login_type,
            token_name: String::new(),
            scopes: vec!["coder:all".into()],
            allow_list: vec!["*:*".into()],
            lifetime,
            ip: ip.into(),
        }
    }
}

/// A key that was just made.
#[derive(Clone)]
pub struct Issued {
    /// The token, to be shown once.
    pub token: Token,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Authenticates and makes keys; cheap to clone.
#[derive(Clone)]
pub struct Keys(Arc<Inner>);

struct Inner {
    db: Db,
    bus: Bus,
    options: RoleOptions,
    lifetimes: Lifetimes,
    cache: Cache,
    uses: Mutex<HashMap<String, KeyUse>>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Keys {
    /// Starts the cache and its two background tasks: invalidation, and writing of uses.
    pub fn start(db: Db, bus: Bus, options: RoleOptions, lifetimes: Lifetimes) -> Self {
        let keys = Self(Arc::new(Inner {
            db,
            bus,
            options,
            lifetimes,
            cache: Cache::default(),
            uses: Mutex::default(),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        }));
        keys.0.tasks.spawn(keys.clone().hear_invalidations());
        keys.0.tasks.spawn(keys.clone().write_uses());
        keys.0.tasks.close();
        keys
    }

    /// The lifetimes in force.
    pub fn lifetimes(&self) -> Lifetimes {
        self.0.lifetimes
    }

    /// The settings that roles are compiled with.
    pub fn role_options(&self) -> RoleOptions {
        self.0.options
    }

    /// Who holds this token.
    ///
    /// # Errors
    /// [`AuthError`].
    pub async fn authenticate(&self, token: &str, ip: &str, now: Timestamp) -> Result<Session, AuthError> {
        let token = Token::parse(token).map_err(|_| AuthError::Malformed)?;
        let deaf = !self.0.bus.stats().connected;
        let key = match self.0.cache.find(token.id(), deaf) {
            Some(key) => key,
            None => self.load(token.id()).await?,
        };
        if !token.matches(&key.hashed_secret) {
            return Err(AuthError::Invalid);
        }
        if key.times.lock().expires_at <= now {
            return Err(AuthError::Expired);
        }
        if key.status == "suspended" {
            return Err(AuthError::Inactive { status: key.status.clone() });
        }
        self.note_use(&key, token.id(), ip, now);
        Ok(Session { actor: key.actor.clone(), dormant: key.status == "dormant" })
    }

    /// Makes a key.
    ///
    /// # Errors
    /// [`DbError`]; a taken token name violates `api_keys_token_name_idx`.
    pub async fn issue(&self, q: &impl Querier, request: KeyRequest, now: Timestamp) -> Result<Issued, DbError> {
        let token = Token::generate();
        let expires_at = now.checked_add(request.lifetime).unwrap_or(Timestamp::MAX);
        let row = NewApiKey {
            id: token.id().to_owned(),
            hashed_secret: token.hashed_secret().to_vec(),
            user_id: request.user,
            login_type: request.login_type.to_owned(),
            token_name: request.token_name,
            scopes: request.scopes,
            allow_list: request.allow_list,
            lifetime_seconds: request.lifetime.as_secs(),
            created_at: now,
            expires_at,
            ip_address: request.ip,
        };
        api_keys::insert_api_key(q, &row).await?;
        Ok(Issued { token, expires_at })
    }

    /// Refuses a key from the next request on, everywhere. Call it after the key was changed or removed; within a
    /// transaction use [`Keys::forget_user_after`].
    pub fn forget_key(&self, id: &str) {
        self.0.cache.forget_key(id);
        self.0.bus.publish(CHANNEL, &format!("key:{id}"));
    }

    /// Reads a user's roles, status and keys again at the next request, everywhere.
    pub fn forget_user(&self, user: Uuid) {
        self.0.cache.forget_user(user);
        self.0.bus.publish(CHANNEL, &format!("user:{user}"));
    }

    /// [`Keys::forget_user`] once `tx` is committed.
    pub fn forget_user_after(&self, tx: &Tx, user: Uuid) {
        let keys = self.clone();
        tx.on_commit(move || keys.forget_user(user));
    }

    /// Reads everybody's again: a role or an organization changed.
    pub fn forget_all(&self) {
        self.0.cache.forget_all();
        self.0.bus.publish(CHANNEL, "all");
    }

    /// Returns when this actor's key was removed or expired, or its user suspended or removed: open streams end then.
    pub async fn until_revoked(&self, actor: &Actor) {
        let Some(key) = actor.key.clone() else { return std::future::pending().await };
        let mut events = self.0.bus.subscribe(CHANNEL);
        let (own_key, own_user) = (format!("key:{}", key.id), format!("user:{}", actor.user_id));
        // Between the authentication and now it may have been revoked without this being heard.
        if !self.is_known_good(&key.id) && self.is_revoked(&key.id).await {
            return;
        }
        loop {
            let relevant = tokio::select! {
                event = events.recv() => match event {
                    Event::Message(text) => *text == *own_key || *text == *own_user || *text == *"all",
                    Event::Dropped => true,
                },
                () = tokio::time::sleep(Duration::from_secs(60)) => true,
            };
            if relevant && self.is_revoked(&key.id).await {
                return;
            }
        }
    }

    /// Writes the last uses and ends the background tasks.
    pub async fn stop(&self) {
        self.0.stop.cancel();
        self.0.tasks.wait().await;
    }

    /// The key is in the cache, from which every revocation removes it.
    fn is_known_good(&self, key: &str) -> bool {
        let known = self.0.cache.find(key, !self.0.bus.stats().connected);
        known.is_some_and(|key| key.status != "suspended" && key.times.lock().expires_at > Timestamp::now())
    }

    async fn is_revoked(&self, key: &str) -> bool {
        let Ok(conn) = self.0.db.conn().await else { return false };
        match api_keys::find_key_facts(&conn, key).await {
            Ok(Some(facts)) => facts.status == "suspended" || facts.expires_at <= Timestamp::now(),
            Ok(None) => true,
            Err(_) => false,
        }
    }

    async fn load(&self, id: &str) -> Result<Arc<CachedKey>, AuthError> {
        let generation = self.0.cache.generation();
        let conn = self.0.db.conn().await?;
        let facts = api_keys::find_key_facts(&conn, id).await?.ok_or(AuthError::Invalid)?;
        let key = Arc::new(cached(id, facts, self.0.options)?);
        self.0.cache.insert(id, key.clone(), generation);
        Ok(key)
    }

    /// Remembers the use, and prolongs a session, at most once an hour for each key.
    fn note_use(&self, key: &CachedKey, id: &str, ip: &str, now: Timestamp) {
        let mut times = key.times.lock();
        let lifetime = SignedDuration::from_secs(key.lifetime_seconds);
        let slides = self.0.lifetimes.sliding
            && key.actor.key.as_ref().is_some_and(|key| key.kind != KeyKind::Token)
            && times.expires_at.duration_since(now) <= lifetime - REFRESH_AFTER;
        if now.duration_since(times.last_used) <= USE_INTERVAL && !slides {
            return;
        }
        times.last_used = now;
        if slides {
            times.expires_at = now.checked_add(lifetime).unwrap_or(Timestamp::MAX);
        }
        let used =
            KeyUse { id: id.to_owned(), last_used: now, expires_at: times.expires_at, ip_address: ip.to_owned() };
        self.0.uses.lock().insert(id.to_owned(), used);
    }

    async fn hear_invalidations(self) {
        let mut events = self.0.bus.subscribe(CHANNEL);
        loop {
            let event = tokio::select! {
                () = self.0.stop.cancelled() => return,
                event = events.recv() => event,
            };
            match event {
                Event::Dropped => self.0.cache.forget_all(),
                Event::Message(text) => match text.split_once(':') {
                    Some(("key", id)) => self.0.cache.forget_key(id),
                    Some(("user", user)) => match Uuid::parse_str(user) {
                        Ok(user) => self.0.cache.forget_user(user),
                        Err(_) => self.0.cache.forget_all(),
                    },
                    _ => self.0.cache.forget_all(),
                },
            }
        }
    }

    async fn write_uses(self) {
        loop {
            let stopping = tokio::select! {
                () = self.0.stop.cancelled() => true,
                () = tokio::time::sleep(FLUSH_INTERVAL) => false,
            };
            let uses: Vec<KeyUse> = self.0.uses.lock().drain().map(|(_, used)| used).collect();
            if !uses.is_empty()
                && let Err(error) = self.flush(&uses).await
            {
                tracing::warn!(%error, "cannot write the uses of keys");
                let mut waiting = self.0.uses.lock();
                for used in uses {
                    waiting.entry(used.id.clone()).or_insert(used);
                }
            }
            if stopping {
                return;
            }
        }
    }

    async fn flush(&self, uses: &[KeyUse]) -> Result<(), DbError> {
        let conn = self.0.db.conn().await?;
        api_keys::touch_api_keys(&conn, uses).await?;
        Ok(())
    }
}

fn cached(id: &str, facts: KeyFactsRow, options: RoleOptions) -> Result<CachedKey, AuthError> {
    let kind = match facts.key_login_type.as_str() {
        "token" => KeyKind::Token,
        "github" => KeyKind::Github,
        "oidc" => KeyKind::Oidc,
        "oauth2_provider_app" => KeyKind::Oauth2App,
        _ => KeyKind::Password,
    };
    // A scope that this version does not know grants nothing: refuse the key rather than widen it.
    let scope = Scope::parse(&facts.scopes, &facts.allow_list).map_err(|_| AuthError::Invalid)?;
    let status = facts.status.clone();
    let builder = compile(
        ActorFactsRow {
            user_id: facts.user_id,
            username: facts.username,
            status: facts.status,
            login_type: facts.login_type,
            site_roles: facts.site_roles,
            is_service_account: facts.is_service_account,
            memberships: facts.memberships,
            groups: facts.groups,
        },
        options,
    );
    Ok(CachedKey {
        hashed_secret: facts.hashed_secret,
        actor: builder.key(KeyInfo { id: id.to_owned(), kind }, scope).build(),
        status,
        lifetime_seconds: facts.lifetime_seconds,
        times: Mutex::new(KeyTimes { last_used: facts.last_used, expires_at: facts.expires_at }),
    })
}
