//! The managed section of an ssh configuration: the official command line and this one must recognise each other's.

pub mod blocks;
pub mod diff;
pub mod options;
pub mod section;
