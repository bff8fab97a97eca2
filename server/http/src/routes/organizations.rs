//! Organizations, members, roles of organizations.

use http::StatusCode;
use serde::Deserialize;
use warren_api::{
    AssignableRoles, AuthorizationRequest, AuthorizationResponse, CreateOrganizationRequest, CustomRoleRequest,
    Organization, OrganizationMember, OrganizationMemberWithUserData, PaginatedMembersResponse, Response as Envelope,
    Role, UpdateOrganizationRequest, UpdateRoles,
};
use warren_core::{Cx, OrgRef, UserRef, authcheck, organizations};

use crate::api::{Api, Auth};
use crate::extract::{Body, PAGE, Page, Path, Query};
use crate::{Json, Result};

pub(crate) fn routes(api: &mut Api) {
    api.tag("Organizations");
    api.get("/api/v2/organizations", "get-organizations", Auth::Session, list);
    api.post("/api/v2/organizations", "create-organization", Auth::Session, create).status(201);
    api.get("/api/v2/organizations/{organization}", "get-organization-by-id", Auth::Session, get);
    api.patch("/api/v2/organizations/{organization}", "update-organization", Auth::Session, update);
    api.delete("/api/v2/organizations/{organization}", "delete-organization", Auth::Session, delete);
    api.get("/api/v2/users/{user}/organizations", "get-organizations-by-user", Auth::Session, list_of_user);
    api.get(
        "/api/v2/users/{user}/organizations/{organizationname}",
        "get-organization-by-user-and-organization-name",
        Auth::Session,
        get_of_user,
    );
    api.tag("Members");
    api.get("/api/v2/organizations/{organization}/members", "list-organization-members", Auth::Session, list_members);
    api.get(
        "/api/v2/organizations/{organization}/paginated-members",
        "paginated-organization-members",
        Auth::Session,
        paginate_members,
    )
    .query(PAGE);
    api.get(
        "/api/v2/organizations/{organization}/members/roles",
        "get-member-roles-by-organization",
        Auth::Session,
        list_roles,
    );
    api.post(
        "/api/v2/organizations/{organization}/members/roles",
        "insert-a-custom-organization-role",
        Auth::Session,
        create_role,
    );
    api.put(
        "/api/v2/organizations/{organization}/members/roles",
        "update-a-custom-organization-role",
        Auth::Session,
        update_role,
    );
    api.delete(
        "/api/v2/organizations/{organization}/members/roles/{roleName}",
        "delete-a-custom-organization-role",
        Auth::Session,
        delete_role,
    );
    api.get(
        "/api/v2/organizations/{organization}/members/{user}",
        "get-organization-member",
        Auth::Session,
        get_member,
    );
    api.post(
        "/api/v2/organizations/{organization}/members/{user}",
        "add-organization-member",
        Auth::Session,
        add_member,
    );
    api.delete(
        "/api/v2/organizations/{organization}/members/{user}",
        "remove-organization-member",
        Auth::Session,
        remove_member,
    );
    api.put(
        "/api/v2/organizations/{organization}/members/{user}/roles",
        "assign-role-to-organization-member",
        Auth::Session,
        update_member_roles,
    );
    api.tag("Authorization");
    api.post("/api/v2/authcheck", "check-authorization", Auth::Session, check);
}

async fn list(cx: Cx) -> Result<Json<Vec<Organization>>> {
    Ok(Json(organizations::list_organizations(&cx).await?))
}

async fn create(cx: Cx, Body(body): Body<CreateOrganizationRequest>) -> Result<Json<Organization>> {
    Ok(Json(organizations::create_organization(&cx, body).await?))
}

async fn get(cx: Cx, Path(org): Path<OrgRef>) -> Result<Json<Organization>> {
    Ok(Json(organizations::get_organization(&cx, &org).await?))
}

async fn update(
    cx: Cx,
    Path(org): Path<OrgRef>,
    Body(body): Body<UpdateOrganizationRequest>,
) -> Result<Json<Organization>> {
    Ok(Json(organizations::update_organization(&cx, &org, body).await?))
}

async fn delete(cx: Cx, Path(org): Path<OrgRef>) -> Result<Json<Envelope>> {
    organizations::delete_organization(&cx, &org).await?;
    Ok(Json(Envelope { message: "Organization has been deleted.".into(), ..Envelope::default() }))
}

async fn list_of_user(cx: Cx, Path(user): Path<UserRef>) -> Result<Json<Vec<Organization>>> {
    Ok(Json(organizations::list_organizations_of_user(&cx, &user).await?))
}

async fn get_of_user(cx: Cx, Path((user, org)): Path<(UserRef, OrgRef)>) -> Result<Json<Organization>> {
    Ok(Json(organizations::get_organization_of_user(&cx, &user, &org).await?))
}

async fn list_members(cx: Cx, Path(org): Path<OrgRef>) -> Result<Json<Vec<OrganizationMemberWithUserData>>> {
    Ok(Json(organizations::list_members(&cx, &org).await?))
}

#[derive(Deserialize)]
struct SearchQuery {
    #[serde(default)]
    q: String,
}

async fn paginate_members(
    cx: Cx,
    Path(org): Path<OrgRef>,
    Query(query): Query<SearchQuery>,
    page: Page,
) -> Result<Json<PaginatedMembersResponse>> {
    let page = (page.after_id, page.offset, page.limit);
    Ok(Json(organizations::paginate_members(&cx, &org, &query.q, page).await?))
}

async fn list_roles(cx: Cx, Path(org): Path<OrgRef>) -> Result<Json<Vec<AssignableRoles>>> {
    Ok(Json(organizations::list_member_roles(&cx, &org).await?))
}

async fn create_role(cx: Cx, Path(org): Path<OrgRef>, Body(body): Body<CustomRoleRequest>) -> Result<Json<Vec<Role>>> {
    Ok(Json(organizations::save_custom_role(&cx, &org, body, true).await?))
}

async fn update_role(cx: Cx, Path(org): Path<OrgRef>, Body(body): Body<CustomRoleRequest>) -> Result<Json<Vec<Role>>> {
    Ok(Json(organizations::save_custom_role(&cx, &org, body, false).await?))
}

async fn delete_role(cx: Cx, Path((org, name)): Path<(OrgRef, String)>) -> Result<StatusCode> {
    organizations::delete_custom_role(&cx, &org, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn get_member(
    cx: Cx,
    Path((org, user)): Path<(OrgRef, UserRef)>,
) -> Result<Json<OrganizationMemberWithUserData>> {
    Ok(Json(organizations::get_member(&cx, &org, &user).await?))
}

async fn add_member(cx: Cx, Path((org, user)): Path<(OrgRef, UserRef)>) -> Result<Json<OrganizationMember>> {
    Ok(Json(organizations::add_member(&cx, &org, &user).await?))
}

async fn remove_member(cx: Cx, Path((org, user)): Path<(OrgRef, UserRef)>) -> Result<StatusCode> {
    organizations::remove_member(&cx, &org, &user).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn update_member_roles(
    cx: Cx,
    Path((org, user)): Path<(OrgRef, UserRef)>,
    Body(body): Body<UpdateRoles>,
) -> Result<Json<OrganizationMember>> {
    Ok(Json(organizations::update_member_roles(&cx, &org, &user, body).await?))
}

async fn check(cx: Cx, Body(body): Body<AuthorizationRequest>) -> Result<Json<AuthorizationResponse>> {
    Ok(Json(authcheck::check(&cx, body).await?))
}
