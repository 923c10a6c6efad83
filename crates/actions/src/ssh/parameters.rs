//! The input of both actions as one job.

use std::sync::Arc;

use russh::keys::PrivateKey;
use yaql::{Dict, Value};

use super::{DEFAULT_PORT, key};
use crate::action::Failure;
use crate::config::SshConfig;
use crate::parameters::Input;
use crate::target::Target;

/// What to run, where, and as whom. Holds secrets, so it has no `Debug`.
pub(super) struct Job {
    pub(super) command: String,
    pub(super) targets: Vec<Target>,
    pub(super) login: Login,
    pub(super) gateway: Option<Gateway>,
    pub(super) returns_result_on_error: bool,
}

/// The host on the way.
pub(super) struct Gateway {
    pub(super) target: Target,
    pub(super) login: Login,
    /// A program on this machine whose standard input and output lead to the
    /// gateway.
    pub(super) proxy_command: Option<String>,
}

/// A user and the proofs it has.
#[derive(Clone)]
pub(super) struct Login {
    pub(super) user: String,
    pub(super) password: Option<String>,
    pub(super) key: Option<Arc<PrivateKey>>,
}

/// Reads the input.
pub(super) async fn read(given: &Dict, config: &SshConfig) -> Result<Job, Failure> {
    let input = Input(given);
    let host = input.value("host").unwrap_or(&Value::Null);
    let password = input.filled_text("password")?;
    let login = Login {
        user: input.required_text("username")?,
        key: key_of(input, password.as_deref(), config).await?,
        password,
    };
    Ok(Job {
        command: input.required_text("cmd")?,
        targets: Target::parse_all(host, input.port("port", DEFAULT_PORT)?)?,
        gateway: gateway(input, &login, config)?,
        login,
        returns_result_on_error: input.flag("return_result_on_error"),
    })
}

/// The password doubles as the passphrase of the key (workflow language §11.1).
async fn key_of(
    input: Input<'_>,
    passphrase: Option<&str>,
    config: &SshConfig,
) -> Result<Option<Arc<PrivateKey>>, Failure> {
    if let Some(text) = input.filled_text("private_key")? {
        return key::from_text(&text, passphrase).map(Some);
    }
    match input.filled_text("private_key_filename")? {
        Some(name) => key::from_file(&name, passphrase, config).await.map(Some),
        None => Ok(None),
    }
}

fn gateway(
    input: Input<'_>,
    login: &Login,
    config: &SshConfig,
) -> Result<Option<Gateway>, Failure> {
    let Some(host) = input.filled_text("gateway_host")? else {
        return Ok(None);
    };
    let proxy_command = input.filled_text("proxy_command")?;
    if proxy_command.is_some() && !config.allow_proxy_command {
        return Err(Failure::Refused(
            "'proxy_command' starts a program on the server, which its settings do not allow (ssh.allow_proxy_command)".into(),
        ));
    }
    let user = input.filled_text("gateway_username")?;
    Ok(Some(Gateway {
        target: Target::parse(
            "gateway_host",
            &host,
            input.port("gateway_port", DEFAULT_PORT)?,
        )?,
        login: Login {
            user: user.unwrap_or_else(|| login.user.clone()),
            ..login.clone()
        },
        proxy_command,
    }))
}
