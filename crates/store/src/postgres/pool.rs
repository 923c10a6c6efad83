//! Connections that read.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::address::Address;
use super::error::{is_late, is_lost};
use super::session::{Door, Session};
use crate::StoreError;
use crate::sql::Connection;

/// A bounded number of connections, opened when first needed.
#[derive(Debug)]
pub(super) struct Pool {
    door: Door,
    idle: Mutex<Idle>,
    returned: Condvar,
    max_waiting: usize,
    deadline: Option<Duration>,
}

#[derive(Debug)]
struct Idle {
    sessions: Vec<Session>,
    /// How many more may be opened.
    unopened: usize,
    /// How many callers wait for one.
    waiting: usize,
}

impl Pool {
    pub(super) fn new(address: Address, size: usize, deadline: Option<Duration>) -> Self {
        let idle = Idle {
            sessions: Vec::with_capacity(size),
            unopened: size,
            waiting: 0,
        };
        Self {
            door: door(address, deadline),
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

    /// Runs `work` on one snapshot of the database; once more on a new connection
    /// if the old one turns out to be gone.
    pub(super) fn read<T>(
        &self,
        work: impl Fn(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.attempt(|session| snapshot(session, &work))
    }

    /// The same for a single statement: it is a transaction of its own.
    pub(super) fn glance<T>(
        &self,
        work: impl Fn(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.attempt(|session| work(session))
    }

    fn attempt<T>(
        &self,
        work: impl Fn(&Session) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match self.with_session(&work) {
            Err(error) if is_lost(&error) => self.with_session(&work),
            result => result,
        }
        .map_err(|error| match self.deadline {
            Some(limit) if is_late(&error) => StoreError::Deadline {
                seconds: limit.as_secs(),
            },
            _ => error,
        })
    }

    fn with_session<T>(
        &self,
        work: impl Fn(&Session) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let session = self.take()?;
        let result = work(&session);
        let lost = result.as_ref().is_err_and(is_lost) || session.is_closed();
        self.give_back(session, !lost);
        result
    }

    fn take(&self) -> Result<Session, StoreError> {
        let mut idle = self.idle();
        loop {
            if let Some(session) = idle.sessions.pop() {
                return Ok(session);
            }
            if idle.unopened > 0 {
                idle.unopened -= 1;
                drop(idle);
                return Session::open(&self.door).inspect_err(|_| self.forget());
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

    /// A session that failed may be in any state. The others are suspects, too.
    fn give_back(&self, session: Session, is_good: bool) {
        if is_good {
            self.idle().sessions.push(session);
            self.returned.notify_one();
            return;
        }
        drop(session);
        let mut idle = self.idle();
        idle.unopened += 1 + idle.sessions.len();
        idle.sessions.clear();
        drop(idle);
        self.returned.notify_all();
    }

    /// A connection did not open: another caller may try.
    fn forget(&self) {
        self.idle().unopened += 1;
        self.returned.notify_one();
    }

    /// The lists stay whole whatever panicked.
    fn idle(&self) -> MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sessions that read. Without a deadline a read may take long, but not for ever.
fn door(address: Address, deadline: Option<Duration>) -> Door {
    const LONGEST: Duration = Duration::from_secs(60);
    const MORE: Duration = Duration::from_secs(5);
    let limit = deadline.map_or(0, |limit| limit.as_millis().max(1));
    Door {
        address,
        setup: format!(
            "SET statement_timeout = {limit}; SET default_transaction_read_only = on; \
             SET idle_in_transaction_session_timeout = '60s'"
        ),
        patience: deadline.map_or(LONGEST, |limit| limit + MORE),
    }
}

fn snapshot<T>(
    session: &Session,
    work: impl Fn(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    session.send_text("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    let result = work(session);
    if result.is_ok() {
        session.run("COMMIT")?;
    } else {
        session.roll_back();
    }
    result
}
