//! Where the client connects: a unix socket in a folder that only this user can enter, or a
//! loopback port where there are no unix sockets.

use std::io;

use tokio::io::{AsyncRead, AsyncWrite};
use warren_tfplugin::handshake::Endpoint;

/// A connection of either kind.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send + 'static> Stream for T {}

#[cfg(unix)]
mod imp {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::PathBuf;

    use tempfile::TempDir;
    use tokio::net::UnixListener;
    use warren_tfplugin::handshake::UNIX_SOCKET_DIR;

    use super::{Endpoint, Stream, io};

    /// A socket address holds about a hundred bytes.
    const LONGEST_PATH: usize = 100;

    /// The listening socket. Its folder goes with it.
    pub struct Listener {
        socket: UnixListener,
        path: String,
        _dir: TempDir,
    }

    impl Listener {
        /// Makes the folder and the socket.
        pub fn bind() -> io::Result<Self> {
            let wanted = std::env::var_os(UNIX_SOCKET_DIR).filter(|dir| !dir.is_empty());
            let base = wanted.map_or_else(std::env::temp_dir, PathBuf::from);
            let (dir, path) = make(&base).or_else(|error| match make("/tmp".as_ref()) {
                Ok(made) => Ok(made),
                Err(_) => Err(error),
            })?;
            Ok(Self { socket: UnixListener::bind(&path)?, path, _dir: dir })
        }

        /// As the client is told.
        pub fn endpoint(&self) -> Endpoint {
            Endpoint::Unix(self.path.clone())
        }

        /// The next connection.
        pub async fn accept(&self) -> io::Result<impl Stream + use<>> {
            Ok(self.socket.accept().await?.0)
        }
    }

    fn make(base: &std::path::Path) -> io::Result<(TempDir, String)> {
        let dir =
            tempfile::Builder::new().prefix("plugin-").permissions(Permissions::from_mode(0o700)).tempdir_in(base)?;
        let path = dir.path().join("s").into_os_string().into_string();
        match path {
            Ok(path) if path.len() <= LONGEST_PATH && !path.contains(['|', '\n']) => Ok((dir, path)),
            _ => Err(io::Error::other("the folder's name does not fit in a socket address")),
        }
    }
}

#[cfg(not(unix))]
mod imp {
    use tokio::net::TcpListener;
    use warren_tfplugin::handshake::{MAX_PORT, MIN_PORT};

    use super::{Endpoint, Stream, io};

    /// The listening socket.
    pub struct Listener {
        socket: TcpListener,
        address: String,
    }

    impl Listener {
        /// Takes the first free port of the range that the client allows.
        pub fn bind() -> io::Result<Self> {
            let port =
                |name, fallback: u16| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(fallback);
            let mut last = io::Error::other("no port is allowed");
            for port in port(MIN_PORT, 10_000)..=port(MAX_PORT, 25_000) {
                match std::net::TcpListener::bind(("127.0.0.1", port)) {
                    Ok(socket) => {
                        socket.set_nonblocking(true)?;
                        let address = socket.local_addr()?.to_string();
                        return Ok(Self { socket: TcpListener::from_std(socket)?, address });
                    }
                    Err(error) => last = error,
                }
            }
            Err(last)
        }

        /// As the client is told.
        pub fn endpoint(&self) -> Endpoint {
            Endpoint::Tcp(self.address.clone())
        }

        /// The next connection.
        pub async fn accept(&self) -> io::Result<impl Stream + use<>> {
            Ok(self.socket.accept().await?.0)
        }
    }
}

pub use imp::Listener;

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[tokio::test]
    async fn only_this_user_can_enter_the_folder_and_it_goes_with_the_listener() {
        let listener = Listener::bind().unwrap();
        let Endpoint::Unix(path) = listener.endpoint() else { panic!("not a unix socket") };
        let dir = std::path::Path::new(&path).parent().unwrap().to_owned();
        assert_eq!(dir.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        drop(listener);
        assert!(!dir.exists());
    }
}
