//! The HTTP surface against a real database.

mod access;
mod agent_reach;
mod agent_replay;
mod agents;
mod audit;
mod authorization;
mod contract;
mod document;
mod golden;
mod harness;
mod lifecycle;
mod notifications;
mod operations;
mod pages;
mod rpc_access;
mod scripted_agent;
mod scripted_daemon;
mod security;
mod sessions;
mod streams;
mod transport;
mod users;
