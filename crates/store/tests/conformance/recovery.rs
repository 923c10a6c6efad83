//! What goes on after a restart.

use engine::change::Changes;
use engine::model::{ExecutionId, State, Timer, TimerKey};
use store::Batch;

use crate::Database;
use crate::maker::{ACTION_CREATED, CREATED, Maker, TASK_CREATED, Tree, assert_same, create};

pub(crate) fn unfinished_roots_are_found_page_by_page(database: &dyn Database) {
    let mut maker = Maker::new();
    let mut expected = Vec::new();
    for state in State::ALL {
        let mut execution = maker.execution();
        execution.state = state;
        create(database, std::slice::from_ref(&execution));
        if !state.is_completed() {
            expected.push(execution.id);
        }
        // A root that ended before its sub-workflow.
        execution = maker.execution();
        execution.state = State::Cancelled;
        let task = maker.task(&execution);
        let mut sub = maker.sub_execution(&task, execution.id, 0);
        sub.state = state;
        if !state.is_completed() {
            expected.push(execution.id);
        }
        create(database, &[execution, sub]);
        let mut action = maker.own_action();
        action.state = state;
        if !state.is_completed() {
            expected.push(action.root);
        }
        let mut timed = maker.own_action();
        timed.state = State::Success;
        let timer = Timer {
            key: TimerKey::Sleep(timed.id),
            root: timed.root,
            due_at: maker.tick(),
            run: 0,
        };
        expected.push(timed.root);
        let changes = Changes {
            actions: vec![(action, ACTION_CREATED), (timed, ACTION_CREATED)],
            timers: vec![(timer.key, Some(timer))],
            ..Changes::default()
        };
        database.commit(Batch::of(timer.root, changes)).unwrap();
    }
    expected.sort();
    for limit in [1, 3, 1000] {
        let mut found: Vec<ExecutionId> = Vec::new();
        loop {
            let page = database.unfinished(found.last().copied(), limit).unwrap();
            assert!(page.len() <= limit);
            found.extend(&page);
            if page.len() < limit {
                break;
            }
        }
        assert_eq!(found, expected);
    }
}

pub(crate) fn snapshots_hold_what_is_open(database: &dyn Database) {
    let mut maker = Maker::new();
    let mut tree = Tree::new(&mut maker);
    tree.task.state = State::Success;
    tree.action.state = State::Success;
    tree.create(database);
    let open = maker.task(&tree.execution);
    let mut ended = maker.action(&open, tree.root());
    ended.state = State::Error;
    let running = maker.action(&open, tree.root());
    let lists = |name: &str| [(name.into(), yaql::Value::Null)].into();
    let changes = Changes {
        tasks: vec![(open.clone(), TASK_CREATED)],
        items: vec![(tree.task.id, lists("done")), (open.id, lists("open"))],
        actions: vec![
            (ended.clone(), ACTION_CREATED),
            (running.clone(), ACTION_CREATED),
        ],
        executions: vec![(maker.sub_execution(&open, tree.root(), 0), CREATED)],
        ..Changes::default()
    };
    database.commit(Batch::of(tree.root(), changes)).unwrap();
    let found = database.load(tree.root()).unwrap().unwrap();
    assert_same(&found.tasks, &vec![tree.task, open.clone()]);
    assert_same(&found.actions, &vec![ended, running]);
    assert_same(&found.items, &vec![(open.id, lists("open"))]);
    assert_eq!(found.executions.len(), 2);
    assert_eq!(found.executions[0].id, tree.execution.id);
}
