#![doc = include_str!("../README.md")]

pub mod method;

pub use coder::agent::v2 as agent;
pub use coder::tailnet::v2 as tailnet;
pub use method::{Bidi, ClientStream, Method, ServerStream, Unary};

/// The nesting that generated paths expect; use [`agent`] and [`tailnet`].
#[rustfmt::skip]
#[allow(clippy::all, clippy::pedantic, missing_docs)]
mod coder {
    pub mod tailnet {
        pub mod v2 {
            include!("gen/coder.tailnet.v2.rs");
        }
    }
    pub mod agent {
        pub mod v2 {
            include!("gen/coder.agent.v2.rs");
        }
    }
}

/// `provisioner`: what a job and its results are made of.
#[rustfmt::skip]
#[allow(clippy::all, clippy::pedantic, missing_docs)]
pub mod provisioner {
    include!("gen/provisioner.rs");
}

/// `provisionerd`: the job service.
#[rustfmt::skip]
#[allow(clippy::all, clippy::pedantic, missing_docs)]
pub mod provisionerd {
    include!("gen/provisionerd.rs");
}
