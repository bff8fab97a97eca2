//! Making users.

use jiff::Timestamp;
use uuid::Uuid;
use warren_api::{
    CreateFirstUserRequest, CreateFirstUserResponse, CreateUserRequestWithOrgs, LoginType, User, UserStatus,
};
use warren_auth::{check_strength, generate_ssh_key};
use warren_db::users::{NewUser, UserRow, find_user_by_id, insert_user, lock_first_user, upsert_git_ssh_key};
use warren_db::{ResultExt, Tx, organizations};
use warren_rbac::{Action, Actor, Object, Resource};

use super::view::user_view;
use super::{audit_target, roles};
use crate::audit::Change;
use crate::{Cx, Error, RequestInfo, Result, Services};
use std::sync::Arc;

/// Longest full name; what is longer is cut when an account is made.
const MAX_REAL_NAME: usize = 128;

/// Whether the first user was made.
///
/// # Errors
/// The database failed.
pub async fn first_user_exists(services: &Services) -> Result<bool> {
    let conn = services.db.conn().await?;
    Ok(warren_db::users::has_users(&conn).await?)
}

/// Makes the first user: an owner, active, member of the default organization.
///
/// # Errors
/// 409 when there is one already, 400 for a weak password.
pub async fn create_first_user(
    services: &Arc<Services>,
    request: &Arc<RequestInfo>,
    body: CreateFirstUserRequest,
) -> Result<CreateFirstUserResponse> {
    let exists = || Error::conflict("The initial user has already been created.");
    if first_user_exists(services).await? {
        return Err(exists());
    }
    check_new_password(&body.password)?;
    let now = services.now();
    let user = NewUser {
        id: Uuid::new_v4(),
        username: body.username,
        email: body.email,
        name: trimmed_name(&body.name),
        login_type: LoginType::Password.as_str().to_owned(),
        status: UserStatus::Active.as_str().to_owned(),
        password_hash: Some(services.passwords.hash(&body.password).await),
        site_roles: vec!["owner".to_owned()],
        is_service_account: false,
        created_at: now,
    };
    let cx = Cx { actor: Actor::system("first user"), services: services.clone(), request: request.clone() };
    let (cx, user) = (&cx, &user);
    services
        .db
        .tx(|tx| async move {
            if lock_first_user(&tx).await? {
                return Err(exists());
            }
            let organization = organizations::find_default_organization_id(&tx).await?;
            let organization = organization.ok_or_else(|| Error::internal("there is no default organization"))?;
            store(cx, &tx, user, &[organization], now).await?;
            Ok(CreateFirstUserResponse { user_id: user.id, organization_id: organization })
        })
        .await
}

/// Makes a user.
///
/// # Errors
/// 403, 400, 409 as rest.md §14 says.
pub async fn create_user(cx: &Cx, body: CreateUserRequestWithOrgs) -> Result<User> {
    if !cx.actor.may(Action::Create, &Object::new(Resource::User)) {
        return Err(Error::forbidden_because("You are not authorized to create users."));
    }
    let organizations = organizations_of(cx, &body.organization_ids).await?;
    let login_type = login_type_of(&body)?;
    if login_type == LoginType::Password {
        check_new_password(&body.password)?;
    }
    roles::check_assignable(cx, &[], &body.roles)?;
    let password_hash = match login_type {
        LoginType::Password => Some(cx.services.passwords.hash(&body.password).await),
        _ => None,
    };
    let now = cx.services.now();
    let status = body.user_status.filter(|status| *status != UserStatus::Unset).unwrap_or(UserStatus::Dormant);
    let user = NewUser {
        id: Uuid::new_v4(),
        username: body.username,
        email: body.email,
        name: trimmed_name(&body.name),
        login_type: login_type.as_str().to_owned(),
        status: status.as_str().to_owned(),
        password_hash,
        site_roles: body.roles,
        is_service_account: body.service_account,
        created_at: now,
    };
    let (user, organizations) = (&user, &organizations);
    let row = cx.db().tx(|tx| async move { store(cx, &tx, user, organizations, now).await }).await?;
    Ok(user_view(row))
}

/// Writes a user with memberships and SSH key, and the audit entry.
async fn store(cx: &Cx, tx: &Tx, user: &NewUser, organizations: &[Uuid], now: Timestamp) -> Result<UserRow> {
    let exists = || Error::conflict("User already exists.");
    insert_user(tx, user).await.on_constraint("users_username_idx", exists).map_err(|error| {
        let taken = error.cause.as_ref().and_then(|cause| cause.downcast_ref::<warren_db::DbError>());
        if taken.is_some_and(|cause| cause.violates("users_email_idx")) { exists() } else { error }
    })?;
    for organization in organizations {
        organizations::insert_member(tx, *organization, user.id, &[], now).await?;
    }
    let key = generate_ssh_key();
    upsert_git_ssh_key(tx, user.id, &key.private_key, &key.public_key, now).await?;
    let row = find_user_by_id(tx, user.id).await?.ok_or_else(|| Error::internal("the user vanished"))?;
    let row = row.system("the user was made in this transaction");
    cx.audit(tx, "create", &audit_target(&row), Change::created(&row)).await?;
    Ok(row)
}

async fn organizations_of(cx: &Cx, ids: &[Uuid]) -> Result<Vec<Uuid>> {
    if ids.is_empty() {
        return Err(Error::invalid("No organization specified to place the user as a member of. It is required to specify at least one organization id to place the user in.")
            .detail("required at least 1 value for the array 'organization_ids'")
            .validation("organization_ids", "Missing values, this cannot be empty"));
    }
    let mut organizations = Vec::new();
    for id in ids {
        let reference = if id.is_nil() { crate::OrgRef::Default } else { crate::OrgRef::Id(*id) };
        let unknown =
            |_| Error::new(404, "Organization does not exist.").detail(format!("There is no organization {id}."));
        let row = crate::organizations::load_organization(cx, &reference).await.map_err(unknown)?;
        let member = Object::new(Resource::OrganizationMember).in_org(row.id);
        if !cx.actor.may(Action::Create, &member) {
            return Err(Error::forbidden_because("You are not authorized to create members of this organization."));
        }
        if !organizations.contains(&row.id) {
            organizations.push(row.id);
        }
    }
    Ok(organizations)
}

fn login_type_of(body: &CreateUserRequestWithOrgs) -> Result<LoginType> {
    let login_type = match body.login_type {
        LoginType::Unset if body.service_account => LoginType::None,
        LoginType::Unset => LoginType::Password,
        other => other,
    };
    if body.service_account {
        if login_type != LoginType::None || !body.password.is_empty() || !body.email.is_empty() {
            return Err(Error::invalid("A service account has neither e-mail address nor password."));
        }
        return Ok(login_type);
    }
    if body.email.is_empty() {
        return Err(Error::field("email", "Validation failed for tag \"required\" with value: \"\""));
    }
    match login_type {
        LoginType::Password | LoginType::None => {}
        LoginType::Oidc | LoginType::Github => {
            return Err(Error::invalid(format!("Login by {login_type} is not enabled on this server.")));
        }
        _ => return Err(Error::invalid(format!("Unsupported login type \"{login_type}\" for a new user."))),
    }
    if login_type != LoginType::Password && !body.password.is_empty() {
        return Err(Error::invalid(format!(
            "Password cannot be set for non-password (\"{login_type}\") authentication."
        )));
    }
    Ok(login_type)
}

fn check_new_password(password: &str) -> Result<()> {
    check_strength(password)
        .map_err(|weak| Error::invalid("Password is invalid").validation("password", weak.to_string()))
}

fn trimmed_name(name: &str) -> String {
    let cut: String = name.trim().chars().take(MAX_REAL_NAME).collect();
    cut.trim_end().to_owned()
}
