//! Code sources, and dynamic actions: classes in them.

use std::sync::Arc;

use engine::model::{Id, Timestamp};

use crate::Scope;

/// Whose a named row is. `(name, namespace, project_id)` is unique per resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Its name.
    pub name: Arc<str>,
    /// Namespace; empty is the default one.
    pub namespace: Arc<str>,
    /// Owner.
    pub project_id: Arc<str>,
    /// Who else may see it.
    pub scope: Scope,
}

/// A Python module.
#[derive(Clone, Debug, PartialEq)]
pub struct CodeSource {
    /// Its id.
    pub id: Id,
    /// Name and owner.
    pub label: Label,
    /// The text; empty in lists that do not ask for it.
    pub content: Arc<str>,
    /// Starts with 1; one more with every update.
    pub version: u32,
    /// Creation.
    pub created_at: Timestamp,
    /// Last update; `None` if there was none.
    pub updated_at: Option<Timestamp>,
}

/// A change of one code source.
#[derive(Clone, Debug, PartialEq)]
pub enum CodeSourceChange {
    /// A new row; its name must be free.
    Create {
        /// The new id.
        id: Id,
        /// Name and owner.
        label: Label,
        /// The text.
        content: Arc<str>,
    },
    /// New text; the version grows.
    Update {
        /// Which row.
        id: Id,
        /// Who else may see it.
        scope: Scope,
        /// The text.
        content: Arc<str>,
    },
    /// The row goes away, with its dynamic actions.
    Delete {
        /// Which row.
        id: Id,
    },
}

/// An action that is a class in a code source.
#[derive(Clone, Debug, PartialEq)]
pub struct DynamicAction {
    /// Its id.
    pub id: Id,
    /// Name and owner.
    pub label: Label,
    /// The class.
    pub class_name: Arc<str>,
    /// Where the class is.
    pub code_source: Id,
    /// Name of that code source.
    pub code_source_name: Arc<str>,
    /// Creation.
    pub created_at: Timestamp,
    /// Last update; `None` if there was none.
    pub updated_at: Option<Timestamp>,
}

/// A change of one dynamic action.
#[derive(Clone, Debug, PartialEq)]
pub enum DynamicActionChange {
    /// A new row; its name must be free, its code source there.
    Create {
        /// The new id.
        id: Id,
        /// Name and owner.
        label: Label,
        /// The class.
        class_name: Arc<str>,
        /// Where the class is.
        code_source: Id,
    },
    /// New values for what is given; the rest stays.
    Update {
        /// Which row.
        id: Id,
        /// The name.
        name: Option<Arc<str>>,
        /// The class.
        class_name: Option<Arc<str>>,
        /// Where the class is.
        code_source: Option<Id>,
        /// Who else may see it.
        scope: Option<Scope>,
    },
    /// The row goes away.
    Delete {
        /// Which row.
        id: Id,
    },
}
