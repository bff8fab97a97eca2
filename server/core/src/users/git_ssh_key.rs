//! The SSH key pair that a user's workspaces use for git.

use uuid::Uuid;
use warren_api::GitSshKey;
use warren_auth::generate_ssh_key;
use warren_db::users::{GitSshKeyRow, find_git_ssh_key, upsert_git_ssh_key};
use warren_rbac::{Action, Protected};

use super::load_user;
use crate::audit::{Change, Target};
use crate::{Cx, Error, Result, UserRef};

/// The public half.
///
/// # Errors
/// 404, 403.
pub async fn get_git_ssh_key(cx: &Cx, user: &UserRef) -> Result<GitSshKey> {
    let row = load_user(cx, user, Action::Read).await?;
    Ok(view(load_git_ssh_key(cx, row.id).await?))
}

/// Both halves, for the owner's agents. A user who has none yet gets one.
///
/// # Errors
/// 404, 403.
pub async fn load_git_ssh_key(cx: &Cx, user: Uuid) -> Result<GitSshKeyRow> {
    let object = warren_rbac::Object::new(warren_rbac::Resource::User).id(user).owned_by(user);
    cx.allow(Action::ReadPersonal, &object)?;
    let conn = cx.db().conn().await?;
    if let Some(key) = find_git_ssh_key(&conn, user).await? {
        return Ok(key.allow(&cx.actor, Action::ReadPersonal)?);
    }
    let key = generate_ssh_key();
    Ok(upsert_git_ssh_key(&conn, user, &key.private_key, &key.public_key, cx.services.now()).await?)
}

/// Replaces the key pair.
///
/// # Errors
/// 404, 403.
pub async fn regenerate_git_ssh_key(cx: &Cx, user: &UserRef) -> Result<GitSshKey> {
    let row = load_user(cx, user, Action::Read).await?;
    cx.allow(Action::UpdatePersonal, &row.object())?;
    let key = generate_ssh_key();
    let (row, key) = (&row, &key);
    let stored = cx
        .db()
        .tx(|tx| async move {
            let stored = upsert_git_ssh_key(&tx, row.id, &key.private_key, &key.public_key, cx.services.now()).await?;
            let target =
                Target { resource_type: "git_ssh_key", id: row.id, name: row.username.clone(), ..Target::default() };
            let (old, new) = (serde_json::json!({ "private_key": "" }), serde_json::json!({ "private_key": "*" }));
            cx.audit(&tx, "write", &target, Change::updated(&old, &new).secret(&["private_key"])).await?;
            Ok::<_, Error>(stored)
        })
        .await?;
    Ok(view(stored))
}

fn view(row: GitSshKeyRow) -> GitSshKey {
    GitSshKey {
        user_id: row.user_id,
        created_at: row.created_at,
        updated_at: row.updated_at,
        public_key: row.public_key,
    }
}
