//! The connection to the server: dialled again whenever it breaks, calls repeated over the next one.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use prost::Message;
use sha2::{Digest, Sha256};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use warren_proto::provisioner::{ChunkPiece, DataUpload, DataUploadType, FileUpload, file_upload};
use warren_proto::provisionerd::FileRequest;
use warren_proto::provisionerd::provisioner_daemon_methods as methods;
use warren_rpc::{Error, Method, Session, Unary};

/// Opens a session with the server.
pub type Dial = Arc<dyn Fn() -> BoxFuture<'static, Result<Session, DialError>> + Send + Sync>;

/// Why there is no session.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DialError {
    /// The server does not want this daemon (403): it must not try again.
    #[error("the server refused this daemon: {0}")]
    Refused(String),
    /// Anything else; it is tried again.
    #[error("{0}")]
    Failed(String),
}

/// Pauses between dials.
const DIAL_BACKOFF: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(10));
/// Pauses between repetitions of a call.
const CALL_BACKOFF: (Duration, Duration) = (Duration::from_millis(25), Duration::from_secs(5));
/// Bytes of one piece of a file.
const PIECE: usize = 2 * 1024 * 1024;
/// Bytes of a file.
const FILE_LIMIT: usize = 100 * 1024 * 1024;

#[derive(Debug, Clone, Default)]
enum State {
    #[default]
    Connecting,
    Connected(Session),
    Refused(String),
}

/// Calls over whatever session there is.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    state: watch::Receiver<State>,
}

/// Dials until `stop`; ends early only when the server refuses the daemon.
pub(crate) fn connect(dial: Dial, name: String, stop: CancellationToken) -> (Link, impl Future<Output = ()>) {
    let (sender, state) = watch::channel(State::default());
    let keep = async move {
        let mut pause = DIAL_BACKOFF.0;
        loop {
            let dialled = tokio::select! {
                () = stop.cancelled() => return,
                dialled = dial() => dialled,
            };
            match dialled {
                Ok(session) => {
                    pause = DIAL_BACKOFF.0;
                    tracing::debug!(daemon = name, "successfully connected to coderd");
                    sender.send_replace(State::Connected(session.clone()));
                    tokio::select! {
                        () = stop.cancelled() => {
                            session.close();
                            return;
                        }
                        reason = session.closed() => tracing::debug!(daemon = name, %reason, "the session ended"),
                    }
                    sender.send_replace(State::Connecting);
                }
                Err(DialError::Refused(reason)) => {
                    sender.send_replace(State::Refused(reason));
                    return;
                }
                Err(error) => tracing::debug!(daemon = name, %error, "no connection to the server yet"),
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause) => pause = (pause * 2).min(DIAL_BACKOFF.1),
            }
        }
    };
    (Link { state }, keep)
}

impl Link {
    /// The current session; waits for one.
    pub async fn session(&self) -> Result<Session, DialError> {
        let mut state = self.state.clone();
        let state = state.wait_for(|state| !matches!(state, State::Connecting)).await;
        match state.as_deref() {
            Ok(State::Connected(session)) => Ok(session.clone()),
            Ok(State::Refused(reason)) => Err(DialError::Refused(reason.clone())),
            Ok(State::Connecting) | Err(_) => Err(DialError::Failed("the daemon is shut down".to_owned())),
        }
    }

    /// A call that is repeated when the connection is lost, but not when the server answers with an error.
    pub async fn unary<Q: Message, R: Message + Default>(
        &self,
        method: Method<Unary, Q, R>,
        request: &Q,
    ) -> Result<R, String> {
        let mut pause = CALL_BACKOFF.0;
        loop {
            let session = self.session().await.map_err(|error| error.to_string())?;
            match session.unary(method, request).await {
                Ok(response) => return Ok(response),
                Err(error) if is_lost(&error) => tracing::debug!(%error, ?method, "call is repeated"),
                Err(error) => return Err(error.to_string()),
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(CALL_BACKOFF.1);
        }
    }

    /// Sends a module archive ahead of the message that names its hash.
    pub async fn upload(&self, data: &Bytes) -> Result<(), String> {
        let session = self.session().await.map_err(|error| error.to_string())?;
        let hash = Bytes::from(Sha256::digest(data).to_vec());
        let mut call = session.client_stream(methods::UPLOAD_FILE).await.map_err(|error| error.to_string())?;
        let size = i64::try_from(data.len()).map_err(|_| "file too large".to_owned())?;
        let chunks = i32::try_from(data.len().div_ceil(PIECE)).map_err(|_| "file too large".to_owned())?;
        let upload_type = DataUploadType::UploadTypeModuleFiles.into();
        let head = DataUpload { upload_type, data_hash: hash.clone(), file_size: size, chunks };
        let mut sent = call.send(&file(file_upload::Type::DataUpload(head))).await;
        for (index, start) in (0..data.len()).step_by(PIECE).enumerate() {
            if sent.is_err() {
                break;
            }
            let piece = ChunkPiece {
                data: data.slice(start..data.len().min(start + PIECE)),
                full_data_hash: hash.clone(),
                piece_index: i32::try_from(index).unwrap_or(i32::MAX),
            };
            sent = call.send(&file(file_upload::Type::ChunkPiece(piece))).await;
        }
        // If sending failed, the answer tells why.
        call.finish().await.map(drop).map_err(|error| error.to_string())
    }

    /// Fetches a module archive.
    pub async fn download(&self, file_id: &str) -> Result<Vec<u8>, String> {
        let session = self.session().await.map_err(|error| error.to_string())?;
        let request =
            FileRequest { file_id: file_id.to_owned(), upload_type: DataUploadType::UploadTypeModuleFiles.into() };
        let mut stream =
            session.server_stream(methods::DOWNLOAD_FILE, &request).await.map_err(|error| error.to_string())?;
        let (mut head, mut data, mut next) = (None::<DataUpload>, Vec::new(), 0);
        while let Some(message) = stream.recv().await.map_err(|error| error.to_string())? {
            match message.r#type {
                Some(file_upload::Type::DataUpload(upload)) => head = Some(upload),
                Some(file_upload::Type::ChunkPiece(piece)) => {
                    if piece.piece_index != next || data.len() + piece.data.len() > FILE_LIMIT {
                        return Err("the pieces of the file are out of order or too many".to_owned());
                    }
                    next += 1;
                    data.extend_from_slice(&piece.data);
                }
                Some(file_upload::Type::Error(failed)) => return Err(failed.error),
                None => {}
            }
            let complete = head.as_ref().is_some_and(|head| usize::try_from(head.file_size).ok() == Some(data.len()));
            if complete {
                break;
            }
        }
        let head = head.ok_or("the file has no head")?;
        if Sha256::digest(&data).as_slice() != head.data_hash.as_ref() {
            return Err("the hash of the file is wrong".to_owned());
        }
        Ok(data)
    }
}

fn file(kind: file_upload::Type) -> FileUpload {
    FileUpload { r#type: Some(kind) }
}

fn is_lost(error: &Error) -> bool {
    matches!(error, Error::Closed(_) | Error::Disconnected | Error::NoNewCalls | Error::NoResponse | Error::PingTimeout)
}
