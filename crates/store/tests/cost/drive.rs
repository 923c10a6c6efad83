//! An execution on a real store: events one by one, each committed, actions answered.

use std::collections::VecDeque;
use std::sync::Arc;

use engine::event::{Command, Event, Outcome, WorkflowRequest};
use engine::model::{ActionId, ExecutionId, IdSource, Timestamp};
use engine::tree::Tree;
use store::sqlite::Sqlite;
use store::{Batch, Store};
use yaql::{Dict, Value};

use crate::world::StoreWorld;

/// A running execution.
pub(crate) struct Drive {
    pub(crate) store: Arc<Sqlite>,
    world: StoreWorld,
    tree: Tree,
    ids: IdSource,
    now: Timestamp,
    running: VecDeque<ActionId>,
}

impl Drive {
    /// Starts the workflow `main` of a document; what pure actions do is done.
    pub(crate) fn start(yaml: &str) -> Self {
        let store = Arc::new(Sqlite::in_memory().expect("memory is there"));
        let world = StoreWorld::new(yaml, store.clone());
        let now = Timestamp::from_micros(1_790_000_000_000_000);
        let mut ids = IdSource::new(now, 0, 1);
        let root = ExecutionId(ids.next_id());
        let params: Dict = [("task_name", "target")].into_iter().collect();
        let request = WorkflowRequest {
            id: root,
            external_id: None,
            is_new: true,
            definition: world.definition("main").expect("documents have it"),
            input: Dict::new(),
            params,
            description: "".into(),
            project_id: "p".into(),
        };
        let mut drive = Self {
            store,
            world,
            tree: Tree::new(root),
            ids,
            now,
            running: VecDeque::new(),
        };
        drive.apply(&Event::WorkflowRequested(Box::new(request)));
        drive
    }

    /// The action that has run longest ends well.
    pub(crate) fn complete_one(&mut self) {
        self.complete_with(Value::from(1));
    }

    pub(crate) fn complete_with(&mut self, value: Value) {
        let action = self.running.pop_front().expect("something runs");
        let outcome = Outcome::Success(value);
        self.apply(&Event::ActionCompleted { action, outcome });
    }

    pub(crate) fn has_ended(&self) -> bool {
        let root = self.tree.root_execution();
        root.is_some_and(|root| root.state.is_completed())
    }

    /// Executions and tasks in memory.
    pub(crate) fn in_memory(&self) -> usize {
        self.tree.executions().count() + self.tree.tasks().count()
    }

    fn apply(&mut self, event: &Event) {
        let mut goes_on = self.step(event);
        while goes_on {
            goes_on = self.step(&Event::Continued);
        }
    }

    /// One step and its commit; tells whether it left work over.
    fn step(&mut self, event: &Event) -> bool {
        self.now = self.now.plus_micros(1_000);
        self.ids = IdSource::new(self.now, self.ids.sequence(), self.ids.next_random());
        let effects = self
            .tree
            .step(event, &self.world, self.now, &mut self.ids)
            .expect("the store answers");
        let changes = self.tree.take_changes();
        self.store
            .commit(Batch::of(self.tree.root(), changes))
            .expect("what the engine writes fits");
        let mut goes_on = false;
        for command in effects.commands {
            match command {
                Command::RunAction(run) => self.running.push_back(run.action.id),
                Command::Continue => goes_on = true,
                Command::AbortAction(_) => {}
            }
        }
        goes_on
    }
}
