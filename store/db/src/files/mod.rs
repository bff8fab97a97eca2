//! Archives.

use jiff::Timestamp;
use uuid::Uuid;
use warren_rbac::{Guarded, Object, Protected, Resource};

use crate::{DbError, Querier, optional, scalar};

row! {
    /// A stored archive.
    pub struct FileRow {
        pub id: Uuid,
        pub hash: String,
        pub created_at: Timestamp,
        pub created_by: Uuid,
        pub mimetype: String,
        pub data: Vec<u8>,
    }
}

row! {
    /// Whose an archive is.
    pub struct FileOwnerRow {
        pub id: Uuid,
        pub created_by: Uuid,
    }
}

impl Protected for FileRow {
    fn object(&self) -> Object {
        Object::new(Resource::File).id(self.id).owned_by(self.created_by)
    }
}

impl Protected for FileOwnerRow {
    fn object(&self) -> Object {
        Object::new(Resource::File).id(self.id).owned_by(self.created_by)
    }
}

/// An archive to store.
#[derive(Debug, Clone, Copy)]
pub struct NewFile<'a> {
    /// Its id if it is new.
    pub id: Uuid,
    /// SHA-256 of the data in hex.
    pub hash: &'a str,
    /// Who uploads it; nil for archives of modules.
    pub created_by: Uuid,
    /// Media type.
    pub mimetype: &'a str,
    /// The bytes.
    pub data: &'a [u8],
}

/// Stores an archive; `None` if the same creator has it already.
///
/// # Errors
/// [`DbError`].
pub async fn insert_file(q: &impl Querier, now: Timestamp, file: NewFile<'_>) -> Result<Option<Uuid>, DbError> {
    let NewFile { id, hash, created_by, mimetype, data } = file;
    scalar(q, statement!("insert_file"), &[&id, &hash, &now, &created_by, &mimetype, &data]).await
}

/// The archive with this content of this creator.
///
/// # Errors
/// [`DbError`].
pub async fn find_file_id_by_hash(q: &impl Querier, hash: &str, created_by: Uuid) -> Result<Option<Uuid>, DbError> {
    scalar(q, statement!("find_file_id_by_hash"), &[&hash, &created_by]).await
}

/// An archive with its bytes.
///
/// # Errors
/// [`DbError`].
pub async fn find_file(q: &impl Querier, id: Uuid) -> Result<Option<Guarded<FileRow>>, DbError> {
    Ok(optional(q, statement!("find_file"), &[&id]).await?.map(Guarded::new))
}

/// Whose an archive is, without its bytes.
///
/// # Errors
/// [`DbError`].
pub async fn find_file_owner(q: &impl Querier, id: Uuid) -> Result<Option<Guarded<FileOwnerRow>>, DbError> {
    Ok(optional(q, statement!("find_file_owner"), &[&id]).await?.map(Guarded::new))
}
