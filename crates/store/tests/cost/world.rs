//! The outside of the measured executions: one document, and the store.

use std::sync::Arc;

use engine::change::Snapshot;
use engine::event::Definition;
use engine::model::{ExecutionId, Id, ItemLists, Task};
use engine::signature::{Parameter, Signature};
use engine::world::{
    ActionDefinition, Child, NameScope, QueryError, Settings, Source, Unavailable, Wanted, World,
};
use language::expression::{ExecutionsFilter, Languages, TasksFilter};
use language::program::Program;
use store::sqlite::Sqlite;
use store::{Catalog, Store};
use yaql::{Dict, Value};

/// Knows the workflows of a document and the actions `cost.work` and `cost.large`.
pub(crate) struct StoreWorld {
    programs: Vec<Arc<Program>>,
    store: Arc<Sqlite>,
    settings: Settings,
}

impl StoreWorld {
    pub(crate) fn new(yaml: &str, store: Arc<Sqlite>) -> Self {
        let specs = language::parse_workflows(yaml).expect("the test writes valid definitions");
        let programs = specs.iter().map(|spec| {
            let program = language::compile(spec, &Languages::default());
            Arc::new(program.expect("the test writes valid definitions"))
        });
        Self {
            programs: programs.collect(),
            store,
            settings: Settings {
                field_size_limit: None,
                ..Settings::default()
            },
        }
    }

    /// A workflow of the document; its hash is its position.
    pub(crate) fn definition(&self, name: &str) -> Option<Definition> {
        let mut programs = self.programs.iter();
        let position = programs.position(|program| *program.name == *name)?;
        let number = u8::try_from(position).expect("documents of tests are small");
        Some(Definition {
            id: Id::from_bytes([1; 16]),
            name: name.into(),
            namespace: "".into(),
            workbook: None,
            hash: [number; 32],
            program: self.programs[position].clone(),
        })
    }
}

fn unavailable(error: impl std::fmt::Display) -> Unavailable {
    Unavailable(error.to_string())
}

impl World for StoreWorld {
    fn sub_workflow(
        &self,
        name: &str,
        _: &NameScope<'_>,
    ) -> Result<Option<Definition>, Unavailable> {
        Ok(self.definition(name))
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
            kind: result.kind,
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

    fn gone(
        &self,
        _: ExecutionId,
        _: Wanted,
        _: &dyn Fn(ExecutionId) -> bool,
    ) -> Result<Option<Snapshot>, Unavailable> {
        Ok(None)
    }

    fn program(&self, hash: &[u8; 32]) -> Option<Arc<Program>> {
        let program = self.programs.get(usize::from(hash[0]));
        program.cloned()
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
