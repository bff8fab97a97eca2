//! Small administration: features, licences (none are needed), prebuilds, workspace proxies.

use anyhow::{Context, Result};
use warren_api::{CreateWorkspaceProxyRequest, Feature, PatchWorkspaceProxy, WorkspaceProxy};

use crate::commands::{OUTPUT, columns, print_list};
use crate::frame::{Args, Command, Cx, Opt};
use crate::output::table::Column;

pub static FEATURES: Command =
    Command::new("features", "List features.").aliases(&["feature"]).children(&[&FEATURES_LIST]);

static FEATURES_LIST: Command = Command::new("list", "List features: all are enabled.")
    .aliases(&["ls"])
    .options(&[&[
        columns(&["name", "entitlement", "enabled", "limit", "actual"], "name,entitlement,enabled,limit,actual"),
        OUTPUT,
    ]])
    .run(crate::action!(features));

const FEATURE_COLUMNS: &[Column<(String, Feature)>] = &[
    Column::new("name", |f| f.0.clone()),
    Column::new("entitlement", |f| f.1.entitlement.to_string()),
    Column::new("enabled", |f| f.1.enabled.to_string()),
    Column::new("limit", |f| f.1.limit.map_or_else(|| "<nil>".into(), |n| n.to_string())),
    Column::new("actual", |f| f.1.actual.map_or_else(|| "<nil>".into(), |n| n.to_string())),
];

async fn features(cx: &Cx) -> Result<()> {
    let entitlements = cx.client()?.entitlements().await?;
    let rows: Vec<(String, Feature)> = entitlements.features.clone().into_iter().collect();
    print_list(cx, FEATURE_COLUMNS, &rows, &entitlements, "No features found.")
}

pub static LICENSES: Command = Command::new("licenses", "Accepted for compatibility: no licence is needed.")
    .aliases(&["license"])
    .children(&[&LICENSES_ADD, &LICENSES_DELETE, &LICENSES_LIST]);

static LICENSES_ADD: Command = Command::new("add", "Does nothing: every feature is free.")
    .usage("[-f file | -l license]", Args::Any)
    .options(&[&[
        Opt::text("file", "File of the licence.").short('f'),
        Opt::text("license", "Text of the licence.").short('l'),
        Opt::flag("debug", "Print claims."),
    ]])
    .run(crate::action!(no_license));

static LICENSES_DELETE: Command = Command::new("delete", "Does nothing: there are no licences.")
    .aliases(&["del", "rm"])
    .usage("<id>", Args::Exactly(1))
    .run(crate::action!(no_license));

static LICENSES_LIST: Command = Command::new("list", "There are no licences.")
    .aliases(&["ls"])
    .options(&[&[
        columns(
            &["id", "uuid", "uploaded at", "features", "expires at", "trial"],
            "id,uuid,uploaded at,features,expires at",
        ),
        OUTPUT,
    ]])
    .run(crate::action!(licenses));

async fn no_license(_: &Cx) -> Result<()> {
    eprintln!("Every feature is free: there is no licence to manage.");
    Ok(())
}

async fn licenses(cx: &Cx) -> Result<()> {
    let none: [(); 0] = [];
    print_list::<(), _>(cx, &[], &[], &none, "Every feature is free: there is no licence to manage.")
}

pub static PREBUILDS: Command = Command::new("prebuilds", "Manage prebuilt workspaces.")
    .aliases(&["prebuild"])
    .children(&[&PREBUILDS_PAUSE, &PREBUILDS_RESUME]);
static PREBUILDS_PAUSE: Command =
    Command::new("pause", "Stop making prebuilt workspaces.").run(crate::action!(pause_prebuilds));
static PREBUILDS_RESUME: Command =
    Command::new("resume", "Make prebuilt workspaces again.").run(crate::action!(resume_prebuilds));

async fn pause_prebuilds(cx: &Cx) -> Result<()> {
    cx.client()?.set_prebuilds_paused(true).await.context("unable to pause prebuilds")?;
    eprintln!("Prebuilds are now paused.");
    Ok(())
}

async fn resume_prebuilds(cx: &Cx) -> Result<()> {
    cx.client()?.set_prebuilds_paused(false).await.context("unable to resume prebuilds")?;
    eprintln!("Prebuilds are now resumed.");
    Ok(())
}

const PROXY_COLUMNS: &[Column<WorkspaceProxy>] = &[
    Column::new("name", |p| p.name.clone()),
    Column::new("url", |p| p.path_app_url.clone()),
    Column::new("status", |p| {
        let errors = p.status.report.errors.join("; ");
        if errors.is_empty() { p.status.status.to_string() } else { format!("{} ({errors})", p.status.status) }
    }),
];

pub static PROXY_LIST: Command = Command::new("ls", "List workspace proxies.")
    .aliases(&["list"])
    .options(&[&[columns(&["name", "url", "status"], "name,url,status"), OUTPUT]])
    .run(crate::action!(proxies));

pub static PROXY_CREATE: Command = Command::new("create", "Create a workspace proxy and print its token.")
    .options(&[&[
        Opt::text("name", "Name.").required(),
        Opt::text("display-name", "Name that people see."),
        Opt::text("icon", "Path or URL of the icon."),
        Opt::flag("only-token", "Print the token alone."),
    ]])
    .run(crate::action!(create_proxy));

pub static PROXY_DELETE: Command = Command::new("delete", "Delete a workspace proxy.")
    .usage("<name|id>", Args::Exactly(1))
    .options(&[&[crate::commands::YES]])
    .run(crate::action!(delete_proxy));

pub static PROXY_EDIT: Command = Command::new("edit", "Edit a workspace proxy.")
    .usage("<name|id>", Args::Exactly(1))
    .options(&[&[
        Opt::text("name", "New name."),
        Opt::text("display-name", "Name that people see."),
        Opt::text("icon", "Path or URL of the icon."),
    ]])
    .run(crate::action!(edit_proxy));

pub static PROXY_REGENERATE: Command = Command::new("regenerate-token", "Make a new token; the old one ends.")
    .usage("<name|id>", Args::Exactly(1))
    .run(crate::action!(regenerate_proxy));

async fn proxies(cx: &Cx) -> Result<()> {
    let found = cx.client()?.workspace_proxies().await.context("list workspace proxies")?;
    print_list(cx, PROXY_COLUMNS, &found, &found, "No workspace proxies found.")
}

async fn create_proxy(cx: &Cx) -> Result<()> {
    let text = |name: &str| cx.opts.text(name).unwrap_or_default().to_owned();
    let request =
        CreateWorkspaceProxyRequest { name: text("name"), display_name: text("display-name"), icon: text("icon") };
    let made = cx.client()?.create_workspace_proxy(&request).await.context("create workspace proxy")?;
    let token = made.get("proxy_token").and_then(serde_json::Value::as_str).unwrap_or_default();
    if cx.opts.flag("only-token") {
        outln!("{token}");
    } else {
        outln!(
            "Workspace proxy {:?} created. Save this token, it will not be shown again.\n\nToken: {token}",
            request.name
        );
    }
    Ok(())
}

async fn delete_proxy(cx: &Cx) -> Result<()> {
    cx.confirm(&format!("Delete this workspace proxy: {}?", cx.arg(0)), false).await?;
    cx.client()?.delete_workspace_proxy(cx.arg(0)).await.context("delete workspace proxy")?;
    outln!("Workspace proxy {:?} deleted", cx.arg(0));
    Ok(())
}

async fn patch(cx: &Cx, regenerate_token: bool) -> Result<serde_json::Value> {
    let client = cx.client()?;
    let all = client.workspace_proxies().await.context("list workspace proxies")?;
    let wanted = cx.arg(0);
    let found = all.into_iter().find(|proxy| proxy.name == wanted || proxy.id.to_string() == wanted);
    let proxy = found.with_context(|| format!("workspace proxy {wanted:?} not found"))?;
    let text = |name: &str, old: &str| {
        if cx.opts.has(name) && cx.opts.given(name) {
            cx.opts.text(name).unwrap_or_default().to_owned()
        } else {
            old.to_owned()
        }
    };
    let request = PatchWorkspaceProxy {
        id: proxy.id,
        name: text("name", &proxy.name),
        display_name: text("display-name", &proxy.display_name),
        icon: text("icon", &proxy.icon_url),
        regenerate_token,
    };
    client.patch_workspace_proxy(&proxy.id.to_string(), &request).await.context("update workspace proxy")
}

async fn edit_proxy(cx: &Cx) -> Result<()> {
    patch(cx, false).await?;
    outln!("Workspace proxy {:?} updated", cx.arg(0));
    Ok(())
}

async fn regenerate_proxy(cx: &Cx) -> Result<()> {
    let made = patch(cx, true).await?;
    let token = made.get("proxy_token").and_then(serde_json::Value::as_str).unwrap_or_default();
    outln!("Token: {token}");
    Ok(())
}
