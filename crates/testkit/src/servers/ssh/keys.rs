//! Keys made on the spot.

use std::path::Path;

use russh::keys::key::safe_rng;
use russh::keys::ssh_key::LineEnding;
use russh::keys::{Algorithm, EcdsaCurve, PrivateKey, PublicKey};

/// The kinds of key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// Ed25519, the quickest to make.
    Ed25519,
    /// ECDSA on the curve P-256.
    Ecdsa,
    /// RSA; takes seconds to make.
    Rsa,
}

/// A private key and its public half.
pub struct KeyPair(PrivateKey);

impl KeyPair {
    /// A new key.
    pub fn new(kind: KeyKind) -> Self {
        let algorithm = match kind {
            KeyKind::Ed25519 => Algorithm::Ed25519,
            KeyKind::Ecdsa => Algorithm::Ecdsa {
                curve: EcdsaCurve::NistP256,
            },
            KeyKind::Rsa => Algorithm::Rsa { hash: None },
        };
        let key = PrivateKey::random(&mut safe_rng(), algorithm);
        Self(key.expect("all three algorithms are compiled in"))
    }

    /// The private key as OpenSSH writes it, encrypted if there is a passphrase.
    pub fn private_text(&self, passphrase: Option<&str>) -> String {
        let text = match passphrase {
            None => self.0.to_openssh(LineEnding::LF),
            Some(passphrase) => self
                .0
                .encrypt(&mut safe_rng(), passphrase)
                .and_then(|encrypted| encrypted.to_openssh(LineEnding::LF)),
        };
        text.expect("a key just made can be written").to_string()
    }

    /// Writes the private key to a file.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn write(&self, path: &Path) -> std::io::Result<()> {
        std::fs::write(path, self.private_text(None))
    }

    pub(super) fn public(&self) -> &PublicKey {
        self.0.public_key()
    }

    pub(super) fn into_private(self) -> PrivateKey {
        self.0
    }
}
