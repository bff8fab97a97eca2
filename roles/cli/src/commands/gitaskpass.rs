//! The program as git's `GIT_ASKPASS`: git calls it with the prompt as its only word.

use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use url::Url;
use warren_api::ExternalAuthResponse;

use crate::frame::Cx;
use crate::frame::error::Exit;

pub async fn run(cx: &Cx) -> Result<()> {
    let (user, host) = parse_prompt(cx.arg(0))?;
    let client = cx.agent_client()?;
    let first = client.external_auth_by_match(&host, false).await;
    let answer = match first {
        Ok(answer) => answer,
        Err(error) if error.is_not_found() => {
            // git goes on and asks the user itself.
            eprintln!("Warren knows no external authentication for {host}: git will ask for your credentials.");
            return Err(Exit(1).into());
        }
        Err(error) => return Err(anyhow!(error).context("get git token")),
    };
    let answer = if answer.url.is_empty() { answer } else { wait(&client, &host, &answer.url).await };
    out!("{}", reply(&answer, &user));
    outln!();
    Ok(())
}

/// Waits until the user has signed in; shows where.
async fn wait(client: &warren_client::AgentClient, host: &str, url: &str) -> ExternalAuthResponse {
    if crate::commands::apps::open_browser(url).is_ok() {
        eprintln!("Your browser has been opened to authenticate with git:\n\n\t{url}\n");
    } else {
        eprintln!("Open the following URL to authenticate with git:\n\n\t{url}\n");
    }
    let mut pause = Duration::from_millis(250);
    loop {
        if let Ok(answer) = client.external_auth_by_match(host, true).await
            && answer.url.is_empty()
        {
            eprintln!("You've been authenticated with git!");
            return answer;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(10));
    }
}

/// With a password both have their place; without one the name carries the token.
fn reply<'a>(answer: &'a ExternalAuthResponse, user: &str) -> &'a str {
    if !answer.password.is_empty() && !user.is_empty() { &answer.password } else { &answer.username }
}

/// The user and the host (with its scheme) of `Password for 'https://user@host': `.
fn parse_prompt(prompt: &str) -> Result<(String, String)> {
    let word = prompt.split_whitespace().nth(2).context("the prompt has no URL")?;
    let text = word.trim_end_matches(':').trim_matches('\'');
    let url = Url::parse(text).with_context(|| format!("parse the URL of the prompt {text:?}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        bail!("unsupported scheme {:?} of {text:?}", url.scheme());
    }
    let user = url.username().to_owned();
    let host = url.host_str().context("the URL has no host")?;
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    Ok((user, format!("{}://{host}{port}", url.scheme())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompts_of_git_are_understood() {
        let parsed = |text| parse_prompt(text).ok();
        assert_eq!(parsed("Username for 'https://github.com': "), Some((String::new(), "https://github.com".into())));
        assert_eq!(parsed("Password for 'https://u@g.com:81': "), Some(("u".into(), "https://g.com:81".into())));
        assert_eq!(parsed("Username for 'ssh://github.com': "), None);
    }

    #[test]
    fn a_password_answers_only_the_question_for_it() {
        let both = ExternalAuthResponse { username: "oauth2".into(), password: "p".into(), ..Default::default() };
        assert_eq!(reply(&both, ""), "oauth2");
        assert_eq!(reply(&both, "oauth2"), "p");
        let single = ExternalAuthResponse { username: "token".into(), ..Default::default() };
        assert_eq!(reply(&single, "token"), "token");
    }
}
