//! Signing in and out.

use std::sync::Arc;

use warren_api::{
    AuthMethod, AuthMethods, GithubAuthMethod, LoginType, LoginWithPasswordRequest, LoginWithPasswordResponse,
    OidcAuthMethod, UserLoginType,
};
use warren_auth::KeyRequest;
use warren_db::api_keys::{delete_api_key, delete_application_keys_of_user};
use warren_db::users::find_login_by_email;
use warren_rbac::{Action, Actor};

use super::{load_user, status};
use crate::audit::{Change, Target};
use crate::{Cx, Error, RequestInfo, Result, Services, UserRef};

/// Which ways to sign in there are.
pub fn auth_methods(services: &Services) -> AuthMethods {
    AuthMethods {
        password: AuthMethod { enabled: !services.config.disable_password_auth },
        github: GithubAuthMethod::default(),
        oidc: OidcAuthMethod::default(),
        terms_of_service_url: services.config.terms_of_service_url.clone(),
    }
}

/// Signs in by e-mail address and password.
///
/// # Errors
/// 401 for a wrong address or password (the same for both, in the same time); with the right password 403 or 401 when the
/// account may not sign in this way.
pub async fn login_with_password(
    services: &Arc<Services>,
    request: &Arc<RequestInfo>,
    body: LoginWithPasswordRequest,
) -> Result<LoginWithPasswordResponse> {
    let conn = services.db.conn().await?;
    let account = find_login_by_email(&conn, &body.email).await?;
    drop(conn);
    let kept = account.as_ref().and_then(|account| account.password_hash.as_deref());
    let correct = services.passwords.verify(&body.password, kept).await;
    let Some(account) = account.filter(|_| correct) else {
        return Err(Error::unauthorized("Incorrect email or password."));
    };
    let is_owner = account.site_roles.iter().any(|role| role == "owner");
    if services.config.disable_password_auth && !is_owner {
        return Err(Error::forbidden_because("Password authentication is disabled."));
    }
    if account.login_type != LoginType::Password.as_str() {
        let message = format!(
            "Incorrect login type, attempting to use password but user is of login type {:?}",
            account.login_type
        );
        return Err(Error::forbidden_because(message));
    }
    if account.status == "suspended" {
        return Err(Error::unauthorized("Your account is suspended. Contact an admin to reactivate your account."));
    }
    let now = services.now();
    if account.status == "dormant" {
        status::activate_dormant(services, account.id, now).await?;
    }
    let lifetime = services.keys.lifetimes().session;
    let key = KeyRequest::session(account.id, LoginType::Password.as_str(), lifetime, request.ip.clone());
    let cx = Cx { actor: Actor::system("sign-in"), services: services.clone(), request: request.clone() };
    let (cx, account, key) = (&cx, &account, &key);
    let issued = services
        .db
        .tx(|tx| async move {
            let issued = services.keys.issue(&tx, key.clone(), now).await?;
            let target = Target {
                resource_type: "api_key",
                name: account.username.clone(),
                id: account.id,
                ..Target::default()
            };
            cx.audit(&tx, "login", &target, Change::none(201)).await?;
            Ok::<_, Error>(issued)
        })
        .await?;
    Ok(LoginWithPasswordResponse { session_token: issued.token.reveal() })
}

/// Ends the caller's session, and every key of theirs that only opens applications.
///
/// # Errors
/// The database failed.
pub async fn logout(cx: &Cx) -> Result<()> {
    let Some(key) = cx.actor.key.as_ref() else { return Ok(()) };
    let target =
        Target { resource_type: "api_key", name: cx.actor.username.clone(), id: cx.actor.user_id, ..Target::default() };
    let target = &target;
    cx.db()
        .tx(|tx| async move {
            delete_api_key(&tx, &key.id).await?;
            delete_application_keys_of_user(&tx, cx.actor.user_id).await?;
            cx.audit(&tx, "logout", target, Change::none(200)).await?;
            cx.services.keys.forget_user_after(&tx, cx.actor.user_id);
            Ok::<_, Error>(())
        })
        .await
}

/// How the caller signs in.
///
/// # Errors
/// 403 for anybody else.
pub async fn get_login_type(cx: &Cx, user: &UserRef) -> Result<UserLoginType> {
    let row = load_user(cx, user, Action::Read).await?;
    if row.id != cx.actor.user_id {
        return Err(Error::forbidden_because("You are not authorized to view this user's login type."));
    }
    Ok(UserLoginType { login_type: LoginType::parse(&row.login_type) })
}
