//! The simulated outside: definitions of one document, data from the store.

use std::cell::RefCell;
use std::sync::Arc;

use engine::event::Definition;
use engine::model::{ItemLists, Task};
use engine::signature::{Parameter, Signature};
use engine::world::{ActionDefinition, Child, NameScope, QueryError, Settings, Unavailable, World};
use language::expression::{ExecutionsFilter, Languages, TasksFilter};
use language::program::Program;
use yaql::Value;

use super::store::MemoryStore;
use super::{Programs, id_of};

/// Definitions and a view of the store.
pub(super) struct SimWorld {
    programs: Programs,
    settings: Settings,
    store: RefCell<MemoryStore>,
}

impl SimWorld {
    /// Compiles the workflows of a document.
    pub(super) fn new(yaml: &str) -> Result<Self, String> {
        let specs = language::parse_workflows(yaml).map_err(|problems| {
            let texts: Vec<_> = problems
                .iter()
                .map(|problem| problem.message.clone())
                .collect();
            texts.join("; ")
        })?;
        let programs = specs
            .iter()
            .map(|spec| language::compile(spec, &Languages::default()))
            .map(|program| program.map(|program| (program.name.clone(), Arc::new(program))));
        let programs: Result<Programs, _> = programs.collect();
        let programs = programs.map_err(|error| error.to_string())?;
        if !programs.iter().any(|(name, _)| **name == *"main") {
            return Err("there is no workflow 'main'".to_owned());
        }
        let settings = Settings {
            work_per_step: 3,
            ..Settings::default()
        };
        Ok(Self {
            programs,
            settings,
            store: RefCell::default(),
        })
    }

    /// What is committed may be read from now on.
    pub(super) fn show(&self, store: &MemoryStore) {
        self.store.replace(store.clone());
    }

    pub(super) fn definition(&self, name: &str) -> Option<Definition> {
        let (name, program) = self.programs.iter().find(|(known, _)| **known == *name)?;
        Some(Definition {
            id: id_of(name),
            name: name.clone(),
            namespace: "".into(),
            workbook: None,
            hash: hash_of(name),
            program: program.clone(),
        })
    }

    pub(super) fn program(&self, hash: &[u8; 32]) -> Option<Arc<Program>> {
        let found = self
            .programs
            .iter()
            .find(|(name, _)| hash_of(name) == *hash);
        found.map(|(_, program)| program.clone())
    }
}

fn hash_of(name: &str) -> [u8; 32] {
    let mut hash = [0; 32];
    hash[..16].copy_from_slice(id_of(name).as_bytes());
    hash
}

impl World for SimWorld {
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
        let parameters: &[&str] = match name {
            "std.noop" | "std.async_noop" | "sim.work" => &[],
            "std.echo" => &["output", "delay"],
            "std.fail" => &["error_data"],
            "std.sleep" => &["seconds"],
            _ => return Ok(None),
        };
        let parameters = parameters.iter().map(|name| Parameter {
            name: (*name).into(),
            default: Some(Value::Null),
        });
        let signature = Signature {
            is_sync: name != "std.async_noop",
            ..Signature::new(parameters)
        };
        Ok(Some(ActionDefinition::BuiltIn {
            name: name.into(),
            signature,
        }))
    }

    fn children(&self, task: &Task) -> Result<Vec<Child>, Unavailable> {
        let store = self.store.borrow();
        let actions = store
            .actions
            .values()
            .filter(|action| action.task == Some(task.id));
        let actions = actions
            .filter(|action| action.state.is_completed())
            .map(|action| Child {
                id: action.id.0,
                index: action.index,
                state: action.state,
                accepted: action.accepted,
                value: action.output.clone().unwrap_or(Value::Null),
            });
        let executions = store.executions.values().filter_map(|execution| {
            let parent = execution
                .origin
                .parent
                .filter(|parent| parent.task == task.id)?;
            execution.state.is_completed().then(|| Child {
                id: execution.id.0,
                index: parent.index,
                state: execution.state,
                accepted: execution.accepted,
                value: execution.output.clone().into(),
            })
        });
        let mut children: Vec<_> = actions.chain(executions).collect();
        children.sort_by_key(|child| (child.index, child.id));
        Ok(children)
    }

    fn item_lists(&self, task: &Task) -> Result<Option<ItemLists>, Unavailable> {
        Ok(self.store.borrow().items.get(&task.id).cloned())
    }

    fn tasks(&self, _: &TasksFilter, _: &str) -> Result<Value, QueryError> {
        Ok(Vec::<Value>::new().into())
    }

    fn executions(&self, _: &ExecutionsFilter, _: &str) -> Result<Value, QueryError> {
        Ok(Vec::<Value>::new().into())
    }

    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn begin_evaluation(&self) {}

    fn is_late(&self) -> bool {
        false
    }
}
