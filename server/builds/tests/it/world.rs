//! A database with an owner, a template and a workspace; daemons on in-process pipes.

use std::collections::BTreeMap;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use uuid::Uuid;
use warren_auth::{Keys, Lifetimes};
use warren_builds::{BUILT_IN_KEY, BuildRequest, Builds, DaemonIdentity, Options, Provisionerd, VersionRequest};
use warren_db::files::{NewFile, insert_file};
use warren_db::jobs::{JobRow, Tags, find_job};
use warren_db::templates::{NewTemplate, TemplateLabels, TemplateSettings, insert_template};
use warren_db::testing::{TestDatabase, database};
use warren_db::versions::attach_version;
use warren_db::workspaces::{NewWorkspace, WorkspaceRow, find_workspace, insert_workspace};
use warren_db::{Statement, execute, scalar};
use warren_proto::provisionerd::provisioner_daemon_methods as methods;
use warren_proto::provisionerd::{AcquiredJob, CompletedJob, completed_job};
use warren_pubsub::Bus;
use warren_rpc::Session;

pub struct World {
    pub database: TestDatabase,
    pub builds: Builds,
    pub org: Uuid,
    pub owner: Uuid,
    pub file: Uuid,
}

pub struct Daemon {
    pub session: Session,
    serving: AbortOnDropHandle<()>,
}

const ORG: Statement = Statement { name: "test_org", sql: "SELECT id FROM organizations WHERE is_default" };
const USER: Statement = Statement {
    name: "test_user",
    sql: "INSERT INTO users (id, username, email, login_type, status, created_at, updated_at)
          VALUES ($1, 'dev', 'dev@example.com', 'password', 'active', now(), now())",
};
const MEMBER: Statement = Statement {
    name: "test_member",
    sql: "INSERT INTO organization_members (organization_id, user_id, created_at, updated_at) VALUES ($1, $2, now(), now())",
};
/// Moves everything that a reaper or a grace period looks at into the past.
const AGE: Statement = Statement {
    name: "test_age",
    sql: "UPDATE provisioner_jobs SET updated_at = updated_at - make_interval(secs => $2) WHERE id = $1",
};

pub fn plain_tags() -> Tags {
    BTreeMap::from([("scope".into(), "organization".into()), ("owner".into(), String::new())])
}

impl World {
    pub async fn start() -> Self {
        let database = database().await;
        let bus = Bus::start(database.db.clone());
        let keys = Keys::start(database.db.clone(), bus.clone(), Default::default(), Lifetimes::default());
        let builds = Builds::start(database.db.clone(), bus, keys, Options::default());
        let conn = database.conn().await.unwrap();
        let org = scalar(&conn, &ORG, &[]).await.unwrap().unwrap();
        let owner = Uuid::new_v4();
        execute(&conn, &USER, &[&owner]).await.unwrap();
        execute(&conn, &MEMBER, &[&org, &owner]).await.unwrap();
        let file = Uuid::new_v4();
        let new = NewFile { id: file, hash: "00", created_by: owner, mimetype: "application/x-tar", data: b"tar" };
        insert_file(&conn, Timestamp::now(), new).await.unwrap();
        drop(conn);
        Self { database, builds, org, owner, file }
    }

    /// Queues an import; answers version and job.
    pub async fn import(&self, tags: Tags) -> (Uuid, Uuid) {
        let request = VersionRequest {
            organization_id: self.org,
            template_id: None,
            created_by: self.owner,
            name: format!("v{}", Uuid::new_v4().simple()),
            message: String::new(),
            file_id: self.file,
            source_example_id: None,
            provisioner: "terraform".into(),
            tags,
            variables: Vec::new(),
        };
        let builds = self.builds.clone();
        let made = self.database.db.tx(|tx| async move { builds.create_version(&tx, request).await }).await.unwrap();
        (made.version_id, made.job_id)
    }

    /// A workspace of an imported template with these settings, its first build waiting.
    pub async fn workspace(&self, daemon: &Daemon, settings: TemplateSettings, schedule: Option<&str>) -> Uuid {
        let (version, _) = self.import(plain_tags()).await;
        daemon.complete_next().await;
        let (template, workspace) = (Uuid::new_v4(), Uuid::new_v4());
        let new_template = NewTemplate {
            id: template,
            organization_id: self.org,
            created_by: self.owner,
            labels: TemplateLabels { name: "t".into(), ..Default::default() },
            provisioner: "terraform".into(),
            active_version_id: version,
            settings,
            group_acl: BTreeMap::new(),
        };
        let new_workspace = NewWorkspace {
            id: workspace,
            owner_id: self.owner,
            organization_id: self.org,
            template_id: template,
            name: "ws".into(),
            autostart_schedule: schedule.map(str::to_owned),
            ttl_ms: Some(3_600_000),
            automatic_updates: "never".into(),
            next_start_at: None,
        };
        let request =
            BuildRequest { first: true, version_id: Some(version), ..self.request(workspace, template, "start") };
        let (builds, now) = (self.builds.clone(), Timestamp::now());
        self.database
            .db
            .tx(|tx| async move {
                insert_template(&tx, now, &new_template).await?;
                attach_version(&tx, version, now, template).await?;
                insert_workspace(&tx, now, &new_workspace).await?;
                builds.create_build(&tx, request).await
            })
            .await
            .unwrap();
        workspace
    }

    pub fn request(&self, workspace: Uuid, template: Uuid, transition: &'static str) -> BuildRequest {
        BuildRequest {
            workspace_id: workspace,
            owner_id: self.owner,
            organization_id: self.org,
            template_id: template,
            initiator_id: self.owner,
            transition,
            reason: "initiator".into(),
            ..BuildRequest::default()
        }
    }

    pub async fn find(&self, workspace: Uuid) -> WorkspaceRow {
        let conn = self.database.conn().await.unwrap();
        find_workspace(&conn, workspace).await.unwrap().unwrap().system("test")
    }

    pub async fn job(&self, id: Uuid) -> JobRow {
        find_job(&self.database.conn().await.unwrap(), id).await.unwrap().unwrap()
    }

    pub async fn age(&self, job: Uuid, seconds: f64) {
        execute(&self.database.conn().await.unwrap(), &AGE, &[&job, &seconds]).await.unwrap();
    }

    pub fn daemon(&self, name: &str, tags: Tags) -> Daemon {
        let identity = DaemonIdentity {
            organization_id: self.org,
            key_id: BUILT_IN_KEY,
            name: name.into(),
            provisioners: vec!["terraform".into()],
            tags,
            version: String::new(),
            api_version: "1.18".into(),
        };
        let (ours, theirs) = warren_rpc::pipe();
        let daemons = Provisionerd(self.builds.clone());
        let serving = tokio::spawn(async move {
            daemons.serve(theirs, identity, CancellationToken::new()).await.ok();
        });
        Daemon { session: Session::client(ours), serving: AbortOnDropHandle::new(serving) }
    }
}

impl Daemon {
    pub async fn acquire(&self) -> AcquiredJob {
        let (_requests, mut jobs) = self.session.bidi(methods::ACQUIRE_JOB_WITH_CANCEL).await.unwrap();
        jobs.recv().await.unwrap().expect("a job comes")
    }

    pub async fn complete(&self, job: &AcquiredJob) {
        use warren_proto::provisionerd::acquired_job::Type;
        let result = match job.r#type.as_ref().unwrap() {
            Type::WorkspaceBuild(_) => completed_job::Type::WorkspaceBuild(Default::default()),
            Type::TemplateImport(_) => completed_job::Type::TemplateImport(Default::default()),
            Type::TemplateDryRun(_) => completed_job::Type::TemplateDryRun(Default::default()),
        };
        let done = CompletedJob { job_id: job.job_id.clone(), r#type: Some(result) };
        self.session.unary(methods::COMPLETE_JOB, &done).await.unwrap();
    }

    pub async fn complete_next(&self) -> AcquiredJob {
        let job = self.acquire().await;
        self.complete(&job).await;
        job
    }

    /// As a killed process: the pipe ends without a word.
    pub async fn kill(self) {
        let Self { session, serving } = self;
        session.close();
        drop(session);
        serving.await.ok();
    }
}
