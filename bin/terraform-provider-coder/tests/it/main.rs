//! The provider under the real `terraform`: its schema, the recorded cases, installation from a
//! mirror. Skipped, with a word, where `terraform` or the recordings are missing.

mod cases;
mod compare;
mod install;
mod process;
mod run;
mod schema;
mod spec;
