//! The REST API over HTTP.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Certificate, Client, ClientBuilder, Method, Response, Url};

use crate::api::{Reply, Request, Transport};

/// How long the service may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// How long it may be silent; more than any wait that it is asked for.
const SILENCE: Duration = Duration::from_secs(120);
/// The header with the text of an error (REST API §3.3).
const COMPLAINT: &str = "Server-Error-Message";

/// What a service asks of its callers, besides its address.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// Headers of every request: a token, a project.
    pub headers: HeaderMap,
    /// Certificates to trust instead of the system's (PEM).
    pub authorities: Option<PathBuf>,
    /// Whether any certificate will do.
    pub insecure: bool,
}

/// A service somewhere.
#[derive(Clone, Debug)]
pub struct Remote {
    client: Client,
    base: String,
    headers: HeaderMap,
}

impl Remote {
    /// The service whose API begins at `base` (`http://HOST:PORT/v2`).
    ///
    /// # Errors
    /// An address that is none.
    pub fn new(base: &str) -> anyhow::Result<Self> {
        Self::with(base, Access::default())
    }

    /// The same with what the service asks of its callers.
    ///
    /// # Errors
    /// An address that is none, or certificates that cannot be read.
    pub fn with(base: &str, access: Access) -> anyhow::Result<Self> {
        let url = Url::parse(base)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
            .with_context(|| format!("'{base}' is no address: write http://HOST:PORT/v2"))?;
        let base = url.as_str().trim_end_matches('/');
        Ok(Self {
            client: builder(&url, &access)?.build()?,
            base: base.strip_suffix("/v2").unwrap_or(base).to_owned(),
            headers: access.headers,
        })
    }

    /// Where the API begins.
    pub fn address(&self) -> String {
        format!("{}/v2", self.base)
    }

    /// Opens a stream of server-sent events; the path is as in a [`Request`]. With `after`, those
    /// after that one.
    ///
    /// # Errors
    /// No answer.
    pub async fn stream(&self, path: &str, after: Option<&str>) -> reqwest::Result<Response> {
        let mut request = self
            .client
            .get(format!("{}{path}", self.base))
            .headers(self.headers.clone())
            .header(ACCEPT, "text/event-stream");
        if let Some(after) = after {
            request = request.header("Last-Event-ID", after);
        }
        request.send().await
    }
}

/// TLS is set up for `https` alone: reading the system's certificates takes its time.
fn builder(url: &Url, access: &Access) -> anyhow::Result<ClientBuilder> {
    // Whoever installed one before is welcome.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = Client::builder()
        .connect_timeout(CONNECT)
        .read_timeout(SILENCE);
    let local = url.host_str().is_some_and(|host| {
        host == "localhost" || host.starts_with("127.") || host.starts_with("[::1]")
    });
    if local {
        builder = builder.no_proxy();
    }
    if url.scheme() == "http" {
        return Ok(builder.tls_certs_only([]));
    }
    if let Some(file) = &access.authorities {
        let text =
            std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        let certificates = Certificate::from_pem_bundle(&text)
            .with_context(|| format!("{} holds no certificates", file.display()))?;
        builder = builder.tls_certs_only(certificates);
    }
    Ok(builder.tls_danger_accept_invalid_certs(access.insecure))
}

impl Transport for Remote {
    async fn send(&self, request: Request) -> anyhow::Result<Reply> {
        let method = Method::from_bytes(request.method.as_bytes())?;
        let url = format!("{}{}", self.base, request.path);
        let answer = self
            .client
            .request(method, &url)
            .headers(self.headers.clone())
            .header(CONTENT_TYPE, request.content_type)
            .body(request.body)
            .send()
            .await
            .with_context(|| format!("no answer from {url}"))?;
        let complaint = answer
            .headers()
            .get(COMPLAINT)
            .map(|text| String::from_utf8_lossy(text.as_bytes()).into_owned());
        Ok(Reply {
            status: answer.status().as_u16(),
            complaint,
            body: answer.bytes().await?.to_vec(),
        })
    }
}

/// A header for [`Access`], from `NAME: VALUE`.
///
/// # Errors
/// A text that is none.
pub fn header(text: &str) -> Result<(HeaderName, HeaderValue), String> {
    let wrong = || format!("'{text}' is no header: write 'NAME: VALUE'");
    let (name, value) = text.split_once(':').ok_or_else(wrong)?;
    let name = HeaderName::try_from(name.trim()).map_err(|_| wrong())?;
    let value = HeaderValue::try_from(value.trim()).map_err(|_| wrong())?;
    Ok((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let address = |text| Remote::new(text).map(|remote| remote.address());
        for text in [
            "http://127.0.0.1:8989/v2",
            "http://127.0.0.1:8989/v2/",
            "http://127.0.0.1:8989",
        ] {
            assert_eq!(address(text).unwrap(), "http://127.0.0.1:8989/v2");
        }
        let behind = "http://localhost/workflow/v2";
        assert_eq!(address(behind).unwrap(), behind);
        for text in ["", "127.0.0.1:8989", "ftp://localhost/v2", "http://"] {
            let error = address(text).unwrap_err().to_string();
            assert!(error.contains("write http://HOST:PORT/v2"), "{error}");
        }
    }

    #[test]
    fn headers() {
        let (name, value) = header("X-Roles: admin").unwrap();
        assert_eq!(
            (name.as_str(), value.as_bytes()),
            ("x-roles", &b"admin"[..])
        );
        assert!(header("nonsense").is_err());
        assert!(header("a b: c").is_err());
    }
}
