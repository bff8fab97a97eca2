#![doc = include_str!("../README.md")]

mod actors;
mod agent;
mod cache;
mod error;
mod keys;
mod limits;
mod password;
mod ssh_key;
mod strength;
mod token;

pub use actors::{compile, load_actor};
pub use agent::{AgentIdentity, AgentTokens, ProvisionerKey, ProvisionerKeys};
pub use error::AuthError;
pub use keys::{Issued, KeyRequest, Keys, Lifetimes, Session};
pub use limits::{Limit, Limits, Verdict};
pub use password::Passwords;
pub use ssh_key::{SshKeyPair, generate_ssh_key};
pub use strength::{WeakPassword, check_strength};
pub use token::{MalformedToken, Token};
