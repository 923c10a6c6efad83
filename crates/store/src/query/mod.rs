//! What a list may ask for (REST contract §2).
//!
//! Columns are closed enums, operands are bound: no text of a caller becomes SQL.

mod column;
mod filter;

pub use column::{
    ActionColumn, CodeSourceColumn, Column, ColumnKind, CronTriggerColumn, DefinitionColumn,
    DynamicActionColumn, EnvironmentColumn, EventTriggerColumn, ExecutionColumn, FireColumn,
    NotificationColumn, TaskColumn,
};
pub use filter::{Filter, Op, Operand};

use std::sync::Arc;

/// A question for a list of one resource.
#[derive(Clone, Debug)]
pub struct ListQuery<C> {
    /// All of them must hold.
    pub filters: Vec<Filter<C>>,
    /// All of these tags must be there; whole tags, in any case. For resources
    /// without tags nothing matches.
    pub tags: Vec<String>,
    /// These columns must be null.
    pub nulls: Vec<C>,
    /// Whose rows.
    pub projects: Projects,
    /// Sort order; `id` ascending is appended if it does not occur (after
    /// `created_at` alone it goes the same way as that).
    pub sort: Vec<(C, Direction)>,
    /// The most rows to give.
    pub limit: Option<usize>,
    /// Id (or name, where there is one) of the row after which to start.
    pub marker: Option<Arc<str>>,
    /// Which wide columns to read; the others stay `None`.
    pub wide: Vec<C>,
}

/// Whose rows a list shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Projects {
    /// Everybody's.
    #[default]
    All,
    /// Those of a project, and what others made public.
    Of(Arc<str>),
}

/// Sort direction. Null sorts as the smallest value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// Smallest first.
    #[default]
    Ascending,
    /// Largest first.
    Descending,
}

/// Some rows of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    /// In sort order.
    pub records: Vec<T>,
    /// The limit (or the bound on bytes per page) was reached: there may be more.
    pub full: bool,
}

/// Why a question makes no sense. Texts are for people; the variants say enough
/// to render those of the contract.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// The resource has no such column.
    #[error("there is no column {name:?} here, only {}", known.join(", "))]
    UnknownColumn {
        /// The name given.
        name: String,
        /// Those that there are.
        known: Vec<&'static str>,
    },
    /// `nulls` names a column that is never null.
    #[error("the column {0:?} is never null")]
    NeverNull(&'static str),
    /// The operand of an id column is no UUID.
    #[error("{value:?}, compared with {column:?}, is not a UUID")]
    NotUuid {
        /// The column.
        column: &'static str,
        /// The text given.
        value: String,
    },
    /// The operand of a JSON column is no JSON object.
    #[error("{value:?}, compared with {column:?}, is not a JSON object: {reason}")]
    NotJson {
        /// The column.
        column: &'static str,
        /// The text given.
        value: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The operand of a number or flag column is none.
    #[error("{value:?}, compared with {column:?}, is not {wanted}")]
    NotA {
        /// The column.
        column: &'static str,
        /// The text given.
        value: String,
        /// `a boolean`.
        wanted: &'static str,
    },
}

impl<C: Column> Default for ListQuery<C> {
    fn default() -> Self {
        Self {
            filters: Vec::new(),
            tags: Vec::new(),
            nulls: Vec::new(),
            projects: Projects::All,
            sort: vec![(C::CREATED_AT, Direction::Ascending)],
            limit: None,
            marker: None,
            wide: C::wide().collect(),
        }
    }
}

impl<C: Column> ListQuery<C> {
    /// Adds a filter as it stands in a URL: `value` or `op:value`.
    ///
    /// # Errors
    /// The operand does not fit the column.
    pub fn filter(mut self, column: C, text: &str) -> Result<Self, QueryError> {
        self.filters.push(Filter::parse(column, text)?);
        Ok(self)
    }

    /// Demands that a column is null.
    ///
    /// # Errors
    /// [`QueryError::NeverNull`].
    pub fn null(mut self, column: C) -> Result<Self, QueryError> {
        if !column.is_nullable() {
            return Err(QueryError::NeverNull(column.name()));
        }
        self.nulls.push(column);
        Ok(self)
    }
}

impl Projects {
    /// The project whose rows come first; `None` for everybody's.
    pub fn own(&self) -> Option<&str> {
        match self {
            Self::All => None,
            Self::Of(project) => Some(project),
        }
    }
}
