//! "May I …?" for clients, many questions at once.

use std::collections::BTreeMap;

use uuid::Uuid;
use warren_api::{AuthorizationObject, AuthorizationRequest, AuthorizationResponse, RbacResource};
use warren_rbac::{Action, Guarded, Object, Protected, Resource};

use crate::{Cx, Error, Result};

/// Questions that name an object cost a query each.
const MAX_OBJECTS: usize = 10;

/// Answers every question; what cannot be looked up is `false`.
///
/// # Errors
/// 400 for an empty kind or too many named objects.
pub async fn check(cx: &Cx, body: AuthorizationRequest) -> Result<AuthorizationResponse> {
    let named = body.checks.values().filter(|check| !check.object.resource_id.is_empty()).count();
    if named > MAX_OBJECTS {
        return Err(Error::invalid(format!(
            "Endpoint only supports using \"resource_id\" field up to {MAX_OBJECTS} times."
        )));
    }
    let mut answers = BTreeMap::new();
    for (key, check) in body.checks {
        let kind = Resource::parse(check.object.resource_type.as_str());
        let action = Action::parse(check.action.as_str());
        let allowed = match (kind, action) {
            (Some(kind), Some(action)) => match object(cx, kind, &check.object).await? {
                Some(object) => cx.actor.may(action, &object),
                None => false,
            },
            _ => false,
        };
        answers.insert(key, allowed);
    }
    Ok(answers)
}

async fn object(cx: &Cx, kind: Resource, asked: &AuthorizationObject) -> Result<Option<Object>> {
    let _: RbacResource = asked.resource_type;
    if !asked.resource_id.is_empty() {
        let Ok(id) = Uuid::parse_str(&asked.resource_id) else { return Ok(None) };
        return stored(cx, kind, id).await;
    }
    let mut object = Object::new(kind);
    object.any_org = asked.any_org;
    object.owner = match asked.owner_id.as_str() {
        "" => None,
        "me" => Some(cx.actor.user_id),
        text => match Uuid::parse_str(text) {
            Ok(id) => Some(id),
            Err(_) => return Ok(None),
        },
    };
    if !asked.organization_id.is_empty() {
        let Ok(org) = Uuid::parse_str(&asked.organization_id) else { return Ok(None) };
        object.org = (!org.is_nil()).then_some(org);
    }
    Ok(Some(object))
}

async fn stored(cx: &Cx, kind: Resource, id: Uuid) -> Result<Option<Object>> {
    let conn = cx.db().conn().await?;
    Ok(match kind {
        Resource::Workspace => warren_db::workspaces::find_workspace(&conn, id).await?.map(object_of),
        Resource::Template => warren_db::templates::find_template(&conn, id).await?.map(object_of),
        Resource::User => warren_db::users::find_user_by_id(&conn, id).await?.map(object_of),
        _ => None,
    })
}

fn object_of<T: Protected>(row: Guarded<T>) -> Object {
    row.system("only its object is looked at").object()
}
