//! What the API shows of rows.

mod agent;
mod build;
mod job;
mod resource;
mod template;
mod version;
mod workspace;

pub use agent::{AppNames, agent};
pub(crate) use build::build;
pub(crate) use job::{JobParts, Queue, job, job_details, job_parts, matched};
pub(crate) use resource::resources;
pub(crate) use template::template;
pub(crate) use version::version;
pub(crate) use workspace::workspace;
