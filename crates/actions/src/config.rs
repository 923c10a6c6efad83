//! The settings of the standard actions, with the defaults of the contract.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use crate::egress::Cidr;

/// Settings of the standard actions.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Of `std.http`, `std.mistral_http` and web hooks.
    pub http: HttpConfig,
    /// Of `std.ssh` and `std.ssh_proxied`.
    pub ssh: SshConfig,
    /// Of `std.email`.
    pub email: EmailConfig,
    /// Of `std.javascript` and `std.js`.
    pub javascript: JavaScriptConfig,
}

/// Settings of outgoing HTTP (REST API §20, `action_std_http.*`).
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpConfig {
    /// Seconds to wait for a connection, and for each part of the answer, unless
    /// the action says otherwise; 0 is no limit.
    pub default_timeout: u64,
    /// The largest body that is read, in bytes; 0 is no limit.
    pub max_response_size_bytes: u64,
    /// If not empty, only these hosts may be called.
    pub allowed_hosts: Vec<String>,
    /// Networks that may not be called.
    pub denied_cidrs: Vec<Cidr>,
    /// Seconds that a whole exchange may take, redirects included: a peer that
    /// sends a byte a minute ends there; 0 is no limit.
    pub max_duration: u64,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            default_timeout: 60,
            max_response_size_bytes: 5 << 20,
            allowed_hosts: Vec::new(),
            denied_cidrs: Cidr::loopback_and_link_local(),
            max_duration: 3600,
        }
    }
}

/// Settings of outgoing SSH.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SshConfig {
    /// Where key file names are looked up; `~/.ssh` if absent.
    pub key_directory: Option<PathBuf>,
    /// Whether an absolute key file name is accepted.
    pub absolute_key_files: bool,
    /// Seconds for the connection and the log-in, per host.
    pub connect_timeout: u64,
    /// Seconds between the signs of life that a connected host must give; after
    /// three misses the command fails.
    pub keepalive_interval: u64,
    /// The most bytes a command may write, stdout and stderr together.
    pub max_output_bytes: usize,
    /// How many hosts of one list are worked on at a time.
    pub max_parallel_hosts: usize,
    /// Whether `proxy_command` may start a program on this machine.
    pub allow_proxy_command: bool,
}

impl Default for SshConfig {
    fn default() -> Self {
        Self {
            key_directory: None,
            absolute_key_files: true,
            connect_timeout: 30,
            keepalive_interval: 30,
            max_output_bytes: 5 << 20,
            max_parallel_hosts: 16,
            allow_proxy_command: false,
        }
    }
}

/// Settings of outgoing mail.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EmailConfig {
    /// Seconds to wait for each answer of the mail server.
    pub timeout: u64,
    /// Whether the server's certificate must be valid when a password is sent.
    pub verify_certificates: bool,
}

impl Default for EmailConfig {
    fn default() -> Self {
        Self {
            timeout: 60,
            verify_certificates: true,
        }
    }
}

/// What a script of `std.javascript` may use.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct JavaScriptConfig {
    /// Seconds that a script may run; at least 1.
    pub time_limit: u64,
    /// The most memory, in bytes, the context included.
    pub memory_limit_bytes: usize,
    /// The largest result, in bytes of JSON.
    pub max_result_bytes: usize,
    /// How many scripts run at a time; others wait.
    pub max_parallel_scripts: usize,
}

impl Default for JavaScriptConfig {
    fn default() -> Self {
        Self {
            time_limit: 60,
            memory_limit_bytes: 64 << 20,
            max_result_bytes: 5 << 20,
            max_parallel_scripts: 4,
        }
    }
}

/// A limit in seconds, where 0 means none.
pub(crate) fn limit(seconds: u64) -> Option<Duration> {
    (seconds > 0).then(|| Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Config, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_not_set_keeps_its_default() {
        let config = read(r#"{"http": {"denied_cidrs": ["10.0.0.0/8"]}}"#).unwrap();
        assert_eq!(config.http.denied_cidrs.len(), 1);
        assert_eq!(config.http.default_timeout, 60);
        assert_eq!(config.ssh, SshConfig::default());
    }

    #[test]
    fn mistakes_are_named() {
        let network = read(r#"{"http": {"denied_cidrs": ["10/8"]}}"#).unwrap_err();
        assert!(network.contains("'10/8' is not a network"), "{network}");
        let unknown = read(r#"{"ssh": {"time": 1}}"#).unwrap_err();
        assert!(unknown.contains("unknown field `time`"), "{unknown}");
    }
}
