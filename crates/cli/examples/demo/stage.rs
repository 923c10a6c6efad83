//! The throw-away servers: four machines, a gateway, and a mail server.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Map, Value, json};
use testkit::servers::smtp::{Mail, SmtpServer};
use testkit::servers::ssh::{Forwarding, KeyKind, KeyPair, Machine, SshServer};

const USER: &str = "operator";
const OLD_KERNEL: &str = "6.1.0-41";
const NEW_KERNEL: &str = "6.12.48";
/// How long an upgrade takes on each machine, so that there is something to watch.
const HOSTS: [(&str, Duration); 4] = [
    ("web-1", Duration::from_millis(500)),
    ("web-2", Duration::from_millis(900)),
    ("db-1", Duration::from_millis(300)),
    ("db-2", Duration::from_millis(700)),
];
/// The one that fails the first time.
const UNLUCKY: &str = "db-1";

/// Everything that the workflow meets.
pub(crate) struct Stage {
    hosts: Vec<Host>,
    gateway: SshServer,
    mail: SmtpServer,
    key_file: PathBuf,
}

/// A machine with its SSH server.
pub(crate) struct Host {
    pub(crate) name: &'static str,
    machine: Machine,
    server: SshServer,
}

impl Host {
    pub(crate) fn address(&self) -> String {
        self.server.address().to_string()
    }

    pub(crate) fn kernel(&self) -> String {
        self.machine.kernel()
    }

    /// How many commands it was given.
    pub(crate) fn commands(&self) -> usize {
        self.server.commands().len()
    }
}

impl Stage {
    /// Starts all servers; the key to them is written to the folder.
    pub(crate) async fn build(folder: &Path) -> anyhow::Result<Self> {
        let key = KeyPair::new(KeyKind::Ed25519);
        let key_file = folder.join("key");
        key.write(&key_file)?;
        let mut hosts = Vec::new();
        for (name, pace) in HOSTS {
            hosts.push(host(name, pace, &key).await?);
        }
        let gateway = SshServer::builder()
            .key(USER, &key)
            .forwarding(Forwarding::Channels);
        Ok(Self {
            hosts,
            gateway: gateway.start().await?,
            mail: SmtpServer::start().await?,
            key_file,
        })
    }

    pub(crate) fn hosts(&self) -> &[Host] {
        &self.hosts
    }

    pub(crate) fn gateway_address(&self) -> String {
        self.gateway.address().to_string()
    }

    pub(crate) fn mail_address(&self) -> String {
        self.mail.address().to_string()
    }

    pub(crate) fn mails(&self) -> Vec<Mail> {
        self.mail.mails()
    }

    /// The input of `upgrade_kernel` for these servers.
    pub(crate) fn input(&self) -> Map<String, Value> {
        let hosts: Vec<Value> = self
            .hosts
            .iter()
            .map(|host| json!({"name": host.name, "address": host.address()}))
            .collect();
        let mail = json!({
            "from_email": "ostro@localhost", "to_email": "operations@localhost",
            "smtp_server": self.mail_address(),
        });
        let command = format!("install-kernel {NEW_KERNEL} && reboot && echo updated");
        Map::from_iter([
            ("hosts".to_owned(), Value::Array(hosts)),
            ("username".to_owned(), json!(USER)),
            ("private_key_filename".to_owned(), json!(self.key_file)),
            ("gateway_host".to_owned(), json!(self.gateway_address())),
            ("email_info".to_owned(), mail),
            ("upgrade_command".to_owned(), json!(command)),
        ])
    }
}

async fn host(name: &'static str, pace: Duration, key: &KeyPair) -> anyhow::Result<Host> {
    let machine = Machine::new(name, OLD_KERNEL);
    let shell = machine.clone();
    let server = SshServer::builder()
        .key(USER, key)
        .on_command(move |command| {
            tokio::task::block_in_place(|| std::thread::sleep(pace));
            shell.run(command)
        })
        .start()
        .await?;
    if name == UNLUCKY {
        server.fail_next(1);
    }
    Ok(Host {
        name,
        machine,
        server,
    })
}
