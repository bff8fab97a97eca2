#![doc = include_str!("../README.md")]

pub mod handshake;

/// `tfplugin5`: schemas, values, diagnostics and the calls of a provider.
#[rustfmt::skip]
#[allow(clippy::all, clippy::pedantic, missing_docs)]
pub mod tfplugin5 {
    include!("gen/tfplugin5.rs");
}

/// `plugin`: what every plugin process serves beside its own service.
#[rustfmt::skip]
#[allow(clippy::all, clippy::pedantic, missing_docs)]
pub mod plugin {
    include!("gen/plugin.rs");
}

/// `grpc.health.v1`: the health check.
#[rustfmt::skip]
#[allow(clippy::all, clippy::pedantic, missing_docs)]
pub mod health {
    include!("gen/grpc.health.v1.rs");
}
