//! Environments: named variables for executions.

use std::sync::Arc;

use engine::model::{Id, Timestamp};
use yaql::Dict;

use crate::Scope;

/// An environment row. `(name, project_id)` is unique.
#[derive(Clone, Debug, PartialEq)]
pub struct Environment {
    /// Its id.
    pub id: Id,
    /// Its name.
    pub name: Arc<str>,
    /// Free text.
    pub description: Option<Arc<str>>,
    /// The variables.
    pub variables: Dict,
    /// Who else may see it.
    pub scope: Scope,
    /// Owner.
    pub project_id: Arc<str>,
    /// Creation.
    pub created_at: Timestamp,
    /// Last update; `None` if there was none.
    pub updated_at: Option<Timestamp>,
}

/// What a new environment is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEnvironment {
    /// The new id.
    pub id: Id,
    /// Its name.
    pub name: Arc<str>,
    /// Free text.
    pub description: Option<Arc<str>>,
    /// The variables.
    pub variables: Dict,
    /// Who else may see it.
    pub scope: Scope,
    /// Owner.
    pub project_id: Arc<str>,
}

/// A change of one environment.
#[derive(Clone, Debug, PartialEq)]
pub enum EnvironmentChange {
    /// A new row; its name must be free.
    Create(NewEnvironment),
    /// New values for what is given; the rest stays.
    Update {
        /// Which row.
        id: Id,
        /// Free text; the inner `None` clears it.
        description: Option<Option<Arc<str>>>,
        /// Replaces all variables.
        variables: Option<Dict>,
        /// Who else may see it.
        scope: Option<Scope>,
    },
    /// The row goes away.
    Delete {
        /// Which row.
        id: Id,
    },
}
