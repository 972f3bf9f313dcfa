//! The key that checkpoints are signed with: the setting's, else a file's, which the first start draws. It never stands in
//! the database, and never in a log.

use super::ServiceError;
use crate::audit::checkpoint::{SEED_BYTES, Signer, hex, key_id};
use crate::settings::Settings;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

/// Only the service's user reads it.
const MODE: u32 = 0o600;
/// The bits by which others could.
const OTHERS: u32 = 0o077;

/// The signer that the settings name; draws a key where there is none.
pub(super) fn signer(settings: &Settings) -> Result<Signer, ServiceError> {
    let given = settings.audit.signing_key.expose();
    if !given.is_empty() {
        let path = "audit.signing_key".to_owned();
        return Signer::from_hex(given).map_err(|_| ServiceError::SigningKey { path });
    }
    let path = Path::new(&settings.audit.signing_key_file);
    let signer = kept(path)?;
    tracing::info!(
        audit.key = key_id(&signer.public_key()),
        audit.public_key = hex(&signer.public_key()),
        audit.key_file = %path.display(),
        "checkpoints are signed with this key"
    );
    Ok(signer)
}

/// The key of a file; the first who asks draws it.
fn kept(path: &Path) -> Result<Signer, ServiceError> {
    let shown = || path.display().to_string();
    let failed = |source| ServiceError::SigningKeyFile { path: shown(), source };
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let mut seed = [0_u8; SEED_BYTES];
            getrandom::fill(&mut seed).map_err(|_| ServiceError::Key)?;
            keep(path, &hex(&seed)).map_err(failed)?;
            // Another instance may have been faster: what stands there is the key.
            fs::read_to_string(path).map_err(failed)?
        }
        Err(error) => return Err(failed(error)),
    };
    let mode = fs::metadata(path).map_err(failed)?.permissions().mode();
    if mode & OTHERS != 0 {
        tracing::warn!(audit.key_file = %path.display(), "others can read the signing key: chmod 600 it");
    }
    Signer::from_hex(text.trim()).map_err(|_| ServiceError::SigningKey { path: shown() })
}

/// Writes a key whole or not at all, and never over another.
fn keep(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder)?;
    }
    let mut drawn = [0_u8; 8];
    getrandom::fill(&mut drawn).map_err(|_| std::io::Error::other("nothing can be drawn"))?;
    let mut draft = path.as_os_str().to_owned();
    draft.push(format!(".{}", hex(&drawn)));
    let draft = Path::new(&draft);
    let written = write(draft, text).and_then(|()| match fs::hard_link(draft, path) {
        Ok(()) => {
            tracing::warn!(
                audit.key_file = %path.display(),
                "a signing key was drawn: keep a copy of it, and off the database's machine"
            );
            Ok(())
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    });
    // A draft that cannot be removed was never written.
    let _removed = fs::remove_file(draft);
    written
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(MODE).open(path)?;
    writeln!(file, "{text}")?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_drawn_once_for_its_owner_alone_and_read_again() {
        let folder = std::env::temp_dir().join(format!("baton-signing-{}", std::process::id()));
        let path = folder.join("state/checkpoint.key");
        let drawn: Vec<[u8; 32]> = std::thread::scope(|scope| {
            let starts: Vec<_> = (0..4).map(|_| scope.spawn(|| kept(&path).unwrap().public_key())).collect();
            starts.into_iter().map(|start| start.join().unwrap()).collect()
        });
        assert!(drawn.iter().all(|key| *key == drawn[0]), "instances that start at once agree");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, MODE);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no draft is left");
        fs::write(&path, "no key").unwrap();
        assert!(matches!(kept(&path), Err(ServiceError::SigningKey { .. })));
        assert!(matches!(kept(&path.join("below")), Err(ServiceError::SigningKeyFile { .. })));
        fs::remove_dir_all(&folder).unwrap();
    }
}
