//! `login`: makes the first user of a fresh deployment, or stores a session for an existing one.

use anyhow::{Context, Result, anyhow, bail};
use url::Url;
use warren_api::{CreateFirstUserRequest, User};
use warren_client::Client;

use crate::frame::{Args, Command, Cx, Opt, Source};
use crate::resolve::check_name;

pub static COMMAND: Command = Command::new("login", "Authenticate with a deployment.")
    .usage("[<url>]", Args::Between(0, 1))
    .options(&[&[
        Opt::text("first-user-email", "E-mail address of the first user.").env("CODER_FIRST_USER_EMAIL"),
        Opt::text("first-user-username", "Username of the first user.").env("CODER_FIRST_USER_USERNAME"),
        Opt::text("first-user-full-name", "Full name of the first user.").env("CODER_FIRST_USER_FULL_NAME"),
        Opt::text("first-user-password", "Password of the first user.").env("CODER_FIRST_USER_PASSWORD"),
        Opt::flag("first-user-trial", "Accepted for compatibility: every feature is free.")
            .env("CODER_FIRST_USER_TRIAL"),
        Opt::flag("use-token-as-session", "Store the given token itself instead of a new one made with it."),
    ]])
    .children(&[&TOKEN])
    .run(crate::action!(run));

static TOKEN: Command = Command::new("token", "Print the stored session token.")
    .long("Meant for scripts:\n  $ export CODER_SESSION_TOKEN=$({name} login token)")
    .run(crate::action!(token));

async fn run(cx: &Cx) -> Result<()> {
    let (text, source) = address(cx)?;
    let url = parse_address(&text)?;
    let shown = url.as_str().trim_end_matches('/').to_owned();
    let client = Client::new(cx.client_options(url.clone(), None)?)?;
    let has_user = client.has_first_user().await.map_err(|error| {
        anyhow!(
            "Failed to check server {shown:?} for first user, is the URL correct and is coder accessible from your \
             browser? Error - has initial user: {error}"
        )
    })?;
    outln!("Attempting to authenticate with {source} URL: '{shown}'");
    let (token, user) = if has_user { existing(cx, &client, &url).await? } else { first_user(cx, &client).await? };
    let config = cx.config();
    config.write("session", &token).context("write session token")?;
    // As given, so that those who compare it with what they passed find it equal.
    config.write("url", &text_of(&text, &shown)).context("write server url")?;
    outln!("  Welcome to Coder, {}! You're authenticated.", user.username);
    Ok(())
}

fn text_of(given: &str, parsed: &str) -> String {
    if given.contains("://") { given.to_owned() } else { parsed.to_owned() }
}

/// The address and what it came from.
fn address(cx: &Cx) -> Result<(String, &'static str)> {
    if !cx.args.is_empty() {
        return Ok((cx.arg(0).to_owned(), "argument"));
    }
    if let Some(url) = cx.opts.filled("url") {
        return Ok((url.to_owned(), if cx.opts.source("url") == Source::Env { "environment" } else { "flag" }));
    }
    match cx.config().url()? {
        Some(url) => Ok((url, "config")),
        None => bail!("no url argument provided"),
    }
}

fn parse_address(text: &str) -> Result<Url> {
    let full = if text.starts_with("http://") || text.starts_with("https://") {
        text.to_owned()
    } else if text.starts_with("localhost") {
        format!("http://{text}")
    } else {
        format!("https://{text}")
    };
    Url::parse(&full).with_context(|| format!("parse url {text:?}"))
}

/// Makes the first user, who becomes the owner of the deployment.
async fn first_user(cx: &Cx, client: &Client) -> Result<(String, User)> {
    outln!("  Your deployment hasn't been set up!");
    let opts = &cx.opts;
    let username = match opts.filled("first-user-username") {
        Some(name) => name.to_owned(),
        None if !cx.stdin_is_tty() => bail!(
            "the initial user cannot be created in non-interactive mode: pass --first-user-username, \
             --first-user-email and --first-user-password, or use the dashboard"
        ),
        None => {
            cx.confirm("Would you like to create the first user?", true).await?;
            let default = std::env::var("USER").or_else(|_| std::env::var("USERNAME")).unwrap_or_default();
            let check = |name: &str| check_name("user", name).map_err(|error| error.to_string());
            cx.prompt("What username would you like?", Some(&default), check).await?
        }
    };
    let name = match opts.text("first-user-full-name") {
        Some(name) => name.to_owned(),
        None if opts.given("first-user-username") => String::new(),
        None => cx.prompt("(Optional) What name would you like?", None, |_| Ok(())).await?,
    };
    let email = match opts.filled("first-user-email") {
        Some(email) => email.to_owned(),
        None => {
            let check =
                |text: &str| if text.contains('@') { Ok(()) } else { Err("That's not a valid email address!".into()) };
            cx.prompt("What's your email?", None, check).await?
        }
    };
    let password = match opts.filled("first-user-password") {
        Some(password) => password.to_owned(),
        None => new_password(cx).await?,
    };
    let request = CreateFirstUserRequest {
        email: email.clone(),
        username,
        name,
        password: password.clone(),
        ..Default::default()
    };
    client.create_first_user(&request).await.context("create initial user")?;
    let token = client.login_with_password(&email, &password).await.context("login with password")?;
    let user = client.with_token(Some(token.clone()))?.user("me").await.context("get user")?;
    Ok((token, user))
}

async fn new_password(cx: &Cx) -> Result<String> {
    loop {
        let check = |text: &str| if text.is_empty() { Err("a password is required".into()) } else { Ok(()) };
        let password = cx.secret("Enter a password:", check).await?;
        if cx.secret("Confirm password:", |_| Ok(())).await? == password {
            return Ok(password);
        }
        outln!("Passwords do not match");
    }
}

/// A session for a deployment that has users.
async fn existing(cx: &Cx, client: &Client, url: &Url) -> Result<(String, User)> {
    let as_session = cx.opts.flag("use-token-as-session");
    let from_env = std::env::var_os("CODER_SESSION_TOKEN");
    // A deployment that only asks for a client certificate has no token: an explicitly empty variable says so.
    let explicitly_empty = as_session && from_env.as_ref().is_some_and(|value| value.is_empty());
    if let Some(token) = cx.opts.filled("token") {
        let client = client.with_token(Some(token.to_owned()))?;
        let token =
            if as_session { token.to_owned() } else { client.create_api_key("me").await.context("create api key")? };
        let user = client.with_token(Some(token.clone()))?.user("me").await.context("get user")?;
        return Ok((token, user));
    }
    if explicitly_empty
        && !cx.stdin_is_tty()
        && let Ok(user) = client.user("me").await
    {
        return Ok((String::new(), user));
    }
    let page = url.join("/cli-auth").map(String::from).unwrap_or_default();
    if cx.stdout_is_tty() && !cx.opts.flag("no-open") && crate::commands::apps::open_browser(&page).is_ok() {
        outln!("Your browser has been opened to visit:\n\n\t{page}\n");
    } else {
        outln!("Open the following in your browser:\n\n\t{page}\n");
    }
    loop {
        let token = cx.secret("Paste your token here:", |_| Ok(())).await.context("paste token prompt")?;
        let token = token.trim().to_owned();
        let attempt = match client.with_token(Some(token.clone())) {
            Ok(client) => client.user("me").await,
            Err(error) => Err(error),
        };
        match attempt {
            Ok(user) => return Ok((token, user)),
            Err(error) if error.api().is_none() && !matches!(error, warren_client::Error::Setup(_)) => {
                return Err(error.into());
            }
            Err(_) => outln!("That's not a valid token!"),
        }
    }
}

async fn token(cx: &Cx) -> Result<()> {
    let config = cx.config();
    let Some(token) = config.session()? else {
        bail!("no session token found - run '{} login' first", cx.program.name);
    };
    if cx.opts.source("url") == Source::Flag
        && let (Some(wanted), Some(stored)) = (cx.opts.filled("url"), config.url()?)
        && host_of(wanted) != host_of(&stored)
    {
        bail!("the stored session is for {stored}, not for {wanted}");
    }
    outln!("{token}");
    Ok(())
}

fn host_of(url: &str) -> Option<(String, Option<u16>)> {
    let url = parse_address(url).ok()?;
    Some((url.host_str()?.to_lowercase(), url.port_or_known_default()))
}
