//! `exp`: the hidden group of experiments, and examples of prompts and errors that document how they look.

mod rpty;

use anyhow::{Result, anyhow};
use http::StatusCode;
use warren_api::ValidationError;
use warren_client::{ApiError, Error as ClientError};

use crate::frame::error::Several;
use crate::frame::{Args, Command, Cx, Opt};

pub static COMMAND: Command = Command::new("exp", "Internal commands for testing and experimentation.")
    .hidden()
    .children(&[&ERRORS, &PROMPTS, &rpty::COMMAND]);

static ERRORS: Command = Command::new("example-error", "Shows what errors look like.").hidden().children(&[
    &API,
    &ARGS,
    &CMD,
    &MULTI,
    &MULTI_MULTI,
    &VALIDATION,
]);

static API: Command = Command::new("api", "An error of the API.").hidden().run(crate::action!(api));
static ARGS: Command = Command::new("arg-required", "A missing word.")
    .usage("<required>", Args::Exactly(1))
    .hidden()
    .run(crate::action!(nothing));
static CMD: Command = Command::new("cmd", "An error of a command.").hidden().run(crate::action!(cmd));
static MULTI: Command = Command::new("multi-error", "Several errors.").hidden().run(crate::action!(multi));
static MULTI_MULTI: Command =
    Command::new("multi-multi-error", "Several errors in several.").hidden().run(crate::action!(multi_multi));
static VALIDATION: Command = Command::new("validation", "A missing option.")
    .hidden()
    .options(&[&[Opt::text("magic-word", "Must be given.").required()]])
    .run(crate::action!(nothing));

fn api_error(suggestion: Option<&str>) -> ClientError {
    ClientError::Api(Box::new(ApiError {
        method: "POST".into(),
        url: "http://example.com".into(),
        status: StatusCode::BAD_REQUEST,
        message: "Top level sdk error message.".into(),
        detail: "magic dust unavailable, please try again later".into(),
        suggestion: suggestion.map(str::to_owned),
        validations: vec![ValidationError {
            field: "region".into(),
            detail: "magic dust is not available in your region".into(),
        }],
        build_version: None,
    }))
}

fn simple(name: &str) -> anyhow::Error {
    anyhow!("function decided not to work, and it never will").context(name.to_owned())
}

async fn nothing(_: &Cx) -> Result<()> {
    Ok(())
}

async fn api(_: &Cx) -> Result<()> {
    Err(api_error(Some("Have you tried turning it off and on again?")).into())
}

async fn cmd(_: &Cx) -> Result<()> {
    Err(simple("some error"))
}

async fn multi(_: &Cx) -> Result<()> {
    let errors =
        vec![simple("first error"), simple("second error"), anyhow!(api_error(None)).context("wrapped api error")];
    Err(Several { context: "wrapped".into(), errors }.into())
}

async fn multi_multi(_: &Cx) -> Result<()> {
    let inner =
        Several { context: String::new(), errors: vec![simple("child first error"), simple("child second error")] };
    Err(Several { context: String::new(), errors: vec![simple("parent error"), inner.into()] }.into())
}

static PROMPTS: Command = Command::new("prompt-example", "Shows what questions look like.")
    .hidden()
    .children(&[&CONFIRM, &TEXT, &SECRET, &SELECT]);

static CONFIRM: Command = Command::new("confirm", "A yes-or-no question.").hidden().run(crate::action!(confirm));
static TEXT: Command = Command::new("validation", "A text with a rule.").hidden().run(crate::action!(text));
static SECRET: Command = Command::new("secret", "A secret.").hidden().run(crate::action!(secret));
static SELECT: Command = Command::new("select", "One of several.")
    .hidden()
    .options(&[&[Opt::flag("search", "Filter by typing.")]])
    .run(crate::action!(select));

async fn confirm(cx: &Cx) -> Result<()> {
    cx.confirm("Basic confirmation prompt.", true).await?;
    outln!("yes");
    Ok(())
}

async fn text(cx: &Cx) -> Result<()> {
    let rule = |text: &str| {
        if text.chars().next().is_some_and(char::is_uppercase) {
            Ok(())
        } else {
            Err("input string must start with a capital letter".into())
        }
    };
    let value = cx.prompt("Input a string that starts with a capital letter.", None, rule).await?;
    outln!("{value}");
    Ok(())
}

async fn secret(cx: &Cx) -> Result<()> {
    let value = cx.secret("Input a secret", |_| Ok(())).await?;
    outln!("Your secret of length {} is safe with me", value.chars().count());
    Ok(())
}

async fn select(cx: &Cx) -> Result<()> {
    let colours = ["Blue", "Green", "Yellow", "Red"].map(str::to_owned).to_vec();
    let picked = cx.select("Select your favorite color:", colours.clone(), 0, "a terminal")?;
    outln!("{} is nice", colours[picked]);
    Ok(())
}
