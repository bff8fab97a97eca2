//! Stories of the whole product.

mod bad_input;
mod bad_start;
mod official;
mod recorded_cli;
mod relay;
mod secured;
mod story;
mod story_access;
