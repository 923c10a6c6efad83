//! One visitor of the server: who it is, and what it asks for.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use russh::keys::PublicKey;
use russh::server::{
    self, Auth, ChannelOpenHandle, Msg, PublicKeyOffer, Session, VerifiedPublicKey,
};
use russh::{Channel, ChannelId, ChannelOpenFailure, Error};
use tokio::net::TcpStream;

use super::{Command, Forwarding, Reply, State};

pub(super) struct Visitor {
    state: Arc<State>,
    user: String,
    by_key: bool,
    channels: HashMap<ChannelId, Channel<Msg>>,
}

impl Visitor {
    pub(super) fn new(state: Arc<State>) -> Self {
        Self {
            state,
            user: String::new(),
            by_key: false,
            channels: HashMap::new(),
        }
    }

    fn knows_password(&self, user: &str, password: &[u8]) -> bool {
        let mut known = self.state.plan.passwords.iter();
        known.any(|(name, secret)| name == user && secret.as_bytes() == password)
    }

    fn knows_key(&self, user: &str, key: &PublicKey) -> Auth {
        let keys = self.state.plan.keys.iter();
        let mut of_user = keys.filter(|(known, _)| known == user);
        admit(of_user.any(|(_, known)| known.key_data() == key.key_data()))
    }

    fn enters(&mut self, user: &str, by_key: bool) {
        user.clone_into(&mut self.user);
        self.by_key = by_key;
    }

    /// Where a name leads: only known names and this machine.
    fn resolve(&self, host: &str, port: u16) -> Option<SocketAddr> {
        let known = self.state.plan.hosts.get(&(host.to_owned(), port));
        let loopback = || {
            let address: IpAddr = host.parse().ok()?;
            address
                .is_loopback()
                .then(|| SocketAddr::new(address, port))
        };
        known.copied().or_else(loopback)
    }

    /// The target of `nc HOST PORT`, if that is how this server lets through.
    fn nc_target(&self, command: &str) -> Option<Option<SocketAddr>> {
        let target = command.strip_prefix("nc ")?;
        let (host, port) = target.split_once(' ')?;
        let is_allowed = self.state.plan.forwarding == Forwarding::NcOnly;
        is_allowed.then(|| self.resolve(host, port.parse().ok()?))
    }
}

fn admit(is_known: bool) -> Auth {
    match is_known {
        true => Auth::Accept,
        false => Auth::reject(),
    }
}

impl server::Handler for Visitor {
    type Error = Error;

    async fn auth_password(&mut self, user: &str, password: &str) -> Result<Auth, Error> {
        let is_right = self.knows_password(user, password.as_bytes());
        self.enters(user, false);
        Ok(admit(is_right && !self.state.plan.only_prompts))
    }

    async fn auth_keyboard_interactive<'a>(
        &'a mut self,
        user: &str,
        _submethods: &str,
        response: Option<server::Response<'a>>,
    ) -> Result<Auth, Error> {
        let Some(mut answers) = response else {
            return Ok(Auth::Partial {
                name: "".into(),
                instructions: "".into(),
                prompts: vec![("Password: ".into(), false)].into(),
            });
        };
        let is_right = answers
            .next()
            .is_some_and(|answer| self.knows_password(user, &answer));
        self.enters(user, false);
        Ok(admit(is_right))
    }

    async fn auth_publickey_offered(
        &mut self,
        user: &str,
        offer: PublicKeyOffer<'_>,
    ) -> Result<Auth, Error> {
        Ok(self.knows_key(user, offer.public_key))
    }

    async fn auth_publickey(
        &mut self,
        user: &str,
        key: VerifiedPublicKey<'_>,
    ) -> Result<Auth, Error> {
        self.enters(user, true);
        Ok(self.knows_key(user, key.public_key))
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), Error> {
        self.channels.insert(channel.id(), channel);
        reply.accept().await;
        Ok(())
    }

    async fn channel_open_direct_tcpip(
        &mut self,
        channel: Channel<Msg>,
        host: &str,
        port: u32,
        _originator: &str,
        _originator_port: u32,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), Error> {
        if self.state.plan.forwarding != Forwarding::Channels {
            reply
                .reject(ChannelOpenFailure::AdministrativelyProhibited)
                .await;
            return Ok(());
        }
        let port = u16::try_from(port).unwrap_or(0);
        match self.resolve(host, port) {
            None => reply.reject(ChannelOpenFailure::ConnectFailed).await,
            Some(address) => {
                tokio::spawn(let_through(channel, address, Some(reply)));
            }
        }
        Ok(())
    }

    async fn exec_request(
        &mut self,
        id: ChannelId,
        command: &[u8],
        session: &mut Session,
    ) -> Result<(), Error> {
        let command = String::from_utf8_lossy(command).into_owned();
        self.state.commands.push(Command {
            user: self.user.clone(),
            command: command.clone(),
            by_key: self.by_key,
        });
        session.channel_success(id)?;
        let Some(channel) = self.channels.remove(&id) else {
            return Ok(());
        };
        match self.nc_target(&command) {
            Some(Some(address)) => {
                tokio::spawn(let_through(channel, address, None));
            }
            Some(None) => {
                tokio::spawn(finish(channel, Reply::failure(1, "nc: no such host\n")));
            }
            None => {
                tokio::spawn(finish(channel, self.state.answer(&command)));
            }
        }
        Ok(())
    }
}

/// Writes what a command writes. Sending fails once the visitor is gone, which
/// ends this as well.
async fn finish(mut channel: Channel<Msg>, reply: Reply) {
    let sent = async {
        channel.data_bytes(reply.stdout).await?;
        channel.extended_data_bytes(1, reply.stderr).await?;
        let Some(exit_code) = reply.exit_code else {
            while channel.wait().await.is_some() {}
            return Ok(());
        };
        channel.exit_status(exit_code).await?;
        channel.eof().await?;
        channel.close().await
    };
    let _: Result<(), Error> = sent.await;
}

/// Joins a channel and a connection until either ends.
async fn let_through(channel: Channel<Msg>, address: SocketAddr, reply: Option<ChannelOpenHandle>) {
    let connected = TcpStream::connect(address).await;
    match (connected, reply) {
        (Ok(mut stream), reply) => {
            if let Some(reply) = reply {
                reply.accept().await;
            }
            let mut channel = channel.into_stream();
            // One side going away is the way this ends.
            let _ = tokio::io::copy_bidirectional(&mut channel, &mut stream).await;
        }
        (Err(_), Some(reply)) => reply.reject(ChannelOpenFailure::ConnectFailed).await,
        (Err(_), None) => finish(channel, Reply::failure(1, "nc: can't connect\n")).await,
    }
}
