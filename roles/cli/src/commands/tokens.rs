//! `tokens`: long-lived API tokens.

use anyhow::{Context, Result, anyhow, bail};
use serde_json::json;
use warren_api::{ApiKey, ApiKeyWithOwner};
use warren_client::Client;

use crate::commands::{OUTPUT, columns, print_list};
use crate::frame::spec::Kind;
use crate::frame::{Args, Command, Cx, Opt};
use crate::output::human;
use crate::output::table::{Column, render};

const NAMES: &[&str] = &["id", "name", "scopes", "allow list", "last used", "expires at", "created at", "owner"];

pub static COMMAND: Command =
    Command::new("tokens", "Manage API tokens.").aliases(&["token"]).children(&[&CREATE, &LIST, &VIEW, &REMOVE]);

static CREATE: Command = Command::new("create", "Create a token.")
    .options(&[&[
        Opt::text("lifetime", "How long the token is valid: 30d, 8h, 1y.").env("CODER_TOKEN_LIFETIME"),
        Opt::text("name", "A name to find the token by.").short('n').env("CODER_TOKEN_NAME"),
        Opt::text("user", "The user to create the token for.").short('u').env("CODER_TOKEN_USER"),
        Opt::list("scope", "What the token may do. May be repeated."),
        Opt::of("allow", Kind::AllowList, "What the token may touch, as type:id. May be repeated."),
    ]])
    .run(crate::action!(create));

static LIST: Command = Command::new("list", "List tokens.")
    .aliases(&["ls"])
    .options(&[&[
        Opt::flag("all", "Show the tokens of all users.").short('a'),
        Opt::flag("include-expired", "Show expired tokens too."),
        columns(NAMES, "id,name,scopes,allow list,last used,expires at,created at"),
        OUTPUT,
    ]])
    .run(crate::action!(list));

static VIEW: Command = Command::new("view", "Show one token.")
    .usage("<name|id>", Args::Exactly(1))
    .options(&[&[columns(NAMES, "id,name,scopes,allow list,last used,expires at,created at,owner"), OUTPUT]])
    .run(crate::action!(view));

static REMOVE: Command = Command::new("remove", "Expire or delete a token.")
    .aliases(&["delete", "rm"])
    .usage("<name|id|token>", Args::Exactly(1))
    .options(&[&[Opt::flag("delete", "Delete the token for good instead of letting it expire.")]])
    .run(crate::action!(remove));

struct Row {
    key: ApiKey,
    owner: String,
}

const COLUMNS: &[Column<Row>] = &[
    Column::new("id", |r| r.key.id.clone()),
    Column::new("name", |r| r.key.token_name.clone()),
    Column::new("scopes", |r| r.key.scopes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
    Column::new("allow list", |r| r.key.allow_list.join(", ")),
    Column::new("last used", |r| human::time_utc(r.key.last_used)),
    Column::new("expires at", |r| human::time_utc(r.key.expires_at)),
    Column::new("created at", |r| human::time_utc(r.key.created_at)),
    Column::new("owner", |r| r.owner.clone()),
];

async fn create(cx: &Cx) -> Result<()> {
    let client = cx.client()?;
    let user = cx.opts.filled("user").unwrap_or("me");
    let limits = client.token_config(user).await.context("get token config")?;
    let lifetime_ns = match cx.opts.filled("lifetime") {
        None => limits.max_token_lifetime,
        Some(text) => {
            let days = years_as_days(text);
            let lifetime = crate::frame::values::duration(&days)
                .map_err(|_| anyhow!("parse lifetime: invalid duration: {text:?}"))?;
            let nanos = i64::try_from(lifetime.as_nanos()).unwrap_or(i64::MAX);
            if nanos > limits.max_token_lifetime {
                let most = std::time::Duration::from_nanos(limits.max_token_lifetime.unsigned_abs());
                bail!("requested lifetime of {text} is longer than the maximum of {}", human::go_duration(most));
            }
            nanos
        }
    };
    let mut request = json!({ "lifetime": lifetime_ns, "token_name": cx.opts.text("name").unwrap_or_default() });
    let scopes = cx.opts.list("scope");
    if !scopes.is_empty() {
        request["scopes"] = json!(scopes);
    }
    let allowed = cx.opts.list("allow");
    if !allowed.is_empty() {
        request["allow_list"] = json!(allowed);
    }
    let key = client.create_token(user, &request).await.context("create tokens")?;
    outln!("{key}");
    Ok(())
}

/// `1y` is 365 days.
fn years_as_days(text: &str) -> String {
    match text.split_once('y') {
        Some((years, rest)) => match years.parse::<u64>() {
            Ok(years) => format!("{}d{rest}", years.saturating_mul(365)),
            Err(_) => text.to_owned(),
        },
        None => text.to_owned(),
    }
}

async fn list(cx: &Cx) -> Result<()> {
    let client = cx.client()?;
    let all = cx.opts.flag("all");
    let tokens = client.tokens("me", all, cx.opts.flag("include-expired")).await.context("list tokens")?;
    if cx.opts.json() {
        let plain: Vec<ApiKey> = tokens.iter().map(without_owner).collect();
        outln!("{}", crate::output::json(&plain)?);
        return Ok(());
    }
    let rows: Vec<Row> =
        tokens.iter().map(|token| Row { key: without_owner(token), owner: token.username.clone() }).collect();
    if rows.is_empty() {
        eprintln!("No tokens found.");
        return Ok(());
    }
    let mut wanted = cx.opts.columns();
    if all && !cx.opts.given("column") {
        wanted.push("owner".into());
    }
    outln!("{}", render(COLUMNS, &wanted, &rows)?);
    Ok(())
}

fn without_owner(token: &ApiKeyWithOwner) -> ApiKey {
    let token = token.clone();
    ApiKey {
        allow_list: token.allow_list,
        created_at: token.created_at,
        expires_at: token.expires_at,
        id: token.id,
        last_used: token.last_used,
        lifetime_seconds: token.lifetime_seconds,
        login_type: token.login_type,
        scope: token.scope,
        scopes: token.scopes,
        token_name: token.token_name,
        updated_at: token.updated_at,
        user_id: token.user_id,
    }
}

/// By name, else by id (the part before the first `-` of a token).
async fn find(client: &Client, text: &str) -> Result<ApiKey> {
    match client.api_key_by_name("me", text).await {
        Ok(key) => Ok(key),
        Err(_) => {
            let id = text.split('-').next().unwrap_or(text);
            client.api_key("me", id).await.context("fetch api key by name or id")
        }
    }
}

async fn view(cx: &Cx) -> Result<()> {
    let client = cx.client()?;
    let key = find(&client, cx.arg(0)).await?;
    let json = [key.clone()];
    print_list(cx, COLUMNS, &[Row { key, owner: String::new() }], &json, "")
}

async fn remove(cx: &Cx) -> Result<()> {
    let client = cx.client()?;
    let key = find(&client, cx.arg(0)).await?;
    if cx.opts.flag("delete") {
        client.delete_api_key("me", &key.id).await.context("delete api key")?;
        outln!("Token has been deleted.\r");
    } else {
        client.expire_api_key("me", &key.id).await.context("expire api key")?;
        outln!("Token has been expired.\r");
    }
    Ok(())
}
