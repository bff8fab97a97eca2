//! REST types: users.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

/// `ReducedUser`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ReducedUser {
    #[serde(skip_serializing_if = "is_default")]
    pub avatar_url: String,
    #[serde(default = "zero_time")]
    pub created_at: Timestamp,
    pub email: String,
    pub id: Uuid,
    #[serde(skip_serializing_if = "is_default")]
    pub is_service_account: bool,
    #[serde(default = "zero_time")]
    pub last_seen_at: Timestamp,
    pub login_type: LoginType,
    #[serde(skip_serializing_if = "is_default")]
    pub name: String,
    pub status: UserStatus,
    #[serde(skip_serializing_if = "is_default")]
    pub theme_preference: String,
    #[serde(default = "zero_time")]
    pub updated_at: Timestamp,
    pub username: String,
}

impl Default for ReducedUser {
    fn default() -> Self {
        Self {
            avatar_url: Default::default(),
            created_at: zero_time(),
            email: Default::default(),
            id: Default::default(),
            is_service_account: Default::default(),
            last_seen_at: zero_time(),
            login_type: Default::default(),
            name: Default::default(),
            status: Default::default(),
            theme_preference: Default::default(),
            updated_at: zero_time(),
            username: Default::default(),
        }
    }
}

string_enum! {
    /// `UserStatus`.
    pub enum UserStatus {
        Active = "active",
        Dormant = "dormant",
        Suspended = "suspended",
    }
}

/// `MinimalUser`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct MinimalUser {
    #[serde(skip_serializing_if = "is_default")]
    pub avatar_url: String,
    pub id: Uuid,
    #[serde(skip_serializing_if = "is_default")]
    pub name: String,
    pub username: String,
}

/// `CreateFirstUserOnboardingInfo`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CreateFirstUserOnboardingInfo {
    pub newsletter_marketing: bool,
    pub newsletter_releases: bool,
}

/// `CreateFirstUserRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CreateFirstUserRequest {
    pub email: String,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub onboarding_info: Option<CreateFirstUserOnboardingInfo>,
    pub password: String,
    pub trial: bool,
    pub trial_info: CreateFirstUserTrialInfo,
    pub username: String,
}

impl Rules for CreateFirstUserRequest {
    const RULES: &'static [FieldRule] = &[
        ("email", &["required", "email"]),
        ("name", &["user_real_name"]),
        ("password", &["required"]),
        ("username", &["required", "username"]),
    ];
}

/// `CreateFirstUserResponse`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CreateFirstUserResponse {
    pub organization_id: Uuid,
    pub user_id: Uuid,
}

/// `CreateFirstUserTrialInfo`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CreateFirstUserTrialInfo {
    pub company_name: String,
    pub country: String,
    pub developers: String,
    pub first_name: String,
    pub job_title: String,
    pub last_name: String,
    pub phone_number: String,
}

/// `CreateUserRequestWithOrgs`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CreateUserRequestWithOrgs {
    pub email: String,
    pub login_type: LoginType,
    pub name: String,
    #[serde(deserialize_with = "null_default")]
    pub organization_ids: Vec<Uuid>,
    pub password: String,
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub roles: Vec<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub service_account: bool,
    pub user_status: Option<UserStatus>,
    pub username: String,
}

impl Rules for CreateUserRequestWithOrgs {
    // A full name that is too long is cut, not refused.
    const RULES: &'static [FieldRule] = &[
        ("email", &["required_unless=ServiceAccount true", "omitempty", "email"]),
        ("username", &["required", "username"]),
    ];
}

/// `GetUsersResponse`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct GetUsersResponse {
    pub count: i64,
    #[serde(deserialize_with = "null_default")]
    pub users: Vec<User>,
}

/// `UpdateUserProfileRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UpdateUserProfileRequest {
    pub avatar_url: String,
    pub name: String,
    pub username: String,
}

impl Rules for UpdateUserProfileRequest {
    const RULES: &'static [FieldRule] = &[("name", &["user_real_name"]), ("username", &["required", "username"])];
}

/// `User`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct User {
    #[serde(skip_serializing_if = "is_default")]
    pub avatar_url: String,
    #[serde(default = "zero_time")]
    pub created_at: Timestamp,
    pub email: String,
    pub has_ai_seat: bool,
    pub id: Uuid,
    #[serde(skip_serializing_if = "is_default")]
    pub is_service_account: bool,
    #[serde(default = "zero_time")]
    pub last_seen_at: Timestamp,
    pub login_type: LoginType,
    #[serde(skip_serializing_if = "is_default")]
    pub name: String,
    #[serde(deserialize_with = "null_default")]
    pub organization_ids: Vec<Uuid>,
    #[serde(deserialize_with = "null_default")]
    pub roles: Vec<SlimRole>,
    pub status: UserStatus,
    #[serde(skip_serializing_if = "is_default")]
    pub theme_preference: String,
    #[serde(default = "zero_time")]
    pub updated_at: Timestamp,
    pub username: String,
}

impl Default for User {
    fn default() -> Self {
        Self {
            avatar_url: Default::default(),
            created_at: zero_time(),
            email: Default::default(),
            has_ai_seat: Default::default(),
            id: Default::default(),
            is_service_account: Default::default(),
            last_seen_at: zero_time(),
            login_type: Default::default(),
            name: Default::default(),
            organization_ids: Default::default(),
            roles: Default::default(),
            status: Default::default(),
            theme_preference: Default::default(),
            updated_at: zero_time(),
            username: Default::default(),
        }
    }
}
