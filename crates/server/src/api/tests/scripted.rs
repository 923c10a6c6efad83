//! What callers learn when the engine refuses, is silent or is gone.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use engine::event::{Answer, Event, Refusal};
use engine::model::{ActionId, ExecutionId};
use futures_util::FutureExt;
use futures_util::future::{self, BoxFuture};
use http::Request;
use store::sqlite::Sqlite;
use tokio_util::sync::CancellationToken;

use super::Server;
use crate::api::{App, Services};
use crate::config::Config;
use crate::definitions::Definitions;
use crate::engine_port::{Ending, EnginePort, EngineUnavailable};
use crate::events::Feed;
use crate::maintenance::Maintenance;
use crate::notifications::CourierHandle;
use crate::triggers::incoming::{Conversions, Receiver};
use crate::triggers::{SchedulerHandle, Starter, SystemWallClock, Triggering};

/// Always does the same.
#[derive(Clone)]
enum Script {
    Refuse(Refusal),
    Silence,
    Gone,
}

impl EnginePort for Script {
    fn send(&self, _: ExecutionId, _: Event) -> BoxFuture<'_, Result<Answer, EngineUnavailable>> {
        match self {
            Self::Refuse(refusal) => future::ready(Ok(Answer::Refused(refusal.clone()))).boxed(),
            Self::Silence => future::pending().boxed(),
            Self::Gone => future::ready(Err(EngineUnavailable)).boxed(),
        }
    }

    fn ping(&self) -> BoxFuture<'_, Result<(), EngineUnavailable>> {
        match self {
            Self::Refuse(_) => future::ready(Ok(())).boxed(),
            Self::Silence => future::pending().boxed(),
            Self::Gone => future::ready(Err(EngineUnavailable)).boxed(),
        }
    }

    fn execution_ended(&self, _: ExecutionId, _: Duration) -> Ending {
        at_once()
    }

    fn action_ended(&self, _: ActionId, _: Duration) -> Ending {
        at_once()
    }
}

fn at_once() -> Ending {
    Ending {
        is_ahead: false,
        reached: future::ready(()).boxed(),
    }
}

fn server(script: Script) -> Server {
    server_with(script, Config::default())
}

fn server_with(script: Script, config: Config) -> Server {
    let store = Arc::new(Sqlite::in_memory().unwrap());
    let registry = actions::Registry::standard(&config.actions());
    let languages = config.languages();
    let definitions = Definitions::new(store.clone(), store.clone(), registry, languages).unwrap();
    let maintenance = Maintenance::load(store.clone(), &*store).unwrap();
    let (engine, definitions) = (Arc::new(script), Arc::new(definitions));
    let shutdown = CancellationToken::new();
    let starter = Starter::new(
        engine.clone(),
        (store.clone(), store.clone(), store.clone()),
        definitions.clone(),
        Arc::default(),
        tokio::runtime::Handle::current(),
        shutdown.clone(),
    );
    let scheduler = SchedulerHandle::nobody();
    Server::of_app(App::new(Services {
        config,
        engine,
        store: store.clone(),
        catalog: store.clone(),
        definitions,
        metrics: Arc::default(),
        outbox: store,
        courier: CourierHandle::default(),
        feed: Feed::start(&tokio::runtime::Handle::current()),
        maintenance,
        triggering: Triggering {
            receiver: Receiver::new(
                starter.clone(),
                Conversions::default(),
                Arc::new(SystemWallClock),
                1,
                1,
            ),
            starter,
            scheduler,
        },
        nodes: None,
        tail: None,
        shutdown,
    }))
}

async fn start(script: Script) -> super::Reply {
    let server = server(script);
    let definition = "version: '2.0'\nw: {tasks: {t: {action: std.noop}}}";
    server.post("/v2/workflows", definition).await.expect(201);
    server
        .post("/v2/executions", r#"{"workflow_name": "w"}"#)
        .await
}

#[tokio::test]
async fn refusals_keep_their_kind() {
    let invalid = Refusal::Invalid("not now".into());
    start(Script::Refuse(invalid)).await.refuses(400, "not now");
    let forbidden = Refusal::Forbidden("not you".into());
    start(Script::Refuse(forbidden))
        .await
        .refuses(403, "not you");
    let not_found = Refusal::NotFound("not here".into());
    start(Script::Refuse(not_found))
        .await
        .refuses(404, "not here");
}

#[tokio::test(start_paused = true)]
async fn a_silent_engine_is_an_error_after_the_timeout() {
    let text = "This rpc call \"start_workflow\" took longer than configured 60 seconds.";
    start(Script::Silence).await.refuses(500, text);
}

#[tokio::test(start_paused = true)]
async fn no_answer_takes_longer_than_any_may() {
    let mut config = Config::default();
    config.limits.request_timeout = 7;
    let server = server_with(Script::Silence, config);
    let definition = "version: '2.0'\nw: {tasks: {t: {action: std.noop}}}";
    server.post("/v2/workflows", definition).await.expect(201);
    let body = r#"{"workflow_name": "w"}"#;
    let text = "The request took longer than 7 seconds.";
    server.post("/v2/executions", body).await.refuses(503, text);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let server = server(Script::Gone);
    let text = "The request body did not arrive within 60 seconds.";
    for length in [None, Some("5"), Some("100000")] {
        let never = futures_util::stream::pending::<Result<Bytes, std::io::Error>>();
        let mut request = Request::post("/v2/executions");
        if let Some(length) = length {
            request = request.header("content-length", length);
        }
        let request = request.body(Body::from_stream(never)).unwrap();
        server.send(request).await.refuses(408, text);
    }
}

#[tokio::test]
async fn an_engine_that_is_gone() {
    let reply = start(Script::Gone).await.expect(503);
    assert_eq!(reply.field("faultcode"), "Server");
}

#[tokio::test(start_paused = true)]
async fn ready_is_where_the_engine_works() {
    let ready = async |script| server(script).get("/readyz").await;
    let works = Script::Refuse(Refusal::Invalid("not now".into()));
    ready(works).await.expect(200);
    for script in [Script::Silence, Script::Gone] {
        ready(script)
            .await
            .refuses(503, "The engine does not take events.");
    }
}
