//! A connection to the access URL, as a client makes it.

use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Empty, Limited};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use url::Url;

/// Longest time for one section.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Largest body that is looked at.
const MAX_BODY: usize = 64 * 1024;

/// Anything that carries bytes.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// What a request to a path of the access URL gave.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: String,
    pub(super) took: Duration,
    /// It came over IPv6.
    pub(super) v6: bool,
}

/// Opens a connection to a URL's host, with TLS if it says so; and whether it goes over IPv6.
pub(super) async fn connect(url: &Url) -> Result<(Box<dyn Stream>, bool), String> {
    let host = url.host_str().ok_or("the URL names no host")?;
    let port = url.port_or_known_default().ok_or("the URL names no port")?;
    let stream = TcpStream::connect((host.trim_matches(['[', ']']), port)).await.map_err(|error| error.to_string())?;
    let v6 = stream.peer_addr().is_ok_and(|peer| peer.is_ipv6());
    if url.scheme() != "https" {
        return Ok((Box::new(stream), v6));
    }
    let name = rustls_name(host)?;
    let connector = warren_tls::connector().map_err(|error| error.to_string())?;
    let stream = connector.connect(name, stream).await.map_err(|error| error.to_string())?;
    Ok((Box::new(stream), v6))
}

fn rustls_name(host: &str) -> Result<rustls_pki_types::ServerName<'static>, String> {
    host.to_owned().try_into().map_err(|_| "the host name is not valid for TLS".to_owned())
}

/// GET of a path, redirects not followed.
pub(super) async fn get(base: &Url, path: &str) -> Result<Answer, String> {
    let url = base.join(path).map_err(|error| error.to_string())?;
    within(TIMEOUT, async {
        let started = Instant::now();
        let (stream, v6) = connect(&url).await?;
        let handshake = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await;
        let (mut sender, connection) = handshake.map_err(|error| error.to_string())?;
        let authority = url.authority().to_owned();
        let request = http::Request::get(url.path()).header("Host", authority).body(Empty::<bytes::Bytes>::new());
        let request = request.map_err(|error| error.to_string())?;
        let exchange = async {
            let response = sender.send_request(request).await.map_err(|error| error.to_string())?;
            let status = response.status().as_u16();
            let body = Limited::new(response.into_body(), MAX_BODY).collect().await;
            let body = body.map_err(|error| error.to_string())?.to_bytes();
            let body = String::from_utf8_lossy(&body).into_owned();
            Ok(Answer { status, body, took: started.elapsed(), v6 })
        };
        tokio::select! {
            answer = exchange => answer,
            ended = connection => Err(ended.err().map_or_else(|| "the connection ended".to_owned(), |e| e.to_string())),
        }
    })
    .await
}

/// Gives up after a time.
pub(super) async fn within<T>(limit: Duration, work: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    tokio::time::timeout(limit, work).await.unwrap_or_else(|_| Err(format!("no answer within {limit:?}")))
}

pub(super) const LIMIT: Duration = TIMEOUT;
