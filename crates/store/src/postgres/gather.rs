//! Rows of the same statement travel together: one statement with arrays instead of one
//! statement each.
//!
//! Invariant: each row is one that no other statement of the transaction concerns, so it
//! does not matter in which order they are written, nor which of them come together.

use std::sync::{Arc, OnceLock};

use tokio_postgres::types::Type;

use super::session::Prepared;
use crate::StoreError;
use crate::sql::{Expect, Value};

/// The most rows of one statement, and about the most bytes of texts in it.
const ROWS: usize = 500;
const BYTES: usize = 1 << 20;

/// Rows that wait for others of the same statement.
#[derive(Default)]
pub(super) struct Gathered(Vec<Group>);

/// Rows of one statement, column by column.
pub(super) struct Group {
    /// For a single row.
    pub(super) statement: Arc<Prepared>,
    pub(super) columns: Vec<Vec<Value>>,
    pub(super) expected: Vec<Expect>,
    bytes: usize,
}

impl Gathered {
    /// Adds a row; gives its group if that is full.
    pub(super) fn add(
        &mut self,
        statement: &Arc<Prepared>,
        values: Vec<Value>,
        expect: Expect,
    ) -> Option<Group> {
        let mut groups = self.0.iter();
        let known = groups.position(|group| Arc::ptr_eq(&group.statement, statement));
        let index = known.unwrap_or_else(|| {
            self.0.push(Group::new(statement.clone(), values.len()));
            self.0.len() - 1
        });
        let group = &mut self.0[index];
        group.add(values, expect);
        group.is_full().then(|| self.0.remove(index))
    }

    /// All groups, in the order of their first rows.
    pub(super) fn take(&mut self) -> Vec<Group> {
        std::mem::take(&mut self.0)
    }
}

impl Group {
    fn new(statement: Arc<Prepared>, columns: usize) -> Self {
        Self {
            statement,
            columns: std::iter::repeat_with(Vec::new).take(columns).collect(),
            expected: Vec::new(),
            bytes: 0,
        }
    }

    fn add(&mut self, values: Vec<Value>, expect: Expect) {
        for (column, value) in self.columns.iter_mut().zip(values) {
            self.bytes += match &value {
                Value::Text(text) => text.len(),
                Value::Blob(bytes) => bytes.len(),
                _ => 0,
            };
            column.push(value);
        }
        self.expected.push(expect);
    }

    pub(super) fn is_single(&self) -> bool {
        self.expected.len() == 1
    }

    /// Whether its failure must tell which statement failed.
    pub(super) fn speaks_for_itself(&self) -> bool {
        matches!(self.expected[..], [Expect::New(_)])
    }

    /// Whether it matters how many rows it changes.
    pub(super) fn is_counted(&self) -> bool {
        matches!(self.expected.first(), Some(Expect::Row(..)))
    }

    fn is_full(&self) -> bool {
        self.expected.len() >= ROWS || self.bytes >= BYTES
    }

    /// The values of the row, if it is the only one.
    pub(super) fn only(&mut self) -> Option<(Vec<Value>, Expect)> {
        let expect = match self.expected.len() {
            1 => self.expected.pop()?,
            _ => return None,
        };
        let values = self.columns.drain(..).filter_map(|mut column| column.pop());
        Some((values.collect(), expect))
    }
}

/// What was expected of each row, of all of them.
pub(super) fn check(
    mut expected: Vec<Expect>,
    result: Result<usize, StoreError>,
) -> Result<usize, StoreError> {
    let rows = expected.len();
    match (expected.pop(), result) {
        (Some(only), result) if rows == 1 => only.check(result),
        // Which one it is shows when they are written one by one.
        (Some(Expect::Row(resource, _)), Ok(found)) if found != rows => {
            let missing = rows.saturating_sub(found);
            let text = format!("{missing} of {rows} rows to be changed are missing ({resource})");
            Err(StoreError::Damaged(text.into()))
        }
        (_, result) => result,
    }
}

/// A statement about one row as one about the rows of arrays. They are unnested side by side
/// in a `SELECT`: one `unnest` of many arrays would write each to a store of its own first,
/// which takes several times as long for a few rows.
pub(super) fn many(text: &str, types: &[Type]) -> String {
    let columns = types.iter().enumerate().map(|(index, kind)| {
        let (place, kind) = (index + 1, kind.name());
        format!("unnest(CAST(${place} AS {kind}[])) AS p{place}")
    });
    let columns: Vec<_> = columns.collect();
    let rows = format!("(SELECT {}) AS v", columns.join(", "));
    let text = text.trim();
    match text.split_once("VALUES (") {
        Some((head, rest)) => {
            let (values, tail) = rest.split_once(')').unwrap_or((rest, ""));
            format!("{head}SELECT {} FROM {rows}{tail}", of_rows(values))
        }
        None => {
            let word = if text.starts_with("DELETE") {
                "USING"
            } else {
                "FROM"
            };
            let (head, tail) = text.rsplit_once("WHERE").unwrap_or((text, "true"));
            format!("{}{word} {rows} WHERE{}", of_rows(head), of_rows(tail))
        }
    }
}

/// Parameters as columns of the rows.
fn of_rows(text: &str) -> String {
    text.replace('$', "v.p")
}

/// A statement for many rows, once it was needed.
pub(super) type Many = OnceLock<Arc<Prepared>>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_take_arrays() {
        let insert = many(
            "\nINSERT INTO t (a, b) VALUES ($1, $2)\nON CONFLICT (a) DO UPDATE SET b = excluded.b",
            &[Type::UUID, Type::TEXT],
        );
        assert_eq!(
            insert,
            "INSERT INTO t (a, b) SELECT v.p1, v.p2 \
             FROM (SELECT unnest(CAST($1 AS uuid[])) AS p1, unnest(CAST($2 AS text[])) AS p2) AS v\n\
             ON CONFLICT (a) DO UPDATE SET b = excluded.b"
        );
        let update = many(
            "UPDATE t SET a = $1, b = NULL WHERE id = $2",
            &[Type::INT2, Type::UUID],
        );
        assert_eq!(
            update,
            "UPDATE t SET a = v.p1, b = NULL \
             FROM (SELECT unnest(CAST($1 AS int2[])) AS p1, unnest(CAST($2 AS uuid[])) AS p2) AS v \
             WHERE id = v.p2"
        );
        let delete = many("DELETE FROM t WHERE id = $1", &[Type::UUID]);
        assert_eq!(
            delete,
            "DELETE FROM t USING (SELECT unnest(CAST($1 AS uuid[])) AS p1) AS v WHERE id = v.p1"
        );
    }
}
