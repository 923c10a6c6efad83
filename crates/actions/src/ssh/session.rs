//! A logged-in SSH connection, and a command run on it.

use std::sync::Arc;
use std::time::Duration;

use russh::client::{self, AuthResult, Handle, KeyboardInteractiveAuthResponse, Msg};
use russh::keys::{HashAlg, PrivateKey, PrivateKeyWithHashAlg};
use russh::{Channel, ChannelMsg, ChannelStream, Disconnect, MethodKind, SshId};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::DropGuard;

use super::parameters::Login;
use super::process::ProxyProcess;
use super::stream::Guarded;
use crate::config::{SshConfig, limit};
use crate::target::Target;

/// Missed signs of life until a connection counts as dead.
const MAX_KEEPALIVES_MISSED: usize = 3;

/// A polite good-bye must not hold up the result.
const GOODBYE: Duration = Duration::from_millis(500);

/// Rounds of questions that a server may ask instead of for a password.
const MAX_QUESTION_ROUNDS: usize = 5;

/// Stands for the exit code of a command that was killed by a signal.
const KILLED: i64 = -1;

/// Why a command could not be run, or failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum SshError {
    #[error("can't connect: {0}")]
    Connect(#[source] std::io::Error),
    #[error("no connection and log-in within {0} seconds")]
    Slow(u64),
    #[error("the SSH connection failed: {0}")]
    Protocol(#[from] russh::Error),
    #[error("the server does not let user '{user}' in with {proofs}")]
    Denied { user: String, proofs: &'static str },
    #[error("the server refuses to run commands")]
    NoCommands,
    #[error("the connection was lost while the command ran")]
    Lost,
    #[error("the command wrote more than {0} bytes")]
    TooMuchOutput(usize),
    #[error("{}{}", ended(*.exit_code), said(.stderr))]
    Failed { exit_code: i64, stderr: String },
    #[error("gateway {gateway}: {error}")]
    Gateway {
        gateway: Target,
        error: Box<SshError>,
    },
    #[error(
        "gateway {gateway} opens no channel to it ({refusal}), and 'nc' there gives none: {error}"
    )]
    NoTunnel {
        gateway: Target,
        refusal: String,
        error: Box<SshError>,
    },
}

fn ended(exit_code: i64) -> String {
    match exit_code {
        KILLED => "the command was killed by a signal".to_owned(),
        code => format!("exit code {code}"),
    }
}

fn said(stderr: &str) -> String {
    match stderr {
        "" => String::new(),
        stderr => format!(", stderr: {stderr}"),
    }
}

/// What a command left.
pub(super) struct Output {
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: Vec<u8>,
    /// [`KILLED`] if it gave none.
    pub(super) exit_code: i64,
}

/// A connection with a user logged in. Dropping it closes the connection, and
/// what it runs through.
pub(super) struct Session {
    handle: Handle<AnyHostKey>,
    _open: DropGuard,
    _through: Through,
}

/// What a connection runs through; it lives as long as the connection.
pub(super) enum Through {
    Network,
    Gateway(#[expect(dead_code, reason = "held for its drop")] Box<Session>),
    Program(#[expect(dead_code, reason = "held for its drop")] ProxyProcess),
}

/// Unknown host keys are accepted (workflow language §11.1).
struct AnyHostKey;

impl client::Handler for AnyHostKey {
    type Error = russh::Error;

    async fn check_server_key(
        &mut self,
        _key: &russh::keys::PublicKeyOrCertificate,
    ) -> Result<bool, Self::Error> {
        Ok(true)
    }
}

impl Session {
    /// Makes a connection of a stream and logs in.
    pub(super) async fn open(
        stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
        through: Through,
        login: &Login,
        config: &SshConfig,
    ) -> Result<Self, SshError> {
        let (stream, open) = Guarded::new(stream);
        let handle = client::connect_stream(client_config(config), stream, AnyHostKey).await?;
        let mut session = Self {
            handle,
            _open: open,
            _through: through,
        };
        session.log_in(login).await?;
        Ok(session)
    }

    /// Key first, then password, in the forms the server offers.
    async fn log_in(&mut self, login: &Login) -> Result<(), SshError> {
        let user = login.user.as_str();
        let proofs = match (&login.key, &login.password) {
            (Some(_), Some(_)) => "the key or the password",
            (Some(_), None) => "the key",
            (None, Some(_)) => "the password",
            (None, None) => "neither a key nor a password",
        };
        let is_in = match (&login.key, &login.password) {
            (None, None) => self.handle.authenticate_none(user).await?.success(),
            (key, password) => {
                let by_key = match key {
                    Some(key) => self.log_in_by_key(user, key).await?,
                    None => false,
                };
                by_key
                    || match password {
                        Some(password) => self.log_in_by_password(user, password).await?,
                        None => false,
                    }
            }
        };
        match is_in {
            true => Ok(()),
            false => Err(SshError::Denied {
                user: user.to_owned(),
                proofs,
            }),
        }
    }

    /// An RSA key can sign in several ways; a server that does not say which it
    /// takes is asked for each.
    async fn log_in_by_key(
        &mut self,
        user: &str,
        key: &Arc<PrivateKey>,
    ) -> Result<bool, russh::Error> {
        let hashes = match key.algorithm().is_rsa() {
            false => vec![None],
            true => match self.handle.best_supported_rsa_hash().await? {
                Some(best) => vec![best],
                None => vec![Some(HashAlg::Sha512), Some(HashAlg::Sha256), None],
            },
        };
        for hash in hashes {
            let key = PrivateKeyWithHashAlg::new(Arc::clone(key), hash);
            if self
                .handle
                .authenticate_publickey(user, key)
                .await?
                .success()
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn log_in_by_password(
        &mut self,
        user: &str,
        password: &str,
    ) -> Result<bool, russh::Error> {
        match self.handle.authenticate_password(user, password).await? {
            AuthResult::Success => Ok(true),
            AuthResult::Failure {
                remaining_methods, ..
            } if remaining_methods.contains(&MethodKind::KeyboardInteractive) => {
                self.answer_questions(user, password).await
            }
            AuthResult::Failure { .. } => Ok(false),
        }
    }

    /// Servers that ask for the password by a prompt get it as the answer.
    async fn answer_questions(&mut self, user: &str, password: &str) -> Result<bool, russh::Error> {
        let handle = &mut self.handle;
        let mut state = handle
            .authenticate_keyboard_interactive_start(user, None)
            .await?;
        for _ in 0..MAX_QUESTION_ROUNDS {
            let prompts = match state {
                KeyboardInteractiveAuthResponse::Success => return Ok(true),
                KeyboardInteractiveAuthResponse::Failure { .. } => return Ok(false),
                KeyboardInteractiveAuthResponse::InfoRequest { prompts, .. } => prompts,
            };
            let answers = prompts.iter().map(|_| password.to_owned()).collect();
            state = handle
                .authenticate_keyboard_interactive_respond(answers)
                .await?;
        }
        Ok(false)
    }

    /// Runs a command to its end. It gets no input.
    pub(super) async fn run(&self, command: &str, max_bytes: usize) -> Result<Output, SshError> {
        let mut channel = self.handle.channel_open_session().await?;
        channel.exec(true, command).await?;
        channel.eof().await?;
        let mut output = Output {
            stdout: Vec::new(),
            stderr: Vec::new(),
            exit_code: KILLED,
        };
        while !collect(channel.wait().await, &mut output)? {
            if output.stdout.len() + output.stderr.len() > max_bytes {
                return Err(SshError::TooMuchOutput(max_bytes));
            }
        }
        Ok(output)
    }

    /// A stream from the server's machine to a host and port.
    pub(super) async fn tunnel(&self, target: &Target) -> Result<ChannelStream<Msg>, russh::Error> {
        let port = u32::from(target.port);
        let channel: Channel<Msg> = self
            .handle
            .channel_open_direct_tcpip(&target.host, port, "127.0.0.1", 0)
            .await?;
        Ok(channel.into_stream())
    }

    /// The input and output of a command as a stream.
    pub(super) async fn command_stream(
        &self,
        command: &str,
    ) -> Result<ChannelStream<Msg>, russh::Error> {
        let channel = self.handle.channel_open_session().await?;
        channel.exec(false, command).await?;
        Ok(channel.into_stream())
    }

    /// Takes leave of the server before the connection is dropped.
    pub(super) async fn close(self) {
        let goodbye = self.handle.disconnect(Disconnect::ByApplication, "", "");
        if tokio::time::timeout(GOODBYE, goodbye).await.is_ok() {
            // The connection's task ends once the message is out.
            let _ = tokio::time::timeout(GOODBYE, self.handle).await;
        }
    }
}

/// Takes in one message; true once the command is through.
fn collect(message: Option<ChannelMsg>, output: &mut Output) -> Result<bool, SshError> {
    match message {
        None => return Err(SshError::Lost),
        Some(ChannelMsg::Close) => return Ok(true),
        Some(ChannelMsg::Failure) => return Err(SshError::NoCommands),
        Some(ChannelMsg::Data { data }) => output.stdout.extend_from_slice(&data),
        Some(ChannelMsg::ExtendedData { data, .. }) => output.stderr.extend_from_slice(&data),
        Some(ChannelMsg::ExitStatus { exit_status }) => output.exit_code = exit_status.into(),
        Some(_) => {}
    }
    Ok(false)
}

fn client_config(config: &SshConfig) -> Arc<client::Config> {
    Arc::new(client::Config {
        client_id: SshId::Standard(concat!("SSH-2.0-ostro_", env!("CARGO_PKG_VERSION")).into()),
        keepalive_interval: limit(config.keepalive_interval),
        keepalive_max: MAX_KEEPALIVES_MISSED,
        nodelay: true,
        ..client::Config::default()
    })
}
