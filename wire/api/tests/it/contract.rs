//! The contract's table of types, and which of them each type of the crate is.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::registry::{self, Entry};

/// Types of the contract whose names differ from ours by more than case and punctuation.
const RENAMED: &[(&str, &str)] = &[
    ("AgentGitSshKey", "agentsdk.GitSSHKey"),
    ("AgentLog", "agentsdk.Log"),
    ("AppAccessMethod", "workspaceapps.AccessMethod"),
    ("AppRequest", "workspaceapps.Request"),
    ("AppStatsReport", "workspaceapps.StatsReport"),
    ("ConfigOption", "serpent.Option"),
    ("DerpServerInfo", "derp.ServerInfoMessage"),
    ("IssueAppTokenRequest", "workspaceapps.IssueTokenRequest"),
    ("MapDerpNode", "tailcfg.DERPNode"),
    ("MapDerpRegion", "tailcfg.DERPRegion"),
    ("OptionGroup", "serpent.Group"),
];

/// Types that the contract does not list, each with the reason.
const OURS: &[(&str, &str)] = &[
    ("ArchiveTemplateVersionsResponse", "the contract gives the envelope; official clients read this"),
    ("AvailableExperiments", "the contract shows it in a note of its operation"),
    ("CreateProvisionerKeyRequest", "the contract leaves the body of its operation out; official clients send it"),
];

/// One type of the contract and ours.
pub struct Pair {
    /// Ours.
    pub entry: Entry,
    /// The contract's name.
    pub name: String,
}

/// The table of types.
pub struct Contract {
    types: Map<String, Value>,
}

fn spec() -> Option<PathBuf> {
    let explicit = std::env::var_os("WARREN_SPEC").map(PathBuf::from);
    let above = Path::new(env!("CARGO_MANIFEST_DIR"));
    explicit.or_else(|| above.ancestors().map(|dir| dir.join("shared/spec")).find(|dir| dir.is_dir()))
}

impl Contract {
    /// The table, where it is at hand.
    pub fn load() -> Option<Self> {
        let Some(spec) = spec() else {
            eprintln!("SKIPPED: the contract's folder is not there");
            return None;
        };
        let text = std::fs::read_to_string(spec.join("api/types.json")).unwrap();
        let mut whole: Value = serde_json::from_str(&text).unwrap();
        let Value::Object(types) = whole["types"].take() else { panic!("types.json has no types") };
        Some(Self { types })
    }

    /// A type by the contract's name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.types.get(name)
    }

    /// The fields of an object, sorted.
    pub fn fields(&self, name: &str) -> impl Iterator<Item = (&String, &Value)> {
        self.types[name]["fields"].as_object().into_iter().flatten()
    }

    /// Every type of ours with the contract's; the others are listed.
    pub fn pairs(&self) -> Vec<Pair> {
        let entries = registry::all();
        entries.into_iter().filter_map(|entry| Some(Pair { name: self.name_of(entry.name)?, entry })).collect()
    }

    /// The contract's name of one of our types.
    pub fn name_of(&self, ours: &str) -> Option<String> {
        if let Some((_, name)) = RENAMED.iter().find(|(known, _)| *known == ours) {
            return Some((*name).to_owned());
        }
        let wanted = plain(ours);
        // A package of the original may be part of our name, of the contract's, or of neither.
        let whole = self.types.keys().find(|name| plain(name) == wanted);
        let by_suffix = || {
            let mut same = self.types.keys().filter(|name| plain(name.rsplit('.').next().unwrap_or(name)) == wanted);
            let first = same.next();
            first.filter(|_| same.next().is_none())
        };
        whole.or_else(by_suffix).cloned()
    }
}

fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}

/// The list of types is what the sources declare: a type that is missing in it would not be compared.
#[test]
fn the_list_of_types_is_complete() {
    let mut declared = BTreeSet::new();
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for file in std::fs::read_dir(sources).unwrap() {
        let path = file.unwrap().path();
        if path.ends_with("support.rs") {
            continue;
        }
        for line in std::fs::read_to_string(path).unwrap().lines() {
            let line = line.trim_start();
            let rest = line.strip_prefix("pub struct ").or_else(|| line.strip_prefix("pub enum "));
            let name = rest.map(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default());
            declared.extend(name.map(str::to_owned));
        }
    }
    let listed: BTreeSet<String> = registry::all().iter().map(|entry| entry.name.to_owned()).collect();
    let missing: Vec<_> = declared.symmetric_difference(&listed).collect();
    assert!(missing.is_empty(), "declared in src or listed in tests/it/registry.rs, not both: {missing:?}");
}

/// Every type is one of the contract's, or has a reason.
#[test]
fn every_type_is_the_contracts() {
    let Some(contract) = Contract::load() else { return };
    let mut wrong = Vec::new();
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    let entries = registry::all();
    for entry in &entries {
        let own = OURS.iter().any(|(name, _)| *name == entry.name);
        match contract.name_of(entry.name) {
            Some(name) if own => wrong.push(format!("{} is {name} of the contract after all", entry.name)),
            Some(name) => {
                if let Some(other) = seen.insert(name.clone(), entry.name) {
                    wrong.push(format!("{} and {other} are both {name}", entry.name));
                }
            }
            None if !own => wrong.push(format!("{} is not in the contract", entry.name)),
            None => {}
        }
    }
    // And the other way: nothing of the first two priorities is left out.
    for (name, known) in &contract.types {
        let wanted = known["priority"] != "P2" && (known["kind"] == "object" || known["kind"] == "enum");
        if wanted && !seen.contains_key(name) && known["base"] != "integer" {
            wrong.push(format!("{name} of the contract is not declared"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    println!("{} types, {} of them the contract's", entries.len(), seen.len());
}
