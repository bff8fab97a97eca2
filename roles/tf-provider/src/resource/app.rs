//! `coder_app`: remarks on what a hidden app cannot show.

use super::Creation;
use crate::findings::{Finding, Path};
use crate::value::get;

pub fn create(creation: &mut Creation<'_>) {
    if !get(&creation.state, "hidden").is_true() {
        return;
    }
    for name in ["display_name", "icon", "order"] {
        if !get(creation.config, name).is_zero() {
            creation.findings.push(Finding::warning(format!("`{name}` set when app is hidden")).at(Path::name(name)));
        }
    }
}
