//! Makes images: each different, all the same in every run.

use std::sync::Arc;

use engine::change::{ActionParts, Changes, ExecutionParts, JournalEntry, JournalKind, TaskParts};
use engine::model::{
    Action, ActionId, Counters, Execution, ExecutionId, Id, IdSource, Origin, Parent, Runtime,
    State, Task, TaskId, TaskKind, Timestamp,
};
use language::program::TaskIndex;
use store::{Batch, Content, DefinitionChange, DefinitionKind, Scope, Source, Store};
use yaql::{Dict, Value};

pub(crate) const CREATED: ExecutionParts = ExecutionParts {
    created: true,
    state: false,
    counters: false,
    params: false,
    context: false,
    output: false,
};

pub(crate) const TASK_CREATED: TaskParts = TaskParts {
    created: true,
    state: false,
    published: false,
};

pub(crate) const ACTION_CREATED: ActionParts = ActionParts {
    created: true,
    state: false,
    output: false,
};

/// A source of ids and times.
pub(crate) struct Maker {
    ids: IdSource,
    now: Timestamp,
}

impl Maker {
    pub(crate) fn new() -> Self {
        let now = Timestamp::from_micros(1_790_000_000_250_000);
        Self {
            ids: IdSource::new(now, 0, 42),
            now,
        }
    }

    pub(crate) fn id(&mut self) -> Id {
        self.ids.next_id()
    }

    /// Another time than all before, ids with it.
    pub(crate) fn tick(&mut self) -> Timestamp {
        self.now = self.now.plus_micros(400_000);
        let (sequence, seed) = (self.ids.sequence(), self.ids.next_random());
        self.ids = IdSource::new(self.now, sequence, seed);
        self.now
    }

    pub(crate) fn execution(&mut self) -> Execution {
        let now = self.tick();
        let id = ExecutionId(self.id());
        Execution {
            id,
            origin: Arc::new(Origin {
                external_id: None,
                root: id,
                parent: None,
                workflow_id: self.id(),
                workflow_name: "deploy".into(),
                workflow_namespace: "".into(),
                workbook: None,
                program: [7; 32],
                project_id: "p1".into(),
                tags: Arc::default(),
                input: dict([("host", "a"), ("count", "3")]),
                created_at: now,
            }),
            state: State::Running,
            state_info: None,
            description: "".into(),
            params: dict([("namespace", "")]),
            context: Dict::new(),
            output: Dict::new(),
            accepted: false,
            backlog: Arc::default(),
            counters: Counters::default(),
            updated_at: now,
        }
    }

    pub(crate) fn sub_execution(
        &mut self,
        task: &Task,
        root: ExecutionId,
        index: u32,
    ) -> Execution {
        let mut execution = self.execution();
        let origin = Arc::make_mut(&mut execution.origin);
        origin.root = root;
        origin.parent = Some(Parent {
            execution: task.execution,
            task: task.id,
            index,
        });
        execution
    }

    pub(crate) fn task(&mut self, execution: &Execution) -> Task {
        let now = self.tick();
        Task {
            id: TaskId(self.id()),
            execution: execution.id,
            index: TaskIndex(0),
            name: "step".into(),
            kind: TaskKind::Action,
            state: State::Running,
            state_info: None,
            processed: false,
            error_handled: false,
            next: Arc::default(),
            parents: Arc::default(),
            published: None,
            runtime: Arc::new(Runtime::default()),
            created_at: now,
            updated_at: now,
            started_at: None,
            finished_at: None,
        }
    }

    pub(crate) fn action(&mut self, task: &Task, root: ExecutionId) -> Action {
        Action {
            task: Some(task.id),
            execution: Some(task.execution),
            root,
            ..self.own_action()
        }
    }

    /// An action that belongs to no task.
    pub(crate) fn own_action(&mut self) -> Action {
        let now = self.tick();
        let id = ActionId(self.id());
        Action {
            id,
            task: None,
            execution: None,
            root: ExecutionId(id.0),
            index: 0,
            run: 0,
            name: "std.echo".into(),
            input: dict([("output", "hi")]),
            base: None,
            state: State::Running,
            state_info: None,
            output: None,
            accepted: false,
            is_sync: true,
            safe_rerun: false,
            target: None,
            timeout: None,
            claim: None,
            is_started: false,
            description: "".into(),
            project_id: "p1".into(),
            created_at: now,
            updated_at: now,
        }
    }

    pub(crate) fn entry(&mut self, execution: &Execution) -> JournalEntry {
        JournalEntry {
            root: execution.origin.root,
            at: self.tick(),
            kind: JournalKind::Execution,
            id: execution.id.0,
            execution: Some(execution.id),
            task: None,
            name: execution.origin.workflow_name.clone(),
            previous: None,
            state: execution.state,
            progress: None,
            project_id: execution.origin.project_id.clone(),
            workflow_name: Some(execution.origin.workflow_name.clone()),
            external_root: execution.origin.external_id.clone(),
            parent: execution.origin.parent.map(|parent| parent.execution),
        }
    }

    /// A workflow's definition that is stored.
    pub(crate) fn workflow(&mut self, store: &dyn Store) -> Id {
        let (id, at) = (self.id(), self.tick());
        let content = self.content(DefinitionKind::Workflow, &format!("w{id}"));
        let change = DefinitionChange::Create {
            id,
            content,
            source: None,
        };
        store.define(at, vec![change]).unwrap();
        id
    }

    pub(crate) fn content(&mut self, kind: DefinitionKind, name: &str) -> Content {
        Content {
            kind,
            name: name.into(),
            namespace: "".into(),
            project_id: "p1".into(),
            scope: Scope::Private,
            definition: format!("{name}: {{}}").into(),
            spec: dict([("name", name)]).into(),
            input: "host, count=\"3\"".into(),
            interface: dict([("kind", "none")]).into(),
            description: None,
            tags: Arc::default(),
            workbook: None,
        }
    }
}

/// A tree: an execution with a task that has an action.
pub(crate) struct Tree {
    pub(crate) execution: Execution,
    pub(crate) task: Task,
    pub(crate) action: Action,
}

impl Tree {
    pub(crate) fn new(maker: &mut Maker) -> Self {
        let execution = maker.execution();
        let task = maker.task(&execution);
        let action = maker.action(&task, execution.id);
        Self {
            execution,
            task,
            action,
        }
    }

    pub(crate) fn root(&self) -> ExecutionId {
        self.execution.id
    }

    pub(crate) fn create(&self, store: &dyn Store) {
        let changes = Changes {
            executions: vec![(self.execution.clone(), CREATED)],
            tasks: vec![(self.task.clone(), TASK_CREATED)],
            actions: vec![(self.action.clone(), ACTION_CREATED)],
            ..Changes::default()
        };
        store.commit(Batch::of(self.root(), changes)).unwrap();
    }
}

pub(crate) fn create(store: &dyn Store, executions: &[Execution]) {
    for execution in executions {
        let changes = Changes {
            executions: vec![(execution.clone(), CREATED)],
            ..Changes::default()
        };
        store
            .commit(Batch::of(execution.origin.root, changes))
            .unwrap();
    }
}

pub(crate) fn source(text: &str) -> Source {
    Source {
        text: text.into(),
        member: "deploy".into(),
        workbook: None,
    }
}

pub(crate) fn dict<const N: usize>(entries: [(&str, &str); N]) -> Dict {
    entries.into_iter().collect()
}

/// A value whose JSON is longer than what stays in a row.
pub(crate) fn large(seed: &str) -> Value {
    seed.repeat(10_000 / seed.len()).into()
}

/// Images have no equality of their own; their text has all of them.
#[track_caller]
pub(crate) fn assert_same<T: std::fmt::Debug>(left: &T, right: &T) {
    assert_eq!(format!("{left:#?}"), format!("{right:#?}"));
}
