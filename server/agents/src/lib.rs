#![doc = include_str!("../README.md")]

mod activity;
mod agent_api;
mod agent_rest;
mod client;
mod conns;
pub mod coordination;
mod defaults;
pub mod derp_map;
pub mod events;
mod fleet;
mod live;
mod metadata;
mod owners;
mod presence;
mod resume;
mod rpc;
mod service;
mod session;
mod tokens;
pub mod users;
mod version;

pub use activity::Traffic;
pub use agent_api::listening_ports;
pub use client::ClientRights;
pub use conns::{AgentConns, AgentStream, ConnStats};
pub use coordination::{Coordination, TunnelRights};
pub use fleet::{FleetAgent, FleetStatus};
pub use resume::{InvalidToken, ResumeToken, ResumeTokens};
pub use rpc::{LogLine, LogRefused};
pub use service::{Agents, StartError};
pub use session::AgentHello;
pub use version::check_version;
