//! The relay as its clients see it.

mod bounds;
mod client;
mod http;
mod mesh;
mod routing;
mod shutdown;
