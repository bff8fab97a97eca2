//! The few pages that the server draws itself.

use axum::extract::Request;
use axum::response::{Html, IntoResponse, Response};

use crate::api::{Api, State};

pub(crate) fn routes(_api: &mut Api) {}

/// What a browser gets at any other path.
pub(crate) fn index(_state: &State, _request: &Request) -> Response {
    Html("<!doctype html><title>Warren</title>").into_response()
}
