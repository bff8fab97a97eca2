//! `users`.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use rand::RngExt;
use warren_api::{CreateUserRequestWithOrgs, LoginType, User};

use crate::commands::{ORG, OUTPUT, YES, columns, print_list};
use crate::frame::{Args, Command, Cx, Opt};
use crate::output::human;
use crate::output::table::{Column, render};

const SHORT: &[&str] = &["username", "email", "created at", "status"];
const SHORT_DEFAULT: &str = "username,email,created at,status";

pub static COMMAND: Command = Command::new("users", "Manage users.")
    .aliases(&["user"])
    .usage("[subcommand]", Args::Any)
    .children(&[&CREATE, &LIST, &SHOW, &DELETE, &EDIT_ROLES, &ACTIVATE, &SUSPEND, &CLAIMS]);

static CREATE: Command = Command::new("create", "Create a user.")
    .options(&[&[
        Opt::text("email", "E-mail address.").short('e'),
        Opt::text("username", "Username.").short('u'),
        Opt::text("full-name", "Full name.").short('n'),
        Opt::text("password", "Password.").short('p'),
        Opt::text("login-type", "How the user signs in: password, github or oidc."),
        Opt::flag("service-account", "Create an account without e-mail and password, for programs."),
        Opt::flag("disable-login", "Old form of --login-type none.").hidden(),
        ORG,
    ]])
    .run(crate::action!(create));

static LIST: Command = Command::new("list", "List users.")
    .aliases(&["ls"])
    .options(&[&[
        Opt::int("github-user-id", "Search by the user's id at GitHub."),
        columns(&["id", "username", "name", "email", "created at", "updated at", "status"], SHORT_DEFAULT),
        OUTPUT,
    ]])
    .run(crate::action!(list));

static SHOW: Command = Command::new("show", "Show a user.")
    .usage("<username|user_id|'me'>", Args::Exactly(1))
    .options(&[&[OUTPUT]])
    .run(crate::action!(show));

static DELETE: Command = Command::new("delete", "Delete a user.")
    .aliases(&["rm"])
    .usage("<username|user_id>", Args::Exactly(1))
    .run(crate::action!(delete));

static EDIT_ROLES: Command = Command::new("edit-roles", "Replace the roles of a user.")
    .usage("<username|user_id>", Args::Exactly(1))
    .options(&[&[YES, Opt::list("roles", "Roles to set.")]])
    .run(crate::action!(edit_roles));

static ACTIVATE: Command = Command::new("activate", "Let a suspended user in again.")
    .aliases(&["active"])
    .usage("<username|user_id>", Args::Exactly(1))
    .options(&[&[columns(SHORT, SHORT_DEFAULT)]])
    .run(crate::action!(activate));

static SUSPEND: Command = Command::new("suspend", "Keep a user from signing in.")
    .usage("<username|user_id>", Args::Exactly(1))
    .options(&[&[columns(SHORT, SHORT_DEFAULT)]])
    .run(crate::action!(suspend));

static CLAIMS: Command = Command::new("oidc-claims", "Show the claims of your identity provider.")
    .options(&[&[columns(&["key", "value"], "key,value"), OUTPUT]])
    .run(crate::action!(claims));

const COLUMNS: &[Column<User>] = &[
    Column::new("id", |u| u.id.to_string()),
    Column::new("username", |u| u.username.clone()),
    Column::new("name", |u| u.name.clone()),
    Column::new("email", |u| u.email.clone()),
    Column::new("created at", |u| human::time_utc(u.created_at)),
    Column::new("updated at", |u| human::time_utc(u.updated_at)),
    Column::new("status", |u| u.status.to_string()),
];

async fn list(cx: &Cx) -> Result<()> {
    let client = cx.client()?;
    let query = match cx.opts.int("github-user-id") {
        0 => String::new(),
        id => format!("github_com_user_id:{id}"),
    };
    let users = client.users(&query).await?.users;
    print_list(cx, COLUMNS, &users, &users, "No users found.")
}

async fn show(cx: &Cx) -> Result<()> {
    let client = cx.client()?;
    let user = client.user(cx.arg(0)).await?;
    let mut organizations = Vec::new();
    for organization in client.user_organizations(&user.id.to_string()).await? {
        organizations.push(organization.name);
    }
    if cx.opts.json() {
        let mut value = serde_json::to_value(&user)?;
        value["organization_names"] = serde_json::json!(organizations);
        outln!("{}", crate::output::json(&value)?);
        return Ok(());
    }
    let roles = user.roles.iter().map(|role| role.display_name.clone()).collect::<Vec<_>>().join(", ");
    let rows = [
        ("ID:", user.id.to_string()),
        ("Username:", user.username.clone()),
        ("Full name:", user.name.clone()),
        ("Email:", user.email.clone()),
        ("Status:", user.status.to_string()),
        ("Created At:", human::stamp(user.created_at)),
        ("", String::new()),
        ("Roles:", roles),
        ("", String::new()),
        ("Organizations:", organizations.join(", ")),
    ];
    let width = rows.iter().map(|(_, value)| value.chars().count()).max().unwrap_or(0);
    for (name, value) in rows {
        outln!("{name:14}  {value:width$}  ");
    }
    Ok(())
}

async fn create(cx: &Cx) -> Result<()> {
    let client = cx.client()?;
    let organization = cx.organization().await?;
    let opts = &cx.opts;
    let service = opts.flag("service-account");
    if opts.flag("disable-login") {
        bail!("--disable-login is gone: use --service-account");
    }
    let login_type = match opts.filled("login-type") {
        None => LoginType::Password,
        Some("none") => bail!("the login type none is only for service accounts: use --service-account"),
        Some(text) => match LoginType::parse(text) {
            kind @ (LoginType::Password | LoginType::Github | LoginType::Oidc) => kind,
            _ => bail!("invalid login type {text:?}: use password, github or oidc"),
        },
    };
    if service && ["email", "password", "login-type"].iter().any(|name| opts.filled(name).is_some()) {
        bail!("a service account has no e-mail, password or login type");
    }
    let asks_name = opts.filled("username").is_none() && opts.filled("email").is_none();
    let required = |text: &str| if text.is_empty() { Err("a value is required".to_owned()) } else { Ok(()) };
    let username = match opts.filled("username") {
        Some(name) => name.to_owned(),
        None => cx.prompt("Username:", None, required).await?,
    };
    let email = match opts.filled("email") {
        _ if service => String::new(),
        Some(email) => email.to_owned(),
        None => {
            let check =
                |text: &str| if text.contains('@') { Ok(()) } else { Err("That's not a valid email address!".into()) };
            cx.prompt("Email:", None, check).await?
        }
    };
    let name = match opts.text("full-name") {
        Some(name) => name.to_owned(),
        None if asks_name && !service => cx.prompt("Full name (optional):", None, |_| Ok(())).await?,
        None => String::new(),
    };
    let password = match opts.filled("password") {
        Some(password) => password.to_owned(),
        None if service || login_type != LoginType::Password => String::new(),
        None => random_password(),
    };
    let request = CreateUserRequestWithOrgs {
        email: email.clone(),
        username,
        name,
        password: password.clone(),
        login_type: if service { LoginType::None } else { login_type },
        organization_ids: vec![organization.id],
        service_account: service,
        ..Default::default()
    };
    let user = client.create_user(&request).await?;
    if service {
        eprintln!("The service account {} has been created.", user.username);
        return Ok(());
    }
    let how = match login_type {
        LoginType::Password => format!("Your password is:  {password} "),
        LoginType::Github => "Sign in with GitHub.".into(),
        _ => "Sign in with your identity provider.".into(),
    };
    let url = client.url().as_str().trim_end_matches('/');
    let program = cx.program.name;
    eprintln!(
        "A new user has been created!\nShare the instructions below to get them started.\n{}\n\
         Download the command line for your operating system:\n{url}/bin/\n\n\
         Run {program} login {url} to authenticate.\n\n\
         Your email is:  {email} \n{how}\n\nCreate a workspace  {program} create!",
        "—".repeat(49)
    );
    Ok(())
}

fn random_password() -> String {
    const ALPHABET: &[u8] = b"abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    let mut rng = rand::rng();
    (0..20).map(|_| char::from(ALPHABET[rng.random_range(0..ALPHABET.len())])).collect()
}

async fn delete(cx: &Cx) -> Result<()> {
    let client = cx.client()?;
    let user = client.user(cx.arg(0)).await.context("fetch user")?;
    client.delete_user(user.id).await.context("delete user")?;
    eprintln!("Successfully deleted {}.", user.username);
    Ok(())
}

async fn edit_roles(cx: &Cx) -> Result<()> {
    let client = cx.client()?;
    let user = client.user(cx.arg(0)).await.context("fetch user")?;
    let current = client.user_roles(&user.username).await.context("fetch user roles")?.roles;
    let assignable = client.site_roles().await.context("fetch site roles")?;
    let known: Vec<String> =
        assignable.iter().filter(|role| role.name != "member").map(|role| role.name.clone()).collect();
    let chosen = match cx.opts.list("roles") {
        [] => {
            let marked: Vec<usize> = (0..known.len()).filter(|index| current.contains(&known[*index])).collect();
            let picked = cx.multi_select(
                "Select the roles you'd like to assign to the user",
                known.clone(),
                &marked,
                "--roles",
            )?;
            picked.into_iter().map(|index| known[index].clone()).collect()
        }
        roles => {
            for role in roles {
                if !known.contains(role) {
                    bail!(
                        "The role {role} is not valid. Please use one or more of the following roles: {}\n",
                        known.join(", ")
                    );
                }
            }
            roles.to_vec()
        }
    };
    client.update_user_roles(&user.id.to_string(), chosen).await.context("update user roles")?;
    Ok(())
}

async fn activate(cx: &Cx) -> Result<()> {
    set_status(cx, "activate", "activated").await
}

async fn suspend(cx: &Cx) -> Result<()> {
    set_status(cx, "suspend", "suspended").await
}

async fn set_status(cx: &Cx, verb: &str, done: &str) -> Result<()> {
    let client = cx.client()?;
    let user = client.user(cx.arg(0)).await.context("fetch user")?;
    outln!("{}", render(COLUMNS, &cx.opts.columns(), std::slice::from_ref(&user))?);
    cx.confirm(&format!("Are you sure you want to {verb} this user?"), true).await?;
    client.set_user_status(&user.id.to_string(), verb).await.with_context(|| format!("{verb} user"))?;
    outln!("\nUser {} has been {done}!", user.username);
    Ok(())
}

async fn claims(cx: &Cx) -> Result<()> {
    let claims = cx.client()?.oidc_claims().await?;
    let map: BTreeMap<String, serde_json::Value> =
        claims.get("claims").and_then(|value| serde_json::from_value(value.clone()).ok()).unwrap_or_default();
    let rows: Vec<(String, String)> = map
        .into_iter()
        .map(|(key, value)| (key, value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
        .collect();
    let columns: &[Column<(String, String)>] =
        &[Column::new("key", |r| r.0.clone()), Column::new("value", |r| r.1.clone())];
    print_list(cx, columns, &rows, &claims, "No claims found.")
}
