//! A service inside this process, asked without a socket.

use anyhow::Context;
use axum::body::{Body, to_bytes};
use axum::http;
use server::{ApiService, App, Config, Database, Node};
use tower::ServiceExt;

use crate::api::{Reply, Request, Transport};
use crate::settings::shown;

/// A node that nobody else can reach.
pub(crate) struct Embedded {
    node: Node,
    service: ApiService,
}

/// Requests to it.
pub(crate) struct InProcess {
    service: ApiService,
}

impl Embedded {
    /// Starts a node on a database file, or on memory alone.
    pub(crate) fn start(config: Config, database: Option<&Database>) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Handle::current();
        let node = match database {
            Some(database) => {
                let open = || Node::open(config, database, runtime);
                tokio::task::block_in_place(open)
                    .with_context(|| format!("cannot use the database {}", shown(database)))?
            }
            None => Node::in_memory(config, runtime)?,
        };
        let service = server::service(App::new(node.services()));
        Ok(Self { node, service })
    }

    pub(crate) fn transport(&self) -> InProcess {
        InProcess {
            service: self.service.clone(),
        }
    }

    /// Ends the node; what it kept is on disk then.
    pub(crate) async fn stop(self) {
        let node = self.node;
        // It can only fail if ending it panics; that has been reported then.
        let _ = tokio::task::spawn_blocking(move || node.stop()).await;
    }
}

impl Transport for InProcess {
    async fn send(&self, request: Request) -> anyhow::Result<Reply> {
        let request = http::Request::builder()
            .method(request.method)
            .uri(&request.path)
            .header(http::header::HOST, "localhost")
            .header(http::header::CONTENT_TYPE, request.content_type)
            .body(Body::from(request.body))?;
        let response = self.service.clone().oneshot(request).await?;
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), usize::MAX).await?.to_vec();
        Ok(Reply {
            status,
            body,
            complaint: None,
        })
    }
}
