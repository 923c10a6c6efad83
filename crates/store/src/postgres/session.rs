//! One connection to PostgreSQL, driven by the thread that uses it.
//!
//! Statements that nobody waits for go out at once; their answers are read, in
//! order, before the next statement's. So a transaction of many statements costs
//! about one round trip.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::{FutureExt, TryStreamExt};
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row, Statement};

use super::address::Address;
use super::error::{failed, of_server, unanswered};
use super::gather::{self, Gathered, Group, Many};
use super::together::{Parts, Shape, Shapes};
use crate::StoreError;
use crate::sql::{
    Bound, Dialect, Driver, Each, Expect, Fields, Param, RowRef, Translated, Value, translate,
};

/// Prepared statements that a session keeps; then all are forgotten.
const STATEMENTS: usize = 512;

/// The answer to something that was sent: rows changed.
pub(super) type Sent = BoxFuture<'static, Result<usize, StoreError>>;

/// How long a connection may take to come about.
pub(super) const CONNECTING: Duration = Duration::from_secs(5);

/// How to connect.
#[derive(Clone, Debug)]
pub(super) struct Door {
    pub(super) address: Address,
    /// What to run first.
    pub(super) setup: String,
    /// A server that does not answer for so long is as good as gone: a network that
    /// is cut says nothing.
    pub(super) patience: Duration,
}

/// A connection. Its socket is served while somebody waits on it.
pub(super) struct Session {
    client: Arc<Client>,
    statements: RefCell<HashMap<String, Arc<Prepared>>>,
    sent: RefCell<VecDeque<Sent>>,
    shapes: RefCell<Shapes>,
    /// Rows that are not sent yet.
    gathered: RefCell<Gathered>,
    /// Statements that were not needed, as their rows went along with others.
    spared: Cell<u64>,
    patience: Duration,
    /// The server did not answer: what it will do is not known.
    is_given_up: Cell<bool>,
    /// `None` only while it is dropped.
    runtime: Option<Runtime>,
}

/// A statement as the server knows it.
pub(super) struct Prepared {
    statement: Statement,
    /// Its text, as the server has it.
    pub(super) text: String,
    names: Vec<String>,
    /// The same for many rows.
    many: Many,
}

impl Session {
    /// Connects and sets up.
    pub(super) fn open(door: &Door) -> Result<Self, StoreError> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| failed("connecting to the database", error))?;
        let limit = CONNECTING.min(door.patience);
        let (client, connection) = runtime
            .block_on(async { tokio::time::timeout(limit, door.address.connect()).await })
            .map_err(|_| unanswered("connecting to the database"))?
            .map_err(|error| of_server("connecting to the database", error))?;
        // Whoever uses the client hears of its errors as well.
        runtime.spawn(connection.map(drop));
        let session = Self {
            client: Arc::new(client),
            statements: RefCell::default(),
            sent: RefCell::default(),
            shapes: RefCell::default(),
            gathered: RefCell::default(),
            spared: Cell::new(0),
            patience: door.patience,
            is_given_up: Cell::new(false),
            runtime: Some(runtime),
        };
        session.run(&door.setup)?;
        Ok(session)
    }

    /// Whether the server hung up, as far as is known.
    pub(super) fn is_closed(&self) -> bool {
        self.is_given_up.get() || self.client.is_closed()
    }

    /// Runs statements without parameters and waits for them.
    pub(super) fn run(&self, sql: &str) -> Result<(), StoreError> {
        self.flush()?;
        self.wait(self.client.batch_execute(sql))
    }

    /// Sends statements without parameters.
    pub(super) fn send_text(&self, sql: &'static str) {
        let client = self.client.clone();
        self.send_future(
            async move {
                client.batch_execute(sql).await?;
                Ok(0)
            }
            .boxed(),
        );
    }

    /// Runs a query with parameters of PostgreSQL's own types.
    pub(super) fn rows(
        &self,
        sql: &str,
        params: &[&(dyn tokio_postgres::types::ToSql + Sync)],
    ) -> Result<Vec<Row>, StoreError> {
        let prepared = self.prepare(sql)?;
        self.flush()?;
        self.wait(self.client.query(&prepared.statement, params))
    }

    /// Sends something whose answer is checked with the others'. What is made by
    /// `work` must send when it is first polled.
    pub(super) fn send_query<F>(&self, sql: &str, work: F) -> Result<(), StoreError>
    where
        F: FnOnce(Arc<Client>, Statement) -> Sent,
    {
        let prepared = self.prepare(sql)?;
        self.send_future(work(self.client.clone(), prepared.statement.clone()));
        Ok(())
    }

    /// Ends a transaction that failed. If that fails too, the session is of no
    /// use, which the next transaction finds.
    pub(super) fn roll_back(&self) {
        drop(self.gathered.take());
        self.spared.set(0);
        drop(self.flush());
        drop(self.run("ROLLBACK"));
    }

    /// The first poll puts the request on its way.
    fn send_future(&self, mut answer: Sent) {
        let mut context = Context::from_waker(Waker::noop());
        let answer = match answer.poll_unpin(&mut context) {
            Poll::Pending => answer,
            Poll::Ready(result) => std::future::ready(result).boxed(),
        };
        self.sent.borrow_mut().push_back(answer);
    }

    /// The connection, for what has no method here; [`Session::wait`] serves it.
    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// Waits for an answer, as long as the session has patience.
    pub(super) fn wait<T, E>(
        &self,
        answer: impl Future<Output = Result<T, E>>,
    ) -> Result<T, StoreError>
    where
        StoreError: From<E>,
    {
        const WAITING: &str = "waiting for the database";
        if self.is_given_up.get() {
            return Err(unanswered(WAITING));
        }
        let runtime = self.runtime.as_ref().expect("it is there until the drop");
        let limited = async { tokio::time::timeout(self.patience, answer).await };
        match runtime.block_on(limited) {
            Ok(answer) => Ok(answer?),
            Err(_) => {
                self.is_given_up.set(true);
                Err(unanswered(WAITING))
            }
        }
    }

    fn prepare(&self, sql: &str) -> Result<Arc<Prepared>, StoreError> {
        if let Some(known) = self.statements.borrow().get(sql) {
            return Ok(known.clone());
        }
        let Translated { text, names } = translate(sql);
        let prepared = self.prepare_text(text, names)?;
        let mut statements = self.statements.borrow_mut();
        if statements.len() >= STATEMENTS {
            *self.shapes.borrow_mut() = Shapes::default();
            statements.clear();
        }
        statements.insert(sql.to_owned(), prepared.clone());
        Ok(prepared)
    }

    fn prepare_text(&self, text: String, names: Vec<String>) -> Result<Arc<Prepared>, StoreError> {
        // In a transaction that failed nothing can be prepared: then the failure
        // of what was sent is the error.
        let statement = match self.wait(self.client.prepare(&text)) {
            Ok(statement) => statement,
            Err(error) => {
                self.wait(answers(self.sent.take()))?;
                return Err(error);
            }
        };
        Ok(Arc::new(Prepared {
            statement,
            text,
            names,
            many: Many::new(),
        }))
    }

    /// Sends the rows that were gathered.
    fn send_gathered(&self) -> Result<(), StoreError> {
        let groups = self.gathered.borrow_mut().take();
        let (mut alone, together): (Vec<_>, Vec<_>) =
            groups.into_iter().partition(Group::speaks_for_itself);
        match together.len() {
            0 | 1 => alone.extend(together),
            _ => self.send_together(together)?,
        }
        alone
            .into_iter()
            .try_for_each(|group| self.send_group(group))
    }

    /// Sends groups as one statement.
    fn send_together(&self, groups: Vec<Group>) -> Result<(), StoreError> {
        let shape = Shape::of(&groups);
        let is_single = shape.is_single();
        let known = self.shapes.borrow().get(&shape);
        let statement = match known {
            Some(known) => known,
            None => {
                let statement = self.prepare_text(shape.text(), Vec::new())?;
                self.shapes.borrow_mut().put(shape, statement.clone());
                statement
            }
        };
        let rows: usize = groups.iter().map(|group| group.expected.len()).sum();
        self.spared.set(self.spared.get() + rows as u64 - 1);
        let (columns, parts) = Parts::of(groups);
        let columns = columns.into_iter().flatten();
        match is_single {
            true => self.send_parts(statement, columns.flatten().collect(), parts),
            false => self.send_parts(statement, columns.collect(), parts),
        }
        Ok(())
    }

    fn send_parts<V>(&self, statement: Arc<Prepared>, values: Vec<V>, parts: Parts)
    where
        V: ToSql + Send + Sync + 'static,
    {
        let client = self.client.clone();
        self.send_future(
            async move {
                let rows = client.query_raw(&statement.statement, values).await?;
                let rows: Vec<_> = rows.try_collect().await?;
                let counts = rows.first();
                parts.check(|index| counts.map_or(0, |counts| counts.get(index)))
            }
            .boxed(),
        );
    }

    fn send_group(&self, mut group: Group) -> Result<(), StoreError> {
        if let Some((values, expect)) = group.only() {
            self.send_values(group.statement, values, |result| expect.check(result));
            return Ok(());
        }
        let many = match group.statement.many.get() {
            Some(many) => many.clone(),
            None => {
                let types = group.statement.types();
                let many = gather::many(&group.statement.text, types);
                let many = self.prepare_text(many, Vec::new())?;
                group.statement.many.get_or_init(|| many).clone()
            }
        };
        let Group {
            columns, expected, ..
        } = group;
        self.spared
            .set(self.spared.get() + expected.len() as u64 - 1);
        self.send_values(many, columns, |result| gather::check(expected, result));
        Ok(())
    }

    fn send_values<V>(
        &self,
        statement: Arc<Prepared>,
        values: Vec<V>,
        check: impl FnOnce(Result<usize, StoreError>) -> Result<usize, StoreError> + Send + 'static,
    ) where
        V: ToSql + Send + Sync + 'static,
    {
        let client = self.client.clone();
        self.send_future(
            async move {
                let rows = client.execute_raw(&statement.statement, values).await;
                let rows = rows.map(|rows| usize::try_from(rows).unwrap_or(usize::MAX));
                check(rows.map_err(StoreError::from))
            }
            .boxed(),
        );
    }
}

impl Driver for Session {
    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    fn execute(&self, sql: &str, params: Bound<'_>) -> Result<usize, StoreError> {
        let prepared = self.prepare(sql)?;
        self.flush()?;
        let values = prepared.values(params)?;
        let rows = self.wait(self.client.execute_raw(&prepared.statement, values))?;
        Ok(usize::try_from(rows).unwrap_or(usize::MAX))
    }

    fn query(&self, sql: &str, params: Bound<'_>, each: &mut Each<'_>) -> Result<(), StoreError> {
        let prepared = self.prepare(sql)?;
        let values = prepared.values(params)?;
        self.send_gathered()?;
        let sent = self.sent.take();
        let rows = self.wait(async {
            let query = self.client.query_raw(&prepared.statement, values);
            let (earlier, rows) = futures_util::join!(answers(sent), async {
                query.await?.try_collect::<Vec<_>>().await
            });
            earlier?;
            Ok::<_, StoreError>(rows?)
        })?;
        for row in rows {
            if !each(&mut Fields::new(RowRef::Postgres(&row)))? {
                break;
            }
        }
        Ok(())
    }

    fn send(&self, sql: &str, params: Bound<'_>, expect: Expect) -> Result<usize, StoreError> {
        let prepared = self.prepare(sql)?;
        let values = prepared.values(params)?;
        self.send_gathered()?;
        self.send_values(prepared, values, |result| expect.check(result));
        Ok(0)
    }

    fn send_row(&self, sql: &str, params: Bound<'_>, expect: Expect) -> Result<usize, StoreError> {
        let prepared = self.prepare(sql)?;
        let values = prepared.values(params)?;
        let full = self.gathered.borrow_mut().add(&prepared, values, expect);
        full.map_or(Ok(()), |group| self.send_group(group))?;
        Ok(0)
    }

    fn spared(&self) -> u64 {
        self.spared.take()
    }

    fn flush(&self) -> Result<usize, StoreError> {
        self.send_gathered()?;
        let sent = self.sent.take();
        if sent.is_empty() {
            return Ok(0);
        }
        self.wait(answers(sent))
    }
}

/// All answers; the first error is the one that made the others fail.
async fn answers(sent: VecDeque<Sent>) -> Result<usize, StoreError> {
    let mut result = Ok(0);
    for answer in sent {
        let answer = answer.await;
        if let Ok(rows) = &mut result {
            match answer {
                Ok(more) => *rows += more,
                Err(error) => result = Err(error),
            }
        }
    }
    result
}

impl Prepared {
    /// Of its parameters.
    pub(super) fn types(&self) -> &[Type] {
        self.statement.params()
    }

    /// The parameters in the order of their numbers.
    fn values(&self, params: Bound<'_>) -> Result<Vec<Value>, StoreError> {
        match params {
            Bound::Positional(params) => Ok(params.iter().map(|param| Value::of(*param)).collect()),
            Bound::Named(params) => self.names.iter().map(|name| named(params, name)).collect(),
        }
    }
}

fn named(params: &[(&'static str, Param<'_>)], name: &str) -> Result<Value, StoreError> {
    let found = params.iter().find(|(known, _)| known[1..] == *name);
    let found = found.ok_or_else(|| StoreError::Damaged(format!("no parameter {name}").into()));
    found.map(|(_, param)| Value::of(*param))
}

/// A runtime may not be dropped where blocking is forbidden, unless it is told to
/// leave its threads alone.
impl Drop for Session {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Session")
    }
}
