//! The connections, apart for each way of judging certificates.
//!
//! Names are resolved by the egress policy alone, for servers and proxies alike.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Certificate, Client, ClientBuilder, Proxy, Url, redirect};

use super::client::{HttpError, HttpRequest, TlsCheck};
use crate::egress::{EgressError, EgressPolicy};

const USER_AGENT: &str = concat!("ostro/", env!("CARGO_PKG_VERSION"));

/// An idle connection is kept this long for the next request.
const KEEP_IDLE: Duration = Duration::from_secs(30);

pub(super) struct Pool {
    policy: Arc<EgressPolicy>,
    /// Reading the system's certificates takes a while, and can fail; both only
    /// concern https.
    verifying: OnceLock<Client>,
    trusting: OnceLock<Client>,
}

impl Pool {
    pub(super) fn new(policy: Arc<EgressPolicy>) -> Self {
        Self {
            policy,
            verifying: OnceLock::new(),
            trusting: OnceLock::new(),
        }
    }

    /// The client for a request's scheme, certificates and proxy.
    pub(super) async fn client_for(&self, request: &HttpRequest) -> Result<Client, HttpError> {
        let tls = match request.url.scheme() {
            "https" => &request.tls,
            _ => &TlsCheck::Skip,
        };
        if let Some(proxy) = request.proxies.of(&request.url)? {
            self.judge_proxied(&request.url, &proxy).await?;
            return Ok(self.builder(tls)?.proxy(Proxy::all(proxy)?).build()?);
        }
        match tls {
            TlsCheck::Verify => self.kept(&self.verifying, tls),
            TlsCheck::Skip => self.kept(&self.trusting, tls),
            TlsCheck::Only(_) => Ok(self.builder(tls)?.build()?),
        }
    }

    fn kept(&self, slot: &OnceLock<Client>, tls: &TlsCheck) -> Result<Client, HttpError> {
        if let Some(client) = slot.get() {
            return Ok(client.clone());
        }
        let client = self.builder(tls)?.build()?;
        Ok(slot.get_or_init(|| client).clone())
    }

    fn builder(&self, tls: &TlsCheck) -> Result<ClientBuilder, HttpError> {
        let builder = Client::builder()
            .user_agent(USER_AGENT)
            .no_proxy()
            .redirect(redirect::Policy::none())
            .http1_title_case_headers()
            .pool_idle_timeout(KEEP_IDLE)
            .dns_resolver(Arc::new(PolicyResolver(Arc::clone(&self.policy))));
        Ok(match tls {
            TlsCheck::Verify => builder,
            TlsCheck::Skip => builder.tls_danger_accept_invalid_certs(true),
            TlsCheck::Only(pem) => builder.tls_certs_only(Certificate::from_pem_bundle(pem)?),
        })
    }

    /// The proxy is what we connect to, so its address is judged. The target is
    /// connected to by the proxy: it is judged too if we can resolve it, which
    /// behind a proxy is often not so.
    async fn judge_proxied(&self, target: &Url, proxy: &Url) -> Result<(), HttpError> {
        let proxy_host = proxy
            .host_str()
            .unwrap_or_default()
            .trim_matches(['[', ']']);
        if let Ok(address) = proxy_host.parse() {
            self.policy.check_address(proxy_host, address)?;
        }
        let target_host = target.host_str().unwrap_or_default();
        match self.policy.resolve(target_host).await {
            Err(error) => match error.downcast::<EgressError>() {
                Ok(denied) => Err((*denied).into()),
                Err(_unresolved) => Ok(()),
            },
            Ok(_) => Ok(()),
        }
    }
}

struct PolicyResolver(Arc<EgressPolicy>);

impl Resolve for PolicyResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let policy = Arc::clone(&self.0);
        Box::pin(async move {
            let addresses = policy.resolve(name.as_str()).await?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}
