//! What can go wrong in a store.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use engine::model::Id;

/// Kinds of things that a caller names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Resource {
    /// A workflow execution.
    Execution,
    /// A task execution.
    Task,
    /// An action execution.
    ActionExecution,
    /// A workflow definition.
    Workflow,
    /// A workbook.
    Workbook,
    /// An ad-hoc action's definition.
    Action,
    /// An environment.
    Environment,
    /// A code source.
    CodeSource,
    /// A dynamic action.
    DynamicAction,
    /// A cron trigger.
    CronTrigger,
    /// An event trigger.
    EventTrigger,
    /// A notification.
    Notification,
    /// A start that a trigger ordered.
    Fire,
}

/// An error of a store. Clones share their parts: everybody whose work was in a
/// transaction that failed gets it.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// A row with that key is there already.
    #[error("{resource} {name:?} in namespace {namespace:?} exists already")]
    Duplicate {
        /// Of what.
        resource: Resource,
        /// Its name (or id).
        name: Arc<str>,
        /// Its namespace; empty where there are none.
        namespace: Arc<str>,
    },
    /// The row to change is not there.
    #[error("{resource} {key:?} does not exist")]
    NotFound {
        /// Of what.
        resource: Resource,
        /// The id or name that was asked for.
        key: Arc<str>,
    },
    /// The row to delete is one that others need.
    #[error("{needed} {key:?} is in use")]
    Needed {
        /// Of what.
        needed: Resource,
        /// Its id.
        key: Arc<str>,
        /// What needs it.
        by: Resource,
        /// Their ids.
        ids: Arc<[Id]>,
    },
    /// The marker of a list is no row of that list.
    #[error("{resource} {key:?}, the marker of the list, does not exist")]
    UnknownMarker {
        /// What was listed.
        resource: Resource,
        /// The marker.
        key: Arc<str>,
    },
    /// A read ran longer than the limit allows.
    #[error(
        "the query was ended after {seconds} s, the limit for one; narrow it: executions by \
         state, workflow_name, workflow_id, task_execution_id, root_execution_id, project_id, \
         tags, created_at or updated_at, tasks by workflow_execution_id, action executions by \
         task_execution_id"
    )]
    Deadline {
        /// The limit.
        seconds: u64,
    },
    /// So many reads take long that one more would wait too long.
    #[error("too many lists that take long are being read; narrow this one, or ask again later")]
    Crowded,
    /// Another process has the database.
    #[error(
        "the database {} is in use by another process (it holds the lock on {})",
        database.display(),
        lock.display()
    )]
    InUse {
        /// The database.
        database: PathBuf,
        /// The lock file beside it.
        lock: PathBuf,
    },
    /// The database was made by a newer or an altered program.
    #[error("the database cannot be used: {0}")]
    Schema(Arc<str>),
    /// A shard of the batch belongs to another node.
    #[error("another node owns the execution")]
    NotOwner,
    /// The others gave this node up: what it holds is not its own any more.
    #[error("the other nodes have given this one up")]
    Dead,
    /// A row does not hold what this program wrote.
    #[error("damaged row: {0}")]
    Damaged(Arc<str>),
    /// The database or its file failed.
    #[error("{context}: {source}")]
    Database {
        /// What was being done.
        context: &'static str,
        /// The cause.
        source: Arc<dyn std::error::Error + Send + Sync>,
    },
}

/// Why a database can not be used for now. It may be later; nobody but its
/// administrator needs to do anything for that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The disk is full.
    #[error("The database has no space left.")]
    Full,
    /// Nothing can be written.
    #[error("The database is read-only.")]
    ReadOnly,
    /// It does not answer.
    #[error("The database can not be used at the moment.")]
    Away,
}

impl Resource {
    /// The name of the thing in running text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Execution => "execution",
            Self::Task => "task",
            Self::ActionExecution => "action execution",
            Self::Workflow => "workflow",
            Self::Workbook => "workbook",
            Self::Action => "action",
            Self::Environment => "environment",
            Self::CodeSource => "code source",
            Self::DynamicAction => "dynamic action",
            Self::CronTrigger => "cron trigger",
            Self::EventTrigger => "event trigger",
            Self::Notification => "notification",
            Self::Fire => "fire of a trigger",
        }
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl StoreError {
    /// There is no such row.
    pub(crate) fn not_found(resource: Resource, id: Id) -> Self {
        Self::NotFound {
            resource,
            key: id.to_string().into(),
        }
    }

    /// What a failed write of a row means: perhaps that its name is taken.
    pub(crate) fn or_duplicate(self, resource: Resource, name: &Arc<str>) -> Self {
        if !self.is_conflict() {
            return self;
        }
        Self::Duplicate {
            resource,
            name: name.clone(),
            namespace: Arc::default(),
        }
    }

    /// Why the database can not be used for now, if that is the error.
    pub fn trouble(&self) -> Option<Trouble> {
        let Self::Database { source, .. } = self else {
            return None;
        };
        crate::sqlite::trouble(&**source).or_else(|| crate::postgres::trouble(&**source))
    }

    /// Whether a row with the same key was in the way.
    pub(crate) fn is_conflict(&self) -> bool {
        match self {
            Self::Database { source, .. } => {
                crate::sqlite::is_conflict(&**source) || crate::postgres::is_conflict(&**source)
            }
            _ => false,
        }
    }
}
