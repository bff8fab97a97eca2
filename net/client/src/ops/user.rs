//! Users, keys, login.

use http::Method;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;
use warren_api::*;

use crate::client::{segment, with_query};
use crate::{Client, Result};

impl Client {
    /// True if the deployment has its first user. A 404 counts only if it comes from a deployment.
    pub async fn has_first_user(&self) -> Result<bool> {
        match self.get::<serde_json::Value>("/api/v2/users/first").await {
            Ok(_) => Ok(true),
            Err(error) => match error.api() {
                Some(api) if error.is_not_found() && api.build_version.is_some() => Ok(false),
                Some(_) if error.is_not_found() => {
                    Err(crate::Error::Setup("missing build version header, not a coder instance".into()))
                }
                _ => Err(error),
            },
        }
    }

    pub async fn create_first_user(&self, request: &CreateFirstUserRequest) -> Result<CreateFirstUserResponse> {
        self.post("/api/v2/users/first", request).await
    }

    /// Signs in and returns the session token.
    pub async fn login_with_password(&self, email: &str, password: &str) -> Result<String> {
        let request = LoginWithPasswordRequest { email: email.into(), password: password.into() };
        Ok(self.post::<_, LoginWithPasswordResponse>("/api/v2/users/login", &request).await?.session_token)
    }

    pub async fn logout(&self) -> Result<()> {
        self.call::<()>(Method::POST, "/api/v2/users/logout", None).await
    }

    /// A new session key for a user.
    pub async fn create_api_key(&self, user: &str) -> Result<String> {
        let path = format!("/api/v2/users/{}/keys", segment(user));
        Ok(self.post::<_, GenerateApiKeyResponse>(&path, &()).await?.key)
    }

    pub async fn delete_api_key(&self, user: &str, id: &str) -> Result<()> {
        self.call::<()>(Method::DELETE, &format!("/api/v2/users/{}/keys/{}", segment(user), segment(id)), None).await
    }

    pub async fn expire_api_key(&self, user: &str, id: &str) -> Result<()> {
        let path = format!("/api/v2/users/{}/keys/{}/expire", segment(user), segment(id));
        self.call::<()>(Method::PUT, &path, None).await
    }

    pub async fn api_key(&self, user: &str, id: &str) -> Result<ApiKey> {
        self.get(&format!("/api/v2/users/{}/keys/{}", segment(user), segment(id))).await
    }

    pub async fn api_key_by_name(&self, user: &str, name: &str) -> Result<ApiKey> {
        self.get(&format!("/api/v2/users/{}/keys/tokens/{}", segment(user), segment(name))).await
    }

    pub async fn tokens(&self, user: &str, all: bool, expired: bool) -> Result<Vec<ApiKeyWithOwner>> {
        let mut query = Vec::new();
        if all {
            query.push(("include_all", "true"));
        }
        if expired {
            query.push(("include_expired", "true"));
        }
        let path = with_query(&format!("/api/v2/users/{}/keys/tokens", segment(user)), &query);
        Ok(self.get::<Option<_>>(&path).await?.unwrap_or_default())
    }

    pub async fn token_config(&self, user: &str) -> Result<TokenConfig> {
        self.get(&format!("/api/v2/users/{}/keys/tokens/tokenconfig", segment(user))).await
    }

    /// A long-lived token. The body is given as JSON, because scopes of newer servers must pass unchanged.
    pub async fn create_token<B: Serialize>(&self, user: &str, request: &B) -> Result<String> {
        let path = format!("/api/v2/users/{}/keys/tokens", segment(user));
        Ok(self.post::<_, GenerateApiKeyResponse>(&path, request).await?.key)
    }

    /// By id, name, or `me`.
    pub async fn user(&self, user: &str) -> Result<User> {
        self.get(&format!("/api/v2/users/{}", segment(user))).await
    }

    pub async fn users(&self, query: &str) -> Result<GetUsersResponse> {
        self.get(&with_query("/api/v2/users", &[("q", query)])).await
    }

    pub async fn create_user(&self, request: &CreateUserRequestWithOrgs) -> Result<User> {
        self.post("/api/v2/users", request).await
    }

    pub async fn delete_user(&self, id: Uuid) -> Result<()> {
        self.call::<()>(Method::DELETE, &format!("/api/v2/users/{id}"), None).await
    }

    /// `suspend` or `activate`.
    pub async fn set_user_status(&self, user: &str, verb: &str) -> Result<User> {
        self.put(&format!("/api/v2/users/{}/status/{verb}", segment(user)), &()).await
    }

    pub async fn user_roles(&self, user: &str) -> Result<UserRoles> {
        self.get(&format!("/api/v2/users/{}/roles", segment(user))).await
    }

    pub async fn update_user_roles(&self, user: &str, roles: Vec<String>) -> Result<User> {
        self.put(&format!("/api/v2/users/{}/roles", segment(user)), &UpdateRoles { roles }).await
    }

    pub async fn site_roles(&self) -> Result<Vec<AssignableRoles>> {
        self.get("/api/v2/users/roles").await
    }

    pub async fn git_ssh_key(&self, user: &str) -> Result<GitSshKey> {
        self.get(&format!("/api/v2/users/{}/gitsshkey", segment(user))).await
    }

    pub async fn regenerate_git_ssh_key(&self, user: &str) -> Result<GitSshKey> {
        self.put(&format!("/api/v2/users/{}/gitsshkey", segment(user)), &()).await
    }

    pub async fn user_organizations(&self, user: &str) -> Result<Vec<Organization>> {
        self.get(&format!("/api/v2/users/{}/organizations", segment(user))).await
    }

    pub async fn oidc_claims(&self) -> Result<serde_json::Value> {
        self.get("/api/v2/users/oidc-claims").await
    }

    pub async fn user_secrets(&self) -> Result<Vec<UserSecret>> {
        Ok(self.get::<Option<_>>("/api/v2/users/me/secrets").await?.unwrap_or_default())
    }

    pub async fn create_user_secret(&self, request: &CreateUserSecretRequest) -> Result<UserSecret> {
        self.post("/api/v2/users/me/secrets", request).await
    }

    pub async fn update_user_secret(&self, name: &str, request: &UpdateUserSecretRequest) -> Result<UserSecret> {
        self.patch(&format!("/api/v2/users/me/secrets/{}", segment(name)), request).await
    }

    pub async fn delete_user_secret(&self, name: &str) -> Result<()> {
        self.call::<()>(Method::DELETE, &format!("/api/v2/users/me/secrets/{}", segment(name)), None).await
    }

    pub async fn import_user_secrets(&self, secrets: &[CreateUserSecretRequest]) -> Result<serde_json::Value> {
        self.post("/api/v2/users/me/secrets/batch", &json!({ "secrets": secrets })).await
    }
}
