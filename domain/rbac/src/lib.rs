#![doc = include_str!("../README.md")]

mod action;
mod actor;
mod bits;
mod builtin;
mod check;
mod filter;
mod guarded;
mod object;
mod resource;
mod role;
mod scope;

#[cfg(test)]
mod tests;

pub use action::{Action, Actions};
pub use actor::{Actor, ActorBuilder, KeyInfo, KeyKind, Membership, Principal};
pub use builtin::{ORG_ROLES, SITE_ROLES, assignable_by, builtin_role};
pub use check::{Authorizer, Denied};
pub use filter::Filter;
pub use guarded::{Guarded, Protected};
pub use object::{Acl, Object};
pub use resource::Resource;
pub use role::{Permission, Role, RoleOptions, SharingMode};
pub use scope::{AllowEntry, BadScope, EXTERNAL_SCOPES, Scope};
