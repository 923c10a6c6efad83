//! The connection that writes: one transaction at a time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
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

const NUMBER: &str = "SELECT CAST(pg_current_xact_id() AS text)";

/// Which life of the server this is. The death of one of its processes ends a life, too:
/// the server crashes and recovers without being started again, but resets its statistics.
/// No session sees two lives.
const LIFE: &str = "
SELECT concat(pg_postmaster_start_time(), ' ', pg_stat_get_bgwriter_stat_reset_time())";

/// A server that crashed gives the numbers of transactions that left no trace to others.
const STATUS: &str = "SELECT pg_xact_status(CAST(CAST($1 AS text) AS xid8))";

/// The number of a transaction, once the server has said it.
type Number = Arc<Mutex<Option<String>>>;

/// What became of a transaction.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Committed,
    Aborted,
    Unknown,
}

/// A session, and the life of the server in which it began.
#[derive(Debug)]
struct Living {
    session: Session,
    life: String,
}

impl Living {
    fn open(door: &Door) -> Result<Self, StoreError> {
        let session = Session::open(door)?;
        let row = session.rows(LIFE, &[])?.into_iter().next();
        let life = row.map_or_else(String::new, |row| row.get(0));
        Ok(Self { session, life })
    }

    fn is_open(&self) -> bool {
        !self.session.is_closed()
    }
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
    session: Option<Living>,
    heads: Heads,
    cost: Cost,
}

impl Writer {
    /// Connects.
    pub(super) fn open(door: Door) -> Result<Self, StoreError> {
        let living = Living::open(&door)?;
        let heads = Heads::load(&living.session)?;
        Ok(Self {
            door,
            seen: Mutex::new((heads.clone(), Cost::default())),
            state: Mutex::new(State {
                session: Some(living),
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
        let living = state.living(&self.door)?;
        let result = self.transaction(&living, state.heads.clone(), fence, work);
        // A session that lost its server is not kept.
        if !result.as_ref().is_err_and(is_lost) {
            state.session = Some(living);
        }
        let (value, heads, cost) = result?;
        state.heads = heads;
        state.cost = state.cost.plus(&cost);
        *lock(&self.seen) = (state.heads.clone(), state.cost);
        Ok(value)
    }

    fn transaction<T>(
        &self,
        Living { session, life }: &Living,
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
                Err(error) if is_lost(&error) => match self.outcome(&number, life) {
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
    fn outcome(&self, number: &Number, life: &str) -> Outcome {
        let Some(number) = lock(number).clone() else {
            return Outcome::Unknown;
        };
        let end = Instant::now() + ASKING;
        loop {
            match self.ask(&number, life) {
                Ok(Some(outcome)) => return outcome,
                // The server comes up, or the old session is still at it.
                Ok(None) | Err(_) if Instant::now() < end => std::thread::sleep(PAUSE),
                _ => return Outcome::Unknown,
            }
        }
    }

    fn ask(&self, number: &str, life: &str) -> Result<Option<Outcome>, StoreError> {
        let now = Living::open(&self.door)?;
        if now.life != life {
            return Ok(Some(Outcome::Unknown));
        }
        let rows = now.session.rows(STATUS, &[&number])?;
        let status: Option<String> = rows.first().and_then(|row| row.get(0));
        Ok(match status.as_deref() {
            Some("committed") => Some(Outcome::Committed),
            Some("in progress") => None,
            // So old that nobody knows, or never begun.
            _ => Some(Outcome::Aborted),
        })
    }

    /// Reads the journal's ends of shards that another node had.
    pub(super) fn reload(&self, shards: ShardSet) -> Result<(), StoreError> {
        let mut state = lock(&self.state);
        let state = &mut *state;
        let living = state.living(&self.door)?;
        state.heads.read(&living.session, shards.iter())?;
        state.session = Some(living);
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
    /// The session, or a new one. What the old one committed last may not be known: the
    /// database says where its journal ends.
    fn living(&mut self, door: &Door) -> Result<Living, StoreError> {
        if let Some(living) = self.session.take().filter(Living::is_open) {
            return Ok(living);
        }
        let living = Living::open(door)?;
        self.heads = Heads::load(&living.session)?;
        Ok(living)
    }
}

/// Locks the leases without waiting for it; gives the number of the transaction, too.
fn send_fence(session: &Session, fence: Fence) -> Result<Number, StoreError> {
    let number = Number::default();
    let found = number.clone();
    session.send_query(FENCE, |client, statement| {
        async move {
            let params: [&(dyn ToSql + Sync); 3] = [&fence.shards, &fence.epochs, &fence.owner];
            let rows = client.query(&statement, &params).await?;
            if rows.len() != fence.shards.len() {
                return Err(StoreError::NotOwner);
            }
            *lock(&found) = rows.first().map(|row| row.get(1));
            Ok(0)
        }
        .boxed()
    })?;
    Ok(number)
}

/// Asks for the number of the transaction without waiting for it.
fn send_number(session: &Session) -> Result<Number, StoreError> {
    let number = Number::default();
    let found = number.clone();
    session.send_query(NUMBER, |client, statement| {
        async move {
            let row = client.query_one(&statement, &[]).await?;
            *lock(&found) = Some(row.get(0));
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
