//! Images come back as they were written.

use std::sync::Arc;

use engine::change::{ActionParts, Changes, ExecutionParts, Snapshot, TaskParts};
use engine::model::{
    Action, Backlog, Base, Claim, Counters, Execution, ExecutionId, Items, Retrying, Runtime,
    State, Task, TaskKind, Timer, TimerKey, TimerKind, Wait,
};
use language::program::{TaskIndex, Trigger};
use store::{Batch, ExecutionKey, StoreError};
use yaql::{Dict, Value};

use crate::Database;
use crate::maker::{ACTION_CREATED, CREATED, Maker, TASK_CREATED, Tree, assert_same, create, dict};

/// Every field different from its default.
fn full_execution(maker: &mut Maker) -> Execution {
    let mut execution = maker.execution();
    let from = maker.task(&execution).id;
    let origin = Arc::make_mut(&mut execution.origin);
    origin.external_id = Some("order-7".into());
    origin.workflow_namespace = "ns".into();
    origin.workbook = Some("wb".into());
    origin.tags = ["a".into(), "B".into()].into();
    execution.state = State::Paused;
    execution.state_info = Some("because".into());
    execution.description = "text".into();
    execution.context = dict([("x", "é\u{1f980}")]);
    execution.output = dict([("result", "r")]);
    execution.accepted = true;
    execution.backlog = [
        Backlog::Task {
            task: TaskIndex(3),
            from: Some(from),
            trigger: Some(Trigger::OnError),
        },
        Backlog::End {
            state: State::Success,
            message: Value::Null,
        },
    ]
    .into();
    execution.counters = Counters {
        open: 1,
        unhandled: 2,
        cancelled: 3,
        total: 4,
        unprocessed: 5,
    };
    execution
}

fn full_task(maker: &mut Maker, execution: &Execution) -> Task {
    let mut task = maker.task(execution);
    let other = maker.task(execution);
    task.index = TaskIndex(9);
    task.kind = TaskKind::Workflow;
    task.state = State::Delayed;
    task.state_info = Some("waits".into());
    task.processed = true;
    task.error_handled = true;
    task.next = [(TaskIndex(1), Trigger::OnComplete)].into();
    task.parents = [other.id, task.id].into();
    task.published = Some(Dict::new());
    task.runtime = Arc::new(Runtime {
        triggered_by: Some(vec![(other.id, Some(Trigger::OnSuccess)), (other.id, None)]),
        retry: Some(Retrying { done: 1 }),
        items: Some(Items {
            count: 3,
            next: 2,
            running: 1,
            succeeded: 1,
            failed: 0,
            cancelled: 0,
        }),
        concurrency: Some(2),
        run: 5,
        wait: Some(Wait::Before),
        end: Some((State::Error, None)),
        waited_after: true,
        triggered_again: true,
        inbound: Some(dict([("seen", "then")]).into()),
        generation: 3,
        joined: vec![(TaskIndex(1), 0), (TaskIndex(8), 2)],
        result_dropped: true,
        keep_good_items: true,
    });
    task.started_at = Some(maker.tick());
    task.finished_at = Some(maker.tick());
    task
}

fn full_action(maker: &mut Maker, task: &Task, root: ExecutionId) -> Action {
    Action {
        index: 2,
        run: 5,
        base: Some(Arc::new(Base {
            name: "std.http".into(),
            input: dict([("url", "/")]),
            transformers: vec!["one".into(), "two".into()],
        })),
        state: State::Paused,
        state_info: Some("held".into()),
        output: Some(Value::Null),
        accepted: true,
        is_sync: false,
        safe_rerun: true,
        target: Some("west".into()),
        timeout: Some(u64::MAX),
        claim: Some(Claim(u64::MAX)),
        is_started: true,
        description: "text".into(),
        ..maker.action(task, root)
    }
}

pub(crate) fn images_come_back(database: &dyn Database) {
    let mut maker = Maker::new();
    let execution = full_execution(&mut maker);
    let (root, plain) = (execution.id, maker.execution());
    let task = full_task(&mut maker, &execution);
    let mut sub = maker.sub_execution(&task, root, 1);
    sub.accepted = true;
    let inner = maker.task(&sub);
    let action = full_action(&mut maker, &task, root);
    let lists: engine::model::ItemLists =
        [("i".into(), Value::from(vec![1.into(), "x".into()]))].into();
    let timer = |key| Timer {
        key,
        root,
        due_at: execution.updated_at.plus_seconds(60),
        run: 5,
    };
    let timers = vec![
        timer(TimerKey::Task(task.id, TimerKind::Delay)),
        timer(TimerKey::Task(task.id, TimerKind::Timeout)),
        timer(TimerKey::Sleep(action.id)),
    ];
    let changes = Changes {
        executions: vec![(execution.clone(), CREATED), (sub.clone(), CREATED)],
        tasks: vec![(task.clone(), TASK_CREATED), (inner.clone(), TASK_CREATED)],
        items: vec![(task.id, lists.clone())],
        actions: vec![(action.clone(), ACTION_CREATED)],
        timers: timers
            .iter()
            .map(|timer| (timer.key, Some(*timer)))
            .collect(),
        ..Changes::default()
    };
    database.commit(Batch::of(root, changes)).unwrap();
    create(database, std::slice::from_ref(&plain));

    let snapshot = database.load(root).unwrap().unwrap();
    let expected = Snapshot {
        executions: vec![execution, sub],
        tasks: vec![task.clone(), inner],
        items: vec![(task.id, lists)],
        actions: vec![action],
        timers,
    };
    assert_same(&snapshot, &expected);
    let alone = database.load(plain.id).unwrap().unwrap();
    assert_same(&alone.executions, &vec![plain]);
    let nobody = ExecutionId(maker.id());
    assert!(database.load(nobody).unwrap().is_none());
}

pub(crate) fn parts_are_written_alone(database: &dyn Database) {
    let mut maker = Maker::new();
    let tree = Tree::new(&mut maker);
    tree.create(database);
    let written = |changes: Changes| {
        database.commit(Batch::of(tree.root(), changes)).unwrap();
        database.load(tree.root()).unwrap().unwrap()
    };

    let mut changed = tree.execution.clone();
    changed.state = State::Paused;
    changed.context = dict([("now", "here")]);
    changed.output = dict([("not", "yet")]);
    let parts = ExecutionParts {
        context: true,
        ..ExecutionParts::default()
    };
    let mut expected = tree.execution.clone();
    expected.context = changed.context.clone();
    let found = written(Changes {
        executions: vec![(changed.clone(), parts)],
        ..Changes::default()
    });
    assert_same(&found.executions, &vec![expected.clone()]);

    changed.counters.total += 1;
    expected.counters = changed.counters;
    let parts = ExecutionParts {
        counters: true,
        ..ExecutionParts::default()
    };
    let found = written(Changes {
        executions: vec![(changed.clone(), parts)],
        ..Changes::default()
    });
    assert_same(&found.executions, &vec![expected.clone()]);

    expected.state = State::Paused;
    expected.params = Dict::new();
    changed.params = Dict::new();
    let parts = ExecutionParts {
        state: true,
        params: true,
        ..ExecutionParts::default()
    };
    let found = written(Changes {
        executions: vec![(changed, parts)],
        ..Changes::default()
    });
    assert_same(&found.executions, &vec![expected]);

    let mut task = tree.task.clone();
    task.state_info = Some("not written".into());
    task.published = Some(dict([("p", "1")]));
    let parts = TaskParts {
        published: true,
        ..TaskParts::default()
    };
    let found = written(Changes {
        tasks: vec![(task.clone(), parts)],
        ..Changes::default()
    });
    let mut expected = tree.task.clone();
    expected.published = task.published.take();
    assert_same(&found.tasks, &vec![expected]);
    let found = written(Changes {
        tasks: vec![(task, parts)],
        ..Changes::default()
    });
    assert_same(&found.tasks, &vec![tree.task.clone()]);

    let mut action = tree.action.clone();
    action.claim = Some(Claim(3));
    action.output = Some("not written".into());
    let parts = ActionParts {
        state: true,
        ..ActionParts::default()
    };
    let found = written(Changes {
        actions: vec![(action.clone(), parts)],
        ..Changes::default()
    });
    action.output = None;
    assert_same(&found.actions, &vec![action]);
}

pub(crate) fn updates_of_nothing_fail(database: &dyn Database) {
    let mut maker = Maker::new();
    let execution = maker.execution();
    let parts = ExecutionParts {
        state: true,
        ..ExecutionParts::default()
    };
    let changes = Changes {
        executions: vec![(execution.clone(), parts)],
        ..Changes::default()
    };
    let result = database.commit(Batch::of(execution.id, changes));
    assert!(
        matches!(result, Err(StoreError::NotFound { .. })),
        "{result:?}"
    );
}

pub(crate) fn roots_are_found(database: &dyn Database) {
    let mut maker = Maker::new();
    let tree = Tree::new(&mut maker);
    tree.create(database);
    let root = tree.root();
    let sub = maker.sub_execution(&tree.task, root, 0);
    create(database, std::slice::from_ref(&sub));
    let own = maker.own_action();
    let changes = Changes {
        actions: vec![(own.clone(), ACTION_CREATED)],
        ..Changes::default()
    };
    database.commit(Batch::of(own.root, changes)).unwrap();

    assert_eq!(database.root_of_execution(root).unwrap(), Some(root));
    assert_eq!(database.root_of_execution(sub.id).unwrap(), Some(root));
    assert_eq!(database.root_of_task(tree.task.id).unwrap(), Some(root));
    assert_eq!(database.root_of_action(tree.action.id).unwrap(), Some(root));
    assert_eq!(database.root_of_action(own.id).unwrap(), Some(own.root));
    assert_eq!(
        database
            .root_of_action(engine::model::ActionId(root.0))
            .unwrap(),
        None
    );
    assert!(database.load(sub.id).unwrap().is_none(), "not a root");
    let alone = database.load(own.root).unwrap().unwrap();
    assert_same(&alone.actions, &vec![own]);
}

pub(crate) fn external_ids_are_found(database: &dyn Database) {
    let mut maker = Maker::new();
    let execution = full_execution(&mut maker);
    create(database, std::slice::from_ref(&execution));
    let found = database.execution_by_external_id("order-7").unwrap();
    assert_eq!(found, Some(execution.id));
    assert_eq!(database.execution_by_external_id("order").unwrap(), None);
    for key in [
        ExecutionKey::parse("order-7"),
        ExecutionKey::Id(execution.id),
    ] {
        let record = database.execution(&key).unwrap().unwrap();
        assert_eq!(record.id.to_string(), "order-7");
        assert_eq!(record, store::record::ExecutionRecord::of(&execution, None));
    }
    let nobody = ExecutionKey::parse("order-8");
    assert!(database.execution(&nobody).unwrap().is_none());
}
