//! Provisioner tags: which daemon may run which job. Rules: docs/protocol/provisioner.md, "Tags".

use std::collections::BTreeMap;

/// Tag set of a job or a daemon.
pub type Tags = BTreeMap<String, String>;

/// Key that says for whom a daemon works: `organization` or `user`.
pub const SCOPE: &str = "scope";
/// Key that holds the user's id when the scope is `user`, else "".
pub const OWNER: &str = "owner";
/// Scope of daemons that work for everybody in their organization.
pub const ORGANIZATION: &str = "organization";
/// Scope of daemons that work for one user.
pub const USER: &str = "user";

/// Merges tag sets, the later ones win; an empty value never overrides. Then sets scope and owner:
/// `user` (the person's id) for scope `user`, else `organization` and no owner.
pub fn normalize<'a>(user: &str, sets: impl IntoIterator<Item = &'a Tags>) -> Tags {
    let mut merged = Tags::new();
    for set in sets {
        for (key, value) in set.iter().filter(|(_, value)| !value.is_empty()) {
            merged.insert(key.clone(), value.clone());
        }
    }
    let owner = if merged.get(SCOPE).is_some_and(|scope| scope == USER) {
        user.to_owned()
    } else {
        merged.insert(SCOPE.to_owned(), ORGANIZATION.to_owned());
        String::new()
    };
    merged.insert(OWNER.to_owned(), owner);
    merged
}

/// Whether a daemon with tags `daemon` may run a job with tags `job` (same organization and type given).
/// A job without explicit tags needs an untagged daemon; else the daemon must have all tags of the job.
pub fn matches(job: &Tags, daemon: &Tags) -> bool {
    let plain = job.len() == 2
        && job.get(SCOPE).is_some_and(|scope| scope == ORGANIZATION)
        && job.get(OWNER).is_some_and(String::is_empty);
    if plain {
        return job == daemon;
    }
    job.iter().all(|(key, value)| daemon.get(key) == Some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(pairs: &[(&str, &str)]) -> Tags {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn later_sets_win_but_empty_values_do_not_override() {
        let merged = normalize("u", [&tags(&[("a", "1"), ("b", "2")]), &tags(&[("a", ""), ("b", "3")])]);
        assert_eq!(merged, tags(&[("a", "1"), ("b", "3"), ("scope", "organization"), ("owner", "")]));
    }

    #[test]
    fn scope_user_names_the_person_and_an_unknown_scope_is_the_organization() {
        assert_eq!(
            normalize("u", [&tags(&[("scope", "user"), ("owner", "x")])]),
            tags(&[("scope", "user"), ("owner", "u")])
        );
        assert_eq!(normalize("u", [&tags(&[("scope", "moon")])]), tags(&[("scope", "organization"), ("owner", "")]));
    }

    #[test]
    fn an_untagged_job_never_runs_on_a_tagged_daemon() {
        let plain = normalize("u", []);
        let tagged = normalize("u", [&tags(&[("zone", "a")])]);
        assert!(matches(&plain, &plain));
        assert!(!matches(&plain, &tagged));
        assert!(matches(&tagged, &tagged));
        assert!(!matches(&tagged, &plain));
    }

    #[test]
    fn a_daemon_with_more_tags_takes_a_job_with_fewer() {
        let job = normalize("u", [&tags(&[("zone", "a")])]);
        let daemon = normalize("u", [&tags(&[("zone", "a"), ("gpu", "yes")])]);
        assert!(matches(&job, &daemon));
        let of_user = normalize("u", [&tags(&[("scope", "user")])]);
        let of_user_tagged = normalize("u", [&tags(&[("scope", "user"), ("zone", "a")])]);
        assert!(matches(&of_user, &of_user_tagged));
    }
}
