//! An empty database that is filled from a file, in one transaction.
//!
//! Nodes that start meanwhile wait: they want to look at the schema first, and the lock
//! for that is held until the end.

use std::fmt::Write;
use std::pin::pin;

use futures_util::TryStreamExt;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::Type;

use super::migrate;
use super::session::Session;
use super::value::cell;
use crate::StoreError;
use crate::copy::{CopyError, Digest, Digester, NextRow, Table};
use crate::sql::Value;

/// A transaction of the target is long; whoever locks its tables is waited for a little.
const SETUP: &str = "
SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0;
SET synchronous_commit = on; SET lock_timeout = '10s'";

const ALIVE: &str = "
SELECT name FROM nodes WHERE NOT dead AND expires_at > clock_timestamp() ORDER BY name LIMIT 1";

/// What only this database has of the work of nodes.
const OWN: [&str; 3] = ["inbox", "answers", "offers"];

/// The database, and in it the transaction.
#[derive(Debug)]
pub(crate) struct Target {
    session: Session,
}

impl Target {
    /// Connects to an empty database, and makes the schema if it has none.
    pub(crate) fn open(url: &str, tables: &[Table]) -> Result<Self, CopyError> {
        let session = super::session(url)?;
        // The session ends with the copy, and the lock with it.
        migrate::lock(&session)?;
        let steps = migrate::status(&session)?;
        if steps.iter().all(|step| !step.applied) {
            migrate::run(&session)?;
        }
        let missing = steps.iter().filter(|step| !step.applied);
        let missing: Vec<_> = missing.map(|step| step.name.as_str()).collect();
        if !missing.is_empty() && missing.len() < steps.len() {
            return Err(CopyError::OldTarget(missing.join(", ")));
        }
        session.run(SETUP)?;
        session.run("BEGIN")?;
        let target = Self { session };
        target.lock(tables)?;
        target.check_empty(tables)?;
        Ok(target)
    }

    /// Nobody writes to the tables from now on; a node that is there cannot even join.
    fn lock(&self, tables: &[Table]) -> Result<(), StoreError> {
        let mut sql = "LOCK TABLE nodes".to_owned();
        for table in tables {
            write!(sql, ", \"{}\"", table.name).expect("a String takes all");
        }
        self.session.run(&format!("{sql} IN EXCLUSIVE MODE"))
    }

    fn check_empty(&self, tables: &[Table]) -> Result<(), CopyError> {
        if let Some(node) = self.session.rows(ALIVE, &[])?.first() {
            return Err(CopyError::Served(node.get(0)));
        }
        let names = tables.iter().map(|table| table.name.as_str()).chain(OWN);
        for name in names {
            let rows = self
                .session
                .rows(&format!("SELECT EXISTS (SELECT FROM \"{name}\")"), &[])?;
            if rows.first().is_some_and(|row| row.get(0)) {
                return Err(CopyError::NotEmpty(name.to_owned()));
            }
        }
        Ok(())
    }

    /// Writes the rows of a table; gives their number.
    pub(crate) fn fill(&self, table: &Table, next: &mut NextRow<'_>) -> Result<u64, StoreError> {
        let types = self.types(table)?;
        let columns = table.column_list();
        let sql = format!(
            "COPY \"{}\" ({columns}) FROM STDIN (FORMAT binary)",
            table.name
        );
        self.session.wait(async {
            let sink = self.session.client().copy_in(&sql).await?;
            let mut writer = pin!(BinaryCopyInWriter::new(sink, &types));
            while let Some(row) = next()? {
                match writer.as_mut().write_raw(row.iter()).await {
                    Ok(()) => {}
                    // The end of the copy says why.
                    Err(error) if error.is_closed() => break,
                    Err(error) => return Err(error.into()),
                }
            }
            Ok::<_, StoreError>(writer.as_mut().finish().await?)
        })
    }

    fn types(&self, table: &Table) -> Result<Vec<Type>, StoreError> {
        let select = table.select();
        let statement = self.session.wait(self.session.client().prepare(&select))?;
        let columns = statement.columns().iter();
        Ok(columns.map(|column| column.type_().clone()).collect())
    }

    pub(crate) fn digest(&self, table: &Table) -> Result<Digest, StoreError> {
        let select = table.select();
        self.session.wait(async {
            let client = self.session.client();
            let rows = client.query_raw(&select, Vec::<Value>::new()).await?;
            let mut rows = pin!(rows);
            let mut digester = Digester::default();
            while let Some(row) = rows.try_next().await? {
                for index in 0..row.len() {
                    digester.cell(&cell(&row, index)?)?;
                }
                digester.end_row();
            }
            Ok::<_, StoreError>(digester.digest())
        })
    }

    /// Makes it last, and lets the planner know what is there.
    pub(crate) fn commit(&self, tables: &[Table]) -> Result<(), StoreError> {
        self.session.run("COMMIT")?;
        for table in tables {
            self.session.run(&format!("ANALYZE \"{}\"", table.name))?;
        }
        Ok(())
    }
}
