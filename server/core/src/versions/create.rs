//! Creating a version.

use bytes::Bytes;
use sha2::{Digest, Sha256};
use uuid::Uuid;
use warren_api::{CreateTemplateVersionRequest, TemplateVersion};
use warren_builds::{VersionRequest, import_tags};
use warren_db::files::{self, NewFile};
use warren_db::{Querier, ResultExt, templates as rows, versions};
use warren_rbac::{Action, Object, Resource};
use warren_template::Module;
use warren_template::tags::normalize;

use crate::audit::{Change, Target};
use crate::examples::example_archive;
use crate::view::{self, Queue};
use crate::{Cx, Error, OrgRef, Result, generated_name, resolve};

/// Creates a version from an uploaded archive or a starter template, and queues its import.
///
/// # Errors
/// 400, 403, 404 for an unknown template or file, 409 for a taken name.
pub async fn create_version(cx: &Cx, org: &OrgRef, request: CreateTemplateVersionRequest) -> Result<TemplateVersion> {
    if !request.example_id.is_empty() && !request.file_id.is_nil() {
        return Err(Error::invalid("You cannot specify both an example_id and a file_id."));
    }
    let conn = cx.db().conn().await?;
    let home = resolve::home(cx, &conn, org).await?;
    let template_id = resolve::given(request.template_id);
    let classic = check_template(cx, &conn, home.id, template_id).await?;
    let file_id = if request.example_id.is_empty() {
        readable_file(cx, &conn, request.file_id).await?
    } else {
        store_example(cx, &conn, &request.example_id).await?
    };
    let archive = files::find_file(&conn, file_id).await?.ok_or_else(|| Error::new(404, "File not found."))?;
    drop(conn);
    let archive = archive.system("checked above").data;
    let variables = request.user_variable_values.clone();
    let asked = tokio::task::spawn_blocking(move || match form_problem(&archive) {
        Some(problem) if !classic => Err(problem),
        _ => Ok(import_tags(&archive, &variables)?),
    });
    let asked = asked.await.map_err(Error::internal)??;
    if request.tags.iter().any(|(key, value)| key.contains('\0') || value.contains('\0')) {
        return Err(Error::invalid("Tags must not contain NUL bytes.").validation("tags", "contains a NUL byte"));
    }
    let name = if request.name.is_empty() { generated_name('_') } else { request.name };
    let wanted = VersionRequest {
        organization_id: home.id,
        template_id,
        created_by: cx.actor.user_id,
        name: name.clone(),
        message: request.message,
        file_id,
        source_example_id: resolve_example(request.example_id),
        provisioner: request.provisioner,
        // What the request says wins over what the template says.
        tags: normalize(&cx.actor.user_id.to_string(), [&asked, &request.tags]),
        variables: request.user_variable_values,
    };
    let (cx, db) = (cx.clone(), cx.db().clone());
    db.tx(|tx| async move {
        let created = cx.builds().create_version(&tx, wanted).await.map_err(|error| name_conflict(error, &name))?;
        let row = versions::find_version(&tx, created.version_id).await?.ok_or_else(Error::not_found)?;
        let row = row.system("just created by the caller");
        let shown = view::version(&row, &Queue::default(), Some(view::matched(&created.matching)));
        let target = Target {
            resource_type: "template_version",
            id: shown.id,
            name: shown.name.clone(),
            organization_id: Some(home.id),
            ..Default::default()
        };
        cx.audit(&tx, "create", &target, Change::created(&shown)).await?;
        Ok(shown)
    })
    .await
}

fn resolve_example(id: String) -> Option<String> {
    (!id.is_empty()).then_some(id)
}

fn name_conflict(error: warren_builds::Error, name: &str) -> Error {
    match error {
        warren_builds::Error::Db(error) => Err::<(), _>(error)
            .on_constraint("template_versions_template_id_name_idx", || {
                Error::conflict(format!("A template version with name {name:?} already exists for this template."))
                    .validation("name", "This value is already in use and should be unique.")
            })
            .err()
            .unwrap_or_else(Error::not_found),
        error => error.into(),
    }
}

/// What cannot be a form, told before anything runs. An archive that cannot be read is the import's business.
fn form_problem(archive: &[u8]) -> Option<Error> {
    let problems = Module::from_tar(archive).ok()?.form_problems();
    if let Some((name, places)) = problems.parameters.first() {
        let detail = format!("{} parameters have the name {name:?}: {}", places.len(), places.join(", "));
        return Some(Error::invalid("Unable to parse workspace tags").detail(detail));
    }
    let refused =
        problems.presets.iter().fold(Error::invalid("Unable to validate presets"), |error, (name, problem)| {
            error.validation(name, problem.to_string())
        });
    (!refused.validations.is_empty()).then_some(refused)
}

/// A version of an existing template needs the right to change it, a version without one the right to create templates.
/// Answers whether the template has the classic parameters, whose form is not looked at.
async fn check_template(cx: &Cx, q: &impl Querier, organization: Uuid, template: Option<Uuid>) -> Result<bool> {
    let Some(id) = template else {
        cx.allow(Action::Create, &Object::new(Resource::Template).in_org(organization))?;
        return Ok(false);
    };
    let found = rows::find_template(q, id).await?.ok_or_else(Error::not_found)?;
    let row = found.allow(&cx.actor, Action::Update)?;
    if row.deleted || row.organization_id != organization {
        return Err(Error::not_found());
    }
    Ok(row.use_classic_parameter_flow)
}

async fn readable_file(cx: &Cx, q: &impl Querier, id: Uuid) -> Result<Uuid> {
    let missing = || Error::new(404, "File not found.");
    let found = files::find_file_owner(q, id).await?.ok_or_else(missing)?;
    Ok(found.allow(&cx.actor, Action::Read).map_err(|_| missing())?.id)
}

/// A starter template becomes a file of the caller.
async fn store_example(cx: &Cx, q: &impl Querier, id: &str) -> Result<Uuid> {
    let data: Bytes = example_archive(id)
        .ok_or_else(|| {
            Error::new(404, format!("There is no starter template {id:?}."))
                .validation("example_id", "unknown starter template")
        })?
        .into();
    let hash = hex::encode(Sha256::digest(&data));
    let owner = cx.actor.user_id;
    if let Some(id) = files::find_file_id_by_hash(q, &hash, owner).await? {
        return Ok(id);
    }
    let file =
        NewFile { id: Uuid::new_v4(), hash: &hash, created_by: owner, mimetype: "application/x-tar", data: &data };
    match files::insert_file(q, cx.services.now(), file).await? {
        Some(id) => Ok(id),
        None => {
            files::find_file_id_by_hash(q, &hash, owner).await?.ok_or_else(|| Error::internal("a stored file vanished"))
        }
    }
}
