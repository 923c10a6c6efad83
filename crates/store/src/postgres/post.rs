//! Letters between nodes, and their answers.
//!
//! Rows are the truth; a notification only says that it is worth a look.

use std::time::Duration;

use engine::model::Id;
use futures_util::StreamExt;
use futures_util::stream;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;
use tokio_postgres::AsyncMessage;

use super::Postgres;
use super::address::Address;
use super::error::{failed, of_server, unanswered};
use crate::cluster::{Letter, Settled, ShardSet};
use crate::sql::fields::Key;
use crate::sql::read::all;
use crate::sql::write::Tx;
use crate::sql::{Driver, Expect, Fields, Params};
use crate::{Shard, StoreError};

const SEND: &str =
    "INSERT INTO inbox (id, shard, node, sender, letter) VALUES (?1, ?2, ?3, ?4, ?5)";
const LETTERS: &str =
    "SELECT id, sender, letter FROM inbox WHERE shard = ANY($1) ORDER BY id LIMIT $2";
const ORDERS: &str = "DELETE FROM inbox WHERE node = ?1 RETURNING id, sender, letter";
const SETTLE: &str = "DELETE FROM inbox WHERE id = ?1";
const ANSWER: &str = "INSERT INTO answers (id, node, answer) VALUES (?1, ?2, ?3)";
const ANSWERS: &str = "DELETE FROM answers WHERE node = ?1 RETURNING id, answer";
const EXPIRE: &str = "
DELETE FROM answers WHERE answered_at < clock_timestamp() - interval '1 hour';
DELETE FROM inbox WHERE node IS NOT NULL AND sent_at < clock_timestamp() - interval '1 hour'";
const HINT: &str = "NOTIFY ostro";

/// Says that shards are free.
pub(super) const FREE: &str = "NOTIFY ostro, 'leases'";

/// Who gets a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Addressee {
    /// The owner of a shard: an event.
    Shard(Shard),
    /// A node: an order.
    Node(u64),
}

/// In the rows: nobody wants an answer. No incarnation has that number.
const NOBODY: u64 = 0;

/// How many letters are read at a time.
const LIMIT: i64 = 500;

impl Postgres {
    /// Sends letters, all of them or none. Without an answer of the database they may
    /// have arrived.
    ///
    /// # Errors
    /// What the database says.
    pub fn post(&self, letters: &[(Addressee, Letter)]) -> Result<(), StoreError> {
        self.postman.with_session(|session| {
            session.send_text("BEGIN");
            let sent = letters.iter().try_for_each(|(to, letter)| {
                let (shard, node) = match to {
                    Addressee::Shard(shard) => (Some(shard.number()), None),
                    Addressee::Node(node) => (None, Some(node.cast_signed())),
                };
                let sender = letter.sender.unwrap_or(NOBODY).cast_signed();
                (Key(letter.id), shard, node, sender, &letter.text)
                    .with(|params| session.send(SEND, params, Expect::Anything))
                    .map(drop)
            });
            let done = sent.and_then(|()| {
                session.send_text(HINT);
                session.run("COMMIT")
            });
            done.inspect_err(|_| session.roll_back())
        })
    }

    /// Letters for shards, without taking them: a commit does.
    ///
    /// # Errors
    /// What the database says.
    pub fn letters(&self, shards: ShardSet) -> Result<Vec<Letter>, StoreError> {
        let numbers: Vec<i16> = shards.iter().map(|shard| shard.number().into()).collect();
        let rows = self
            .postman
            .with_session(|session| session.rows(LETTERS, &[&numbers, &LIMIT]))?;
        rows.iter()
            .map(|row| letter(&mut Fields::new(crate::sql::RowRef::Postgres(row))))
            .collect()
    }

    /// Takes the orders to a node. One that is lost with the node needs nobody.
    ///
    /// # Errors
    /// What the database says.
    pub fn take_orders(&self, node: u64) -> Result<Vec<Letter>, StoreError> {
        let node = node.cast_signed();
        self.postman
            .with_session(|session| all(session, ORDERS, (node,), letter))
    }

    /// Takes the answers to a node's letters.
    ///
    /// # Errors
    /// What the database says.
    pub fn take_answers(&self, node: u64) -> Result<Vec<(Id, String)>, StoreError> {
        let node = node.cast_signed();
        self.postman.with_session(|session| {
            all(session, ANSWERS, (node,), |fields| {
                Ok((fields.id()?, fields.str()?.to_owned()))
            })
        })
    }

    /// Deletes answers and orders that nobody came for.
    ///
    /// # Errors
    /// What the database says.
    pub fn expire_post(&self) -> Result<(), StoreError> {
        self.postman.with_session(|session| session.run(EXPIRE))
    }

    /// Waits for hints on a connection of its own.
    ///
    /// # Errors
    /// No connection.
    pub fn listen(&self) -> Result<Listener, StoreError> {
        match self.listens {
            true => Listener::open(&self.address),
            false => Listener::deaf(),
        }
    }
}

/// Takes the letters that a batch applies, and answers them.
pub(super) fn settle(tx: &mut Tx<'_>, settled: &[Settled]) -> Result<(), StoreError> {
    for letter in settled {
        let gone = Expect::Row(crate::Resource::Execution, letter.id);
        tx.send_expecting(SETTLE, (Key(letter.id),), gone)?;
        if let Some(sender) = letter.sender {
            tx.send(
                ANSWER,
                (Key(letter.id), sender.cast_signed(), &letter.answer),
            )?;
        }
    }
    if settled.iter().any(|letter| letter.sender.is_some()) {
        tx.send(HINT, ())?;
    }
    Ok(())
}

fn letter(fields: &mut Fields<'_>) -> Result<Letter, StoreError> {
    Ok(Letter {
        id: fields.id()?,
        sender: Some(fields.integer()?.cast_unsigned()).filter(|sender| *sender != NOBODY),
        text: fields.str()?.to_owned(),
    })
}

/// What was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hint {
    /// There may be letters, or some are to be sent.
    Letters,
    /// Shards may be free.
    Leases,
    /// Actions are offered.
    Offers,
    /// Nothing more comes: the connection is gone.
    Deaf,
}

/// Wakes who listens, from within the process.
#[derive(Clone, Debug)]
pub struct Bell(mpsc::WeakUnboundedSender<Hint>);

impl Bell {
    /// Is heard as [`Hint::Letters`], if the listener's connection is there.
    pub fn ring(&self) {
        if let Some(sender) = self.0.upgrade() {
            sender.send(Hint::Letters).ok();
        }
    }
}

/// Hears hints.
pub struct Listener {
    runtime: Option<Runtime>,
    hints: mpsc::UnboundedReceiver<Hint>,
    bell: mpsc::WeakUnboundedSender<Hint>,
    _source: Source,
}

/// Where hints come from, as long as it is there.
enum Source {
    Connection {
        _client: tokio_postgres::Client,
    },
    /// Nobody gives any, but who is within the process.
    Nobody {
        _sender: mpsc::UnboundedSender<Hint>,
    },
}

impl Listener {
    fn open(address: &Address) -> Result<Self, StoreError> {
        let runtime = runtime()?;
        let limited =
            async { tokio::time::timeout(super::session::CONNECTING, address.connect()).await };
        let (client, mut connection) = runtime
            .block_on(limited)
            .map_err(|_| unanswered("connecting to the database"))?
            .map_err(|error| of_server("connecting to the database", error))?;
        let (sender, hints) = mpsc::unbounded_channel();
        let bell = sender.downgrade();
        let mut messages = stream::poll_fn(move |context| connection.poll_message(context));
        runtime.spawn(async move {
            while let Some(Ok(message)) = messages.next().await {
                let AsyncMessage::Notification(note) = message else {
                    continue;
                };
                let hint = match note.payload() {
                    "leases" => Hint::Leases,
                    "offers" => Hint::Offers,
                    _ => Hint::Letters,
                };
                if sender.send(hint).is_err() {
                    return;
                }
            }
        });
        let listening = async {
            let listening = client.batch_execute("LISTEN ostro");
            tokio::time::timeout(super::session::CONNECTING, listening).await
        };
        runtime
            .block_on(listening)
            .map_err(|_| unanswered("listening to the database"))??;
        Ok(Self {
            runtime: Some(runtime),
            hints,
            bell,
            _source: Source::Connection { _client: client },
        })
    }

    /// Hears nothing of the others.
    fn deaf() -> Result<Self, StoreError> {
        let (sender, hints) = mpsc::unbounded_channel();
        Ok(Self {
            runtime: Some(runtime()?),
            hints,
            bell: sender.downgrade(),
            _source: Source::Nobody { _sender: sender },
        })
    }

    /// What wakes this listener.
    pub fn bell(&self) -> Bell {
        Bell(self.bell.clone())
    }

    /// Returns at the next hint, or after `limit`: what was heard, each once.
    pub fn wait(&mut self, limit: Duration) -> Vec<Hint> {
        let Some(runtime) = &self.runtime else {
            return vec![Hint::Deaf];
        };
        let heard =
            runtime.block_on(async { tokio::time::timeout(limit, self.hints.recv()).await });
        let mut hints = match heard {
            Ok(hint) => vec![hint.unwrap_or(Hint::Deaf)],
            Err(_) => Vec::new(),
        };
        while let Ok(more) = self.hints.try_recv() {
            if !hints.contains(&more) {
                hints.push(more);
            }
        }
        hints
    }
}

fn runtime() -> Result<Runtime, StoreError> {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| failed("connecting to the database", error))
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
