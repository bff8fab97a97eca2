//! `coder_script`: it must run at some time.

use super::{Creation, is_filled};
use crate::findings::Finding;
use crate::value::get;

pub fn create(creation: &mut Creation<'_>) {
    let Creation { state, findings, .. } = creation;
    let is_true = |name| get(state, name).is_true();
    if !is_true("run_on_start") && !is_true("run_on_stop") && !is_filled(state, "cron") {
        findings.push(Finding::error("at least one of \"run_on_start\", \"run_on_stop\", or \"cron\" must be set"));
    } else if is_true("start_blocks_login") && !is_true("run_on_start") {
        findings.push(Finding::error("\"start_blocks_login\" can only be set if \"run_on_start\" is \"true\""));
    }
}
