//! The way of an external daemon to its server: a websocket below the organization.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::FutureExt as _;
use http::{HeaderName, HeaderValue, StatusCode};
use url::Url;
use warren_rpc::{DialOptions, Session, dial};

use crate::link::{Dial, DialError};

/// Version of the job protocol that is announced: the newest of which anything is used here, so that older servers
/// accept the daemon too.
pub const API_VERSION: &str = "1.15";

const KEY: HeaderName = HeaderName::from_static("coder-provisioner-daemon-key");
const PSK: HeaderName = HeaderName::from_static("coder-provisioner-daemon-psk");
const TOKEN: HeaderName = HeaderName::from_static("coder-session-token");
const BUILD: HeaderName = HeaderName::from_static("x-coder-build-version");

/// What a daemon shows to be let in. Its secret is never printed.
#[derive(Clone)]
pub enum Credential {
    /// A provisioner key; organization and tags are the key's.
    Key(String),
    /// The deployment's pre-shared key.
    Psk(String),
    /// A user's session token.
    Token(String),
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Key(_) => "Key",
            Self::Psk(_) => "Psk",
            Self::Token(_) => "Token",
        })
    }
}

/// Where an external daemon serves.
#[derive(Debug, Clone)]
pub struct External {
    /// Address of the server.
    pub server: Url,
    /// Id of the organization, or `default`.
    pub organization: String,
    /// Name of the daemon.
    pub name: String,
    /// Tags, without those that come from a key.
    pub tags: BTreeMap<String, String>,
    /// What lets it in.
    pub credential: Credential,
    /// Version of the program, shown in lists.
    pub build_version: String,
    /// TLS; `None`: the platform's trust anchors.
    pub tls: Option<Arc<rustls::ClientConfig>>,
}

impl External {
    /// Dials the server. An answer 403 ends the daemon.
    pub fn dial(self) -> Result<Dial, DialError> {
        let refused = |reason: String| DialError::Refused(reason);
        let path = format!("api/v2/organizations/{}/provisionerdaemons/serve", self.organization);
        let mut url = self.server.clone();
        url.path_segments_mut().map_err(|()| refused("the address cannot have a path".to_owned()))?.pop_if_empty();
        let base = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{base}/{path}"));
        url.query_pairs_mut()
            .append_pair("version", API_VERSION)
            .append_pair("name", &self.name)
            .append_pair("provisioner", "terraform")
            .extend_pairs(self.tags.iter().map(|(key, value)| ("tag", format!("{key}={value}"))));
        let (name, secret) = match &self.credential {
            Credential::Key(secret) => (KEY, secret),
            Credential::Psk(secret) => (PSK, secret),
            Credential::Token(secret) => (TOKEN, secret),
        };
        let header = |text: &str| HeaderValue::from_str(text).map_err(|_| refused("not fit for a header".to_owned()));
        let mut secret = header(secret)?;
        secret.set_sensitive(true);
        let mut options = DialOptions::new(url).header(name, secret).header(BUILD, header(&self.build_version)?);
        options.tls.clone_from(&self.tls);
        Ok(Arc::new(move || {
            let options = options.clone();
            async move {
                match dial(options).await {
                    Ok(pipe) => Ok(Session::client(pipe)),
                    Err(error) => Err(refusal(error)),
                }
            }
            .boxed()
        }))
    }
}

fn refusal(error: warren_rpc::DialError) -> DialError {
    let text = match &error {
        warren_rpc::DialError::Refused { status, body, .. } => {
            let message = serde_json::from_slice::<serde_json::Value>(body).ok();
            let message = message.as_ref().and_then(|body| body.get("message")).and_then(serde_json::Value::as_str);
            format!("{status}{}", message.map(|message| format!(": {message}")).unwrap_or_default())
        }
        error => error.to_string(),
    };
    match error.status() {
        Some(StatusCode::FORBIDDEN) => DialError::Refused(text),
        _ => DialError::Failed(text),
    }
}
