//! The store in a PostgreSQL database, which many nodes may share.
//!
//! One connection writes what the runner made, another one what requests write
//! (definitions, environments); a few read. All statements are those of `sql`.

mod address;
mod error;
mod gather;
mod member;
mod migrate;
mod offers;
mod pool;
mod post;
mod session;
mod tail;
mod target;
mod tls;
mod together;
mod value;
mod writer;

use std::time::Duration;

use crate::cluster::{Beat, NodeRecord, ShardSet};
use crate::sql::write::{self, Tx};
use crate::sql::{Backend, Connection};
use crate::{Batch, Committed, Cost, Shard, StoreError};
use address::Address;
pub(crate) use error::{is_conflict, trouble};
use member::Member;
pub use member::NodeInfo;
pub use migrate::Migration;
pub use offers::Place;
use pool::Pool;
pub use post::{Addressee, Bell, Hint, Listener};
use session::{Door, Session};
use tail::Tail;
pub(crate) use target::Target;
pub(crate) use value::cell;
use writer::Writer;

/// A store in PostgreSQL; both a [`Store`](crate::Store) and a [`Catalog`](crate::Catalog).
#[derive(Debug)]
pub struct Postgres {
    /// For the runner.
    writer: Writer,
    /// For requests.
    editor: Writer,
    /// For the API, with a deadline.
    readers: Pool,
    /// For lists; they begin in the quick lane.
    quick: Pool,
    slow: Pool,
    /// For the runner: a slow list must not hold it up.
    loaders: Pool,
    /// This process among the nodes.
    member: Member,
    /// For letters: signs of life do not wait for them.
    postman: Member,
    /// For offers.
    taker: Member,
    /// For the end of the journal.
    follower: Member,
    tail: Tail,
    address: Address,
    listens: bool,
}

/// How to use a database.
#[derive(Clone, Debug)]
pub struct Options {
    /// Connections for the API's reads.
    pub readers: usize,
    /// The longest that a statement of the API's reads may take.
    pub read_deadline: Duration,
    /// How long a node that gives no sign of life keeps its shards.
    pub lease: Duration,
    /// Whether [`Postgres::listen`] listens. Whoever does not hears nothing, and looks.
    pub listens: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            readers: 4,
            read_deadline: Duration::from_secs(10),
            lease: Duration::from_secs(4),
            listens: true,
        }
    }
}

/// The longest that a statement of a list may take at first. Then it begins again in
/// the slow lane, which is narrow: nobody else waits for it.
const QUICK: Duration = Duration::from_millis(250);

/// Connections of the slow lane.
const SLOW_LANE: usize = 2;

/// The most lists that wait for it.
const SLOW_WAITING: usize = 32;

/// How long a transaction of a request may rest.
const EDITING: Duration = Duration::from_secs(30);

/// How long a writer waits for an answer before it asks what became of its transaction.
const ANSWERING: Duration = Duration::from_secs(10);

/// How long a change of the schema may take.
const MIGRATING: Duration = Duration::from_secs(24 * 3_600);

impl Postgres {
    /// Connects to the database of a `postgres://` address and brings its schema
    /// up to date.
    ///
    /// # Errors
    /// [`StoreError::Schema`] if it is from a newer version.
    pub fn open(url: &str, options: &Options) -> Result<Self, StoreError> {
        migrate(url)?;
        let address = Address::parse(url)?;
        let (limit, readers) = (options.read_deadline, options.readers.max(1));
        let deadline = Some(limit);
        // Before the lease is over, with room for the clocks' difference.
        let patience = (options.lease / 2).max(Duration::from_millis(200));
        Ok(Self {
            writer: Writer::open(writing(&address, patience))?,
            editor: Writer::open(writing(&address, EDITING))?,
            readers: Pool::new(address.clone(), readers, deadline),
            quick: Pool::new(address.clone(), readers, Some(QUICK.min(limit))),
            slow: Pool::new(address.clone(), SLOW_LANE, deadline).refusing_beyond(SLOW_WAITING),
            loaders: Pool::new(address.clone(), 2, None),
            member: Member::new(address.clone(), options.lease),
            postman: Member::durable(address.clone(), options.lease),
            taker: Member::durable(address.clone(), options.lease),
            follower: Member::new(address.clone(), options.lease),
            tail: Tail::default(),
            address,
            listens: options.listens,
        })
    }

    /// Makes this process a node. Without it, nothing can be committed.
    ///
    /// # Errors
    /// What the database says.
    pub fn join(&self, node: NodeInfo) -> Result<(), StoreError> {
        self.member.join(node)
    }

    /// Says that this node is alive and takes free shards if it has too few. To be
    /// called several times within a lease.
    ///
    /// # Errors
    /// [`StoreError::Dead`] if others gave it up; what the database says.
    pub fn beat(&self) -> Result<Beat, StoreError> {
        let before = self.member.owned();
        let beat = self.member.beat()?;
        let gained = beat.owned.without(before);
        if !gained.is_empty() {
            // Without them nothing can be written: the next beat gains them again.
            let reloaded = self.writer.reload(gained);
            reloaded.inspect_err(|_| self.member.forget(gained))?;
        }
        Ok(beat)
    }

    /// Hands shards over to whoever takes them.
    ///
    /// # Errors
    /// What the database says.
    pub fn release(&self, shards: ShardSet) -> Result<(), StoreError> {
        self.member.release(shards)?;
        self.postman.with_session(|session| session.run(post::FREE))
    }

    /// This node is about to end: it takes neither shards nor offers any more, and the
    /// next beat says that it should hand over what it has.
    ///
    /// # Errors
    /// What the database says.
    pub fn retire(&self) -> Result<(), StoreError> {
        self.member.retire()?;
        self.postman.with_session(|session| session.run(post::FREE))
    }

    /// This node ends: all it has is free at once.
    ///
    /// # Errors
    /// What the database says.
    pub fn leave(&self) -> Result<(), StoreError> {
        self.member.leave()?;
        self.postman.with_session(|session| session.run(post::FREE))
    }

    /// All nodes, those that ended in the last hour among them.
    ///
    /// # Errors
    /// What the database says.
    pub fn nodes(&self) -> Result<Vec<NodeRecord>, StoreError> {
        self.member.nodes()
    }
}

/// Brings the schema of a database up to date; gives the names of the migrations
/// that were missing.
///
/// # Errors
/// [`StoreError::Schema`] if it is from a newer version.
pub fn migrate(url: &str) -> Result<Vec<&'static str>, StoreError> {
    migrate::run(&session(url)?)
}

/// The migrations of this program, and which of them a database has.
///
/// # Errors
/// As [`migrate`].
pub fn status(url: &str) -> Result<Vec<Migration>, StoreError> {
    migrate::status(&session(url)?)
}

/// Runs statements that have no parameters, for tests and tools.
///
/// # Errors
/// What the server says.
pub fn execute(url: &str, sql: &str) -> Result<(), StoreError> {
    session(url)?.run(sql)
}

/// A session for tools.
fn session(url: &str) -> Result<Session, StoreError> {
    Session::open(&Door {
        address: Address::parse(url)?,
        setup: String::new(),
        patience: MIGRATING,
    })
}

/// Writers find rows by their keys, however many or few there are: plans are made once
/// and stay right when tables grow.
const BY_KEY: &str = "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; \
     SET enable_hashjoin = off; SET enable_mergejoin = off";

/// Sessions that write. The server ends a transaction that rests or waits for a lock
/// for longer than `limit`.
fn writing(address: &Address, limit: Duration) -> Door {
    let milliseconds = limit.as_millis();
    Door {
        address: address.clone(),
        setup: format!(
            "SET synchronous_commit = on; SET lock_timeout = {milliseconds}; \
             SET idle_in_transaction_session_timeout = {milliseconds}; {BY_KEY}"
        ),
        patience: ANSWERING + limit,
    }
}

impl Backend for Postgres {
    fn read<T>(
        &self,
        work: impl Fn(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.readers.read(work)
    }

    fn glance<T>(
        &self,
        work: impl Fn(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.readers.glance(work)
    }

    fn list<T>(
        &self,
        work: impl Fn(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match self.quick.read(&work) {
            Err(StoreError::Deadline { .. }) => self.slow.read(&work),
            result => result,
        }
    }

    fn fetch<T>(
        &self,
        work: impl Fn(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.loaders.read(work)
    }

    fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        self.editor.write(work)
    }

    fn commit_batch(&self, batch: Batch) -> Result<Committed, StoreError> {
        let trees = batch.trees.iter().map(|tree| Shard::of(tree.root));
        let letters = batch.settled.iter().map(|letter| letter.shard);
        let offers = batch.offers.iter().map(|offer| Shard::of(offer.root));
        let fence = self
            .member
            .fence(trees.chain(letters).chain(offers).collect())?;
        self.writer.write_behind(Some(fence), |tx| {
            post::settle(tx, &batch.settled)?;
            offers::write(tx, &batch)?;
            write::batch(tx, &batch)
        })
    }

    fn next_seq(&self, shard: Shard) -> u64 {
        let followed = self.tail.next(shard);
        followed.unwrap_or_else(|| self.writer.next_seq(shard))
    }

    fn cost(&self) -> Cost {
        self.writer.cost()
    }
}
