//! The way to a host: straight, or through a gateway.

use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

use super::parameters::{Gateway, Job, Login};
use super::process;
use super::session::{Session, SshError, Through};
use crate::config::SshConfig;
use crate::target::Target;

/// Logs in to a host of a job. Each host on the way has the same time for it.
pub(super) async fn open(
    job: &Job,
    target: &Target,
    config: &SshConfig,
) -> Result<Session, SshError> {
    match &job.gateway {
        None => direct(target, &job.login, config).await,
        Some(gateway) => {
            let first = enter_gateway(gateway, config)
                .await
                .map_err(|error| at(gateway, error))?;
            onwards(first, gateway, target, &job.login, config).await
        }
    }
}

async fn direct(target: &Target, login: &Login, config: &SshConfig) -> Result<Session, SshError> {
    in_time(config, async {
        let stream = TcpStream::connect((target.host.as_str(), target.port))
            .await
            .map_err(SshError::Connect)?;
        stream.set_nodelay(true).map_err(SshError::Connect)?;
        Session::open(stream, Through::Network, login, config).await
    })
    .await
}

async fn enter_gateway(gateway: &Gateway, config: &SshConfig) -> Result<Session, SshError> {
    let Some(command) = &gateway.proxy_command else {
        return direct(&gateway.target, &gateway.login, config).await;
    };
    let (stream, process) = process::start(command).map_err(SshError::Connect)?;
    let through = Through::Program(process);
    in_time(
        config,
        Session::open(stream, through, &gateway.login, config),
    )
    .await
}

/// From the gateway on, by a channel of its own SSH server; where that is not
/// allowed, by the program `nc`.
async fn onwards(
    first: Session,
    gateway: &Gateway,
    target: &Target,
    login: &Login,
    config: &SshConfig,
) -> Result<Session, SshError> {
    let tunnel = in_time(config, async { Ok(first.tunnel(target).await) }).await;
    let (stream, refusal) = match tunnel.map_err(|error| at(gateway, error))? {
        Ok(stream) => (stream, None),
        Err(refusal @ russh::Error::ChannelOpenFailure(_)) => {
            let command = format!("nc {} {}", target.host, target.port);
            let stream = first.command_stream(&command).await;
            (
                stream.map_err(|error| at(gateway, error.into()))?,
                Some(refusal),
            )
        }
        Err(error) => return Err(at(gateway, error.into())),
    };
    let through = Through::Gateway(Box::new(first));
    let session = in_time(config, Session::open(stream, through, login, config)).await;
    session.map_err(|error| match (refusal, error) {
        (Some(refusal), error @ (SshError::Protocol(_) | SshError::Slow(_))) => {
            SshError::NoTunnel {
                gateway: gateway.target.clone(),
                refusal: refusal.to_string(),
                error: Box::new(error),
            }
        }
        (_, error) => error,
    })
}

fn at(gateway: &Gateway, error: SshError) -> SshError {
    SshError::Gateway {
        gateway: gateway.target.clone(),
        error: Box::new(error),
    }
}

async fn in_time<T>(
    config: &SshConfig,
    work: impl Future<Output = Result<T, SshError>>,
) -> Result<T, SshError> {
    let bound = Duration::from_secs(config.connect_timeout);
    match timeout(bound, work).await {
        Ok(result) => result,
        Err(_) => Err(SshError::Slow(config.connect_timeout)),
    }
}
