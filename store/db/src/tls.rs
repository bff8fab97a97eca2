//! How a connection is secured. A unix socket needs nothing.

pub use tokio_postgres::tls::NoTlsStream as Stream;

pub(crate) fn connector() -> tokio_postgres::NoTls {
    tokio_postgres::NoTls
}
