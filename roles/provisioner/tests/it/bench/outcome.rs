//! What came of a job.

use warren_proto::provisionerd::{CompletedJob, FailedJob, Log, UpdateJobRequest, completed_job};

/// The end of a job.
#[derive(Debug)]
pub enum End {
    Completed(CompletedJob),
    Failed(FailedJob),
}

/// What the server saw of one job.
#[derive(Debug)]
pub struct Outcome {
    pub end: End,
    pub updates: Vec<UpdateJobRequest>,
    pub processes: Vec<Process>,
}

/// A Terraform process.
#[derive(Debug, Clone, Default)]
pub struct Process {
    pub arguments: Vec<String>,
    pub environment: std::collections::BTreeMap<String, String>,
}

impl Process {
    pub fn command(&self) -> &str {
        self.arguments.first().map_or("", String::as_str)
    }
}

impl Outcome {
    pub fn logs(&self) -> impl Iterator<Item = &Log> {
        self.updates.iter().flat_map(|update| &update.logs)
    }

    /// `[stage, source, level, output]` as in the golden files.
    pub fn rows(&self) -> Vec<[String; 4]> {
        self.logs()
            .map(|log| {
                let source = log.source().as_str_name().to_lowercase();
                [log.stage.clone(), source, log.level().as_str_name().to_lowercase(), log.output.clone()]
            })
            .collect()
    }

    pub fn error(&self) -> &str {
        match &self.end {
            End::Completed(_) => "",
            End::Failed(failed) => &failed.error,
        }
    }

    pub fn import(self) -> completed_job::TemplateImport {
        match self.end {
            End::Completed(CompletedJob { r#type: Some(completed_job::Type::TemplateImport(import)), .. }) => import,
            other => panic!("not a completed import: {other:?}"),
        }
    }

    pub fn build(self) -> completed_job::WorkspaceBuild {
        match self.end {
            End::Completed(CompletedJob { r#type: Some(completed_job::Type::WorkspaceBuild(build)), .. }) => build,
            other => panic!("not a completed build: {other:?}"),
        }
    }
}
