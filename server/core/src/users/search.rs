//! The search language of the list of users (rest.md §8.2).

use uuid::Uuid;
use warren_db::users::UserSearch;

use crate::Result;
use crate::search::Search;

pub(super) fn parse_search(text: &str, _caller: Uuid) -> Result<UserSearch> {
    let mut search = Search::parse(text, "search");
    let status = search.list("status");
    for unknown in status.iter().filter(|status| !matches!(status.as_str(), "active" | "dormant" | "suspended")) {
        search.problem("status", format!("Query param \"status\" has invalid values: {unknown:?} is not a status"));
    }
    let parsed = UserSearch {
        search: search.text("search"),
        name: search.text("name"),
        username: search.text("username"),
        email: search.text("email"),
        status,
        roles: search.list("role"),
        login_types: search.list("login_type"),
        service_account: search.flag("service_account"),
        last_seen_after: search.time("last_seen_after"),
        last_seen_before: search.time("last_seen_before"),
        created_after: search.time("created_after"),
        created_before: search.time("created_before"),
        github_user_id: search.number("github_com_user_id"),
    };
    search.finish("Invalid user search query.")?;
    Ok(parsed)
}
