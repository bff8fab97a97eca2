//! `provisioner`: daemons, jobs, keys. Running a daemon is another program's business.

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;
use warren_api::{
    ProvisionerDaemon, ProvisionerDaemonJob, ProvisionerJob, ProvisionerJobStatus, ProvisionerJobType, ProvisionerKey,
};
use warren_client::JobRef;

use crate::commands::{ORG, OUTPUT, YES, columns, print_list};
use crate::frame::{Args, Command, Cx, Opt};
use crate::output::human;
use crate::output::table::Column;
use crate::params::inputs::pairs;

pub static COMMAND: Command = Command::new("provisioner", "View and manage provisioner daemons and jobs.")
    .aliases(&["provisioners"])
    .children(&[&JOBS, &KEYS, &LIST, &START]);

static START: Command = Command::new("start", "Run a provisioner daemon.")
    .long("  - With a key of the organization:\n      $ {name} provisioner start --key <key> --url <url>")
    .threads()
    .options(&[&[
        Opt::text("cache-dir", "Directory for plugins and working files.")
            .short('c')
            .env("CODER_CACHE_DIRECTORY")
            .default("~/.cache/coder"),
        Opt::list("tag", "Tag of this daemon, name=value; with a key the key's tags hold.")
            .short('t')
            .env("CODER_PROVISIONERD_TAGS"),
        Opt::duration("poll-interval", "Accepted for compatibility: jobs are pushed.")
            .env("CODER_PROVISIONERD_POLL_INTERVAL")
            .default("1s"),
        Opt::duration("poll-jitter", "Accepted for compatibility: jobs are pushed.")
            .env("CODER_PROVISIONERD_POLL_JITTER")
            .default("100ms"),
        Opt::text("psk", "Secret shared with the deployment.").env("CODER_PROVISIONER_DAEMON_PSK"),
        Opt::text("key", "Provisioner key.").env("CODER_PROVISIONER_DAEMON_KEY"),
        Opt::text("name", "Name of this daemon; the host's name by default.").env("CODER_PROVISIONER_DAEMON_NAME"),
        Opt::flag("verbose", "Show debug logs.").env("CODER_PROVISIONER_DAEMON_VERBOSE"),
        Opt::text("log-human", "Where readable logs go.")
            .env("CODER_PROVISIONER_DAEMON_LOGGING_HUMAN")
            .default("/dev/stderr"),
        Opt::text("log-json", "Accepted for compatibility.").env("CODER_PROVISIONER_DAEMON_LOGGING_JSON"),
        Opt::text("log-stackdriver", "Accepted for compatibility.").env("CODER_PROVISIONER_DAEMON_LOGGING_STACKDRIVER"),
        Opt::list("log-filter", "Accepted for compatibility.").env("CODER_PROVISIONER_DAEMON_LOG_FILTER"),
        Opt::flag("prometheus-enable", "Accepted for compatibility.").env("CODER_PROMETHEUS_ENABLE"),
        Opt::text("prometheus-address", "Accepted for compatibility.")
            .env("CODER_PROMETHEUS_ADDRESS")
            .default("127.0.0.1:2112"),
        Opt::list("experiments", "Accepted for compatibility.").env("CODER_EXPERIMENTS"),
        ORG,
    ]])
    .run(crate::action!(start_elsewhere));

/// The full program has this command's action.
async fn start_elsewhere(_: &Cx) -> Result<()> {
    eprintln!("This is the slim build of Warren, which does not have the command \"provisioner start\".");
    eprintln!("Use the full build, which the deployment's administrator has.");
    Err(crate::frame::Exit(1).into())
}

static JOBS: Command =
    Command::new("jobs", "View and manage provisioner jobs.").aliases(&["job"]).children(&[&JOBS_CANCEL, &JOBS_LIST]);

static JOBS_CANCEL: Command = Command::new("cancel", "Cancel a job.")
    .usage("<job_id>", Args::Exactly(1))
    .options(&[&[ORG]])
    .run(crate::action!(cancel_job));

static JOBS_LIST: Command = Command::new("list", "List jobs.")
    .aliases(&["ls"])
    .options(&[&[
        Opt::choices(
            "status",
            &["pending", "running", "succeeded", "canceling", "canceled", "failed", "unknown"],
            "Show jobs of these states only.",
        )
        .short('s')
        .env("CODER_PROVISIONER_JOB_LIST_STATUS"),
        Opt::int("limit", "How many jobs to show.").short('l').env("CODER_PROVISIONER_JOB_LIST_LIMIT").default("50"),
        Opt::text("initiator", "Show jobs of this user only.").short('i').env("CODER_PROVISIONER_JOB_LIST_INITIATOR"),
        ORG,
        columns(JOB_NAMES, "created at,id,type,template display name,status,queue,tags"),
        OUTPUT,
    ]])
    .run(crate::action!(list_jobs));

static LIST: Command = Command::new("list", "List provisioner daemons.")
    .aliases(&["ls"])
    .options(&[&[
        Opt::int("limit", "How many daemons to show.").short('l').env("CODER_PROVISIONER_LIST_LIMIT").default("50"),
        Opt::flag("show-offline", "Show daemons that are gone too.").short('f').env("CODER_PROVISIONER_SHOW_OFFLINE"),
        Opt::choices("status", &["offline", "idle", "busy"], "Show daemons of these states only.")
            .short('s')
            .env("CODER_PROVISIONER_LIST_STATUS"),
        Opt::duration("max-age", "Show daemons that were seen within this time only.")
            .short('m')
            .env("CODER_PROVISIONER_LIST_MAX_AGE"),
        ORG,
        columns(DAEMON_NAMES, "created at,last seen at,key name,name,version,status,tags"),
        OUTPUT,
    ]])
    .run(crate::action!(list_daemons));

static KEYS: Command = Command::new("keys", "Manage provisioner keys.").aliases(&["key"]).children(&[
    &KEYS_CREATE,
    &KEYS_LIST,
    &KEYS_DELETE,
]);

static KEYS_CREATE: Command = Command::new("create", "Create a key.")
    .usage("<name>", Args::Exactly(1))
    .options(&[&[
        Opt::list("tag", "Tag of the daemons with this key, name=value.").short('t').env("CODER_PROVISIONERD_TAGS"),
        ORG,
    ]])
    .run(crate::action!(create_key));

static KEYS_LIST: Command = Command::new("list", "List keys.")
    .aliases(&["ls"])
    .options(&[&[ORG, columns(&["created at", "name", "tags"], "created at,name,tags"), OUTPUT]])
    .run(crate::action!(list_keys));

static KEYS_DELETE: Command = Command::new("delete", "Delete a key.")
    .aliases(&["rm"])
    .usage("<name>", Args::Exactly(1))
    .options(&[&[YES, ORG]])
    .run(crate::action!(delete_key));

const DAEMON_NAMES: &[&str] = &[
    "id",
    "organization id",
    "created at",
    "last seen at",
    "name",
    "version",
    "api version",
    "tags",
    "key name",
    "status",
    "current job id",
    "current job status",
    "current job template name",
    "current job template icon",
    "current job template display name",
    "previous job id",
    "previous job status",
    "previous job template name",
    "previous job template icon",
    "previous job template display name",
    "organization",
];

const JOB_NAMES: &[&str] = &[
    "id",
    "created at",
    "started at",
    "completed at",
    "canceled at",
    "error",
    "error code",
    "status",
    "worker id",
    "worker name",
    "file id",
    "tags",
    "queue position",
    "queue size",
    "organization id",
    "initiator id",
    "template version id",
    "workspace build id",
    "type",
    "available workers",
    "template version name",
    "template id",
    "template name",
    "template display name",
    "template icon",
    "workspace id",
    "workspace name",
    "workspace build transition",
    "logs overflowed",
    "organization",
    "queue",
];

struct Daemon {
    daemon: ProvisionerDaemon,
    organization: String,
}

fn nil<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(|| "<nil>".into(), |value| value.to_string())
}

fn of_job(job: &Option<ProvisionerDaemonJob>, field: fn(&ProvisionerDaemonJob) -> String) -> String {
    nil(job.as_ref().map(field))
}

const DAEMON_COLUMNS: &[Column<Daemon>] = &[
    Column::new("id", |d| d.daemon.id.to_string()),
    Column::new("organization id", |d| d.daemon.organization_id.to_string()),
    Column::new("created at", |d| human::time_utc(d.daemon.created_at)),
    Column::new("last seen at", |d| nil(d.daemon.last_seen_at.map(human::time_utc))),
    Column::new("name", |d| d.daemon.name.clone()),
    Column::new("version", |d| d.daemon.version.clone()),
    Column::new("api version", |d| d.daemon.api_version.clone()),
    Column::new("tags", |d| human::go_map(&d.daemon.tags)),
    Column::new("key name", |d| d.daemon.key_name.clone().unwrap_or_else(|| "<nil>".into())),
    Column::new("status", |d| nil(d.daemon.status.as_ref())),
    Column::new("current job id", |d| of_job(&d.daemon.current_job, |job| job.id.to_string())),
    Column::new("current job status", |d| of_job(&d.daemon.current_job, |job| job.status.to_string())),
    Column::new("current job template name", |d| of_job(&d.daemon.current_job, |job| job.template_name.clone())),
    Column::new("current job template icon", |d| of_job(&d.daemon.current_job, |job| job.template_icon.clone())),
    Column::new("current job template display name", |d| {
        of_job(&d.daemon.current_job, |job| job.template_display_name.clone())
    }),
    Column::new("previous job id", |d| of_job(&d.daemon.previous_job, |job| job.id.to_string())),
    Column::new("previous job status", |d| of_job(&d.daemon.previous_job, |job| job.status.to_string())),
    Column::new("previous job template name", |d| of_job(&d.daemon.previous_job, |job| job.template_name.clone())),
    Column::new("previous job template icon", |d| of_job(&d.daemon.previous_job, |job| job.template_icon.clone())),
    Column::new("previous job template display name", |d| {
        of_job(&d.daemon.previous_job, |job| job.template_display_name.clone())
    }),
    Column::new("organization", |d| d.organization.clone()),
];

struct Job {
    job: ProvisionerJob,
    organization: String,
}

const JOB_COLUMNS: &[Column<Job>] = &[
    Column::new("id", |j| j.job.id.to_string()),
    Column::new("created at", |j| human::time_utc(j.job.created_at)),
    Column::new("started at", |j| nil(j.job.started_at.map(human::time_utc))),
    Column::new("completed at", |j| nil(j.job.completed_at.map(human::time_utc))),
    Column::new("canceled at", |j| nil(j.job.canceled_at.map(human::time_utc))),
    Column::new("error", |j| j.job.error.clone()),
    Column::new("error code", |j| j.job.error_code.to_string()),
    Column::new("status", |j| j.job.status.to_string()),
    Column::new("worker id", |j| nil(j.job.worker_id)),
    Column::new("worker name", |j| j.job.worker_name.clone()),
    Column::new("file id", |j| j.job.file_id.to_string()),
    Column::new("tags", |j| human::go_map(&j.job.tags)),
    Column::new("queue position", |j| j.job.queue_position.to_string()),
    Column::new("queue size", |j| j.job.queue_size.to_string()),
    Column::new("organization id", |j| j.job.organization_id.to_string()),
    Column::new("initiator id", |j| j.job.initiator_id.to_string()),
    Column::new("template version id", |j| nil(j.job.input.template_version_id)),
    Column::new("workspace build id", |j| nil(j.job.input.workspace_build_id)),
    Column::new("type", |j| j.job.kind.to_string()),
    Column::new("available workers", |j| {
        format!("[{}]", j.job.available_workers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
    }),
    Column::new("template version name", |j| j.job.metadata.template_version_name.clone()),
    Column::new("template id", |j| j.job.metadata.template_id.to_string()),
    Column::new("template name", |j| j.job.metadata.template_name.clone()),
    Column::new("template display name", |j| j.job.metadata.template_display_name.clone()),
    Column::new("template icon", |j| j.job.metadata.template_icon.clone()),
    Column::new("workspace id", |j| nil(j.job.metadata.workspace_id)),
    Column::new("workspace name", |j| j.job.metadata.workspace_name.clone()),
    Column::new("workspace build transition", |j| j.job.metadata.workspace_build_transition.to_string()),
    Column::new("logs overflowed", |j| j.job.logs_overflowed.to_string()),
    Column::new("organization", |j| j.organization.clone()),
    Column::new("queue", |j| {
        if j.job.status == ProvisionerJobStatus::Pending {
            format!("{}/{}", j.job.queue_position, j.job.queue_size)
        } else {
            String::new()
        }
    }),
];

/// API objects with the organization's display name added.
fn with_organization<T: serde::Serialize>(items: &[T], organization: &str) -> Result<Vec<Value>> {
    items
        .iter()
        .map(|item| {
            let mut value = serde_json::to_value(item)?;
            value["organization_name"] = Value::String(organization.to_owned());
            Ok(value)
        })
        .collect()
}

async fn list_daemons(cx: &Cx) -> Result<()> {
    let client = cx.client()?;
    let organization = cx.organization().await?;
    let limit = cx.opts.int("limit").to_string();
    let status = cx.opts.list("status").join(",");
    let age = cx.opts.duration("max-age").map(human::go_duration);
    let mut query = vec![("limit", limit.as_str())];
    if !status.is_empty() {
        query.push(("status", &status));
    }
    if cx.opts.flag("show-offline") {
        query.push(("offline", "true"));
    }
    if let Some(age) = &age {
        query.push(("max_age", age));
    }
    let daemons = client.provisioner_daemons(organization.id, &query).await.context("list provisioner daemons")?;
    let json = with_organization(&daemons, &organization.display_name)?;
    let mut rows: Vec<Daemon> =
        daemons.into_iter().map(|daemon| Daemon { daemon, organization: organization.display_name.clone() }).collect();
    rows.sort_by_key(|row| row.daemon.created_at);
    print_list(cx, DAEMON_COLUMNS, &rows, &json, "No provisioner daemons found.")
}

async fn list_jobs(cx: &Cx) -> Result<()> {
    let client = cx.client()?;
    let organization = cx.organization().await?;
    let limit = cx.opts.int("limit").to_string();
    let status = cx.opts.list("status").join(",");
    let initiator = match cx.opts.filled("initiator") {
        Some(name) => client.user(name).await.with_context(|| format!("initiator not found: {name}"))?.id.to_string(),
        None => String::new(),
    };
    let mut query = vec![("limit", limit.as_str())];
    if !status.is_empty() {
        query.push(("status", &status));
    }
    if !initiator.is_empty() {
        query.push(("initiator", &initiator));
    }
    let mut jobs = client.provisioner_jobs(organization.id, &query).await.context("list provisioner jobs")?;
    jobs.sort_by_key(|job| job.created_at);
    let json = with_organization(&jobs, &organization.display_name)?;
    let rows: Vec<Job> =
        jobs.into_iter().map(|job| Job { job, organization: organization.display_name.clone() }).collect();
    print_list(cx, JOB_COLUMNS, &rows, &json, "No provisioner jobs found")
}

async fn cancel_job(cx: &Cx) -> Result<()> {
    let client = cx.client()?;
    let organization = cx.organization().await?;
    let id: Uuid = cx.arg(0).parse().context("invalid job ID")?;
    let job = client.provisioner_job(organization.id, id).await.context("get provisioner job")?;
    let place = match (job.kind, job.input.template_version_id, job.input.workspace_build_id) {
        (ProvisionerJobType::TemplateVersionDryRun, Some(version), _) => JobRef::DryRun { version, job: job.id },
        (ProvisionerJobType::TemplateVersionImport, Some(version), _) => JobRef::Version(version),
        (ProvisionerJobType::WorkspaceBuild, _, Some(build)) => JobRef::Build(build),
        _ => bail!("the job does not say what it is for"),
    };
    client.cancel_job(place).await.context("cancel provisioner job")?;
    outln!("Job canceled");
    Ok(())
}

const KEY_COLUMNS: &[Column<ProvisionerKey>] = &[
    Column::new("created at", |k| human::time_utc(k.created_at)),
    Column::new("name", |k| k.name.clone()),
    Column::new("tags", |k| human::go_map(&k.tags)),
];

async fn create_key(cx: &Cx) -> Result<()> {
    let client = cx.client()?;
    let organization = cx.organization().await?;
    let tags = pairs(cx.opts.list("tag")).context("parse tags")?;
    let key =
        client.create_provisioner_key(organization.id, cx.arg(0), &tags).await.context("create provisioner key")?;
    outln!(
        "Successfully created provisioner key {}! Save this authentication token, it will not be shown again.\n\n{key}",
        cx.arg(0)
    );
    Ok(())
}

async fn list_keys(cx: &Cx) -> Result<()> {
    let client = cx.client()?;
    let organization = cx.organization().await?;
    let keys = client.provisioner_keys(organization.id).await.context("list provisioner keys")?;
    print_list(cx, KEY_COLUMNS, &keys, &keys, "No provisioner keys found")
}

async fn delete_key(cx: &Cx) -> Result<()> {
    let client = cx.client()?;
    let organization = cx.organization().await?;
    cx.confirm(&format!("Are you sure you want to delete provisioner key {}?", cx.arg(0)), false).await?;
    client.delete_provisioner_key(organization.id, cx.arg(0)).await.context("delete provisioner key")?;
    outln!("Successfully deleted provisioner key {} at {}!", cx.arg(0), human::stamp(Timestamp::now()));
    Ok(())
}
