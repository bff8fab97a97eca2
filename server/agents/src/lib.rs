#![doc = include_str!("../README.md")]

pub mod coordination;
pub mod derp_map;
