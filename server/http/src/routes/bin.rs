//! Programs that workspaces and laptops download, and the scripts that do it.

use std::sync::Arc;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use sha2::{Digest, Sha256};
use tokio_util::io::ReaderStream;
use warren_core::Error;

use crate::api::{Api, Auth};
use crate::binaries::{Binaries, Binary};
use crate::error::Result;
use crate::extract::{Path, Server};

const ORIGINAL_LENGTH: &str = "x-original-content-length";

pub(crate) fn routes(api: &mut Api) {
    api.tag("Root");
    api.any("/bin/{*file}", "bin", Auth::None, download);
    api.get("/install.sh", "install-script", Auth::None, install_script);
    api.tag("InitScript");
    api.get("/api/v2/init-script/{os}/{arch}", "get-agent-init-script", Auth::None, init_script).media("text/plain");
}

async fn download(Server(services): Server, Path(file): Path<String>, method: Method, headers: HeaderMap) -> Response {
    if !matches!(method, Method::GET | Method::HEAD) {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let binaries = services.extensions.get::<Binaries>();
    match binaries.find(&file.replace('_', "-")).await {
        Ok(Some(binary)) => serve(&binaries, &binary, &method, &headers).await,
        Ok(None) => not_found(),
        Err(error) => {
            tracing::error!(%error, file, "cannot read a program");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], "404 page not found\n")
        .into_response()
}

async fn serve(binaries: &Arc<Binaries>, binary: &Binary, method: &Method, headers: &HeaderMap) -> Response {
    let etag = format!("\"{}\"", binary.sha1);
    let mut response = if matches(headers, &etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let zipped = if accepts_gzip(headers) { binaries.gzipped(binary).await } else { None };
        let (path, length) = match &zipped {
            Some((path, length)) => (path, *length),
            None => (&binary.path, binary.length),
        };
        let body = match tokio::fs::File::open(path).await {
            Ok(_) if method == Method::HEAD => Body::empty(),
            // What is appended meanwhile is another file's.
            Ok(file) => {
                Body::from_stream(ReaderStream::with_capacity(tokio::io::AsyncReadExt::take(file, length), 64 * 1024))
            }
            Err(_) => return not_found(),
        };
        let mut response = Response::new(body);
        let fields = response.headers_mut();
        fields.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
        fields.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        if zipped.is_some() {
            fields.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        fields.append(header::VARY, HeaderValue::from_static("Accept-Encoding"));
        response
    };
    let fields = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&etag) {
        fields.insert(header::ETAG, value);
    }
    fields.insert(ORIGINAL_LENGTH, HeaderValue::from(binary.length));
    response
}

fn matches(headers: &HeaderMap, etag: &str) -> bool {
    let values = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|text| text.split(',')).map(str::trim).any(|tag| tag == "*" || tag.trim_start_matches("W/") == etag)
}

fn accepts_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|text| text.split(',')).any(|coding| {
        let (name, quality) = coding.split_once(';').unwrap_or((coding, ""));
        name.trim() == "gzip" && !matches!(quality.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000")
    })
}

async fn init_script(Server(services): Server, Path((os, arch)): Path<(String, String)>) -> Result<Response> {
    let (os, arch) = (os.to_lowercase(), arch.to_lowercase());
    let url = services.config.access_url.as_str();
    let url = format!("{}/", url.trim_end_matches('/'));
    let script = warren_template::bootstrap::render(&os, &arch, &url, "token")
        .ok_or_else(|| Error::invalid(format!("Unknown os/arch: {os}/{arch}")))?;
    // The hexadecimal digits of the base64 text of the digest: what the contract has.
    let digest = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(&script));
    let digest = format!("sha256:{}", hex::encode(digest));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8")),
        (
            header::HeaderName::from_static("content-digest"),
            HeaderValue::from_str(&digest).unwrap_or_else(|_| HeaderValue::from_static("")),
        ),
    ];
    Ok((headers, script).into_response())
}

async fn install_script(Server(services): Server) -> Response {
    let url = services.config.access_url.as_str().trim_end_matches('/').to_owned();
    let script = include_str!("install.sh").replace("@ACCESS_URL@", &url);
    ([(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"))], script).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(name: header::HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn gzip_is_used_only_when_asked_for() {
        for (value, expected) in
            [("gzip", true), ("deflate, gzip;q=0.5", true), ("identity", false), ("gzip;q=0", false), ("*", false)]
        {
            assert_eq!(accepts_gzip(&header(header::ACCEPT_ENCODING, value)), expected, "{value}");
        }
    }

    #[test]
    fn a_known_copy_is_recognised() {
        for (value, expected) in [("\"ab\"", true), ("\"x\", W/\"ab\"", true), ("\"\"", false), ("ab", false)] {
            assert_eq!(matches(&header(header::IF_NONE_MATCH, value), "\"ab\""), expected, "{value}");
        }
    }
}
