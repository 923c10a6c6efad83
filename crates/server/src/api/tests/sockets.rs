//! `GET /v2/events` as a WebSocket: an upgrade needs a connection.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use yaql::json;

use super::Server;
use super::events::ITEMS;
use crate::api::App;
use crate::config::Config;
use crate::node::Node;

type Socket = WebSocketStream<TcpStream>;

/// A server behind a listener.
struct Listening {
    server: Server,
    node: Node,
    address: SocketAddr,
    serving: JoinHandle<std::io::Result<()>>,
}

impl Listening {
    async fn with(config: Config) -> Self {
        let node = Node::in_memory(config, tokio::runtime::Handle::current()).unwrap();
        let app = App::new(node.services());
        let server = Server::of_app(app.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = tokio::spawn(crate::serve(listener, app, node.shutdown().clone()));
        Self {
            server,
            node,
            address,
            serving,
        }
    }

    async fn open(&self, query: &str, origin: Option<&str>) -> Result<Socket, Error> {
        let stream = TcpStream::connect(self.address).await.unwrap();
        let url = format!("ws://{}/v2/events?{query}", self.address);
        let mut request = url.into_client_request().unwrap();
        if let Some(origin) = origin {
            let origin = origin.parse().unwrap();
            request.headers_mut().insert("origin", origin);
        }
        let opened = tokio_tungstenite::client_async(request, stream).await;
        opened.map(|(socket, _)| socket)
    }

    async fn stop(self) {
        self.node.shutdown().cancel();
        self.serving.await.unwrap().unwrap();
        self.node.stop();
    }
}

async fn next(socket: &mut Socket) -> Option<Result<Message, Error>> {
    let next = tokio::time::timeout(Duration::from_secs(20), socket.next());
    next.await.expect("a message within the time")
}

#[tokio::test]
async fn a_socket_tells_the_same() {
    let there = Listening::with(Config::default()).await;
    let id = there.server.finish("w", ITEMS).await;
    for filters in ["", "&kinds=task,execution", "&workflow_name=w"] {
        let query = format!("execution_id={id}&cursor=0{filters}");
        let expected = there.server.follow(&query, None).await.until_end(&id).await;
        let mut socket = there.open(&query, None).await.unwrap();
        for event in expected {
            let message = next(&mut socket).await.unwrap().unwrap();
            let data = json::parse(message.to_text().unwrap()).unwrap();
            assert_eq!(data.as_dict(), Some(&event.data));
        }
    }
    let mut socket = there.open("", None).await.unwrap();
    socket.send(Message::text("hello")).await.unwrap();
    there.node.shutdown().cancel();
    let last = next(&mut socket).await;
    assert!(matches!(last, None | Some(Ok(Message::Close(_)))));
    there.stop().await;
}

#[tokio::test]
async fn a_quiet_socket_gives_signs_of_life() {
    let mut config = Config::default();
    config.api.event_heartbeat = 1;
    let there = Listening::with(config).await;
    let mut socket = there.open("", None).await.unwrap();
    let sign = next(&mut socket).await.unwrap().unwrap();
    assert!(sign.is_ping(), "{sign:?}");
    there.stop().await;
}

#[tokio::test]
async fn pages_of_other_origins_may_not_follow() {
    let mut config = Config::default();
    config.cors.allowed_origin = vec!["https://ui.example.org".into()];
    let there = Listening::with(config).await;
    let own = format!("http://{}", there.address);
    for origin in [own.as_str(), "https://ui.example.org"] {
        there.open("", Some(origin)).await.unwrap();
    }
    for origin in ["https://evil.example.org", "null"] {
        let refused = there.open("", Some(origin)).await.unwrap_err();
        let Error::Http(answer) = refused else {
            panic!("{refused}")
        };
        assert_eq!(answer.status(), 403);
    }
    there.stop().await;
}
