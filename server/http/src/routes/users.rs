//! Users: first user, sign-in, profile, roles, status.

use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde::Deserialize;
use warren_api::{
    AssignableRoles, AuthMethods, ChangePasswordWithOneTimePasscodeRequest, CreateFirstUserRequest,
    CreateFirstUserResponse, CreateUserRequestWithOrgs, ExternalAuthDevice, GetUsersResponse, GitSshKey,
    LoginWithPasswordRequest, LoginWithPasswordResponse, RequestOneTimePasscodeRequest, Response as Envelope,
    UpdateRoles, UpdateUserAppearanceSettingsRequest, UpdateUserPasswordRequest, UpdateUserPreferenceSettingsRequest,
    UpdateUserProfileRequest, User, UserAppearanceSettings, UserLoginType, UserPreferenceSettings, UserRoles,
    ValidateUserPasswordRequest, ValidateUserPasswordResponse,
};
use warren_core::{Cx, Error, UserRef, users};

use crate::api::{Api, Auth, RateScope};
use crate::extract::{Body, PAGE, Page, Path, Query, Request, Server};
use crate::{Json, Result, cookies};

pub(crate) fn routes(api: &mut Api) {
    api.tag("Users");
    api.get("/api/v2/users/first", "check-initial-user-created", Auth::None, check_first_user);
    api.post("/api/v2/users/first", "create-initial-user", Auth::None, create_first_user).status(201);
    api.get("/api/v2/users/authmethods", "get-authentication-methods", Auth::None, auth_methods);
    api.post("/api/v2/users/login", "log-in-user", Auth::None, login)
        .status(201)
        .returns::<LoginWithPasswordResponse>()
        .limit(RateScope::Login);
    api.post("/api/v2/users/logout", "log-out-user", Auth::Session, logout).returns::<Envelope>();
    api.post("/api/v2/users/validate-password", "validate-user-password", Auth::None, validate_password)
        .limit(RateScope::Login);
    api.post("/api/v2/users/otp/request", "request-one-time-passcode", Auth::None, request_passcode)
        .limit(RateScope::Login);
    api.post("/api/v2/users/otp/change-password", "change-password-with-a-one-time-passcode", Auth::None, otp_password)
        .limit(RateScope::Login);
    api.get("/api/v2/users/oidc/callback", "openid-connect-callback", Auth::None, unconfigured_provider).status(307);
    api.get("/api/v2/users/oauth2/github/callback", "oauth-20-github-callback", Auth::None, unconfigured_provider)
        .status(307);
    api.get("/api/v2/users/oauth2/github/device", "get-github-device-auth", Auth::None, unconfigured_provider)
        .returns::<ExternalAuthDevice>();
    api.get("/api/v2/users", "get-users", Auth::Session, list_users).query(PAGE);
    api.post("/api/v2/users", "create-new-user", Auth::Session, create_user).status(201);
    api.get("/api/v2/users/roles", "get-site-member-roles", Auth::Session, list_site_roles);
    api.get("/api/v2/users/{user}", "get-user-by-name", Auth::Session, get_user);
    api.delete("/api/v2/users/{user}", "delete-user", Auth::Session, delete_user);
    api.put("/api/v2/users/{user}/profile", "update-user-profile", Auth::Session, update_profile);
    api.put("/api/v2/users/{user}/password", "update-user-password", Auth::Session, change_password)
        .limit(RateScope::Login);
    api.get("/api/v2/users/{user}/roles", "get-user-roles", Auth::Session, get_roles);
    api.put("/api/v2/users/{user}/roles", "assign-role-to-user", Auth::Session, update_roles);
    api.put("/api/v2/users/{user}/status/suspend", "suspend-user-account", Auth::Session, suspend);
    api.put("/api/v2/users/{user}/status/activate", "activate-user-account", Auth::Session, activate);
    api.get("/api/v2/users/{user}/login-type", "get-user-login-type", Auth::Session, login_type);
    api.get("/api/v2/users/{user}/gitsshkey", "get-user-git-ssh-key", Auth::Session, get_git_ssh_key);
    api.put("/api/v2/users/{user}/gitsshkey", "regenerate-user-ssh-key", Auth::Session, regenerate_git_ssh_key);
    api.get("/api/v2/users/{user}/appearance", "get-user-appearance-settings", Auth::Session, get_appearance);
    api.put("/api/v2/users/{user}/appearance", "update-user-appearance-settings", Auth::Session, update_appearance);
    api.get("/api/v2/users/{user}/preferences", "get-user-preference-settings", Auth::Session, get_preferences);
    api.put("/api/v2/users/{user}/preferences", "update-user-preference-settings", Auth::Session, update_preferences);
}

async fn check_first_user(Server(services): Server) -> Result<Json<Envelope>> {
    let message = |text: &str| Envelope { message: text.into(), ..Envelope::default() };
    if users::first_user_exists(&services).await? {
        Ok(Json(message("The initial user has already been created!")))
    } else {
        Err(Error::new(404, "The initial user has not been created!").into())
    }
}

async fn create_first_user(
    Server(services): Server,
    Request(info): Request,
    Body(body): Body<CreateFirstUserRequest>,
) -> Result<Json<CreateFirstUserResponse>> {
    Ok(Json(users::create_first_user(&services, &info, body).await?))
}

async fn auth_methods(Server(services): Server) -> Json<AuthMethods> {
    Json(users::auth_methods(&services))
}

async fn login(
    Server(services): Server,
    Request(info): Request,
    Body(body): Body<LoginWithPasswordRequest>,
) -> Result<Response> {
    let session = users::login_with_password(&services, &info, body).await?;
    let cookie = cookies::set_session(&services.config, &session.session_token);
    Ok(([(header::SET_COOKIE, cookie)], Json(session)).into_response())
}

async fn logout(cx: Cx) -> Result<Response> {
    users::logout(&cx).await?;
    let cookie = cookies::clear_session(&cx.services.config);
    let body = Json(Envelope { message: "Logged out!".into(), ..Envelope::default() });
    Ok(([(header::SET_COOKIE, cookie)], body).into_response())
}

async fn validate_password(Body(body): Body<ValidateUserPasswordRequest>) -> Json<ValidateUserPasswordResponse> {
    Json(users::validate_password(&body.password))
}

async fn request_passcode(
    Server(services): Server,
    Request(info): Request,
    Body(_): Body<RequestOneTimePasscodeRequest>,
) -> Result<StatusCode> {
    users::request_passcode(&services, &info).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn otp_password(
    Server(services): Server,
    Body(body): Body<ChangePasswordWithOneTimePasscodeRequest>,
) -> Result<StatusCode> {
    users::change_password_by_passcode(&services, body).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn unconfigured_provider() -> Result<()> {
    Err(Error::invalid("The oauth2 method requested is not configured!").into())
}

#[derive(Deserialize)]
struct SearchQuery {
    #[serde(default)]
    q: String,
}

async fn list_users(cx: Cx, Query(query): Query<SearchQuery>, page: Page) -> Result<Json<GetUsersResponse>> {
    Ok(Json(users::list_users(&cx, &query.q, (page.after_id, page.offset, page.limit)).await?))
}

async fn create_user(cx: Cx, Body(body): Body<CreateUserRequestWithOrgs>) -> Result<Json<User>> {
    Ok(Json(users::create_user(&cx, body).await?))
}

async fn list_site_roles(cx: Cx) -> Result<Json<Vec<AssignableRoles>>> {
    Ok(Json(users::list_site_roles(&cx)?))
}

async fn get_user(cx: Cx, Path(user): Path<UserRef>) -> Result<Json<User>> {
    Ok(Json(users::get_user(&cx, &user).await?))
}

async fn delete_user(cx: Cx, Path(user): Path<UserRef>) -> Result<Json<Envelope>> {
    users::delete_user(&cx, &user).await?;
    Ok(Json(Envelope { message: "User has been deleted!".into(), ..Envelope::default() }))
}

async fn update_profile(
    cx: Cx,
    Path(user): Path<UserRef>,
    Body(body): Body<UpdateUserProfileRequest>,
) -> Result<Json<User>> {
    Ok(Json(users::update_profile(&cx, &user, body).await?))
}

async fn change_password(
    cx: Cx,
    Path(user): Path<UserRef>,
    Body(body): Body<UpdateUserPasswordRequest>,
) -> Result<StatusCode> {
    users::change_password(&cx, &user, body).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn get_roles(cx: Cx, Path(user): Path<UserRef>) -> Result<Json<UserRoles>> {
    Ok(Json(users::get_user_roles(&cx, &user).await?))
}

async fn update_roles(cx: Cx, Path(user): Path<UserRef>, Body(body): Body<UpdateRoles>) -> Result<Json<User>> {
    Ok(Json(users::update_user_roles(&cx, &user, body).await?))
}

async fn suspend(cx: Cx, Path(user): Path<UserRef>) -> Result<Json<User>> {
    Ok(Json(users::suspend_user(&cx, &user).await?))
}

async fn activate(cx: Cx, Path(user): Path<UserRef>) -> Result<Json<User>> {
    Ok(Json(users::activate_user(&cx, &user).await?))
}

async fn login_type(cx: Cx, Path(user): Path<UserRef>) -> Result<Json<UserLoginType>> {
    Ok(Json(users::get_login_type(&cx, &user).await?))
}

async fn get_git_ssh_key(cx: Cx, Path(user): Path<UserRef>) -> Result<Json<GitSshKey>> {
    Ok(Json(users::get_git_ssh_key(&cx, &user).await?))
}

async fn regenerate_git_ssh_key(cx: Cx, Path(user): Path<UserRef>) -> Result<Json<GitSshKey>> {
    Ok(Json(users::regenerate_git_ssh_key(&cx, &user).await?))
}

async fn get_appearance(cx: Cx, Path(user): Path<UserRef>) -> Result<Json<UserAppearanceSettings>> {
    Ok(Json(users::get_appearance(&cx, &user).await?))
}

async fn update_appearance(
    cx: Cx,
    Path(user): Path<UserRef>,
    Body(body): Body<UpdateUserAppearanceSettingsRequest>,
) -> Result<Json<UserAppearanceSettings>> {
    Ok(Json(users::update_appearance(&cx, &user, body).await?))
}

async fn get_preferences(cx: Cx, Path(user): Path<UserRef>) -> Result<Json<UserPreferenceSettings>> {
    Ok(Json(users::get_preferences(&cx, &user).await?))
}

async fn update_preferences(
    cx: Cx,
    Path(user): Path<UserRef>,
    Body(body): Body<UpdateUserPreferenceSettingsRequest>,
) -> Result<Json<UserPreferenceSettings>> {
    Ok(Json(users::update_preferences(&cx, &user, body).await?))
}
