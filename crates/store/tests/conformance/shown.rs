//! What lists must give, said in the plainest way: rows, compared one by one.

use std::cmp::Ordering;

use engine::model::{Id, Timestamp};
use store::query::{
    ActionColumn, Column, DefinitionColumn, EnvironmentColumn, ExecutionColumn, ListQuery, Op,
    Page, TaskColumn,
};
use store::record::{ActionRecord, ExecutionRecord, TaskRecord};
use store::{Definition, DefinitionKind, Environment, StoreError};
use yaql::{Dict, Value, json};

use crate::Database;

/// The value of a column of a row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Shown {
    Null,
    Text(String),
    Id(Id),
    Time(Timestamp),
    Bool(bool),
    /// What is stored, and what callers compare it with.
    Json(String, String),
    Tags,
}

/// A resource with lists.
pub(crate) trait Shows: Column {
    type Record: Clone + PartialEq + std::fmt::Debug;

    fn list(
        database: &dyn Database,
        query: &ListQuery<Self>,
    ) -> Result<Page<Self::Record>, StoreError>;

    fn shown(self, record: &Self::Record) -> Shown;

    fn id(record: &Self::Record) -> Id {
        match Self::ID.shown(record) {
            Shown::Id(id) => id,
            other => panic!("{other:?}"),
        }
    }
}

impl Shown {
    /// As one writes it into a URL.
    pub(crate) fn operand(&self) -> String {
        match self {
            Self::Json(_, operand) => operand.clone(),
            other => other.text(),
        }
    }

    /// As `has` sees it.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Null | Self::Tags => String::new(),
            Self::Text(text) | Self::Json(text, _) => text.clone(),
            Self::Id(id) => id.to_string(),
            Self::Time(time) => time.to_string(),
            Self::Bool(flag) => flag.to_string(),
        }
    }

    /// The order of sorting: null first.
    pub(crate) fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Null, Self::Null) | (Self::Tags, Self::Tags) => Ordering::Equal,
            (Self::Null, _) => Ordering::Less,
            (_, Self::Null) => Ordering::Greater,
            (Self::Time(a), Self::Time(b)) => a.cmp(b),
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            _ => self.text().cmp(&other.text()),
        }
    }

    /// Whether an operator holds between this value and operands of its kind.
    pub(crate) fn satisfies(&self, op: Op, operands: &[&Self]) -> bool {
        if *self == Self::Null {
            return false;
        }
        let compared = |other: &Self| match (self, other) {
            // Times are compared as they are shown: by the second.
            (Self::Time(_), Self::Time(_)) => self.text().cmp(&other.text()),
            _ => self.order(other),
        };
        let first = operands[0];
        match op {
            Op::Equal => compared(first).is_eq(),
            Op::NotEqual => compared(first).is_ne(),
            Op::Greater => compared(first).is_gt(),
            Op::GreaterOrEqual => compared(first).is_ge(),
            Op::Less => compared(first).is_lt(),
            Op::LessOrEqual => compared(first).is_le(),
            Op::In => operands.iter().any(|other| compared(other).is_eq()),
            Op::NotIn => operands.iter().all(|other| compared(other).is_ne()),
            Op::Has => self
                .text()
                .to_ascii_lowercase()
                .contains(&first.text().to_ascii_lowercase()),
        }
    }
}

fn text(text: &str) -> Shown {
    Shown::Text(text.to_owned())
}

fn optional<T>(value: Option<T>, shown: impl FnOnce(T) -> Shown) -> Shown {
    value.map_or(Shown::Null, shown)
}

fn dict(dict: &Option<Dict>) -> Shown {
    optional(dict.clone(), |dict| value(&dict.into()))
}

fn value(value: &Value) -> Shown {
    Shown::Json(json::to_string(value), json::to_python_string(value))
}

impl Shows for ExecutionColumn {
    type Record = ExecutionRecord;

    fn list(
        database: &dyn Database,
        query: &ListQuery<Self>,
    ) -> Result<Page<ExecutionRecord>, StoreError> {
        database.executions(query)
    }

    fn shown(self, row: &ExecutionRecord) -> Shown {
        match self {
            Self::Id => Shown::Id(row.id.id.0),
            Self::WorkflowId => Shown::Id(row.workflow_id),
            Self::WorkflowName => text(&row.workflow_name),
            Self::WorkflowNamespace => text(&row.workflow_namespace),
            Self::Description => text(&row.description),
            Self::Tags => Shown::Tags,
            Self::Params => dict(&row.params),
            Self::TaskExecutionId => optional(row.task_execution_id, |id| Shown::Id(id.0)),
            Self::RootExecutionId => {
                optional(row.root_execution_id.as_ref(), |root| Shown::Id(root.id.0))
            }
            Self::State => text(row.state.as_str()),
            Self::StateInfo => optional(row.state_info.as_deref(), text),
            Self::Input => dict(&row.input),
            Self::Output => dict(&row.output),
            Self::CreatedAt => Shown::Time(row.created_at),
            Self::UpdatedAt => Shown::Time(row.updated_at),
            Self::ProjectId => text(&row.project_id),
        }
    }
}

impl Shows for TaskColumn {
    type Record = TaskRecord;

    fn list(
        database: &dyn Database,
        query: &ListQuery<Self>,
    ) -> Result<Page<TaskRecord>, StoreError> {
        database.tasks(query)
    }

    fn shown(self, row: &TaskRecord) -> Shown {
        match self {
            Self::Id => Shown::Id(row.id.0),
            Self::Name => text(&row.name),
            Self::Type => text(row.kind.as_str()),
            Self::WorkflowName => text(&row.workflow_name),
            Self::WorkflowNamespace => text(&row.workflow_namespace),
            Self::WorkflowId => Shown::Id(row.workflow_id),
            Self::WorkflowExecutionId => Shown::Id(row.execution.id.0),
            Self::State => text(row.state.as_str()),
            Self::StateInfo => optional(row.state_info.as_deref(), text),
            Self::ProjectId => text(&row.project_id),
            // Callers see `{}` where there is none.
            Self::Published => dict(&Some(row.published.clone().unwrap_or_default())),
            Self::Processed => Shown::Bool(row.processed),
            Self::CreatedAt => Shown::Time(row.created_at),
            Self::UpdatedAt => Shown::Time(row.updated_at),
            Self::StartedAt => optional(row.started_at, Shown::Time),
            Self::FinishedAt => optional(row.finished_at, Shown::Time),
        }
    }
}

impl Shows for ActionColumn {
    type Record = ActionRecord;

    fn list(
        database: &dyn Database,
        query: &ListQuery<Self>,
    ) -> Result<Page<ActionRecord>, StoreError> {
        database.actions(query)
    }

    fn shown(self, row: &ActionRecord) -> Shown {
        match self {
            Self::Id => Shown::Id(row.id.0),
            Self::WorkflowName => optional(row.workflow_name.as_deref(), text),
            Self::WorkflowNamespace => optional(row.workflow_namespace.as_deref(), text),
            Self::TaskName => optional(row.task_name.as_deref(), text),
            Self::TaskExecutionId => optional(row.task_execution_id, |id| Shown::Id(id.0)),
            Self::State => text(row.state.as_str()),
            Self::StateInfo => optional(row.state_info.as_deref(), text),
            Self::Name => text(&row.name),
            Self::Description => text(&row.description),
            Self::ProjectId => text(&row.project_id),
            Self::Accepted => Shown::Bool(row.accepted),
            Self::Input => dict(&row.input),
            Self::Output => optional(row.output.as_ref(), output),
            Self::CreatedAt => Shown::Time(row.created_at),
            Self::UpdatedAt => Shown::Time(row.updated_at),
        }
    }
}

/// Callers know an output as `{"result": …}`.
fn output(output: &Value) -> Shown {
    let shown: Dict = [("result", output.clone())].into_iter().collect();
    Shown::Json(
        json::to_string(output),
        json::to_python_string(&shown.into()),
    )
}

impl Shows for DefinitionColumn {
    type Record = Definition;

    fn list(
        database: &dyn Database,
        query: &ListQuery<Self>,
    ) -> Result<Page<Definition>, StoreError> {
        database.definitions(DefinitionKind::Workflow, query)
    }

    fn shown(self, row: &Definition) -> Shown {
        let content = &row.content;
        match self {
            Self::Id => Shown::Id(row.id),
            Self::Name => text(&content.name),
            Self::Namespace => text(&content.namespace),
            Self::Input => text(&content.input),
            Self::Interface => value(&content.interface),
            Self::Description => optional(content.description.as_deref(), text),
            Self::Definition => text(&content.definition),
            Self::Checksum => optional(row.checksum.as_deref(), text),
            Self::Tags => Shown::Tags,
            Self::WorkbookName => optional(content.workbook.as_deref(), text),
            Self::Scope => text(content.scope.as_str()),
            Self::ProjectId => text(&content.project_id),
            Self::CreatedAt => Shown::Time(row.created_at),
            Self::UpdatedAt => optional(row.updated_at, Shown::Time),
        }
    }
}

impl Shows for EnvironmentColumn {
    type Record = Environment;

    fn list(
        database: &dyn Database,
        query: &ListQuery<Self>,
    ) -> Result<Page<Environment>, StoreError> {
        database.environments(query)
    }

    fn shown(self, row: &Environment) -> Shown {
        match self {
            Self::Id => Shown::Id(row.id),
            Self::Name => text(&row.name),
            Self::Description => optional(row.description.as_deref(), text),
            Self::Variables => value(&row.variables.clone().into()),
            Self::Scope => text(row.scope.as_str()),
            Self::ProjectId => text(&row.project_id),
            Self::CreatedAt => Shown::Time(row.created_at),
            Self::UpdatedAt => optional(row.updated_at, Shown::Time),
        }
    }
}
