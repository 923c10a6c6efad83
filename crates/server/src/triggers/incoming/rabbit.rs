//! Notifications from RabbitMQ, for the exchanges and topics that triggers listen to.
//!
//! A message is acknowledged after the commit of what it starts; one that comes again
//! because the acknowledgement was lost is known by its id. A connection that breaks
//! is made again, at growing distances.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{BoxStream, SelectAll};
use futures_util::{FutureExt, StreamExt, stream};
use lapin::message::Delivery;
use lapin::options::{
    BasicAckOptions, BasicCancelOptions, BasicConsumeOptions, BasicQosOptions,
    ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions, QueueDeleteOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Channel, Connection, ConnectionProperties, ExchangeKind};
use store::query::Projects;
use store::trigger::Place;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{Occurrence, Receiver, notification};

/// Messages that may wait here for their commit, of each place.
const PREFETCH: u16 = 256;

/// Messages of one transaction.
const BATCH: usize = 128;

/// The shortest and the longest distance between attempts to connect.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// The longest wait for answers of a broker: on a connection that breaks at the wrong
/// moment they never come.
const ANSWERING: Duration = Duration::from_secs(10);

/// A session of this length was a good one: the next pause is short again.
const GOOD: Duration = Duration::from_secs(60);

/// How long a store that failed is left alone.
const REST: Duration = Duration::from_millis(500);

/// Triggers that other nodes made are seen by then.
const LOOK_AGAIN: Duration = Duration::from_secs(10);

/// A queue that nobody reads any more is gone after a week, in milliseconds.
const EXPIRES: i32 = 7 * 24 * 3_600_000;

/// Characters of the names of queues that people read, and of pools, exchanges and topics
/// in bytes: AMQP's names have 255 bytes.
const READABLE: usize = 48;
const LONGEST_NAME: usize = 240;

/// What oslo.messaging appends to topics.
const PRIORITIES: [&str; 6] = ["audit", "critical", "debug", "error", "info", "warn"];

/// Where notifications come from.
#[derive(Clone)]
pub(crate) struct Source {
    /// `amqp://USER:PASSWORD@HOST:PORT/VHOST`; `rabbit:` is the same.
    pub(crate) url: String,
    /// What the names of our queues begin with.
    pub(crate) pool: String,
    /// Exchanges that are not there yet survive the broker's end.
    pub(crate) durable: bool,
    /// The largest message, in bytes.
    pub(crate) max_bytes: usize,
    /// Whether an event starts the triggers of its own project only.
    pub(crate) by_project: bool,
}

/// Listens to a broker.
pub(crate) struct Listener {
    source: Source,
    receiver: Receiver,
    shutdown: CancellationToken,
}

/// What comes from a place.
enum Incoming {
    Message(Place, Box<Delivery>),
    Broken(lapin::Error),
    /// The broker sends no more.
    Ended(Place),
}

/// The consumers of one connection.
struct Session {
    connection: Connection,
    channel: Channel,
    places: HashMap<Place, String>,
    incoming: SelectAll<BoxStream<'static, Incoming>>,
}

/// Why a session ended.
#[derive(Debug, thiserror::Error)]
enum Ended {
    #[error(transparent)]
    Broker(#[from] lapin::Error),
    #[error("the broker did not answer within {} s", ANSWERING.as_secs())]
    Silent,
    #[error("the broker ended the queue of exchange {0}, topic {1}")]
    Queue(Arc<str>, Arc<str>),
    #[error("triggers can not be read: {0}")]
    Store(#[from] store::StoreError),
}

impl Listener {
    pub(crate) fn new(source: Source, receiver: Receiver, shutdown: CancellationToken) -> Self {
        Self {
            source,
            receiver,
            shutdown,
        }
    }

    /// Listens until the server stops.
    pub(crate) async fn run(self) {
        let mut pause = FIRST_PAUSE;
        loop {
            let began = tokio::time::Instant::now();
            let ended = tokio::select! {
                ended = self.session() => ended,
                () = self.shutdown.cancelled() => return,
            };
            if began.elapsed() > GOOD {
                pause = FIRST_PAUSE;
            }
            tracing::warn!(reason = %ended, again_in = ?pause, "no notifications from the broker");
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.shutdown.cancelled() => return,
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// One connection, from its beginning to its end.
    async fn session(&self) -> Ended {
        match answered(self.open()).await {
            Ok(session) => match self.serve(session).await {
                Err(ended) => ended,
                Ok(never) => match never {},
            },
            Err(ended) => ended,
        }
    }

    async fn open(&self) -> Result<Session, lapin::Error> {
        let url = match self.source.url.strip_prefix("rabbit:") {
            Some(rest) => format!("amqp:{rest}"),
            None => self.source.url.clone(),
        };
        let named = ConnectionProperties::default().with_connection_name("ostro".into());
        let connection = Connection::connect(&url, named).await?;
        let channel = connection.create_channel().await?;
        channel
            .basic_qos(PREFETCH, BasicQosOptions::default())
            .await?;
        tracing::info!("connected to the broker of notifications");
        Ok(Session {
            connection,
            channel,
            places: HashMap::new(),
            incoming: SelectAll::new(),
        })
    }

    async fn serve(&self, mut session: Session) -> Result<std::convert::Infallible, Ended> {
        let changed: &Notify = self.receiver.changed();
        loop {
            let wanted = self.wanted().await?;
            answered(self.follow(&mut session, wanted)).await?;
            // This changes nothing: it finds a connection that broke unseen.
            let qos = session
                .channel
                .basic_qos(PREFETCH, BasicQosOptions::default());
            answered(qos).await?;
            let again = tokio::time::sleep(LOOK_AGAIN);
            tokio::pin!(again);
            loop {
                tokio::select! {
                    () = changed.notified() => break,
                    () = &mut again => break,
                    first = session.incoming.next(), if !session.incoming.is_empty() => {
                        let Some(first) = first else { continue };
                        let taken = take(first, &mut session);
                        self.accept(&session.places, taken).await?;
                    }
                }
            }
        }
    }

    async fn wanted(&self) -> Result<HashSet<Place>, Ended> {
        let receiver = self.receiver.clone();
        let places = tokio::task::spawn_blocking(move || receiver.places()).await;
        match places {
            Ok(places) => {
                let fits = |(exchange, topic): &Place| {
                    exchange.len() <= LONGEST_NAME && topic.len() <= LONGEST_NAME
                };
                Ok(places?.into_iter().filter(fits).collect())
            }
            Err(_) => Ok(HashSet::new()),
        }
    }

    /// Makes the consumers those of the places that triggers listen to.
    async fn follow(&self, session: &mut Session, wanted: HashSet<Place>) -> Result<(), Ended> {
        let gone: Vec<_> = session
            .places
            .keys()
            .filter(|place| !wanted.contains(*place))
            .cloned()
            .collect();
        for place in gone {
            let Some(queue) = session.places.remove(&place) else {
                continue;
            };
            let channel = &session.channel;
            channel
                .basic_cancel(queue.as_str().into(), BasicCancelOptions::default())
                .await?;
            channel
                .queue_delete(queue.as_str().into(), QueueDeleteOptions::default())
                .await?;
        }
        for place in wanted {
            if !session.places.contains_key(&place) {
                self.consume(session, place).await?;
            }
        }
        Ok(())
    }

    async fn consume(&self, session: &mut Session, place: Place) -> Result<(), Ended> {
        let (exchange, topic) = (&*place.0, &*place.1);
        self.declare(&session.connection, exchange).await?;
        let queue = self.queue(&place);
        let channel = &session.channel;
        let mut arguments = FieldTable::default();
        arguments.insert("x-expires".into(), AMQPValue::LongInt(EXPIRES));
        channel
            .queue_declare(
                queue.as_str().into(),
                QueueDeclareOptions::durable(),
                arguments,
            )
            .await?;
        for priority in PRIORITIES {
            let key = format!("{topic}.{priority}");
            channel
                .queue_bind(
                    queue.as_str().into(),
                    exchange.into(),
                    key.as_str().into(),
                    QueueBindOptions::default(),
                    FieldTable::default(),
                )
                .await?;
        }
        let consumer = channel
            .basic_consume(
                queue.as_str().into(),
                queue.as_str().into(),
                BasicConsumeOptions::default(),
                FieldTable::default(),
            )
            .await?;
        let (of, end) = (place.clone(), place.clone());
        let messages = consumer.map(move |delivery| match delivery {
            Ok(delivery) => Incoming::Message(of.clone(), Box::new(delivery)),
            Err(error) => Incoming::Broken(error),
        });
        let ended = stream::once(async move { Incoming::Ended(end) });
        session.incoming.push(messages.chain(ended).boxed());
        tracing::info!(exchange, topic, "listening to notifications");
        session.places.insert(place, queue);
        Ok(())
    }

    /// The name of our queue: short enough, and another one for each place.
    fn queue(&self, place: &Place) -> String {
        let hash = blake3::hash(format!("{}\0{}", place.0, place.1).as_bytes()).to_hex();
        let readable = format!("{}.{}.{}", self.source.pool, place.0, place.1);
        let readable: String = readable.chars().take(READABLE).collect();
        format!("{readable}.{}", &hash[..16])
    }

    /// The exchange, as whoever was first made it. A refusal ends its channel.
    async fn declare(&self, connection: &Connection, exchange: &str) -> Result<(), lapin::Error> {
        let look = ExchangeDeclareOptions {
            passive: true,
            ..ExchangeDeclareOptions::default()
        };
        let make = ExchangeDeclareOptions {
            durable: self.source.durable,
            ..ExchangeDeclareOptions::default()
        };
        if declare(connection, exchange, look).await.is_ok() {
            return Ok(());
        }
        declare(connection, exchange, make).await
    }

    /// Accepts messages in one transaction, then acknowledges them. A store that fails
    /// is asked again until it does not.
    async fn accept(
        &self,
        places: &HashMap<Place, String>,
        taken: Vec<Incoming>,
    ) -> Result<(), Ended> {
        let mut deliveries = Vec::with_capacity(taken.len());
        let mut events = Vec::with_capacity(taken.len());
        for incoming in taken {
            match incoming {
                Incoming::Message(place, delivery) => {
                    events.extend(self.read(&place, &delivery));
                    deliveries.push(delivery);
                }
                Incoming::Broken(error) => return Err(error.into()),
                Incoming::Ended(place) if places.contains_key(&place) => {
                    return Err(Ended::Queue(place.0, place.1));
                }
                Incoming::Ended(_) => {}
            }
        }
        while !events.is_empty() {
            let (receiver, given) = (self.receiver.clone(), events.clone());
            let done = tokio::task::spawn_blocking(move || receiver.receive(given)).await;
            match done {
                Ok(Ok(_)) => break,
                Ok(Err(error)) => tracing::error!(%error, "notifications are not accepted"),
                Err(error) => tracing::error!(%error, "notifications are not accepted"),
            }
            tokio::time::sleep(REST).await;
        }
        for delivery in deliveries {
            answered(delivery.acker.ack(BasicAckOptions::default())).await?;
        }
        Ok(())
    }

    /// The event of a message; one that is none is told of and left out.
    fn read(&self, place: &Place, delivery: &Delivery) -> Option<(Occurrence, Projects)> {
        let (exchange, topic) = (&*place.0, &*place.1);
        let refused = |reason: &str| {
            tracing::warn!(exchange, topic, reason, "a message is no notification");
        };
        if delivery.data.len() > self.source.max_bytes {
            refused("it is too large");
            return None;
        }
        match notification::read(&delivery.data, (exchange, topic)) {
            Ok(event) => {
                let project = event.context.get("project_id").and_then(|id| id.as_str());
                let projects = match self.source.by_project {
                    true => Projects::Of(project.unwrap_or_default().into()),
                    false => Projects::All,
                };
                Some((event, projects))
            }
            Err(reason) => {
                refused(&reason);
                None
            }
        }
    }
}

/// What the broker says, if it says it in time.
async fn answered<T, E: Into<Ended>>(
    answer: impl Future<Output = Result<T, E>>,
) -> Result<T, Ended> {
    match tokio::time::timeout(ANSWERING, answer).await {
        Ok(result) => result.map_err(Into::into),
        Err(_) => Err(Ended::Silent),
    }
}

/// What else is there already.
fn take(first: Incoming, session: &mut Session) -> Vec<Incoming> {
    let mut taken = vec![first];
    while taken.len() < BATCH
        && let Some(Some(next)) = session.incoming.next().now_or_never()
    {
        taken.push(next);
    }
    taken
}

async fn declare(
    connection: &Connection,
    exchange: &str,
    options: ExchangeDeclareOptions,
) -> Result<(), lapin::Error> {
    let channel = connection.create_channel().await?;
    channel
        .exchange_declare(
            exchange.into(),
            ExchangeKind::Topic,
            options,
            FieldTable::default(),
        )
        .await?;
    channel.close(200, "declared".into()).await
}
