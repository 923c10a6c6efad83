//! Private keys: as text, or in a file of the key directory.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use russh::keys::{PrivateKey, decode_secret_key};
use tokio::io::AsyncReadExt as _;

use crate::action::Failure;
use crate::config::SshConfig;

/// The largest key file; an RSA key of 16384 bits has 13 KB.
const MAX_KEY_BYTES: u64 = 64 << 10;

/// Reads a key from its text.
pub(super) fn from_text(text: &str, passphrase: Option<&str>) -> Result<Arc<PrivateKey>, Failure> {
    // Text that went through YAML and forms gains blanks; the parser wants none.
    let lines: Vec<_> = text.lines().map(str::trim).collect();
    let key = decode_secret_key(&lines.join("\n"), passphrase);
    // The parser's error is not shown: it may quote what it read.
    key.map(Arc::new).map_err(|_| {
        let hint = match passphrase {
            Some(_) => "is the password its passphrase?",
            None => "if it is encrypted, give its passphrase as 'password'",
        };
        Failure::Raised(format!(
            "the private key can't be read ({hint}); it must be an RSA, ECDSA or Ed25519 key in OpenSSH or PEM form"
        ))
    })
}

/// Reads a key from a file.
pub(super) async fn from_file(
    name: &str,
    passphrase: Option<&str>,
    config: &SshConfig,
) -> Result<Arc<PrivateKey>, Failure> {
    let path = path_of(name, config)?;
    let unreadable =
        |error: std::io::Error| Failure::Raised(format!("private key file '{name}': {error}"));
    let file = tokio::fs::File::open(path).await.map_err(unreadable)?;
    let mut text = String::new();
    let mut limited = file.take(MAX_KEY_BYTES);
    limited
        .read_to_string(&mut text)
        .await
        .map_err(unreadable)?;
    from_text(&text, passphrase)
}

/// An absolute path, or one below the key directory; never upwards.
fn path_of(name: &str, config: &SshConfig) -> Result<PathBuf, Failure> {
    let path = Path::new(name);
    if path.components().any(|part| part == Component::ParentDir) {
        return Err(Failure::Refused(format!(
            "'private_key_filename' must not contain '..': '{name}'"
        )));
    }
    if path.is_absolute() {
        if !config.absolute_key_files {
            return Err(Failure::Refused(format!(
                "'private_key_filename' must be a name in the key directory, not the absolute path '{name}'"
            )));
        }
        return Ok(path.to_owned());
    }
    Ok(directory(config)?.join(path))
}

fn directory(config: &SshConfig) -> Result<PathBuf, Failure> {
    let configured = config.key_directory.clone();
    let default = || std::env::home_dir().map(|home| home.join(".ssh"));
    configured
        .or_else(default)
        .ok_or_else(|| Failure::Raised("there is no home directory to look for keys in".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> SshConfig {
        SshConfig {
            key_directory: Some("/keys".into()),
            ..SshConfig::default()
        }
    }

    #[test]
    fn key_files_are_below_their_directory_or_absolute() {
        let path = |name| path_of(name, &config()).unwrap();
        assert_eq!(path("id_rsa"), Path::new("/keys/id_rsa"));
        assert_eq!(path("sub/id_rsa"), Path::new("/keys/sub/id_rsa"));
        assert_eq!(path("/etc/key"), Path::new("/etc/key"));
    }

    #[test]
    fn no_way_leads_upwards_or_out() {
        for name in ["../id_rsa", "a/../../b", "/keys/../etc/shadow"] {
            assert!(path_of(name, &config()).is_err(), "{name}");
        }
        let inside_only = SshConfig {
            absolute_key_files: false,
            ..config()
        };
        assert!(path_of("/etc/key", &inside_only).is_err());
    }

    #[test]
    fn an_unreadable_key_is_not_quoted() {
        let text =
            "-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0\n-----END OPENSSH PRIVATE KEY-----";
        let failure = from_text(text, None).unwrap_err();
        let shown = format!("{failure:?}");
        assert!(
            shown.contains("give its passphrase as 'password'"),
            "{shown}"
        );
        assert!(!shown.contains("c2VjcmV0"), "{shown}");
    }
}
