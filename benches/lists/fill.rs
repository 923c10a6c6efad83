//! Fills a database with executions, for `make bench-lists`:
//! `lists FILE ROWS`. A tenth of them has a task and an action.
//!
//! What came of the executions depends on their number alone: each filler writes the
//! same rows.

use std::path::Path;
use std::sync::Arc;

use engine::change::{ActionParts, Changes, ExecutionParts, TaskParts};
use engine::model::{
    Action, ActionId, Counters, Execution, ExecutionId, Id, IdSource, Origin, Parent, Runtime,
    State, Task, TaskId, TaskKind, Timestamp,
};
use language::program::TaskIndex;
use store::sqlite::{Options, Sqlite};
use store::{Batch, Store, StoreError, TreeChanges};
use yaql::Dict;

/// 2026-09-21; an execution starts every second.
const FIRST: i64 = 1_790_000_000_000_000;
const SECOND: i64 = 1_000_000;

/// Executions in a transaction.
const GROUP: u64 = 2_000;

fn main() -> Result<(), StoreError> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, file, rows] = arguments.as_slice() else {
        eprintln!("usage: lists FILE ROWS");
        std::process::exit(2);
    };
    let rows: u64 = rows.parse().unwrap_or(1_000_000);
    let store = Sqlite::open(Path::new(file), &Options::default())?;
    let mut filler = Filler::new();
    for first in (0..rows).step_by(GROUP as usize) {
        let group = first..rows.min(first + GROUP);
        let trees = group.flat_map(|number| filler.trees(number));
        store.commit(Batch {
            trees: trees.collect(),
            ..Batch::default()
        })?;
    }
    Ok(())
}

struct Filler {
    ids: IdSource,
    /// The last root that has a task, and the task.
    parent: Option<(ExecutionId, TaskId)>,
}

impl Filler {
    fn new() -> Self {
        let now = Timestamp::from_micros(FIRST);
        Self {
            ids: IdSource::new(now, 0, 1),
            parent: None,
        }
    }

    /// The execution of a number. Every tenth is a root with a task, which three of the
    /// next nine belong to.
    fn trees(&mut self, number: u64) -> Vec<TreeChanges> {
        let at = Timestamp::from_micros(FIRST + number as i64 * SECOND);
        let (sequence, random) = (self.ids.sequence(), self.ids.next_random());
        self.ids = IdSource::new(at, sequence, random);
        let parent = self.parent.filter(|_| (1..4).contains(&(number % 10)));
        let execution = self.execution(number, at, parent);
        let root = execution.origin.root;
        let mut changes = Changes::default();
        if number.is_multiple_of(10) {
            let task = self.task(&execution);
            let action = self.action(&task);
            self.parent = Some((execution.id, task.id));
            changes.tasks = vec![(task, TASK)];
            changes.actions = vec![(action, ACTION)];
        }
        changes.executions = vec![(execution, EXECUTION)];
        vec![TreeChanges::of(root, changes)]
    }

    fn execution(
        &mut self,
        number: u64,
        at: Timestamp,
        parent: Option<(ExecutionId, TaskId)>,
    ) -> Execution {
        let id = ExecutionId(self.ids.next_id());
        let workflow = scattered(number) % 300;
        // Most take seconds, some a day.
        let seconds = match number % 1_000 {
            0 => 86_400,
            _ => scattered(number + 1) % 100,
        };
        let tags: Vec<Arc<str>> = [("blue", 4), ("Nightly", 100), ("rare", 10_000)]
            .into_iter()
            .filter(|(_, every)| number.is_multiple_of(*every))
            .map(|(tag, _)| tag.into())
            .collect();
        Execution {
            id,
            origin: Arc::new(Origin {
                external_id: None,
                root: parent.map_or(id, |(root, _)| root),
                parent: parent.map(|(execution, task)| Parent {
                    execution,
                    task,
                    index: (number % 10) as u32,
                }),
                workflow_id: self.workflow(workflow),
                workflow_name: format!("workflow_{workflow}").into(),
                workflow_namespace: "".into(),
                workbook: None,
                program: [7; 32],
                project_id: match number % 100 {
                    0 => "another-project".into(),
                    _ => "<default-project>".into(),
                },
                tags: tags.into(),
                input: values(number),
                created_at: at,
            }),
            state: match scattered(number + 2) % 1_000 {
                0..10 => State::Error,
                10 => State::Cancelled,
                _ => State::Success,
            },
            state_info: None,
            description: "".into(),
            params: values(number),
            context: Dict::new(),
            output: values(number),
            accepted: parent.is_some(),
            backlog: Arc::default(),
            counters: Counters::default(),
            updated_at: at.plus_micros(seconds as i64 * SECOND),
        }
    }

    /// The id of a workflow.
    fn workflow(&self, number: u64) -> Id {
        Id::from_bytes((u128::from(number) + (1 << 100)).to_be_bytes())
    }

    fn task(&mut self, execution: &Execution) -> Task {
        let at = execution.updated_at;
        Task {
            id: TaskId(self.ids.next_id()),
            execution: execution.id,
            index: TaskIndex(0),
            name: "install".into(),
            kind: TaskKind::Action,
            state: State::Success,
            state_info: None,
            processed: true,
            error_handled: false,
            next: Arc::default(),
            parents: Arc::default(),
            published: None,
            runtime: Arc::new(Runtime::default()),
            created_at: execution.origin.created_at,
            updated_at: at,
            started_at: Some(at),
            finished_at: Some(at),
        }
    }

    fn action(&mut self, task: &Task) -> Action {
        Action {
            id: ActionId(self.ids.next_id()),
            task: Some(task.id),
            execution: Some(task.execution),
            root: task.execution,
            index: 0,
            run: 0,
            name: "std.ssh".into(),
            input: values(1),
            base: None,
            state: State::Success,
            state_info: None,
            output: Some("done".into()),
            accepted: true,
            is_sync: true,
            safe_rerun: false,
            target: None,
            timeout: None,
            claim: None,
            is_started: false,
            description: "".into(),
            project_id: "<default-project>".into(),
            created_at: task.created_at,
            updated_at: task.updated_at,
        }
    }
}

const EXECUTION: ExecutionParts = ExecutionParts {
    created: true,
    state: false,
    counters: false,
    params: false,
    context: false,
    output: false,
};

const TASK: TaskParts = TaskParts {
    created: true,
    state: false,
    published: false,
};

const ACTION: ActionParts = ActionParts {
    created: true,
    state: false,
    output: false,
};

fn values(number: u64) -> Dict {
    let host = format!("10.0.{}.{}", number / 256 % 256, number % 256);
    let pairs = [("host", host), ("user", "operator".to_owned())];
    pairs.into_iter().collect()
}

/// Numbers that look like chance.
fn scattered(number: u64) -> u64 {
    (number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15)) >> 33
}
