//! Organizations, members, groups, provisioners.

use std::collections::BTreeMap;

use http::Method;
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;
use warren_api::*;

use crate::client::{segment, with_query};
use crate::{Client, Result};

impl Client {
    pub async fn organizations(&self) -> Result<Vec<Organization>> {
        self.get("/api/v2/organizations").await
    }

    /// By id or name.
    pub async fn organization(&self, organization: &str) -> Result<Organization> {
        self.get(&format!("/api/v2/organizations/{}", segment(organization))).await
    }

    pub async fn create_organization(&self, request: &CreateOrganizationRequest) -> Result<Organization> {
        self.post("/api/v2/organizations", request).await
    }

    pub async fn delete_organization(&self, organization: &str) -> Result<()> {
        self.call::<()>(Method::DELETE, &format!("/api/v2/organizations/{}", segment(organization)), None).await
    }

    pub async fn members(&self, organization: Uuid) -> Result<Vec<OrganizationMemberWithUserData>> {
        self.get(&format!("/api/v2/organizations/{organization}/members")).await
    }

    pub async fn member(&self, organization: Uuid, user: &str) -> Result<OrganizationMemberWithUserData> {
        self.get(&format!("/api/v2/organizations/{organization}/members/{}", segment(user))).await
    }

    pub async fn add_member(&self, organization: Uuid, user: &str) -> Result<OrganizationMember> {
        self.post(&format!("/api/v2/organizations/{organization}/members/{}", segment(user)), &()).await
    }

    pub async fn remove_member(&self, organization: Uuid, user: &str) -> Result<()> {
        let path = format!("/api/v2/organizations/{organization}/members/{}", segment(user));
        self.call::<()>(Method::DELETE, &path, None).await
    }

    pub async fn update_member_roles(
        &self,
        organization: Uuid,
        user: &str,
        roles: Vec<String>,
    ) -> Result<OrganizationMember> {
        let path = format!("/api/v2/organizations/{organization}/members/{}/roles", segment(user));
        self.put(&path, &UpdateRoles { roles }).await
    }

    pub async fn organization_roles(&self, organization: Uuid) -> Result<Vec<AssignableRoles>> {
        self.get(&format!("/api/v2/organizations/{organization}/members/roles")).await
    }

    pub async fn create_organization_role(&self, organization: Uuid, role: &CustomRoleRequest) -> Result<Role> {
        self.post(&format!("/api/v2/organizations/{organization}/members/roles"), role).await
    }

    pub async fn update_organization_role(&self, organization: Uuid, role: &CustomRoleRequest) -> Result<Role> {
        self.put(&format!("/api/v2/organizations/{organization}/members/roles"), role).await
    }

    pub async fn groups(&self, organization: &str) -> Result<Vec<Group>> {
        self.get(&format!("/api/v2/organizations/{}/groups", segment(organization))).await
    }

    pub async fn group_by_name(&self, organization: Uuid, name: &str) -> Result<Group> {
        self.get(&format!("/api/v2/organizations/{organization}/groups/{}", segment(name))).await
    }

    pub async fn create_group(&self, organization: Uuid, request: &CreateGroupRequest) -> Result<Group> {
        self.post(&format!("/api/v2/organizations/{organization}/groups"), request).await
    }

    pub async fn patch_group(&self, group: Uuid, request: &PatchGroupRequest) -> Result<Group> {
        self.patch(&format!("/api/v2/groups/{group}"), request).await
    }

    pub async fn delete_group(&self, group: Uuid) -> Result<()> {
        self.call::<()>(Method::DELETE, &format!("/api/v2/groups/{group}"), None).await
    }

    pub async fn provisioner_daemons(
        &self,
        organization: Uuid,
        query: &[(&str, &str)],
    ) -> Result<Vec<ProvisionerDaemon>> {
        let path = with_query(&format!("/api/v2/organizations/{organization}/provisionerdaemons"), query);
        Ok(self.get::<Option<_>>(&path).await?.unwrap_or_default())
    }

    pub async fn provisioner_jobs(&self, organization: Uuid, query: &[(&str, &str)]) -> Result<Vec<ProvisionerJob>> {
        let path = with_query(&format!("/api/v2/organizations/{organization}/provisionerjobs"), query);
        Ok(self.get::<Option<_>>(&path).await?.unwrap_or_default())
    }

    pub async fn provisioner_job(&self, organization: Uuid, job: Uuid) -> Result<ProvisionerJob> {
        self.get(&format!("/api/v2/organizations/{organization}/provisionerjobs/{job}")).await
    }

    pub async fn provisioner_keys(&self, organization: Uuid) -> Result<Vec<ProvisionerKey>> {
        self.get(&format!("/api/v2/organizations/{organization}/provisionerkeys")).await
    }

    pub async fn create_provisioner_key(
        &self,
        organization: Uuid,
        name: &str,
        tags: &BTreeMap<String, String>,
    ) -> Result<String> {
        let path = format!("/api/v2/organizations/{organization}/provisionerkeys");
        let body = json!({ "name": name, "tags": tags });
        Ok(self.post::<_, CreateProvisionerKeyResponse>(&path, &body).await?.key)
    }

    pub async fn delete_provisioner_key(&self, organization: Uuid, name: &str) -> Result<()> {
        let path = format!("/api/v2/organizations/{organization}/provisionerkeys/{}", segment(name));
        self.call::<()>(Method::DELETE, &path, None).await
    }

    /// Settings that the command line only passes through.
    pub async fn settings(&self, path: &str) -> Result<Value> {
        self.get(path).await
    }

    pub async fn patch_settings<B: Serialize>(&self, path: &str, body: &B) -> Result<Value> {
        self.patch(path, body).await
    }
}
