//! One function per operation of the API, by area. Names are those of the operations.

pub(crate) mod agent;
mod deployment;
mod organization;
pub(crate) mod template;
mod user;
pub(crate) mod workspace;
