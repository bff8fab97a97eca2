//! Passing one request to an app in a workspace, and its answer back: streaming, upgrades included.

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::{HeaderValue, StatusCode, Uri, header};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::copy_bidirectional_with_sizes;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;
use tracing::debug;

use crate::access::{AgentDialer, AppTarget};
use crate::defaults::{COPY_BUFFER, HEAD_TIMEOUT};
use crate::headers::{Client, strip_query, towards_app, towards_client, wanted_upgrade};
use crate::pages::{Page, page};

/// How a request is passed on.
pub struct Forwarding<'a> {
    /// Where to.
    pub target: &'a AppTarget,
    /// The app's own part of the path, beginning with a slash.
    pub path: &'a str,
    /// The client's address.
    pub client_ip: &'a str,
    /// `http` or `https`: how the client reaches the server.
    pub scheme: &'a str,
    /// Tasks that outlive the answer's head: they end with `ended`.
    pub tasks: &'a TaskTracker,
    /// Resolves when the visitor's session or the server ends; whatever is still open of the answer is cut then.
    pub ended: BoxFuture<'static, ()>,
}

/// Passes a request to the app and answers with what the app says, or with a page that says why it cannot be reached.
pub async fn forward(dialer: &dyn AgentDialer, forwarding: Forwarding<'_>, request: Request) -> Response {
    let Some(port) = local_port(&forwarding.target.url) else {
        return page(&Page {
            status: StatusCode::BAD_REQUEST,
            title: "This app cannot be opened",
            text: "The template declares an address that is not http on a port of the workspace's own host.",
            retry: false,
        });
    };
    let stream = match dialer.dial(forwarding.target.agent_id, port).await {
        Ok(stream) => stream,
        Err(error) => {
            debug!(%error, port, "cannot reach an app");
            return unreachable(port);
        }
    };
    match exchange(stream, forwarding, request).await {
        Ok(response) => response,
        Err(error) => {
            debug!(%error, port, "an app did not answer");
            page(&Page {
                status: StatusCode::BAD_GATEWAY,
                title: "The app did not answer",
                text: "Something listens on the app's port, but it gave no answer in HTTP.",
                retry: true,
            })
        }
    }
}

fn unreachable(port: u16) -> Response {
    page(&Page {
        status: StatusCode::BAD_GATEWAY,
        title: "The app cannot be reached",
        text: &format!("Nothing answers on port {port} of the workspace. It may still be starting."),
        retry: true,
    })
}

#[derive(Debug, thiserror::Error)]
enum ExchangeError {
    #[error("http: {0}")]
    Http(#[from] hyper::Error),
    #[error("the address does not parse: {0}")]
    Uri(#[from] http::Error),
    #[error("no answer in time")]
    Timeout,
}

async fn exchange(
    stream: impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    forwarding: Forwarding<'_>,
    mut request: Request,
) -> Result<Response, ExchangeError> {
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let ended = forwarding.ended.shared();
    let cut = ended.clone();
    // Carries the body, and the bytes after an upgrade; ends with the answer, the client, the session or the server.
    forwarding.tasks.spawn(async move {
        tokio::select! {
            done = connection.with_upgrades() => {
                if let Err(error) = done {
                    debug!(%error, "a connection to an app ended");
                }
            }
            () = cut => {}
        }
    });
    let upgrade = wanted_upgrade(request.headers());
    let client_side = request.extensions_mut().remove::<OnUpgrade>();
    let (mut parts, body) = request.into_parts();
    let query = parts.uri.query().map(strip_query).filter(|query| !query.is_empty());
    parts.uri = app_uri(&forwarding.target.url, forwarding.path, query.as_deref())?;
    parts.version = http::Version::HTTP_11;
    let host = parts.headers.get(header::HOST).cloned();
    towards_app(&mut parts.headers, &Client { ip: forwarding.client_ip, scheme: forwarding.scheme }, host);
    parts.extensions = http::Extensions::new();
    if let Some(protocol) = &upgrade {
        parts.headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
        parts.headers.insert(header::UPGRADE, protocol.clone());
    }
    let answer = timeout(HEAD_TIMEOUT, sender.send_request(Request::from_parts(parts, body))).await;
    let mut answer = answer.map_err(|_| ExchangeError::Timeout)??;
    if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
        let switched = answer.headers().get(header::UPGRADE).cloned();
        let app_side = answer.extensions_mut().remove::<OnUpgrade>();
        if let (Some(client_side), Some(app_side), Some(protocol)) = (client_side, app_side, switched) {
            forwarding.tasks.spawn(async move {
                tokio::select! {
                    () = join(client_side, app_side) => {}
                    () = ended => {}
                }
            });
            towards_client(answer.headers_mut());
            answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
            answer.headers_mut().insert(header::UPGRADE, protocol);
            return Ok(answer.map(|_| Body::empty()));
        }
    }
    towards_client(answer.headers_mut());
    Ok(answer.map(Body::new))
}

async fn join(client: OnUpgrade, app: OnUpgrade) {
    let (Ok(client), Ok(app)) = tokio::join!(client, app) else { return };
    let (mut client, mut app) = (TokioIo::new(client), TokioIo::new(app));
    // Either side may break off; both are closed then.
    let _ = copy_bidirectional_with_sizes(&mut client, &mut app, COPY_BUFFER, COPY_BUFFER).await;
}

/// Ports below this are services of the agent itself inside the tunnel (SSH, terminals, files): never apps.
const FIRST_APP_PORT: u16 = 9;

/// The port of an app that listens with plain HTTP on the workspace's own host.
fn local_port(url: &url::Url) -> Option<u16> {
    let local = match url.host()? {
        url::Host::Domain(name) => name.eq_ignore_ascii_case("localhost"),
        url::Host::Ipv4(ip) => ip.is_loopback() || ip.is_unspecified(),
        url::Host::Ipv6(ip) => ip.is_loopback() || ip.is_unspecified(),
    };
    let port = (local && url.scheme() == "http").then(|| url.port_or_known_default()).flatten();
    port.filter(|port| *port >= FIRST_APP_PORT)
}

/// The app's own path joined with the rest of the address; the query of the address counts, if it has one.
fn app_uri(url: &url::Url, path: &str, query: Option<&str>) -> Result<Uri, http::Error> {
    let base = url.path().trim_end_matches('/');
    let mut text = format!("{base}{path}");
    if !text.starts_with('/') {
        text.insert(0, '/');
    }
    if let Some(query) = query {
        text.push('?');
        text.push_str(query);
    }
    Uri::builder().path_and_query(text).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_http_on_the_own_host_is_an_app() {
        for (url, port) in [
            ("http://localhost:13337", Some(13337)),
            ("http://127.0.0.1", Some(80)),
            ("http://[::1]:8080/x", Some(8080)),
            ("http://0.0.0.0:9", Some(9)),
            ("http://localhost:1", None),
            ("http://localhost:2", None),
            ("http://localhost:4", None),
            ("https://localhost", None),
            ("http://169.254.169.254/", None),
            ("http://localhost.evil.example/", None),
            ("vscode://localhost:1", None),
        ] {
            assert_eq!(local_port(&url.parse().unwrap()), port, "{url}");
        }
    }

    #[test]
    fn paths_are_joined_as_they_were_written() {
        let url = "http://localhost:1/base/".parse().unwrap();
        assert_eq!(app_uri(&url, "/a%2Fb", Some("q=1")).unwrap(), "/base/a%2Fb?q=1");
        let url = "http://localhost:1".parse().unwrap();
        assert_eq!(app_uri(&url, "/", None).unwrap(), "/");
    }
}
