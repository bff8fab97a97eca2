//! Errors of jobs and builds as answers.

use warren_builds::Error as BuildError;

use crate::Error;

impl From<BuildError> for Error {
    fn from(error: BuildError) -> Self {
        // Official servers repeat the message in the detail.
        let both = |status: u16, error: &BuildError| Self::new(status, error.to_string()).detail(error.to_string());
        match error {
            BuildError::ActiveBuild => both(409, &error),
            BuildError::Deleted => {
                Self::conflict(error.to_string()).detail("This workspace has been deleted and cannot be modified.")
            }
            BuildError::VersionMissing | BuildError::VersionOfOtherTemplate | BuildError::VersionFailed(_) => {
                both(400, &error)
            }
            BuildError::VersionNotReady(_) => both(406, &error),
            BuildError::Parameters(ref problems) => {
                let mut answer = Self::invalid(error.to_string());
                for found in problems {
                    answer = answer.validation(found.name.clone(), found.problem.to_string());
                }
                answer
            }
            BuildError::Parameter(ref problem) => Self::invalid(error.to_string()).detail(problem.detail.clone()),
            BuildError::PresetMissing => {
                Self::invalid(error.to_string()).validation("template_version_preset_id", "unknown preset")
            }
            BuildError::Tags(ref problems) => {
                let mut answer = Self::invalid(error.to_string());
                for (tag, problem) in problems {
                    answer = answer.validation(tag.clone(), problem.clone());
                }
                answer
            }
            BuildError::NotOwner | BuildError::JobState(_) | BuildError::Invalid(_) => both(400, &error),
            BuildError::Db(error) => error.into(),
        }
    }
}
