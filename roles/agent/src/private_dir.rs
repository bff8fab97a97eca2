//! Folders that are this user's alone, also below folders that everybody shares.

use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use nix::unistd::Uid;

/// Makes `name` below `base` (mode 0700), or finds it. Where somebody else has that name already, as on a machine with
/// several users or with bad intent, the name gets the number of this user.
///
/// # Errors
/// Neither name can be had.
pub(crate) fn find(base: &Path, name: &str) -> io::Result<PathBuf> {
    let user = Uid::effective();
    claim(base.join(name), user).or_else(|_| claim(base.join(format!("{name}-{user}")), user))
}

fn claim(dir: PathBuf, user: Uid) -> io::Result<PathBuf> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&dir)?;
    let found = std::fs::symlink_metadata(&dir)?;
    if found.is_dir() && found.uid() == user.as_raw() {
        return Ok(dir);
    }
    Err(io::Error::new(io::ErrorKind::PermissionDenied, format!("{} belongs to somebody else", dir.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_made_once_and_found_again() {
        let base = tempfile::tempdir().unwrap();
        let dir = find(base.path(), "data").unwrap();
        assert_eq!(dir, base.path().join("data"));
        assert_eq!(std::fs::metadata(&dir).unwrap().mode() & 0o777, 0o700);
        assert_eq!(find(base.path(), "data").unwrap(), dir);
    }

    #[test]
    fn a_name_that_leads_elsewhere_is_not_taken() {
        let (base, trap) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::os::unix::fs::symlink(trap.path(), base.path().join("data")).unwrap();
        let dir = find(base.path(), "data").unwrap();
        assert_eq!(dir, base.path().join(format!("data-{}", Uid::effective())));
    }

    #[test]
    fn a_name_of_another_user_is_not_taken() {
        let base = tempfile::tempdir().unwrap();
        std::fs::create_dir(base.path().join("data")).unwrap();
        if std::os::unix::fs::chown(base.path().join("data"), Some(65_534), None).is_err() {
            eprintln!("SKIPPED: only root can give files away");
            return;
        }
        assert_ne!(find(base.path(), "data").unwrap(), base.path().join("data"));
    }

    #[test]
    fn two_names_that_cannot_be_had_are_an_error() {
        let base = tempfile::tempdir().unwrap();
        for name in ["data".to_owned(), format!("data-{}", Uid::effective())] {
            std::fs::write(base.path().join(name), "").unwrap();
        }
        assert!(find(base.path(), "data").is_err());
    }
}
