//! Wide columns of many rows in one statement, where each statement is a trip.

use std::collections::HashMap;

use engine::model::Id;

use super::all;
use super::values::Wide;
use crate::StoreError;
use crate::sql::{Connection, Dialect};

/// Rows of one statement: the bytes that it gives stay few, as a large value is not in it.
pub(crate) const ROWS: usize = 250;

/// Where wide columns are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Sheet {
    Executions,
    Actions,
    /// What tasks published: their only part, 0.
    Published,
}

/// What was read ahead; `None`: there is no such row.
#[derive(Default)]
pub(super) struct Ahead(HashMap<(Sheet, Id, i64), Option<Wide>>);

impl Sheet {
    const fn sql(self) -> &'static str {
        match self {
            Self::Executions => {
                "SELECT execution, part, value FROM execution_values \
                 WHERE execution = ANY(CAST(CAST(?1 AS text) AS uuid[])) \
                 AND part = ANY(CAST(CAST(?2 AS text) AS bigint[]))"
            }
            Self::Actions => {
                "SELECT action, part, value FROM action_values \
                 WHERE action = ANY(CAST(CAST(?1 AS text) AS uuid[])) \
                 AND part = ANY(CAST(CAST(?2 AS text) AS bigint[]))"
            }
            Self::Published => {
                "SELECT task, CAST(0 AS bigint), value FROM task_published \
                 WHERE task = ANY(CAST(CAST(?1 AS text) AS uuid[])) \
                 AND 0 = ANY(CAST(CAST(?2 AS text) AS bigint[]))"
            }
        }
    }
}

impl Ahead {
    /// Reads these parts of these rows, unless to read them one by one is as good.
    pub(super) fn read(
        &mut self,
        connection: &Connection,
        sheet: Sheet,
        ids: &[Id],
        parts: &[i64],
    ) -> Result<(), StoreError> {
        if connection.dialect() != Dialect::Postgres || ids.len() * parts.len() < 2 {
            return Ok(());
        }
        for id in ids {
            self.0
                .extend(parts.iter().map(|part| ((sheet, *id, *part), None)));
        }
        let params = (array(ids), array(parts));
        let found = all(connection, sheet.sql(), params, |fields| {
            Ok(((sheet, fields.id()?, fields.integer()?), fields.wide()?))
        })?;
        let found = found.into_iter();
        self.0.extend(found.map(|(key, wide)| (key, Some(wide))));
        Ok(())
    }

    /// What is known of a part; the outer `None`: nothing.
    pub(super) fn take(&mut self, sheet: Sheet, id: Id, part: i64) -> Option<Option<Wide>> {
        self.0.remove(&(sheet, id, part))
    }
}

/// An array as PostgreSQL reads it from text.
fn array(values: &[impl ToString]) -> String {
    let texts: Vec<_> = values.iter().map(ToString::to_string).collect();
    format!("{{{}}}", texts.join(","))
}
