//! The connection that writes: one transaction at a time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::error::is_lost;
use super::member::{FENCE, Fence};
use super::session::{Door, Session};
use crate::cluster::ShardSet;
use crate::sql::write::{Heads, Tx};
use crate::{Cost, Shard, StoreError};

/// How long it is asked what became of a commit, and how often.
const ASKING: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(50);

const NUMBER: &str =
    "SELECT CAST(pg_current_xact_id() AS text), CAST(pg_postmaster_start_time() AS text)";

/// A server that crashed gives the numbers of transactions that left no trace to others.
const STATUS: &str = "
SELECT CASE WHEN CAST(pg_postmaster_start_time() AS text) = CAST($2 AS text)
    THEN pg_xact_status(CAST(CAST($1 AS text) AS xid8)) ELSE 'restarted' END";

/// A transaction, as its server knows it.
#[derive(Clone)]
struct Number {
    id: String,
    /// When the server started.
    start: String,
}

/// The number of a transaction, once the server has said it.
type Said = Arc<Mutex<Option<Number>>>;

impl Number {
    /// From two columns of a row.
    fn read(row: &Row, first: usize) -> Self {
        Self {
            id: row.get(first),
            start: row.get(first + 1),
        }
    }
}

/// What became of a transaction.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Committed,
    Aborted,
    Unknown,
}

/// Writes in transactions; callers take turns.
#[derive(Debug)]
pub(super) struct Writer {
    /// A transaction that rests is ended by the server: that of a node that sleeps
    /// must be over before its shards are taken.
    door: Door,
    state: Mutex<State>,
    /// The state's, as of the last commit: readable while a commit runs.
    seen: Mutex<(Heads, Cost)>,
}

#[derive(Debug)]
struct State {
    session: Option<Session>,
    heads: Heads,
    cost: Cost,
}

impl Writer {
    /// Connects.
    pub(super) fn open(door: Door) -> Result<Self, StoreError> {
        let session = Session::open(&door)?;
        let heads = Heads::load(&session)?;
        Ok(Self {
            door,
            seen: Mutex::new((heads.clone(), Cost::default())),
            state: Mutex::new(State {
                session: Some(session),
                heads,
                cost: Cost::default(),
            }),
        })
    }

    /// Runs `work` in a transaction.
    pub(super) fn write<T>(
        &self,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.write_behind(None, work)
    }

    /// Runs `work` in a transaction that begins with a fence.
    pub(super) fn write_behind<T>(
        &self,
        fence: Option<Fence>,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut state = lock(&self.state);
        let state = &mut *state;
        let session = match state.session.take().filter(|session| !session.is_closed()) {
            Some(session) => session,
            None => state.connect(&self.door)?,
        };
        let result = self.transaction(&session, state.heads.clone(), fence, work);
        // A session that lost its server is not kept.
        if !result.as_ref().is_err_and(is_lost) {
            state.session = Some(session);
        }
        let (value, heads, cost) = result?;
        state.heads = heads;
        state.cost = state.cost.plus(&cost);
        *lock(&self.seen) = (state.heads.clone(), state.cost);
        Ok(value)
    }

    fn transaction<T>(
        &self,
        session: &Session,
        heads: Heads,
        fence: Option<Fence>,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, StoreError>,
    ) -> Result<(T, Heads, Cost), StoreError> {
        session.send_text("BEGIN");
        let number = match fence {
            Some(fence) => send_fence(session, fence)?,
            None => send_number(session)?,
        };
        let mut tx = Tx::new(session, heads);
        let done = work(&mut tx).and_then(|value| {
            let (heads, cost) = tx.finish()?;
            Ok((value, heads, cost))
        });
        match done {
            Ok(done) => match session.run("COMMIT") {
                Err(error) if is_lost(&error) => match self.outcome(&number) {
                    Outcome::Committed => Ok(done),
                    Outcome::Aborted | Outcome::Unknown => Err(error),
                },
                result => result.map(|()| done),
            },
            Err(error) => {
                session.roll_back();
                Err(error)
            }
        }
    }

    /// Asks what became of a transaction whose commit was not answered.
    fn outcome(&self, number: &Said) -> Outcome {
        let Some(number) = lock(number).clone() else {
            return Outcome::Unknown;
        };
        let end = Instant::now() + ASKING;
        loop {
            match self.ask(&number) {
                Ok(Some(outcome)) => return outcome,
                // The server comes up, or the old session is still at it.
                Ok(None) | Err(_) if Instant::now() < end => std::thread::sleep(PAUSE),
                _ => return Outcome::Unknown,
            }
        }
    }

    fn ask(&self, number: &Number) -> Result<Option<Outcome>, StoreError> {
        let session = Session::open(&self.door)?;
        let rows = session.rows(STATUS, &[&number.id, &number.start])?;
        let status: Option<String> = rows.first().and_then(|row| row.get(0));
        Ok(match status.as_deref() {
            Some("committed") => Some(Outcome::Committed),
            Some("in progress") => None,
            Some("restarted") => Some(Outcome::Unknown),
            // So old that nobody knows, or never begun.
            _ => Some(Outcome::Aborted),
        })
    }

    /// Reads the journal's ends of shards that another node had.
    pub(super) fn reload(&self, shards: ShardSet) -> Result<(), StoreError> {
        let mut state = lock(&self.state);
        let state = &mut *state;
        let session = match state.session.take().filter(|session| !session.is_closed()) {
            Some(session) => session,
            None => state.connect(&self.door)?,
        };
        state.heads.read(&session, shards.iter())?;
        state.session = Some(session);
        lock(&self.seen).0 = state.heads.clone();
        Ok(())
    }

    pub(super) fn next_seq(&self, shard: Shard) -> u64 {
        lock(&self.seen).0.next(shard)
    }

    pub(super) fn cost(&self) -> Cost {
        lock(&self.seen).1
    }
}

impl State {
    /// A new session. What the old one committed last may not be known: the
    /// database says where its journal ends.
    fn connect(&mut self, door: &Door) -> Result<Session, StoreError> {
        let session = Session::open(door)?;
        self.heads = Heads::load(&session)?;
        Ok(session)
    }
}

/// Locks the leases without waiting for it; gives the number of the transaction, too.
fn send_fence(session: &Session, fence: Fence) -> Result<Said, StoreError> {
    let number = Said::default();
    let found = number.clone();
    session.send_query(FENCE, |client, statement| {
        async move {
            let params: [&(dyn ToSql + Sync); 3] = [&fence.shards, &fence.epochs, &fence.owner];
            let rows = client.query(&statement, &params).await?;
            if rows.len() != fence.shards.len() {
                return Err(StoreError::NotOwner);
            }
            *lock(&found) = rows.first().map(|row| Number::read(row, 1));
            Ok(0)
        }
        .boxed()
    })?;
    Ok(number)
}

/// Asks for the number of the transaction without waiting for it.
fn send_number(session: &Session) -> Result<Said, StoreError> {
    let number = Said::default();
    let found = number.clone();
    session.send_query(NUMBER, |client, statement| {
        async move {
            let row = client.query_one(&statement, &[]).await?;
            *lock(&found) = Some(Number::read(&row, 0));
            Ok(0)
        }
        .boxed()
    })?;
    Ok(number)
}

/// Whatever panicked, the next transaction begins anew.
fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
