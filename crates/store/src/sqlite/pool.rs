//! Connections that read, and the deadline of what they do.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::connection::{self, run};
use super::error::is_interrupt;
use crate::StoreError;

/// SQLite asks after so many steps of its virtual machine, some ten microseconds.
const STEPS: i32 = 1000;

/// A fixed number of connections, opened when first needed.
#[derive(Debug)]
pub(super) struct Pool {
    path: PathBuf,
    idle: Mutex<Idle>,
    returned: Condvar,
    max_waiting: usize,
    deadline: Option<Duration>,
}

#[derive(Debug)]
struct Idle {
    readers: Vec<Reader>,
    /// How many more may be opened.
    unopened: usize,
    /// How many callers wait for one.
    waiting: usize,
}

#[derive(Debug)]
struct Reader {
    connection: Connection,
    deadline: Deadline,
}

/// When the statements of a connection end, shared with its progress handler.
#[derive(Clone, Debug)]
pub(super) struct Deadline {
    start: Instant,
    micros: Arc<AtomicU64>,
}

impl Deadline {
    /// Watches a connection; there is no deadline at first.
    pub(super) fn watch(connection: &mut Connection) -> Result<Self, StoreError> {
        let deadline = Self {
            start: Instant::now(),
            micros: Arc::new(AtomicU64::new(u64::MAX)),
        };
        let watched = deadline.clone();
        connection.progress_handler(STEPS, Some(move || watched.is_over()))?;
        Ok(deadline)
    }

    /// Runs `work`, which is interrupted after `limit`.
    pub(super) fn within<T>(
        &self,
        limit: Option<Duration>,
        work: impl FnOnce() -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let Some(limit) = limit else {
            return work();
        };
        let end = (self.start.elapsed() + limit).as_micros();
        let end = u64::try_from(end).unwrap_or(u64::MAX);
        self.micros.store(end, Ordering::Relaxed);
        let result = work();
        self.micros.store(u64::MAX, Ordering::Relaxed);
        result.map_err(|error| match is_interrupt(&error) {
            true => StoreError::Deadline {
                seconds: limit.as_secs(),
            },
            false => error,
        })
    }

    fn is_over(&self) -> bool {
        let end = self.micros.load(Ordering::Relaxed);
        end != u64::MAX && self.start.elapsed().as_micros() > u128::from(end)
    }
}

impl Pool {
    pub(super) fn new(path: &Path, size: usize, deadline: Option<Duration>) -> Self {
        let idle = Idle {
            readers: Vec::with_capacity(size),
            unopened: size,
            waiting: 0,
        };
        Self {
            path: path.to_owned(),
            idle: Mutex::new(idle),
            returned: Condvar::new(),
            max_waiting: usize::MAX,
            deadline,
        }
    }

    /// The same, where no more than so many callers may wait for a connection.
    pub(super) fn refusing_beyond(self, max_waiting: usize) -> Self {
        Self {
            max_waiting,
            ..self
        }
    }

    /// Runs `work` on one snapshot of the database.
    pub(super) fn read<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let reader = self.take()?;
        let result = reader
            .deadline
            .within(self.deadline, || snapshot(&reader.connection, work));
        self.give_back(reader);
        result
    }

    fn take(&self) -> Result<Reader, StoreError> {
        let mut idle = self.idle();
        loop {
            if let Some(reader) = idle.readers.pop() {
                return Ok(reader);
            }
            if idle.unopened > 0 {
                idle.unopened -= 1;
                drop(idle);
                return Reader::open(&self.path).inspect_err(|_| self.forget());
            }
            if idle.waiting >= self.max_waiting {
                return Err(StoreError::Crowded);
            }
            idle.waiting += 1;
            idle = self
                .returned
                .wait(idle)
                .unwrap_or_else(PoisonError::into_inner);
            idle.waiting -= 1;
        }
    }

    fn give_back(&self, reader: Reader) {
        let mut idle = self.idle();
        idle.readers.push(reader);
        self.tell(idle);
    }

    /// Wakes a caller that waits; to wake nobody is a system call, too.
    fn tell(&self, idle: MutexGuard<'_, Idle>) {
        let is_awaited = idle.waiting > 0;
        drop(idle);
        if is_awaited {
            self.returned.notify_one();
        }
    }

    /// A connection did not open: another caller may try.
    fn forget(&self) {
        let mut idle = self.idle();
        idle.unopened += 1;
        self.tell(idle);
    }

    /// The lists stay whole whatever panicked.
    fn idle(&self) -> MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reader {
    fn open(path: &Path) -> Result<Self, StoreError> {
        let mut connection = connection::reader(path)?;
        let deadline = Deadline::watch(&mut connection)?;
        Ok(Self {
            connection,
            deadline,
        })
    }
}

/// Runs `work` in a read transaction.
pub(super) fn snapshot<T>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    run(connection, "BEGIN")?;
    let _open = Snapshot(connection);
    work(connection)
}

/// A read transaction, which ends with it.
struct Snapshot<'c>(&'c Connection);

impl Drop for Snapshot<'_> {
    fn drop(&mut self) {
        // Nothing was written: how it ends does not matter.
        drop(run(self.0, "ROLLBACK"));
    }
}
