//! Addresses of apps by path: `/@{owner}/{workspace}[.{agent}]/apps/{app}/…`.

use std::borrow::Cow;

use url::form_urlencoded;

use crate::AppRef;

/// A parsed address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppPath {
    /// Which app.
    pub app: AppRef,
    /// The part before the app's own path, as it was written, without a slash at the end.
    pub prefix: String,
    /// The app's own path with its slash, as it was written; empty when the address ends with the app's name.
    pub rest: String,
}

/// Reads an address; `None` when it is none of an app. The app's own part stays as it was written, percent signs included.
pub fn parse_path(path: &str) -> Option<AppPath> {
    let tail = path.strip_prefix("/@").or_else(|| path.strip_prefix("/%40"))?;
    let mut parts = tail.splitn(4, '/');
    let (owner, workspace, apps) = (parts.next()?, parts.next()?, parts.next()?);
    let last = parts.next()?;
    if apps != "apps" {
        return None;
    }
    let (slug, rest) = match last.find('/') {
        Some(at) => last.split_at(at),
        None => (last, ""),
    };
    let workspace = decode(workspace)?;
    let (workspace, agent) = match workspace.split_once('.') {
        Some((workspace, agent)) => (workspace.to_owned(), Some(agent.to_owned())),
        None => (workspace.into_owned(), None),
    };
    let app = AppRef { owner: decode(owner)?.into_owned(), workspace, agent, slug: decode(slug)?.into_owned() };
    let named = |text: &str| !text.is_empty() && text.len() <= 256;
    let complete = named(&app.owner) && named(&app.workspace) && named(&app.slug);
    let complete = complete && app.agent.as_deref().is_none_or(named);
    let prefix = path[..path.len() - rest.len()].to_owned();
    complete.then(|| AppPath { app, prefix, rest: rest.to_owned() })
}

fn decode(segment: &str) -> Option<Cow<'_, str>> {
    if !segment.contains('%') {
        return Some(Cow::Borrowed(segment));
    }
    // A plus stays a plus in a path.
    let kept = segment.replace('+', "%2B");
    let (text, _) = form_urlencoded::parse(kept.as_bytes()).next()?;
    Some(Cow::Owned(text.into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_apart() {
        let found = parse_path("/@alice/dev.main/apps/code/a%2Fb/?").unwrap();
        let app =
            AppRef { owner: "alice".into(), workspace: "dev".into(), agent: Some("main".into()), slug: "code".into() };
        assert_eq!(found, AppPath { app, prefix: "/@alice/dev.main/apps/code".into(), rest: "/a%2Fb/?".into() });
        let bare = parse_path("/%40alice/dev/apps/code").unwrap();
        assert_eq!((bare.app.agent, bare.rest.as_str()), (None, ""));
        assert_eq!(parse_path("/@b%2Bb/dev/apps/x/").unwrap().app.owner, "b+b");
    }

    #[test]
    fn other_addresses_are_none() {
        for path in
            ["/", "/@a/b", "/@a/b/terminal", "/@a/b/apps", "/@a/b/apps/", "/@/b/apps/x", "/@a/b./apps/x", "/a/b/apps/x"]
        {
            assert_eq!(parse_path(path), None, "{path}");
        }
    }
}
