//! The outside of the measured executions: one document, and the store.

use std::sync::Arc;

use engine::event::Definition;
use engine::model::{ExecutionId, Id, ItemLists, Task};
use engine::signature::{Parameter, Signature};
use engine::world::{
    ActionDefinition, Child, NameScope, QueryError, Settings, Source, Unavailable, World,
};
use language::expression::{ExecutionsFilter, Languages, TasksFilter};
use language::program::Program;
use store::sqlite::Sqlite;
use store::{Catalog, Store};
use yaql::{Dict, Value};

/// Knows the workflow `main` and the actions `cost.work` and `cost.large`.
pub(crate) struct StoreWorld {
    program: Arc<Program>,
    store: Arc<Sqlite>,
    settings: Settings,
}

impl StoreWorld {
    pub(crate) fn new(yaml: &str, store: Arc<Sqlite>) -> Self {
        let specs = language::parse_workflows(yaml).expect("the test writes valid definitions");
        let program = language::compile(&specs[0], &Languages::default());
        Self {
            program: Arc::new(program.expect("the test writes valid definitions")),
            store,
            settings: Settings {
                field_size_limit: None,
                ..Settings::default()
            },
        }
    }

    pub(crate) fn definition(&self) -> Definition {
        Definition {
            id: Id::from_bytes([1; 16]),
            name: "main".into(),
            namespace: "".into(),
            workbook: None,
            hash: [1; 32],
            program: self.program.clone(),
        }
    }
}

fn unavailable(error: impl std::fmt::Display) -> Unavailable {
    Unavailable(error.to_string())
}

impl World for StoreWorld {
    fn sub_workflow(&self, _: &str, _: &NameScope<'_>) -> Result<Option<Definition>, Unavailable> {
        Ok(None)
    }

    fn action(
        &self,
        name: &str,
        _: &NameScope<'_>,
    ) -> Result<Option<ActionDefinition>, Unavailable> {
        let parameter = Parameter {
            name: "value".into(),
            default: Some(Value::Null),
        };
        Ok(Some(ActionDefinition::BuiltIn {
            name: name.into(),
            signature: Signature::new([parameter]),
        }))
    }

    fn children(&self, task: &Task) -> Result<Vec<Child>, Unavailable> {
        let children = self.store.task_children(task.id).map_err(unavailable)?;
        let child = |result: store::TaskResult| Child {
            id: result.id,
            name: result.name,
            index: result.index,
            state: result.state,
            accepted: result.accepted,
            value: result.output,
        };
        Ok(children.into_iter().map(child).collect())
    }

    fn published(&self, task: &Task) -> Result<Option<Dict>, Unavailable> {
        let record = self.store.task(task.id).map_err(unavailable)?;
        Ok(record.and_then(|record| record.published))
    }

    fn source(&self, _: ExecutionId) -> Result<Option<Source>, Unavailable> {
        Ok(None)
    }

    fn item_lists(&self, task: &Task) -> Result<Option<ItemLists>, Unavailable> {
        self.store.item_lists(task.id).map_err(unavailable)
    }

    fn tasks(&self, _: &TasksFilter, _: &str) -> Result<Value, QueryError> {
        Ok(Value::Null)
    }

    fn executions(&self, _: &ExecutionsFilter, _: &str) -> Result<Value, QueryError> {
        Ok(Value::Null)
    }

    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn begin_evaluation(&self) {}

    fn is_late(&self) -> bool {
        false
    }
}
