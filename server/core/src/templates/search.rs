//! The search of template lists.

use warren_db::templates::TemplateSearch;

use crate::terms::Search;
use crate::{Cx, Result};

/// What to look for.
pub(super) struct Parsed {
    pub filter: TemplateSearch,
    /// By id or name; not yet looked up.
    pub organization: Option<String>,
}

pub(super) fn parse(cx: &Cx, query: &str) -> Result<Parsed> {
    let mut search = Search::parse(query, "display_name", "Invalid template search query.")?;
    let fuzzy = |text: String| format!("%{}%", text.replace(['%', '_'], ""));
    let author = search.one("author");
    let mine = author.as_deref() == Some("me");
    let filter = TemplateSearch {
        organization_id: None,
        exact_name: search.one("exact_name"),
        exact_display_name: search.one("exact_display_name"),
        name_pattern: search.one("name").map(fuzzy),
        display_name_pattern: search.one("display_name").map(fuzzy),
        ids: search.uuids("ids"),
        author_id: search.uuid("author_id").or(mine.then_some(cx.actor.user_id)),
        author_name: author.filter(|_| !mine),
        deprecated: search.flag("deprecated"),
        deleted: search.flag("deleted"),
        has_external_agent: search.flag("has_external_agent"),
    };
    let organization = search.one("organization");
    search.flag("has-ai-task");
    search.flag("agents-allowed");
    search.finish()?;
    Ok(Parsed { filter, organization })
}
