//! `provisioner start`: a provisioner daemon on a machine of its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use tokio_util::sync::CancellationToken;
use warren_api::ProvisionerKey;
use warren_cli::{Cx, params, signals};
use warren_client::Client;
use warren_provisioner::{
    Credential, Daemon, DaemonOptions, External, LazyTerraform, ProviderBinary, TerraformOptions,
};
use warren_types::COMPATIBILITY_VERSION;

/// Runs until a signal; then the job in hand is finished, and given up at the second signal.
pub async fn start(cx: &Cx) -> Result<()> {
    warren_cli::frame::logging::to_stderr();
    let credential = credential(cx)?;
    let organization = organization(cx, &credential).await?;
    let name = cx.opts.filled("name").map_or_else(crate::daemons::host_name, str::to_owned);
    let tags = match &credential {
        // A key has its tags.
        Credential::Key(_) => BTreeMap::new(),
        _ => params::inputs::pairs(cx.opts.list("tag")).context("parse tags")?,
    };
    let tls = cx.client_options(cx.url()?, None)?.tls;
    let external = External {
        server: cx.url()?,
        organization,
        name: name.clone(),
        tags,
        credential,
        build_version: COMPATIBILITY_VERSION.to_owned(),
        tls: Some(Arc::new(warren_tls::client_config(&tls)?)),
    };
    let daemon = DaemonOptions::new(&name, Arc::new(terraform(cx)?));
    let (stop, abort) = (CancellationToken::new(), daemon.abort.clone());
    let running = Daemon::run(external.dial()?, daemon, stop.clone());
    tokio::pin!(running);
    let _claim = signals::claim();
    eprintln!("The provisioner daemon {name} has started.");
    loop {
        tokio::select! {
            ended = &mut running => return ended.context("the daemon ended"),
            () = signals::shutdown() => {
                if stop.is_cancelled() {
                    abort.cancel();
                }
                eprintln!("Stopping: a running job is finished; a second signal gives it up.");
                stop.cancel();
            }
        }
    }
}

/// A provisioner key, the shared secret, or the session of the user who is logged in.
fn credential(cx: &Cx) -> Result<Credential> {
    match (cx.opts.filled("key"), cx.opts.filled("psk")) {
        (Some(_), Some(_)) => bail!("--key and --psk exclude each other"),
        (Some(key), None) => Ok(Credential::Key(key.to_owned())),
        (None, Some(psk)) => Ok(Credential::Psk(psk.to_owned())),
        (None, None) => {
            let token = cx.token()?.ok_or_else(|| anyhow!("pass --key or --psk, or log in"))?;
            Ok(Credential::Token(token))
        }
    }
}

/// The key's organization, or the one that the user names.
async fn organization(cx: &Cx, credential: &Credential) -> Result<String> {
    match credential {
        Credential::Key(key) => {
            let mut options = cx.client_options(cx.url()?, None)?;
            options.headers.push(("Coder-Provisioner-Daemon-Key".to_owned(), key.clone()));
            let client = Client::new(options)?;
            let path = format!("/api/v2/provisionerkeys/{}", uri_segment(key));
            Ok(client
                .get::<ProvisionerKey>(&path)
                .await
                .context("look up the provisioner key")?
                .organization
                .to_string())
        }
        Credential::Psk(_) => Ok(cx.opts.filled("org").unwrap_or("default").to_owned()),
        Credential::Token(_) => Ok(cx.organization().await?.id.to_string()),
    }
}

/// Keys are letters, digits and hyphens; whatever else was typed must not become another path.
fn uri_segment(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect()
}

fn terraform(cx: &Cx) -> Result<LazyTerraform> {
    let cache = warren_cli::config::expand_home(cx.opts.text("cache-dir").unwrap_or("~/.cache/coder"));
    std::fs::create_dir_all(&cache).with_context(|| format!("create {}", cache.display()))?;
    Ok(LazyTerraform::new(TerraformOptions {
        provider: std::env::current_exe().ok().map(ProviderBinary::new),
        keeper: std::env::current_exe().ok(),
        ..TerraformOptions::below(&cache.join("provisioner"))
    }))
}
