//! What commits and reads cost on this machine:
//! `cargo run --release -p store --example commit_cost [folder]`.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::change::{ActionParts, Changes, ExecutionParts, JournalEntry, JournalKind, TaskParts};
use engine::model::{
    Action, ActionId, Counters, Execution, ExecutionId, IdSource, Origin, Runtime, State, Task,
    TaskId, TaskKind, Timestamp,
};
use language::program::TaskIndex;
use store::query::{ExecutionColumn, ListQuery, TaskColumn};
use store::sqlite::{Options, Sqlite};
use store::{Batch, Catalog, Store, StoreError, TreeChanges};
use yaql::Dict;

fn main() -> Result<(), StoreError> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    let path = Path::new(&folder).join(format!("commit-cost-{}.db", std::process::id()));
    println!("{:<44} {:>10} {:>10}", "per commit or read", "wall", "cpu");
    println!("in memory");
    run(&Sqlite::in_memory()?)?;
    println!("in a file");
    run(&Sqlite::open(&path, &Options::default())?)?;
    for suffix in ["", "-wal", "-shm", ".lock"] {
        let mut name = path.clone().into_os_string();
        name.push(suffix);
        // Some of them are gone already.
        let _ = std::fs::remove_file(name);
    }
    Ok(())
}

fn run(store: &Sqlite) -> Result<(), StoreError> {
    let mut world = World::new();
    for trees in [1, 10, 100] {
        measure(
            &format!("{trees} trees: new task, action, 2 entries"),
            || store.commit(world.starts(trees)).map(drop),
        )?;
    }
    let tree = world.tree();
    store.commit(Batch::of(tree.execution.id, tree.created()))?;
    measure("one tree: 100 new tasks, actions, 200 entries", || {
        store.commit(world.fan_out(&tree, 100)).map(drop)
    })?;
    measure("one event: action and task end, next starts", || {
        let batch = world.step(&tree);
        store.commit(batch).map(drop)
    })?;
    measure("list of 100 executions, newest first", || {
        let query = ListQuery {
            limit: Some(100),
            sort: vec![(
                ExecutionColumn::CreatedAt,
                store::query::Direction::Descending,
            )],
            ..ListQuery::default()
        };
        store.executions(&query).map(drop)
    })?;
    measure("list of 100 tasks", || {
        let query = ListQuery::<TaskColumn> {
            limit: Some(100),
            ..ListQuery::default()
        };
        store.tasks(&query).map(drop)
    })?;
    let tasks = store
        .load(tree.execution.id)?
        .map_or(0, |snapshot| snapshot.tasks.len());
    measure(&format!("load of a tree with {tasks} tasks"), || {
        store.load(tree.execution.id).map(drop)
    })?;
    println!("{:?}", store.cost());
    Ok(())
}

/// Runs `work` for a second or 200 times; prints the mean.
fn measure(
    title: &str,
    mut work: impl FnMut() -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    work()?;
    let (start, cpu) = (Instant::now(), cpu_time());
    let mut count = 0;
    while count < 200 && start.elapsed() < Duration::from_secs(1) {
        work()?;
        count += 1;
    }
    let (wall, cpu) = (start.elapsed() / count, (cpu_time() - cpu) / count);
    println!(
        "{title:<44} {:>7} µs {:>7} µs",
        wall.as_micros(),
        cpu.as_micros()
    );
    Ok(())
}

/// CPU time of this process, where the system tells.
fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    let nanos = stat.split(' ').next().and_then(|text| text.parse().ok());
    Duration::from_nanos(nanos.unwrap_or(0))
}

struct World {
    ids: IdSource,
    now: Timestamp,
}

struct Tree {
    execution: Execution,
    task: Task,
    action: Action,
}

impl World {
    fn new() -> Self {
        let now = Timestamp::from_micros(1_790_000_000_000_000);
        Self {
            ids: IdSource::new(now, 0, 1),
            now,
        }
    }

    fn starts(&mut self, count: usize) -> Batch {
        let trees = (0..count).map(|_| {
            let tree = self.tree();
            TreeChanges::of(tree.execution.id, tree.created())
        });
        Batch {
            trees: trees.collect(),
            ..Batch::default()
        }
    }

    fn fan_out(&mut self, tree: &Tree, count: usize) -> Batch {
        let mut changes = Changes::default();
        for _ in 0..count {
            let task = self.task(&tree.execution);
            let action = self.action(&task, tree.execution.id);
            changes.journal.push(entry(tree.execution.id, &task));
            changes.journal.push(entry(tree.execution.id, &task));
            changes.tasks.push((task, TASK));
            changes.actions.push((action, ACTION));
        }
        Batch::of(tree.execution.id, changes)
    }

    fn step(&mut self, tree: &Tree) -> Batch {
        let mut batch = self.fan_out(tree, 1);
        let changes = &mut batch.trees[0].changes;
        changes.executions.push((
            tree.execution.clone(),
            ExecutionParts {
                state: true,
                ..ExecutionParts::default()
            },
        ));
        changes.tasks.push((
            tree.task.clone(),
            TaskParts {
                state: true,
                published: true,
                ..TaskParts::default()
            },
        ));
        changes.actions.push((
            tree.action.clone(),
            ActionParts {
                state: true,
                output: true,
                ..ActionParts::default()
            },
        ));
        changes.journal.push(entry(tree.execution.id, &tree.task));
        batch
    }

    fn tree(&mut self) -> Tree {
        let execution = self.execution();
        let mut task = self.task(&execution);
        let mut action = self.action(&task, execution.id);
        task.published = Some(values());
        action.output = Some(values().into());
        Tree {
            execution,
            task,
            action,
        }
    }

    fn execution(&mut self) -> Execution {
        let id = ExecutionId(self.ids.next_id());
        Execution {
            id,
            origin: Arc::new(Origin {
                external_id: None,
                root: id,
                parent: None,
                workflow_id: self.ids.next_id(),
                workflow_name: "deploy".into(),
                workflow_namespace: "".into(),
                workbook: None,
                program: [7; 32],
                project_id: "<default-project>".into(),
                tags: Arc::default(),
                input: values(),
                created_at: self.now,
            }),
            state: State::Running,
            state_info: None,
            description: "".into(),
            params: values(),
            context: Dict::new(),
            output: Dict::new(),
            accepted: false,
            backlog: Arc::default(),
            counters: Counters::default(),
            updated_at: self.now,
        }
    }

    fn task(&mut self, execution: &Execution) -> Task {
        Task {
            id: TaskId(self.ids.next_id()),
            execution: execution.id,
            index: TaskIndex(1),
            name: "install the package".into(),
            kind: TaskKind::Action,
            state: State::Running,
            state_info: None,
            processed: false,
            error_handled: false,
            next: Arc::default(),
            parents: Arc::default(),
            published: None,
            runtime: Arc::new(Runtime::default()),
            created_at: self.now,
            updated_at: self.now,
            started_at: Some(self.now),
            finished_at: None,
        }
    }

    fn action(&mut self, task: &Task, root: ExecutionId) -> Action {
        Action {
            id: ActionId(self.ids.next_id()),
            task: Some(task.id),
            execution: Some(root),
            root,
            index: 0,
            run: 0,
            name: "std.ssh".into(),
            input: values(),
            base: None,
            state: State::Running,
            state_info: None,
            output: None,
            accepted: false,
            is_sync: true,
            safe_rerun: false,
            target: None,
            timeout: None,
            is_started: false,
            claim: None,
            description: "".into(),
            project_id: "<default-project>".into(),
            created_at: self.now,
            updated_at: self.now,
        }
    }
}

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

impl Tree {
    fn created(&self) -> Changes {
        let root = self.execution.id;
        let created = ExecutionParts {
            created: true,
            ..ExecutionParts::default()
        };
        Changes {
            executions: vec![(self.execution.clone(), created)],
            tasks: vec![(self.task.clone(), TASK)],
            actions: vec![(self.action.clone(), ACTION)],
            journal: vec![entry(root, &self.task), entry(root, &self.task)],
            ..Changes::default()
        }
    }
}

fn entry(root: ExecutionId, task: &Task) -> JournalEntry {
    JournalEntry {
        root,
        at: task.created_at,
        kind: JournalKind::Task,
        id: task.id.0,
        execution: Some(root),
        task: Some(task.id),
        name: task.name.clone(),
        previous: None,
        state: task.state,
        progress: None,
        project_id: "p1".into(),
        workflow_name: None,
        external_root: None,
        parent: None,
    }
}

fn values() -> Dict {
    [
        ("host", "10.0.0.7"),
        ("user", "operator"),
        ("cmd", "systemctl restart the-service"),
    ]
    .into_iter()
    .collect()
}
