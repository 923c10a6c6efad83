//! The simulated outside: definitions of one document, data from the store.

use std::cell::{Cell, OnceCell};
use std::collections::HashSet;
use std::sync::Arc;

use engine::change::Snapshot;
use engine::event::Definition;
use engine::model::{ExecutionId, ItemLists, Task, TaskKind};
use engine::signature::{Parameter, Signature};
use engine::world::{
    ActionDefinition, AdHoc, Child, NameScope, QueryError, Settings, Source, Unavailable, Wanted,
    World, gone_with,
};
use language::expression::{ExecutionsFilter, Languages, TasksFilter, Template};
use language::program::Program;
use yaql::{Dict, Value};

use super::random::Random;
use super::store::Shared;
use super::{Programs, id_of};

/// Definitions and a view of the store.
pub(super) struct SimWorld {
    programs: Programs,
    settings: OnceCell<Settings>,
    store: Shared,
    adhoc: [Arc<AdHoc>; 2],
    fails: Cell<bool>,
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
        Ok(Self {
            programs,
            settings: OnceCell::new(),
            store: Shared::default(),
            adhoc: [
                adhoc("sim.adhoc", "sim.work", Some("<% $ %>"))?,
                adhoc("sim.chain", "sim.adhoc", Some("<% [$] %>"))?,
            ],
            fails: Cell::new(false),
        })
    }

    /// Chooses the limits of a run.
    pub(super) fn settle(&self, random: &mut Random) {
        let work = 1 + u32::try_from(random.below(5)).unwrap_or(0);
        self.settings.get_or_init(|| Settings {
            work_per_step: work,
            ..Settings::default()
        });
    }

    /// The rows; what is committed may be read.
    pub(super) fn store(&self) -> Shared {
        self.store.clone()
    }

    /// Whether the next question about rows goes unanswered.
    pub(super) fn fails(&self, fails: bool) {
        self.fails.set(fails);
    }

    fn answers(&self) -> Result<(), Unavailable> {
        match self.fails.replace(false) {
            true => Err(Unavailable("the store does not answer".to_owned())),
            false => Ok(()),
        }
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
}

fn adhoc(name: &str, base: &str, output: Option<&str>) -> Result<Arc<AdHoc>, String> {
    let compile = |text: &str| {
        Template::compile(&text.into(), &Languages::default()).map_err(|error| error.to_string())
    };
    Ok(Arc::new(AdHoc {
        name: name.into(),
        definition: "".into(),
        base: base.into(),
        signature: Signature::new([]),
        base_input: Box::default(),
        output: output.map(compile).transpose()?,
    }))
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
            "sim.adhoc" => return Ok(Some(ActionDefinition::AdHoc(self.adhoc[0].clone()))),
            "sim.chain" => return Ok(Some(ActionDefinition::AdHoc(self.adhoc[1].clone()))),
            "std.noop" | "std.async_noop" | "sim.call" => &[],
            "sim.work" => &["value"],
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
            is_sync: !matches!(name, "std.async_noop" | "sim.call"),
            ..Signature::new(parameters)
        };
        Ok(Some(ActionDefinition::BuiltIn {
            name: name.into(),
            signature,
        }))
    }

    fn children(&self, task: &Task) -> Result<Vec<Child>, Unavailable> {
        self.answers()?;
        let store = self.store.borrow();
        let actions = store
            .actions
            .values()
            .filter(|action| action.task == Some(task.id));
        let actions = actions
            .filter(|action| action.state.is_completed())
            .map(|action| Child {
                id: action.id.0,
                kind: TaskKind::Action,
                name: action.name.clone(),
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
                kind: TaskKind::Workflow,
                name: execution.origin.workflow_name.clone(),
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

    fn published(&self, task: &Task) -> Result<Option<Dict>, Unavailable> {
        self.answers()?;
        let store = self.store.borrow();
        let row = store.tasks.get(&task.id);
        Ok(row.and_then(|task| task.published.clone()))
    }

    fn gone(
        &self,
        root: ExecutionId,
        wanted: Wanted,
        in_memory: &dyn Fn(ExecutionId) -> bool,
    ) -> Result<Option<Snapshot>, Unavailable> {
        self.answers()?;
        let store = self.store.borrow();
        let execution = match wanted {
            Wanted::Execution(id) => Some(id),
            Wanted::Task(id) => store.tasks.get(&id).map(|task| task.execution),
        };
        let parents = store.executions.values().filter(|e| e.root() == root);
        let parents: Vec<_> = parents
            .filter_map(|e| Some((e.id, e.origin.parent?.execution)))
            .collect();
        let wanted = execution.map(|id| gone_with(id, &parents, in_memory));
        let wanted = wanted.unwrap_or_default();
        Ok(store
            .snapshot(root)
            .filter(|_| !wanted.is_empty())
            .map(|mut part| {
                part.executions.retain(|e| wanted.contains(&e.id));
                part.tasks.retain(|task| wanted.contains(&task.execution));
                let tasks: HashSet<_> = part.tasks.iter().map(|task| task.id).collect();
                part.items.retain(|(task, _)| tasks.contains(task));
                part.actions
                    .retain(|action| action.task.is_some_and(|task| tasks.contains(&task)));
                part.timers.clear();
                part
            }))
    }

    fn program(&self, hash: &[u8; 32]) -> Option<Arc<Program>> {
        let found = self
            .programs
            .iter()
            .find(|(name, _)| hash_of(name) == *hash);
        found.map(|(_, program)| program.clone())
    }

    fn source(&self, id: ExecutionId) -> Result<Option<Source>, Unavailable> {
        self.answers()?;
        let store = self.store.borrow();
        let execution = store.executions.get(&id);
        Ok(execution.and_then(|execution| {
            let tasks = store.tasks.values();
            Some(Source {
                execution: execution.clone(),
                program: self.program(&execution.origin.program)?,
                tasks: tasks.filter(|task| task.execution == id).cloned().collect(),
            })
        }))
    }

    fn item_lists(&self, task: &Task) -> Result<Option<ItemLists>, Unavailable> {
        self.answers()?;
        Ok(self.store.borrow().items.get(&task.id).cloned())
    }

    fn tasks(&self, _: &TasksFilter, _: &str) -> Result<Value, QueryError> {
        Ok(Vec::<Value>::new().into())
    }

    fn executions(&self, _: &ExecutionsFilter, _: &str) -> Result<Value, QueryError> {
        Ok(Vec::<Value>::new().into())
    }

    fn settings(&self) -> &Settings {
        self.settings.get_or_init(Settings::default)
    }

    fn begin_evaluation(&self) {}

    fn is_late(&self) -> bool {
        false
    }
}
