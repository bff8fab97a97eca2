//! Jobs with the real Terraform, through a scripted server. Without Terraform or the provider program the tests say
//! SKIPPED and pass.

mod bench;
mod builds;
mod failures;
mod golden;
mod graphs;
mod imports;
mod lifecycle;
mod lives;
mod local_scripts;
mod local_template;
mod replay;
mod templates;
