//! Typed names of RPCs: what a client calls and a server registers.

use std::marker::PhantomData;

/// One request, one response.
#[derive(Debug, Clone, Copy)]
pub struct Unary;
/// One request, many responses.
#[derive(Debug, Clone, Copy)]
pub struct ServerStream;
/// Many requests, one response.
#[derive(Debug, Clone, Copy)]
pub struct ClientStream;
/// Many requests, many responses.
#[derive(Debug, Clone, Copy)]
pub struct Bidi;

/// An RPC: its path on the wire (`/package.Service/Method`), its shape `S`, request `Q` and response `R`.
pub struct Method<S, Q, R> {
    /// The name in the dRPC Invoke packet.
    pub path: &'static str,
    types: PhantomData<fn(S, Q) -> R>,
}

impl<S, Q, R> Method<S, Q, R> {
    /// Names an RPC; used by the generated tables.
    pub const fn new(path: &'static str) -> Self {
        Self { path, types: PhantomData }
    }
}

impl<S, Q, R> Clone for Method<S, Q, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S, Q, R> Copy for Method<S, Q, R> {}

impl<S, Q, R> std::fmt::Debug for Method<S, Q, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.path)
    }
}
