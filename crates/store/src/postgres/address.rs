//! The address of a database, and how to connect to it.
//!
//! Encryption is asked for as with PostgreSQL's own library: `sslmode` and `sslrootcert`
//! among the parameters of the address.

use std::borrow::Cow;
use std::path::PathBuf;

use percent_encoding::percent_decode_str;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::{Client, Config, Connection, Socket};

use super::error::{failed, of_server};
use super::tls::{Connector, Encrypted, Trust, is_handshake};
use crate::StoreError;

const READING: &str = "reading the database's address";

/// Where a database is, and whom to believe that it is there.
#[derive(Clone, Debug)]
pub(super) struct Address {
    config: Config,
    connector: Connector,
    /// A server with which encryption fails is taken without.
    may_do_without: bool,
}

/// What `sslmode` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Disable,
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

/// What is ours of an address; the rest is the library's.
#[derive(Debug, PartialEq)]
struct Parts {
    rest: String,
    mode: Mode,
    root: Option<String>,
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct BadAddress(String);

impl Address {
    /// Reads a `postgres://` address.
    pub(super) fn parse(url: &str) -> Result<Self, StoreError> {
        let parts = Parts::of(url).map_err(|text| failed(READING, BadAddress(text)))?;
        let mut config: Config = parts
            .rest
            .parse()
            .map_err(|error: tokio_postgres::Error| of_server(READING, error))?;
        if config.get_application_name().is_none() {
            config.application_name("ostro");
        }
        let is_local = |host: &Host| matches!(host, Host::Unix(_));
        // A socket of the system needs no encryption, and the server knows none there.
        let mode = match config.get_hosts().iter().all(is_local) {
            true => Mode::Disable,
            false => parts.mode,
        };
        config.ssl_mode(match mode {
            Mode::Disable => SslMode::Disable,
            Mode::Prefer => SslMode::Prefer,
            Mode::Require | Mode::VerifyCa | Mode::VerifyFull => SslMode::Require,
        });
        let connector = match mode {
            Mode::Disable => Connector::none(),
            _ => Connector::new(&parts.trust()).map_err(|error| failed(READING, error))?,
        };
        Ok(Self {
            config,
            connector,
            may_do_without: mode == Mode::Prefer,
        })
    }

    pub(super) async fn connect(
        &self,
    ) -> Result<(Client, Connection<Socket, Encrypted>), tokio_postgres::Error> {
        let connecting = Box::pin(self.config.connect(self.connector.clone()));
        match connecting.await {
            Err(error) if self.may_do_without && is_handshake(&error) => {
                let mut plain = self.config.clone();
                plain.ssl_mode(SslMode::Disable);
                Box::pin(plain.connect(Connector::none())).await
            }
            result => result,
        }
    }
}

impl Parts {
    fn of(url: &str) -> Result<Self, String> {
        let (place, parameters) = url.split_once('?').unwrap_or((url, ""));
        let mut parts = Self {
            rest: place.to_owned(),
            mode: Mode::Prefer,
            root: None,
        };
        let mut separator = '?';
        for parameter in parameters.split('&').filter(|one| !one.is_empty()) {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            match name {
                "sslmode" => parts.mode = Mode::of(&decoded(value)?)?,
                "sslrootcert" => parts.root = Some(decoded(value)?.into_owned()),
                _ => {
                    parts.rest.push(separator);
                    parts.rest.push_str(parameter);
                    separator = '&';
                }
            }
        }
        if parts.root.as_deref() == Some("system") && parts.mode != Mode::VerifyFull {
            return Err("sslrootcert=system needs sslmode=verify-full".to_owned());
        }
        Ok(parts)
    }

    /// `require` with a file checks against it, as it does with PostgreSQL's library.
    fn trust(&self) -> Trust {
        let roots = || match self.root.as_deref() {
            None | Some("system") => None,
            Some(path) => Some(PathBuf::from(path)),
        };
        match (self.mode, &self.root) {
            (Mode::VerifyFull, _) => Trust::Full(roots()),
            (Mode::VerifyCa, _) | (Mode::Require, Some(_)) => Trust::Authority(roots()),
            _ => Trust::Anybody,
        }
    }
}

impl Mode {
    fn of(text: &str) -> Result<Self, String> {
        Ok(match text {
            "disable" => Self::Disable,
            "prefer" => Self::Prefer,
            "require" => Self::Require,
            "verify-ca" => Self::VerifyCa,
            "verify-full" => Self::VerifyFull,
            _ => {
                return Err(format!(
                    "sslmode is {text:?}; write disable, prefer, require, verify-ca or verify-full"
                ));
            }
        })
    }
}

fn decoded(text: &str) -> Result<Cow<'_, str>, String> {
    let decoded = percent_decode_str(text).decode_utf8();
    decoded.map_err(|_| format!("{text:?} is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encryption_is_asked_for_among_the_parameters() {
        let parts =
            Parts::of("postgres://u@h/o?host=%2Ftmp&sslmode=verify-full&sslrootcert=%2Fa+b")
                .unwrap();
        assert_eq!(parts.rest, "postgres://u@h/o?host=%2Ftmp");
        assert_eq!(parts.mode, Mode::VerifyFull);
        assert_eq!(parts.trust(), Trust::Full(Some("/a+b".into())));
        let parts = Parts::of("postgres://u@h/o?sslmode=require&port=1&user=x").unwrap();
        assert_eq!(parts.rest, "postgres://u@h/o?port=1&user=x");
        assert_eq!(parts.trust(), Trust::Anybody);
        assert_eq!(Parts::of("postgres://u@h/o").unwrap().mode, Mode::Prefer);
    }

    #[test]
    fn a_file_is_checked_against_as_soon_as_one_is_given() {
        let trust = |parameters: &str| {
            let url = format!("postgres://u@h/o?{parameters}");
            Parts::of(&url).map(|parts| parts.trust())
        };
        let file = || Some(PathBuf::from("r"));
        assert_eq!(
            trust("sslmode=require&sslrootcert=r"),
            Ok(Trust::Authority(file()))
        );
        assert_eq!(trust("sslmode=verify-ca"), Ok(Trust::Authority(None)));
        assert_eq!(
            trust("sslmode=verify-full&sslrootcert=system"),
            Ok(Trust::Full(None))
        );
        assert_eq!(trust("sslmode=prefer&sslrootcert=r"), Ok(Trust::Anybody));
        assert!(trust("sslmode=require&sslrootcert=system").is_err());
        let error = trust("sslmode=allow").unwrap_err();
        assert!(error.contains("write disable, prefer"), "{error}");
    }

    #[test]
    fn a_socket_of_the_system_is_never_encrypted() {
        let address = Address::parse("postgres://u@/o?host=/tmp&sslmode=verify-full").unwrap();
        assert_eq!(address.config.get_ssl_mode(), SslMode::Disable);
        let address = Address::parse("postgres://u@127.0.0.1/o").unwrap();
        assert_eq!(address.config.get_ssl_mode(), SslMode::Prefer);
        assert!(address.may_do_without);
        let error = Address::parse("postgres://u@h/o?sslmode=require&sslrootcert=/no/such.pem");
        let text = error.unwrap_err().to_string();
        assert!(text.contains("/no/such.pem"), "{text}");
    }
}
