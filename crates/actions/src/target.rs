//! Hosts and ports as workflows write them: `name`, `name:port`, `[v6]:port`, `v6`.

use std::fmt;
use std::net::Ipv6Addr;

use yaql::Value;

use crate::action::Failure;
use crate::parameters::{text, wrong};

/// The longest list of hosts of one action.
const MAX_HOSTS: usize = 10_000;

/// A host to connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// A name or an address, without brackets.
    pub(crate) host: String,
    /// Its port.
    pub(crate) port: u16,
    given: String,
}

impl Target {
    /// Reads a host; a port that stands in the text beats the default one.
    pub(crate) fn parse(name: &str, given: &str, default_port: u16) -> Result<Self, Failure> {
        let (host, port) = split(given.trim());
        let invalid =
            || Failure::Refused(format!("'{name}' is not a host or host:port: '{given}'"));
        let port = match port {
            Some(port) => port.parse().ok().filter(|port| *port != 0),
            None => Some(default_port),
        };
        let is_host = |host: &str| !host.is_empty() && host.chars().all(is_host_char);
        match port {
            Some(port) if is_host(host) && !host.starts_with('-') => Ok(Self {
                host: host.to_owned(),
                port,
                given: given.to_owned(),
            }),
            _ => Err(invalid()),
        }
    }

    /// Reads one host or a list of hosts.
    pub(crate) fn parse_all(value: &Value, default_port: u16) -> Result<Vec<Self>, Failure> {
        let hosts = match value {
            Value::List(hosts) => &hosts[..],
            host => std::slice::from_ref(host),
        };
        if hosts.is_empty() || hosts.len() > MAX_HOSTS {
            let expected = format!("a host or a list of 1 to {MAX_HOSTS} hosts");
            return Err(wrong("host", &expected, value));
        }
        hosts
            .iter()
            .map(|host| Self::parse("host", &text("host", host)?, default_port))
            .collect()
    }

    /// As the workflow wrote it.
    pub(crate) fn given(&self) -> Value {
        Value::from(self.given.as_str())
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

/// What names and addresses are made of. Nothing of it means anything to a
/// shell, which matters where a host becomes part of a command.
fn is_host_char(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_' | ':' | '%')
}

fn split(text: &str) -> (&str, Option<&str>) {
    if text.parse::<Ipv6Addr>().is_ok() {
        return (text, None);
    }
    if let Some((host, rest)) = text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return match rest {
            "" => (host, None),
            // Without a colon the rest is no port, and fails as one.
            rest => (host, Some(rest.strip_prefix(':').unwrap_or("?"))),
        };
    }
    match text.rsplit_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (text, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_may_carry_a_port() {
        for (given, shown) in [
            ("db1", "db1:2200"),
            ("db1.example.org:22", "db1.example.org:22"),
            ("192.0.2.1", "192.0.2.1:2200"),
            ("::1", "[::1]:2200"),
            ("[::1]:23", "[::1]:23"),
            ("[fe80::1%eth0]", "[fe80::1%eth0]:2200"),
        ] {
            let target = Target::parse("host", given, 2200).unwrap();
            assert_eq!(target.to_string(), shown);
        }
    }

    #[test]
    fn what_is_no_host_is_refused() {
        for bad in [
            "", "a b", "a;reboot", "$(id)", "h:0", "h:x", "h:70000", "[::1]22", "-oX",
        ] {
            assert!(Target::parse("host", bad, 22).is_err(), "{bad}");
        }
        assert!(Target::parse_all(&Value::from(Vec::new()), 22).is_err());
    }
}
