//! `[cluster]`: this process among the nodes that share a PostgreSQL database.

use std::time::Duration;

use serde::Deserialize;
use store::Roles;

use super::words;

/// Settings of a node.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Cluster {
    /// The node's name; the host's, with the process's number, if it is empty.
    pub node_name: String,
    /// Milliseconds without a sign of life after which others take a node's shards.
    pub lease_ms: u64,
    /// Whether the node is told when there is something for it (LISTEN); otherwise it
    /// looks four times a second, and more often while somebody waits.
    pub listen: bool,
    /// What the node does: some of api, engine, executor.
    #[serde(deserialize_with = "words::roles")]
    pub roles: Roles,
}

impl Default for Cluster {
    fn default() -> Self {
        Self {
            node_name: String::new(),
            lease_ms: 3_000,
            listen: true,
            roles: Roles::ALL,
        }
    }
}

impl Cluster {
    /// How long a silent node keeps its shards.
    pub fn lease(&self) -> Duration {
        Duration::from_millis(self.lease_ms)
    }

    /// The node's name.
    pub fn name(&self) -> String {
        if !self.node_name.is_empty() {
            return self.node_name.clone();
        }
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname");
        let host = host.unwrap_or_else(|_| "node".to_owned());
        format!("{}:{}", host.trim(), std::process::id())
    }
}
