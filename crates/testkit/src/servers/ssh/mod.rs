//! An SSH server that runs commands by a closure or on a scripted [`Machine`],
//! and can stand as a gateway before others.

mod handler;
mod keys;
mod machine;

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use russh::keys::{PrivateKey, PublicKey};
use russh::server::Config;
use tokio::net::TcpStream;

use self::handler::Visitor;
pub use self::keys::{KeyKind, KeyPair};
pub use self::machine::Machine;
use super::listener::{Listener, Record};

/// Answers a command.
type Shell = Arc<dyn Fn(&str) -> Reply + Send + Sync>;

/// What a command writes, and how it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Its standard output.
    pub stdout: Vec<u8>,
    /// Its error output.
    pub stderr: Vec<u8>,
    /// The exit code; `None`: it never ends.
    pub exit_code: Option<u32>,
}

impl Reply {
    /// A success with that output.
    pub fn ok(stdout: impl Into<Vec<u8>>) -> Self {
        Self {
            stdout: stdout.into(),
            stderr: Vec::new(),
            exit_code: Some(0),
        }
    }

    /// A failure with that error output.
    pub fn failure(exit_code: u32, stderr: impl Into<Vec<u8>>) -> Self {
        Self {
            stdout: Vec::new(),
            stderr: stderr.into(),
            exit_code: Some(exit_code),
        }
    }

    /// A command that writes nothing and never ends.
    pub fn endless() -> Self {
        Self {
            exit_code: None,
            ..Self::ok("")
        }
    }
}

/// A command as it came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Who ran it.
    pub user: String,
    /// Its text.
    pub command: String,
    /// Whether the user logged in with a key (else with a password).
    pub by_key: bool,
}

/// How a gateway lets connections through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Forwarding {
    /// Not at all.
    #[default]
    Off,
    /// By channels (`direct-tcpip`).
    Channels,
    /// Only by the command `nc HOST PORT`.
    NcOnly,
}

/// What a server is to be like.
pub struct Builder {
    passwords: Vec<(String, String)>,
    only_prompts: bool,
    keys: Vec<(String, PublicKey)>,
    shell: Shell,
    forwarding: Forwarding,
    hosts: BTreeMap<(String, u16), SocketAddr>,
}

/// A running SSH server.
pub struct SshServer {
    listener: Listener,
    state: Arc<State>,
}

struct State {
    plan: Builder,
    commands: Record<Command>,
    failures_left: AtomicUsize,
}

impl Builder {
    /// Lets a user in with a password.
    pub fn password(mut self, user: &str, password: &str) -> Self {
        self.passwords.push((user.to_owned(), password.to_owned()));
        self
    }

    /// Takes passwords only as answers to a prompt (`keyboard-interactive`).
    pub fn only_prompts(mut self) -> Self {
        self.only_prompts = true;
        self
    }

    /// Lets a user in with a key.
    pub fn key(mut self, user: &str, key: &KeyPair) -> Self {
        self.keys.push((user.to_owned(), key.public().clone()));
        self
    }

    /// Answers commands by a closure.
    pub fn on_command(mut self, shell: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Self {
        self.shell = Arc::new(shell);
        self
    }

    /// Runs commands on a machine.
    pub fn machine(self, machine: Machine) -> Self {
        self.on_command(move |command| machine.run(command))
    }

    /// Lets connections through to hosts that [`Builder::host`] names, and to
    /// loopback addresses.
    pub fn forwarding(mut self, forwarding: Forwarding) -> Self {
        self.forwarding = forwarding;
        self
    }

    /// Gives an address a name that only this server, as a gateway, knows.
    pub fn host(mut self, name: &str, port: u16, address: SocketAddr) -> Self {
        self.hosts.insert((name.to_owned(), port), address);
        self
    }

    /// Starts the server.
    ///
    /// # Errors
    /// No port could be had.
    pub async fn start(self) -> io::Result<SshServer> {
        let config = Arc::new(config());
        let state = Arc::new(State {
            plan: self,
            commands: Record::default(),
            failures_left: AtomicUsize::new(0),
        });
        let shared = Arc::clone(&state);
        let serve = move |stream| serve(stream, Arc::clone(&config), Arc::clone(&shared));
        Ok(SshServer {
            listener: Listener::start(serve).await?,
            state,
        })
    }
}

impl SshServer {
    /// A server where nobody may log in and every command succeeds silently.
    pub fn builder() -> Builder {
        Builder {
            passwords: Vec::new(),
            only_prompts: false,
            keys: Vec::new(),
            shell: Arc::new(|_| Reply::ok("")),
            forwarding: Forwarding::Off,
            hosts: BTreeMap::new(),
        }
    }

    /// Stops; then nothing listens at its address any more.
    pub async fn stop(self) {
        self.listener.stop().await;
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.listener.address()
    }

    /// The commands so far, in the order of their arrival.
    pub fn commands(&self) -> Vec<Command> {
        self.state.commands.entries()
    }

    /// Lets the next commands fail, instead of those still to fail.
    pub fn fail_next(&self, commands: usize) {
        self.state.failures_left.store(commands, Ordering::SeqCst);
    }

    /// Waits until that many connections are open.
    pub async fn until_open(&self, connections: usize) {
        self.listener.until_open(connections).await;
    }
}

impl State {
    fn answer(&self, command: &str) -> Reply {
        let fails = self
            .failures_left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                left.checked_sub(1)
            });
        match fails {
            Ok(_) => Reply::failure(1, "told to fail\n"),
            Err(_) => (self.plan.shell)(command),
        }
    }
}

fn config() -> Config {
    Config {
        auth_rejection_time: Duration::ZERO,
        auth_rejection_time_initial: Some(Duration::ZERO),
        keys: vec![host_key()],
        nodelay: true,
        ..Config::default()
    }
}

fn host_key() -> PrivateKey {
    KeyPair::new(KeyKind::Ed25519).into_private()
}

/// The SSH library runs a connection in a task of its own. It gets a pipe instead
/// of the connection: when this future is dropped the pipe breaks, and that task
/// ends.
async fn serve(mut stream: TcpStream, config: Arc<Config>, state: Arc<State>) {
    let (mut near, far) = tokio::io::duplex(256 << 10);
    let session = async {
        if let Ok(running) = russh::server::run_stream(config, far, Visitor::new(state)).await {
            // How a session ends is of no interest here.
            let _ = running.await;
        }
    };
    let pump = async move {
        // The connection breaking is one of the ways it ends; the pipe ends with it.
        let _ = tokio::io::copy_bidirectional(&mut stream, &mut near).await;
    };
    tokio::join!(session, pump);
}
