//! The owner's secrets: as variables of sessions and as files. Never logged, never served.

use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use warren_proto::agent::WorkspaceSecret;

use crate::user::User;

/// The secrets that have a variable name.
pub fn variables(secrets: &[WorkspaceSecret]) -> Vec<(String, String)> {
    let named = secrets.iter().filter(|s| !s.env_name.is_empty());
    named.map(|s| (s.env_name.clone(), String::from_utf8_lossy(&s.value).into_owned())).collect()
}

/// Writes the secrets that have a path; a failure is logged by name and does not stop the others.
pub fn write_files(secrets: &[WorkspaceSecret], user: &User) {
    for secret in secrets.iter().filter(|s| !s.file_path.is_empty()) {
        let path = match secret.file_path.strip_prefix("~/") {
            Some(rest) => user.home.join(rest),
            None => PathBuf::from(&secret.file_path),
        };
        if let Err(error) = write(&path, &secret.value) {
            tracing::warn!(path = %path.display(), %error, "write a secret's file");
        }
    }
}

/// Folders are private, and so is a new file; an existing file keeps its permissions.
fn write(path: &Path, value: &[u8]) -> std::io::Result<()> {
    if let Some(dir) = path.parent() {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    }
    let mut file = std::fs::OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(value)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn files_of_secrets_are_private() {
        let home = tempfile::tempdir().unwrap();
        let user = User { name: "ann".into(), home: home.path().to_owned(), shell: "/bin/sh".into() };
        let secret = WorkspaceSecret {
            env_name: "TOKEN".into(),
            file_path: "~/.config/token".into(),
            value: bytes::Bytes::from_static(b"s3cret"),
        };
        write_files(std::slice::from_ref(&secret), &user);
        let path = home.path().join(".config/token");
        assert_eq!(std::fs::read(&path).unwrap(), b"s3cret");
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(variables(&[secret]), [("TOKEN".to_owned(), "s3cret".to_owned())]);
    }
}
