#![doc = include_str!("../README.md")]

mod access_url;
mod agent_metrics;
mod agent_parts;
mod api;
mod authenticate;
mod binaries;
mod client_ip;
mod cookies;
mod csrf;
mod describe;
mod error;
pub mod extract;
mod health;
mod json;
mod openapi;
mod pipe;
mod pipeline;
mod rate_limit;
mod routes;
mod rules;
mod stream;
mod websocket;

pub use access_url::OverTls;
pub use agent_metrics::agent_metrics;
pub use agent_parts::{AgentParts, AgentPartsError};
pub use api::{Api, Auth, RateScope, Route, RouteOptions, State};
pub use error::{ApiError, Result};
pub use json::Json;
pub use openapi::document;
pub use pipeline::app;
pub use routes::api;
pub use stream::{SseEvent, sse};
pub use websocket::{OneWay, StreamItem, Upgrade};
