//! Groups of rows that travel as the parts of one statement.
//!
//! The server answers every statement by itself: a system call for it, and the client
//! wakes. What a transaction writes to several tables is therefore said at once.
//!
//! Invariant: as no row is of two groups ([`super::gather`]), it does not matter that no
//! part sees what the others change.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use super::gather::{Group, check, many};
use super::session::Prepared;
use crate::StoreError;
use crate::sql::{Expect, Value};

/// Combinations that a session keeps; then all are forgotten.
const SHAPES: usize = 128;

/// Which statements are combined, and whether each has one row only.
#[derive(PartialEq, Eq, Hash)]
pub(super) struct Shape {
    is_single: bool,
    /// Each, and whether its rows are counted.
    statements: Vec<(Same, bool)>,
}

/// A statement that is the same if it is at the same place, where it stays.
struct Same(Arc<Prepared>);

/// Combinations that the server knows.
#[derive(Default)]
pub(super) struct Shapes(HashMap<Shape, Arc<Prepared>>);

impl Shape {
    pub(super) fn of(groups: &[Group]) -> Self {
        let statements = groups
            .iter()
            .map(|group| (Same(group.statement.clone()), group.is_counted()));
        Self {
            is_single: groups.iter().all(Group::is_single),
            statements: statements.collect(),
        }
    }

    /// Whether the parameters are values, not arrays of them.
    pub(super) fn is_single(&self) -> bool {
        self.is_single
    }

    /// One statement that does what all do, and gives the numbers of rows that are counted.
    pub(super) fn text(&self) -> String {
        let (mut parts, mut counts, mut taken) = (Vec::new(), Vec::new(), 0);
        for (index, (Same(statement), is_counted)) in self.statements.iter().enumerate() {
            let part = match self.is_single {
                true => statement.text.trim().to_owned(),
                false => many(&statement.text, statement.types()),
            };
            let part = shifted(&part, taken);
            taken += statement.types().len();
            if *is_counted {
                parts.push(format!("s{index} AS ({part} RETURNING 1)"));
                counts.push(format!("(SELECT count(*) FROM s{index})"));
            } else {
                parts.push(format!("s{index} AS ({part})"));
            }
        }
        let counts = match counts.is_empty() {
            true => "1".to_owned(),
            false => counts.join(", "),
        };
        format!("WITH {} SELECT {counts}", parts.join(", "))
    }
}

impl PartialEq for Same {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Same {}

impl std::hash::Hash for Same {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.0).hash(state);
    }
}

impl Shapes {
    pub(super) fn get(&self, shape: &Shape) -> Option<Arc<Prepared>> {
        self.0.get(shape).cloned()
    }

    pub(super) fn put(&mut self, shape: Shape, statement: Arc<Prepared>) {
        if self.0.len() >= SHAPES {
            self.0.clear();
        }
        self.0.insert(shape, statement);
    }
}

/// What is expected of each part, and whether its rows are counted.
pub(super) struct Parts(Vec<(bool, Vec<Expect>)>);

impl Parts {
    /// The columns of each group, and what is expected of it.
    pub(super) fn of(groups: Vec<Group>) -> (Vec<Vec<Vec<Value>>>, Self) {
        let (columns, parts) = groups
            .into_iter()
            .map(|group| {
                let is_counted = group.is_counted();
                (group.columns, (is_counted, group.expected))
            })
            .unzip();
        (columns, Self(parts))
    }

    /// Checks the counts, which come in the order of the parts that are counted; gives the
    /// number of rows.
    pub(super) fn check(self, count: impl Fn(usize) -> i64) -> Result<usize, StoreError> {
        let (mut changed, mut index) = (0, 0);
        for (is_counted, expected) in self.0 {
            if !is_counted {
                changed += expected.len();
                continue;
            }
            let count = usize::try_from(count(index)).unwrap_or(usize::MAX);
            changed += check(expected, Ok(count))?;
            index += 1;
        }
        Ok(changed)
    }
}

/// A statement whose parameters come after so many others.
fn shifted(text: &str, by: usize) -> String {
    let mut pieces = text.split('$');
    let mut shifted = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let digits = piece.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = piece.split_at(digits);
        match number.parse::<usize>() {
            Ok(number) => {
                let _ = write!(shifted, "${}{rest}", number + by);
            }
            Err(_) => {
                let _ = write!(shifted, "${piece}");
            }
        }
    }
    shifted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_come_after_others() {
        let text = "UPDATE t SET a = $1, b = $12 WHERE id = $2";
        assert_eq!(
            shifted(text, 3),
            "UPDATE t SET a = $4, b = $15 WHERE id = $5"
        );
        assert_eq!(shifted("DELETE FROM t", 3), "DELETE FROM t");
    }
}
