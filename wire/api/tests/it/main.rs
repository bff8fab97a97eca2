//! Every type of the crate against the contract's table of types.

mod contract;
mod deviations;
mod registry;
mod rules;
mod schemas;
mod serializers;
