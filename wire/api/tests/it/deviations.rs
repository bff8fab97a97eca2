//! Where the types differ from the contract on purpose: the only list of it, one reason each.

use std::collections::BTreeSet;

/// `Type.field` of the contract (or `Type` alone), and why it is not there, or not so.
const DEVIATIONS: &[(&str, &str)] =
    &[("CreateUserRequestWithOrgs.name", "a full name that is too long is cut, not refused")];

/// What a comparison found, less what is known.
#[derive(Default)]
pub struct Findings {
    found: Vec<String>,
    excused: BTreeSet<&'static str>,
}

impl Findings {
    /// Notes a difference in a field, unless there is a reason for it.
    pub fn add(&mut self, owner: &str, field: &str, what: impl std::fmt::Display) {
        let name = if field.is_empty() { owner.to_owned() } else { format!("{owner}.{field}") };
        match DEVIATIONS.iter().find(|(known, _)| *known == name) {
            Some((known, _)) => drop(self.excused.insert(known)),
            None => self.found.push(format!("{name}: {what}")),
        }
    }

    /// Fails when something was found.
    pub fn finish(self) {
        assert!(self.found.is_empty(), "{} differences:\n{}", self.found.len(), self.found.join("\n"));
    }

    /// Reasons that excused something.
    pub fn excused(&self) -> &BTreeSet<&'static str> {
        &self.excused
    }
}

/// A reason whose difference is gone is to be deleted.
#[test]
fn every_reason_is_needed() {
    let Some(contract) = crate::contract::Contract::load() else { return };
    let mut used = BTreeSet::new();
    for findings in
        [crate::schemas::compare(&contract), crate::serializers::compare(&contract), crate::rules::compare(&contract)]
    {
        used.extend(findings.excused().iter().copied());
    }
    let idle: Vec<_> = DEVIATIONS.iter().map(|(name, _)| *name).filter(|name| !used.contains(name)).collect();
    assert!(idle.is_empty(), "no such difference any more: {idle:?}");
}
