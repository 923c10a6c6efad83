//! Which service, as whom, and how its answers are printed: options of every client command.

use std::path::PathBuf;

use clap::Args;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use super::address::Address;
use super::print::Output;
use crate::api::{Api, ApiError, Body};
use crate::remote::{self, Access, Remote};

/// Where `ostro serve` listens unless it is told otherwise.
const DEFAULT_URL: &str = "http://127.0.0.1:8989/v2";

/// Headers that come from the environment: those of python-mistralclient.
const FROM_ENVIRONMENT: [(&str, &[&str]); 4] = [
    ("X-Auth-Token", &["OS_AUTH_TOKEN", "OS_TOKEN"]),
    ("X-Project-Id", &["OS_PROJECT_ID", "OS_TENANT_ID"]),
    ("X-User-Id", &["OS_USER_ID"]),
    ("X-Region-Name", &["OS_REGION_NAME"]),
];

/// Options of every client command.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Service")]
pub(crate) struct Connection {
    /// The service [env: OSTRO_URL, OS_MISTRAL_URL] [default: http://127.0.0.1:8989/v2]
    #[arg(long, global = true, value_name = "URL", display_order = 900)]
    url: Option<String>,
    /// Print JSON instead of tables
    #[arg(long, global = true, display_order = 901)]
    json: bool,
    /// A header of every request, besides those from OS_AUTH_TOKEN, OS_PROJECT_ID and OS_USER_ID
    #[arg(long = "header", global = true, value_name = "NAME: VALUE", value_parser = remote::header, display_order = 902)]
    headers: Vec<(HeaderName, HeaderValue)>,
    /// Certificates to trust instead of the system's [env: OS_CACERT]
    #[arg(
        long = "os-cacert",
        global = true,
        value_name = "FILE",
        display_order = 903
    )]
    authorities: Option<PathBuf>,
    /// Take any certificate
    #[arg(long, global = true, display_order = 904)]
    insecure: bool,
}

/// A service and the way its answers are printed.
pub(crate) struct Client {
    pub(crate) api: Api<Remote>,
    pub(crate) output: Output,
}

impl Connection {
    /// The client that these options describe.
    pub(crate) fn client(&self) -> anyhow::Result<Client> {
        self.client_by(|name| std::env::var(name).ok())
    }

    fn client_by(&self, variable: impl Fn(&str) -> Option<String>) -> anyhow::Result<Client> {
        let set = |names: &[&str]| {
            let mut values = names.iter().filter_map(|name| variable(name));
            values.find(|value| !value.is_empty())
        };
        let mut headers = HeaderMap::new();
        for (header, names) in FROM_ENVIRONMENT {
            if let Some(value) = set(names) {
                let mut value = HeaderValue::try_from(value)?;
                value.set_sensitive(header == "X-Auth-Token");
                headers.insert(HeaderName::try_from(header)?, value);
            }
        }
        for (name, value) in &self.headers {
            headers.insert(name.clone(), value.clone());
        }
        let url = self
            .url
            .clone()
            .or_else(|| set(&["OSTRO_URL", "OS_MISTRAL_URL"]))
            .unwrap_or_else(|| DEFAULT_URL.to_owned());
        let access = Access {
            headers,
            authorities: self
                .authorities
                .clone()
                .or_else(|| set(&["OS_CACERT"]).map(PathBuf::from)),
            insecure: self.insecure,
        };
        Ok(Client {
            api: Api::new(Remote::with(&url, access)?),
            output: Output { json: self.json },
        })
    }
}

impl Client {
    /// The service from the environment alone, for completion.
    pub(crate) fn from_environment() -> anyhow::Result<Self> {
        let connection = Connection {
            url: None,
            json: true,
            headers: Vec::new(),
            authorities: None,
            insecure: false,
        };
        connection.client()
    }

    pub(crate) async fn get(&self, address: Address) -> Result<Value, ApiError> {
        self.api.call("GET", address, Body::None).await
    }

    pub(crate) async fn post(&self, address: Address, body: Value) -> Result<Value, ApiError> {
        self.api.call("POST", address, Body::Json(body)).await
    }

    pub(crate) async fn put(&self, address: Address, body: Value) -> Result<Value, ApiError> {
        self.api.call("PUT", address, Body::Json(body)).await
    }

    pub(crate) async fn delete(&self, address: Address) -> Result<Value, ApiError> {
        self.api.call("DELETE", address, Body::None).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(flag: Option<&str>, environment: &[(&str, &str)]) -> String {
        let connection = Connection {
            url: flag.map(str::to_owned),
            json: false,
            headers: Vec::new(),
            authorities: None,
            insecure: false,
        };
        let client = connection.client_by(|wanted| {
            let found = environment.iter().find(|(name, _)| *name == wanted);
            found.map(|(_, value)| (*value).to_owned())
        });
        client.unwrap().api.transport().address()
    }

    #[test]
    fn the_flag_wins_then_our_variable() {
        let both = [
            ("OSTRO_URL", "http://127.0.0.1:1/v2"),
            ("OS_MISTRAL_URL", "http://127.0.0.1:2/v2"),
        ];
        let flag = "http://127.0.0.1:3/v2";
        assert_eq!(address(Some(flag), &both), flag);
        assert_eq!(address(None, &both), both[0].1);
        assert_eq!(address(None, &both[1..]), both[1].1);
        assert_eq!(address(None, &[("OSTRO_URL", "")]), DEFAULT_URL);
    }
}
