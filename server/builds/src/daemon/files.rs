//! Archives of modules that travel in pieces.

use bytes::Bytes;
use sha2::{Digest, Sha256};
use uuid::Uuid;
use warren_db::files::{self, NewFile};
use warren_db::{Querier, versions};
use warren_proto::provisioner::{ChunkPiece, DataUpload, DataUploadType, FailedFile, FileUpload, file_upload};
use warren_proto::provisionerd::{Empty, FileRequest};
use warren_rpc::{Receiver, RpcError, Sender};

use super::Connection;
use crate::defaults::{CHUNK, MAX_FILE};
use crate::{Error, now};

const TAR: &str = "application/x-tar";

impl Connection {
    /// Receives an archive of modules: a head, then the pieces in order.
    pub(super) async fn upload_file(self, mut pieces: Receiver<FileUpload>) -> Result<Empty, RpcError> {
        let head = match pieces.recv().await?.and_then(|message| message.r#type) {
            Some(file_upload::Type::DataUpload(head)) => head,
            _ => return Err(RpcError::new("an upload begins with its description")),
        };
        if head.upload_type() != DataUploadType::UploadTypeModuleFiles {
            return Err(RpcError::new("only archives of modules can be uploaded"));
        }
        let mut file = Incoming::new(&head)?;
        while !file.is_complete() {
            match pieces.recv().await?.and_then(|message| message.r#type) {
                Some(file_upload::Type::ChunkPiece(piece)) => file.push(&piece)?,
                Some(file_upload::Type::Error(failed)) => return Err(RpcError::new(failed.error)),
                _ => return Err(RpcError::new("the upload ended before its last piece")),
            }
        }
        let data = file.finish()?;
        let conn = self.builds.0.db.conn().await.map_err(Error::from)?;
        store_modules(&conn, &data).await?;
        Ok(Empty {})
    }

    /// Sends an archive of modules of a template version in the daemon's organization.
    pub(super) async fn download_file(
        self,
        request: FileRequest,
        mut pieces: Sender<FileUpload>,
    ) -> Result<(), RpcError> {
        match self.load_modules(&request).await {
            Ok(data) => {
                for message in split(&data) {
                    pieces.send(&message).await?;
                }
                Ok(())
            }
            Err(error) => {
                let failed = FailedFile { error: error.to_string() };
                pieces.send(&FileUpload { r#type: Some(file_upload::Type::Error(failed)) }).await?;
                Err(error.into())
            }
        }
    }

    async fn load_modules(&self, request: &FileRequest) -> Result<Bytes, Error> {
        let refuse = || Error::Invalid("there is no such archive of modules".into());
        if request.upload_type() != DataUploadType::UploadTypeModuleFiles {
            return Err(refuse());
        }
        let id = Uuid::parse_str(&request.file_id).map_err(|_| refuse())?;
        let conn = self.builds.0.db.conn().await?;
        if !versions::has_module_file(&conn, self.identity.organization_id, id).await? {
            return Err(refuse());
        }
        let file = files::find_file(&conn, id).await?.ok_or_else(refuse)?;
        let file = file.system("a daemon of the organization that owns the template version");
        if !file.created_by.is_nil() || file.mimetype != TAR {
            return Err(refuse());
        }
        Ok(file.data.into())
    }
}

/// Stores an archive of modules once; answers its id.
pub(super) async fn store_modules(q: &impl Querier, data: &[u8]) -> Result<Uuid, Error> {
    let hash = hex::encode(Sha256::digest(data));
    let file = NewFile { id: Uuid::new_v4(), hash: &hash, created_by: Uuid::nil(), mimetype: TAR, data };
    match files::insert_file(q, now(), file).await? {
        Some(id) => Ok(id),
        None => find_modules(q, &hash).await?.ok_or_else(|| Error::Invalid("the archive of modules is gone".into())),
    }
}

/// The archive of modules with this hash.
pub(super) async fn find_modules(q: &impl Querier, hash: &str) -> Result<Option<Uuid>, Error> {
    Ok(files::find_file_id_by_hash(q, hash, Uuid::nil()).await?)
}

/// A file that arrives in pieces. Memory grows with what arrived, not with what was announced.
struct Incoming {
    size: usize,
    chunks: usize,
    hash: Bytes,
    next: usize,
    data: Vec<u8>,
}

impl Incoming {
    fn new(head: &DataUpload) -> Result<Self, Error> {
        let size = usize::try_from(head.file_size).unwrap_or(usize::MAX);
        let chunks = usize::try_from(head.chunks).unwrap_or(usize::MAX);
        if size > MAX_FILE || chunks > size.div_ceil(CHUNK) {
            return Err(Error::Invalid(format!("a file has at most {MAX_FILE} bytes in pieces of {CHUNK} bytes")));
        }
        Ok(Self { size, chunks, hash: head.data_hash.clone(), next: 0, data: Vec::new() })
    }

    fn is_complete(&self) -> bool {
        self.next == self.chunks
    }

    fn push(&mut self, piece: &ChunkPiece) -> Result<(), Error> {
        if usize::try_from(piece.piece_index).ok() != Some(self.next) {
            return Err(Error::Invalid(format!("piece {} came in place of piece {}", piece.piece_index, self.next)));
        }
        if piece.full_data_hash != self.hash
            || piece.data.len() > CHUNK
            || self.data.len() + piece.data.len() > self.size
        {
            return Err(Error::Invalid("the pieces do not belong to the announced file".into()));
        }
        self.data.extend_from_slice(&piece.data);
        self.next += 1;
        Ok(())
    }

    fn finish(self) -> Result<Vec<u8>, Error> {
        if self.data.len() != self.size || Sha256::digest(&self.data).as_slice() != self.hash.as_ref() {
            return Err(Error::Invalid("the received file differs from the announced one".into()));
        }
        Ok(self.data)
    }
}

fn split(data: &Bytes) -> Vec<FileUpload> {
    let hash = Bytes::copy_from_slice(&Sha256::digest(data));
    let pieces: Vec<_> = (0..data.len()).step_by(CHUNK).map(|at| data.slice(at..data.len().min(at + CHUNK))).collect();
    let head = DataUpload {
        upload_type: DataUploadType::UploadTypeModuleFiles.into(),
        data_hash: hash.clone(),
        file_size: i64::try_from(data.len()).unwrap_or(i64::MAX),
        chunks: i32::try_from(pieces.len()).unwrap_or(i32::MAX),
    };
    let head = FileUpload { r#type: Some(file_upload::Type::DataUpload(head)) };
    let piece = |(index, data): (usize, Bytes)| FileUpload {
        r#type: Some(file_upload::Type::ChunkPiece(ChunkPiece {
            data,
            full_data_hash: hash.clone(),
            piece_index: i32::try_from(index).unwrap_or(i32::MAX),
        })),
    };
    std::iter::once(head).chain(pieces.into_iter().enumerate().map(piece)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receive(messages: &[FileUpload]) -> Result<Vec<u8>, Error> {
        let Some(file_upload::Type::DataUpload(head)) = &messages[0].r#type else { panic!("no head") };
        let mut file = Incoming::new(head)?;
        for message in &messages[1..] {
            let Some(file_upload::Type::ChunkPiece(piece)) = &message.r#type else { panic!("no piece") };
            file.push(piece)?;
        }
        file.finish()
    }

    #[test]
    fn files_survive_their_pieces() {
        let data = Bytes::from(vec![7u8; CHUNK * 2 + 5]);
        let mut messages = split(&data);
        assert_eq!(messages.len(), 4);
        assert_eq!(receive(&messages).unwrap(), data);
        messages.swap(1, 2);
        assert!(receive(&messages).is_err());
    }

    #[test]
    fn ghsa_f962_qm93_mj4c_announced_sizes_are_bounded() {
        let head = DataUpload { file_size: i64::MAX, chunks: 1, ..Default::default() };
        assert!(Incoming::new(&head).is_err());
        let head = DataUpload { file_size: 10, chunks: 2, ..Default::default() };
        assert!(Incoming::new(&head).is_err());
    }
}
