//! The REST API over HTTP.

use anyhow::Context;
use cli::api::{Reply, Request, Transport};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Method};

/// A service somewhere.
#[derive(Clone, Debug)]
pub(crate) struct Remote {
    client: Client,
    base: String,
}

impl Remote {
    /// The service whose API begins at `base` (`http://HOST:PORT/v2`).
    pub(crate) fn new(base: &str) -> anyhow::Result<Self> {
        Ok(Self {
            client: Client::builder().no_proxy().build()?,
            base: base.trim_end_matches("/v2").to_owned(),
        })
    }
}

impl Transport for Remote {
    async fn send(&self, request: Request) -> anyhow::Result<Reply> {
        let method = Method::from_bytes(request.method.as_bytes())?;
        let url = format!("{}{}", self.base, request.path);
        let answer = self
            .client
            .request(method, &url)
            .header(CONTENT_TYPE, request.content_type)
            .body(request.body)
            .send()
            .await
            .with_context(|| format!("no answer from {url}"))?;
        Ok(Reply {
            status: answer.status().as_u16(),
            body: answer.bytes().await?.to_vec(),
        })
    }
}
