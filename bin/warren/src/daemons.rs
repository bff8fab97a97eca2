//! The built-in provisioner daemons: `warren-provisioner` and `warren-builds` share nothing but a byte pipe.

use std::collections::BTreeMap;
use std::sync::Arc;

use warren_builds::{BUILT_IN_KEY, DaemonIdentity, Provisionerd};
use warren_control::Ready;
use warren_provisioner::{Daemon, DaemonOptions, Dial, DialError, LazyTerraform, ProviderBinary, TerraformOptions};
use warren_rpc::Session;
use warren_types::{COMPATIBILITY_VERSION, PROVISIONER_API_VERSION};

/// Bytes that may wait in the pipe in each direction.
const PIPE: usize = 256 * 1024;
/// Longest host name in a daemon's name.
const MAX_HOST: usize = 63;

/// Starts them; they end when the server drains.
pub fn start(ready: Ready) {
    let config = &ready.services.config;
    let options = TerraformOptions {
        // Terraform starts its provider as a program: this one, which plays that role under the provider's name.
        provider: std::env::current_exe().ok().map(ProviderBinary::new),
        keeper: std::env::current_exe().ok(),
        ..TerraformOptions::below(&config.cache_dir.join("provisioner"))
    };
    let terraform = Arc::new(LazyTerraform::new(options));
    let host = host_name();
    for number in 0..config.provisioner_daemons {
        let name = format!("{host}-{number}");
        let daemon = DaemonOptions {
            abort: ready.abort.clone(),
            force_cancel: config.provisioner_force_cancel,
            ..DaemonOptions::built_in(&name, terraform.clone())
        };
        let (dial, drain) = (dial(&ready, name), ready.drain.clone());
        ready.tasks.spawn(async move {
            if let Err(error) = Daemon::run(dial, daemon, drain).await {
                tracing::error!(%error, "a built-in provisioner daemon ended");
            }
        });
    }
}

fn dial(ready: &Ready, name: String) -> Dial {
    let (builds, services) = (ready.builds.clone(), ready.services.clone());
    // The serving halves end with their pipes, and are waited for like every stream.
    let tasks = ready.services.tasks.clone();
    Arc::new(move || {
        let (builds, services, tasks, name) = (builds.clone(), services.clone(), tasks.clone(), name.clone());
        Box::pin(async move {
            let organization = warren_control::default_organization_id(&services).await;
            let organization_id = organization.map_err(|error| DialError::Failed(error.to_string()))?;
            let (major, minor) = PROVISIONER_API_VERSION;
            let identity = DaemonIdentity {
                organization_id,
                key_id: BUILT_IN_KEY,
                name,
                provisioners: vec!["terraform".to_owned()],
                tags: BTreeMap::from([
                    ("scope".to_owned(), "organization".to_owned()),
                    ("owner".to_owned(), String::new()),
                ]),
                version: COMPATIBILITY_VERSION.to_owned(),
                api_version: format!("{major}.{minor}"),
            };
            let (ours, theirs) = tokio::io::duplex(PIPE);
            tasks.spawn(async move {
                let never = tokio_util::sync::CancellationToken::new();
                if let Err(error) = Provisionerd(builds).serve(theirs, identity, never).await {
                    tracing::debug!(%error, "the session of a built-in daemon ended");
                }
            });
            Ok(Session::client(ours))
        })
    })
}

/// The short name of this machine.
pub fn host_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name: String = name.trim().chars().take(MAX_HOST).collect();
    if name.is_empty() { "warren".to_owned() } else { name }
}
