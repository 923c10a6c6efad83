//! The one connection that writes, and group commit.
//!
//! Callers queue their work and then compete for the connection. Who gets it does
//! all queued work, its own and that of others, in one transaction; the others
//! find their results when they get the lock. There is no delay and no thread:
//! while one commit waits for the disk, the next group forms. Work that fails is
//! rolled back alone.

use std::collections::VecDeque;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::Connection;

use super::connection::run;
use super::driver::Session;
use super::error::failed;
use super::pool::{Deadline, snapshot};
use crate::sql::write::{Heads, Tx};
use crate::{Cost, Shard, StoreError};

/// The most callers whose work goes into one transaction.
const GROUP: usize = 64;

#[derive(Debug)]
pub(super) struct Writer {
    queue: Mutex<VecDeque<Arc<dyn Job>>>,
    state: Mutex<State>,
    /// The state's, as of the last commit: readable while a commit runs.
    seen: Mutex<(Heads, Cost)>,
}

#[derive(Debug)]
struct State {
    connection: Connection,
    deadline: Deadline,
    heads: Heads,
    cost: Cost,
}

/// A caller's work, whatever it gives.
trait Job: Send + Sync + fmt::Debug {
    /// Does the work and keeps its result; tells whether it succeeded.
    fn run(&self, tx: &mut Tx<'_>) -> bool;
    /// The transaction failed: so did the work, unless it has an error of its own.
    fn fail(&self, error: &StoreError);
}

/// Work, then its result.
struct Ticket<T, F> {
    work: Mutex<Option<F>>,
    result: Mutex<Option<Result<T, StoreError>>>,
}

impl Writer {
    pub(super) fn new(mut connection: Connection) -> Result<Self, StoreError> {
        let deadline = Deadline::watch(&mut connection)?;
        let heads = Heads::load(&Session::new(&connection))?;
        Ok(Self {
            queue: Mutex::default(),
            seen: Mutex::new((heads.clone(), Cost::default())),
            state: Mutex::new(State {
                connection,
                deadline,
                heads,
                cost: Cost::default(),
            }),
        })
    }

    /// Runs `work` in a transaction, perhaps with that of others. It may have to
    /// be undone although it succeeded: then the commit's error is the result.
    pub(super) fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let ticket = Arc::new(Ticket {
            work: Mutex::new(Some(work)),
            result: Mutex::new(None),
        });
        lock(&self.queue).push_back(ticket.clone());
        let mut state = lock(&self.state);
        loop {
            if let Some(result) = lock(&ticket.result).take() {
                return result;
            }
            let group = self.next_group();
            if group.is_empty() {
                return Err(failed("the commit", Abandoned));
            }
            state.commit(&group);
            *lock(&self.seen) = (state.heads.clone(), state.cost);
        }
    }

    /// Reads on the connection that writes, for databases in memory.
    pub(super) fn read<T>(
        &self,
        limit: Option<Duration>,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let state = lock(&self.state);
        let connection = &state.connection;
        state.deadline.within(limit, || snapshot(connection, work))
    }

    pub(super) fn next_seq(&self, shard: Shard) -> u64 {
        lock(&self.seen).0.next(shard)
    }

    pub(super) fn cost(&self) -> Cost {
        lock(&self.seen).1
    }

    fn next_group(&self) -> Vec<Arc<dyn Job>> {
        let mut queue = lock(&self.queue);
        let count = queue.len().min(GROUP);
        queue.drain(..count).collect()
    }
}

impl State {
    fn commit(&mut self, group: &[Arc<dyn Job>]) {
        let outcome = catch_unwind(AssertUnwindSafe(|| self.try_commit(group)));
        let (error, panic) = match outcome {
            Ok(Ok(())) => return,
            Ok(Err(error)) => (error, None),
            Err(panic) => (failed("the commit", Abandoned), Some(panic)),
        };
        // Work that succeeded before the failure is undone too, and must hear of it.
        self.roll_back();
        group.iter().for_each(|job| job.fail(&error));
        if let Some(panic) = panic {
            resume_unwind(panic);
        }
    }

    fn try_commit(&mut self, group: &[Arc<dyn Job>]) -> Result<(), StoreError> {
        // Open only if the work of an earlier group panicked.
        self.roll_back();
        run(&self.connection, "BEGIN IMMEDIATE")?;
        let session = Session::new(&self.connection);
        let mut tx = Tx::new(&session, self.heads.clone());
        let done = match group {
            [job] => usize::from(job.run(&mut tx)),
            _ => run_apart(&self.connection, group, &mut tx)?,
        };
        let (heads, cost) = tx.finish()?;
        if done == 0 {
            return run(&self.connection, "ROLLBACK");
        }
        run(&self.connection, "COMMIT")?;
        self.heads = heads;
        self.cost = self.cost.plus(&cost);
        Ok(())
    }

    fn roll_back(&self) {
        // After some errors SQLite has rolled back already.
        if !self.connection.is_autocommit() {
            let _ = run(&self.connection, "ROLLBACK");
        }
    }
}

/// Runs each job in a savepoint; tells how many succeeded.
fn run_apart(
    connection: &Connection,
    group: &[Arc<dyn Job>],
    tx: &mut Tx<'_>,
) -> Result<usize, StoreError> {
    let mut done = 0;
    for job in group {
        run(connection, "SAVEPOINT job")?;
        let heads = tx.heads().clone();
        if job.run(tx) {
            done += 1;
        } else {
            *tx.heads() = heads;
            run(connection, "ROLLBACK TO job")?;
        }
        run(connection, "RELEASE job")?;
    }
    Ok(done)
}

impl<T, F> Job for Ticket<T, F>
where
    T: Send,
    F: FnOnce(&mut Tx<'_>) -> Result<T, StoreError> + Send,
{
    fn run(&self, tx: &mut Tx<'_>) -> bool {
        let Some(work) = lock(&self.work).take() else {
            return false;
        };
        let result = work(tx);
        let succeeded = result.is_ok();
        *lock(&self.result) = Some(result);
        succeeded
    }

    fn fail(&self, error: &StoreError) {
        let mut result = lock(&self.result);
        if !matches!(*result, Some(Err(_))) {
            *result = Some(Err(error.clone()));
        }
    }
}

impl<T, F> fmt::Debug for Ticket<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ticket")
    }
}

/// Other work of the same transaction panicked.
#[derive(Debug, thiserror::Error)]
#[error("abandoned, as other work in its transaction panicked")]
struct Abandoned;

/// What a panic may leave behind in the state is rolled back by the next group.
fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::{Bound, Parameter};

    fn writer() -> Writer {
        let mut connection = crate::sqlite::connection::memory().unwrap();
        crate::sqlite::migrate::run(&mut connection).unwrap();
        connection
            .execute_batch("CREATE TABLE seen (name TEXT)")
            .unwrap();
        Writer::new(connection).unwrap()
    }

    fn insert(tx: &mut Tx<'_>, name: &str) -> Result<(), StoreError> {
        let sql = "INSERT INTO seen VALUES (?1)";
        tx.connection()
            .execute(sql, Bound::Positional(&[name.param()]))?;
        Ok(())
    }

    fn seen(writer: &Writer) -> Vec<String> {
        let read = |connection: &Connection| {
            let mut statement = connection.prepare("SELECT name FROM seen ORDER BY name")?;
            let rows = statement.query_map([], |row| row.get(0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        };
        writer.read(None, read).unwrap()
    }

    type Work = fn(&mut Tx<'_>) -> Result<(), StoreError>;

    /// Runs the jobs in one group: they queue while other work runs.
    fn together(writer: &Arc<Writer>, jobs: [Work; 3]) -> Vec<bool> {
        let (started, has_started) = std::sync::mpsc::channel();
        let queued = writer.clone();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                writer.write(move |_| {
                    started.send(()).unwrap();
                    while lock(&queued.queue).len() < 3 {
                        std::thread::yield_now();
                    }
                    Ok(())
                })
            });
            has_started.recv().unwrap();
            let threads = jobs.map(|job| scope.spawn(move || writer.write(job)));
            let results = threads
                .into_iter()
                .map(|thread| matches!(thread.join(), Ok(Ok(()))));
            results.collect()
        })
    }

    #[test]
    fn waiting_work_shares_a_commit() {
        let writer = Arc::new(writer());
        let results = together(
            &writer,
            [
                |tx| insert(tx, "a"),
                |tx| insert(tx, "b"),
                |tx| insert(tx, "c"),
            ],
        );
        assert_eq!(results, [true; 3]);
        assert_eq!(writer.cost().commits, 2);
        assert_eq!(seen(&writer), ["a", "b", "c"]);
    }

    #[test]
    fn failing_work_is_undone_alone() {
        let writer = Arc::new(writer());
        let failing = |tx: &mut Tx<'_>| {
            insert(tx, "b")?;
            Err(StoreError::Damaged("no".into()))
        };
        let results = together(
            &writer,
            [|tx| insert(tx, "a"), failing, |tx| insert(tx, "c")],
        );
        assert_eq!(results, [true, false, true]);
        assert_eq!(seen(&writer), ["a", "c"]);
    }

    /// What shares the transaction fails with it; later work does not.
    #[test]
    fn panicking_work_does_not_stop_the_writer() {
        let writer = Arc::new(writer());
        let results = together(
            &writer,
            [
                |tx| insert(tx, "a"),
                |_| panic!("on purpose"),
                |tx| insert(tx, "c"),
            ],
        );
        assert!(!results[1]);
        writer.write(|tx| insert(tx, "d")).unwrap();
        let expected: Vec<&str> = ["a", "c", "d"]
            .into_iter()
            .filter(|name| match *name {
                "a" => results[0],
                "c" => results[2],
                _ => true,
            })
            .collect();
        assert_eq!(seen(&writer), expected);
    }
}
