//! The operating-system user of the database, when the server itself is root.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use nix::unistd::{Gid, Uid, User};

use crate::{Error, IoContext};

/// Whom to run as.
#[derive(Debug, Clone)]
pub(crate) struct RunAs {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) name: String,
}

/// `None` when the server is not root and the database simply runs as the same user.
pub(crate) fn unprivileged() -> Result<Option<RunAs>, Error> {
    if !Uid::effective().is_root() {
        return Ok(None);
    }
    let user = ["postgres", "nobody"].into_iter().find_map(|name| User::from_name(name).ok().flatten());
    let user = user.ok_or(Error::NoUser)?;
    Ok(Some(RunAs { uid: user.uid.as_raw(), gid: user.gid.as_raw(), name: user.name }))
}

/// Makes a private folder of the database's user.
pub(crate) fn private_dir(path: &Path, user: Option<&RunAs>) -> Result<(), Error> {
    std::fs::create_dir_all(path).context("cannot create", path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700))
        .context("cannot set permissions of", path)?;
    give(path, user)
}

/// Hands a file or folder to the database's user.
pub(crate) fn give(path: &Path, user: Option<&RunAs>) -> Result<(), Error> {
    let Some(user) = user else { return Ok(()) };
    nix::unistd::chown(path, Some(Uid::from_raw(user.uid)), Some(Gid::from_raw(user.gid)))
        .map_err(std::io::Error::from)
        .context("cannot change the owner of", path)
}

/// Checks that the database's user can walk down to `path`; opens our own data directory for walking through.
pub(crate) fn ensure_traversable(path: &Path, user: Option<&RunAs>) -> Result<(), Error> {
    let Some(user) = user else { return Ok(()) };
    for (depth, dir) in path.ancestors().enumerate() {
        let metadata = std::fs::metadata(dir).context("cannot read", dir)?;
        let mode = metadata.mode();
        let open = mode & 0o001 != 0
            || (metadata.gid() == user.gid && mode & 0o010 != 0)
            || (metadata.uid() == user.uid && mode & 0o100 != 0);
        if open {
            continue;
        }
        if depth > 0 {
            return Err(Error::NotTraversable { dir: dir.to_owned(), user: user.name.clone() });
        }
        std::fs::set_permissions(dir, std::fs::Permissions::from_mode((mode & 0o7777) | 0o011))
            .context("cannot set permissions of", dir)?;
    }
    Ok(())
}
