//! Where outgoing requests may go.
//!
//! Invariant: the addresses that were judged are the addresses that are
//! connected to. The policy resolves a name itself and hands the result on, so
//! no second look-up can answer something else.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use serde::{Deserialize, Deserializer};

use crate::config::HttpConfig;

/// A network: an address and how many of its leading bits count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cidr {
    network: u128,
    prefix: u8,
    is_v4: bool,
}

/// A text that names no network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a network; write it like 10.0.0.0/8 or fe80::/10")]
pub struct InvalidCidr(String);

impl Cidr {
    /// The networks that are denied unless configured otherwise. Linux connects
    /// to the unspecified addresses as if they were loopback, so they are in.
    pub fn loopback_and_link_local() -> Vec<Self> {
        let v4 = |a, b, prefix| Self::new(IpAddr::V4(Ipv4Addr::new(a, b, 0, 0)), prefix);
        let v6 = |first, last, prefix| {
            Self::new(
                IpAddr::V6(Ipv6Addr::new(first, 0, 0, 0, 0, 0, 0, last)),
                prefix,
            )
        };
        vec![
            v4(127, 0, 8),
            v4(169, 254, 16),
            v4(0, 0, 8),
            v6(0, 1, 128),
            v6(0xfe80, 0, 10),
            v6(0, 0, 128),
        ]
    }

    /// Host bits are ignored: `10.1.2.3/8` is `10.0.0.0/8`.
    fn new(address: IpAddr, prefix: u8) -> Self {
        let (bits, width) = bits(address);
        Self {
            network: bits & mask(prefix, width),
            prefix,
            is_v4: address.is_ipv4(),
        }
    }

    /// Whether the address lies in this network. An IPv4 address in IPv6 form
    /// is judged as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let (bits, width) = bits(address);
        address.is_ipv4() == self.is_v4 && bits & mask(self.prefix, width) == self.network
    }
}

fn bits(address: IpAddr) -> (u128, u8) {
    match address {
        IpAddr::V4(v4) => (u128::from(v4.to_bits()), 32),
        IpAddr::V6(v6) => (v6.to_bits(), 128),
    }
}

fn mask(prefix: u8, width: u8) -> u128 {
    let host_bits = u32::from(width - prefix.min(width));
    u128::MAX.checked_shl(host_bits).unwrap_or(0)
}

impl FromStr for Cidr {
    type Err = InvalidCidr;

    fn from_str(text: &str) -> Result<Self, InvalidCidr> {
        let invalid = || InvalidCidr(text.to_owned());
        let (address, prefix) = match text.trim().split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text.trim(), None),
        };
        let address: IpAddr = address.parse().map_err(|_| invalid())?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(prefix) => prefix.parse().map_err(|_| invalid())?,
            None => width,
        };
        if prefix > width {
            return Err(invalid());
        }
        Ok(Self::new(address, prefix))
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match u32::try_from(self.network) {
            Ok(v4) if self.is_v4 => write!(f, "{}/{}", Ipv4Addr::from_bits(v4), self.prefix),
            _ => write!(f, "{}/{}", Ipv6Addr::from_bits(self.network), self.prefix),
        }
    }
}

impl<'de> Deserialize<'de> for Cidr {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Why a request may not go out (workflow language §11.1).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EgressError {
    /// Neither http nor https.
    #[error("URL scheme '{0}' is not allowed (only http and https are).")]
    Scheme(String),
    /// A URL without a host.
    #[error("URL does not contain a host.")]
    NoHost,
    /// Not one of the allowed hosts.
    #[error("Host '{0}' is not in [action_std_http] allowed_hosts.")]
    HostNotAllowed(String),
    /// In a denied network.
    #[error("URL host '{host}' resolves to a blocked address ({address}).")]
    AddressDenied {
        /// The host of the URL.
        host: String,
        /// The first denied address.
        address: IpAddr,
    },
}

/// Which hosts and addresses may be called.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EgressPolicy {
    allowed_hosts: Vec<String>,
    denied: Vec<Cidr>,
}

impl EgressPolicy {
    /// The policy of these settings.
    pub fn new(config: &HttpConfig) -> Self {
        Self {
            allowed_hosts: config.allowed_hosts.clone(),
            denied: config.denied_cidrs.clone(),
        }
    }

    /// Judges a URL as far as that is possible without resolving its host.
    /// A host that is an address is judged completely.
    ///
    /// # Errors
    /// The rule that forbids it.
    pub fn check_url(&self, url: &reqwest::Url) -> Result<(), EgressError> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(EgressError::Scheme(url.scheme().to_owned()));
        }
        let host = url.host_str().ok_or(EgressError::NoHost)?;
        let host = bare(host);
        if !self.allowed_hosts.is_empty() && !self.allows_host(host) {
            return Err(EgressError::HostNotAllowed(host.to_owned()));
        }
        match host.parse() {
            Ok(address) => self.check_address(host, address),
            Err(_) => Ok(()),
        }
    }

    /// Judges an address that a host has.
    ///
    /// # Errors
    /// The address is denied.
    pub fn check_address(&self, host: &str, address: IpAddr) -> Result<(), EgressError> {
        if self.denied.iter().any(|network| network.contains(address)) {
            return Err(EgressError::AddressDenied {
                host: host.to_owned(),
                address,
            });
        }
        Ok(())
    }

    /// Resolves a name; one denied address among several spoils them all.
    ///
    /// # Errors
    /// The name can't be resolved, or has a denied address.
    pub(crate) async fn resolve(
        &self,
        host: &str,
    ) -> Result<Vec<SocketAddr>, Box<dyn std::error::Error + Send + Sync>> {
        let addresses: Vec<_> = tokio::net::lookup_host((host, 0)).await?.collect();
        for address in &addresses {
            self.check_address(host, address.ip())?;
        }
        Ok(addresses)
    }

    fn allows_host(&self, host: &str) -> bool {
        let is_host = |allowed: &String| bare(allowed).eq_ignore_ascii_case(host);
        self.allowed_hosts.iter().any(is_host)
    }
}

/// An IPv6 address stands in brackets in a URL, and without them elsewhere.
fn bare(host: &str) -> &str {
    host.strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(config: &HttpConfig, url: &str) -> String {
        let url = url.parse().expect("a URL");
        match EgressPolicy::new(config).check_url(&url) {
            Ok(()) => "allowed".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_fresh_install_refuses_loopback_in_every_spelling() {
        let config = HttpConfig::default();
        for (url, shown) in [
            ("http://127.0.0.1/", "127.0.0.1"),
            ("http://127.1:8080/", "127.0.0.1"),
            ("http://2130706433/", "127.0.0.1"),
            ("http://0x7f.0.0.1/", "127.0.0.1"),
            ("http://0.0.0.0/", "0.0.0.0"),
            ("http://[::1]/", "::1"),
            ("http://[::]/", "::"),
            ("http://[::ffff:127.0.0.1]/", "::ffff:127.0.0.1"),
            ("http://169.254.169.254/latest", "169.254.169.254"),
            ("http://[fe80::1]/", "fe80::1"),
        ] {
            let expected = format!("resolves to a blocked address ({shown}).");
            let verdict = judge(&config, url);
            assert!(verdict.ends_with(&expected), "{url}: {verdict}");
        }
        assert_eq!(judge(&config, "http://192.0.2.1/"), "allowed");
    }

    #[test]
    fn only_http_and_listed_hosts() {
        let config = HttpConfig {
            allowed_hosts: vec!["Api.Example.org".into(), "::2".into()],
            ..HttpConfig::default()
        };
        assert_eq!(
            judge(&config, "ftp://api.example.org/"),
            "URL scheme 'ftp' is not allowed (only http and https are)."
        );
        assert_eq!(
            judge(&config, "http://other.example.org/"),
            "Host 'other.example.org' is not in [action_std_http] allowed_hosts."
        );
        assert_eq!(judge(&config, "https://api.example.org:8443/x"), "allowed");
        assert_eq!(judge(&config, "http://[::2]/"), "allowed");
    }

    #[test]
    fn networks_are_read_and_shown() {
        for (text, shown) in [
            ("10.1.2.3/8", "10.0.0.0/8"),
            ("192.0.2.7", "192.0.2.7/32"),
            ("fe80::1/10", "fe80::/10"),
            ("::/0", "::/0"),
        ] {
            assert_eq!(text.parse::<Cidr>().unwrap().to_string(), shown);
        }
        for bad in ["10.0.0.0/33", "::/129", "localhost", "10.0.0.0/x", ""] {
            let error = bad.parse::<Cidr>().unwrap_err().to_string();
            assert!(error.starts_with(&format!("'{bad}' is not a network")));
        }
    }

    #[test]
    fn a_network_of_one_family_says_nothing_of_the_other() {
        let everything_v6: Cidr = "::/0".parse().unwrap();
        assert!(!everything_v6.contains("192.0.2.1".parse().unwrap()));
        assert!(everything_v6.contains("2001:db8::1".parse().unwrap()));
    }

    #[tokio::test]
    async fn names_are_judged_by_their_addresses() {
        let policy = EgressPolicy::new(&HttpConfig::default());
        let error = policy.resolve("localhost").await.unwrap_err();
        assert!(error.downcast_ref::<EgressError>().is_some(), "{error}");
    }
}
