//! The rules of requests: `required` and the validation tags.

use std::collections::{BTreeMap, BTreeSet};

use crate::contract::Contract;
use crate::deviations::Findings;

#[test]
fn requests_have_the_contracts_rules() {
    let Some(contract) = Contract::load() else { return };
    compare(&contract).finish();
}

/// Compares every type that is read as a request: a body without rules cannot be read at all.
pub fn compare(contract: &Contract) -> Findings {
    let mut findings = Findings::default();
    let mut compared = 0;
    for pair in contract.pairs() {
        let Some(rules) = pair.entry.rules else { continue };
        compared += 1;
        let ours: BTreeMap<&str, BTreeSet<&str>> =
            rules.iter().map(|(field, tags)| (*field, tags.iter().copied().collect())).collect();
        for (field, rule) in contract.fields(&pair.name) {
            let mut wanted: BTreeSet<&str> =
                rule["validate"].as_array().into_iter().flatten().filter_map(|tag| tag.as_str()).collect();
            if rule["required"] == true {
                wanted.insert("required");
            }
            let has = ours.get(field.as_str()).cloned().unwrap_or_default();
            if has != wanted {
                findings.add(&pair.name, field, format!("the rules are {has:?}, not {wanted:?}"));
            }
        }
        for field in ours.keys() {
            if contract.fields(&pair.name).all(|(known, _)| known != field) {
                findings.add(&pair.name, field, "has a rule and is no field");
            }
        }
    }
    println!("compared the rules of {compared} requests");
    findings
}
