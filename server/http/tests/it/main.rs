//! The HTTP surface against a real database.

mod access;
mod agent_reach;
mod agent_replay;
mod agent_rest;
mod agents;
mod authorization;
mod contract;
mod harness;
mod lifecycle;
mod pages;
mod replay;
mod replay_accounts;
mod rpc_access;
mod scripted_agent;
mod scripted_daemon;
mod sessions;
mod streams;
mod transport;
mod users;
