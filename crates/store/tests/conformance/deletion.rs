//! Deletion.

use engine::change::Changes;
use engine::model::{ExecutionId, Timer, TimerKey, TimerKind};
use store::query::{ActionColumn, ListQuery, TaskColumn};
use store::{Batch, ExecutionKey};
use yaql::Dict;

use crate::Database;
use crate::maker::{
    ACTION_CREATED, CREATED, Maker, TASK_CREATED, Tree, assert_same, create, large,
};

fn delete(database: &dyn Database, root: ExecutionId) {
    let changes = Changes {
        deleted: vec![root],
        ..Changes::default()
    };
    database.commit(Batch::of(root, changes)).unwrap();
}

/// Nothing of any tree is to be seen.
#[track_caller]
fn assert_empty(database: &dyn Database) {
    let executions = database.executions(&ListQuery::default()).unwrap();
    assert_eq!(executions.records, []);
    let tasks = database.tasks(&ListQuery::<TaskColumn>::default()).unwrap();
    assert_eq!(tasks.records, []);
    let actions = database
        .actions(&ListQuery::<ActionColumn>::default())
        .unwrap();
    assert_eq!(actions.records, []);
    assert_eq!(database.unfinished(None, 10).unwrap(), []);
}

pub(crate) fn a_tree_goes_with_all_below(database: &dyn Database) {
    let mut maker = Maker::new();
    let mut tree = Tree::new(&mut maker);
    tree.execution.output = [("big", large("x"))].into_iter().collect();
    tree.task.published = Some(Dict::new());
    tree.create(database);
    let root = tree.root();
    let sub = maker.sub_execution(&tree.task, root, 0);
    let inner = maker.task(&sub);
    let key = TimerKey::Task(inner.id, TimerKind::Delay);
    let timer = Timer {
        key,
        root,
        due_at: maker.tick(),
        run: 0,
    };
    let changes = Changes {
        executions: vec![(sub.clone(), CREATED)],
        tasks: vec![(inner.clone(), TASK_CREATED)],
        items: vec![(inner.id, [("i".into(), large("y"))].into())],
        actions: vec![(maker.action(&inner, root), ACTION_CREATED)],
        timers: vec![(key, Some(timer))],
        journal: vec![maker.entry(&sub)],
        ..Changes::default()
    };
    database.commit(Batch::of(root, changes)).unwrap();
    let other = maker.execution();
    create(database, std::slice::from_ref(&other));

    delete(database, root);
    assert!(!database.sweep().unwrap(), "a small tree goes at once");
    assert!(database.load(root).unwrap().is_none());
    assert_eq!(database.root_of_task(inner.id).unwrap(), None);
    assert_eq!(database.root_of_action(tree.action.id).unwrap(), None);
    assert_eq!(database.timeline(root, 0, 10).unwrap(), []);
    let alone = database.load(other.id).unwrap().unwrap();
    assert_same(&alone.executions, &vec![other.clone()]);
    delete(database, other.id);
    assert_empty(database);
}

pub(crate) fn large_trees_go_in_slices(database: &dyn Database) {
    let mut maker = Maker::new();
    let tree = Tree::new(&mut maker);
    tree.create(database);
    let root = tree.root();
    let sub = maker.sub_execution(&tree.task, root, 0);
    let inner = maker.task(&sub);
    let actions = (0..1500).map(|_| (maker.action(&inner, root), ACTION_CREATED));
    let changes = Changes {
        actions: actions.collect(),
        executions: vec![(sub.clone(), CREATED)],
        tasks: vec![(inner, TASK_CREATED)],
        ..Changes::default()
    };
    database.commit(Batch::of(root, changes)).unwrap();
    let before = database.cost().rows;
    delete(database, root);
    assert!(database.cost().rows - before <= 1010);
    let key = ExecutionKey::Id(root);
    assert!(
        database.execution(&key).unwrap().is_none(),
        "it is gone at once"
    );
    let mut slices = 0;
    loop {
        let before = database.cost().rows;
        let more = database.sweep().unwrap();
        assert!(database.cost().rows - before <= 1010);
        slices += 1;
        if !more {
            break;
        }
    }
    assert!((2..=4).contains(&slices), "{slices}");
    assert_empty(database);
}

/// Although rows of the old tree were left.
pub(crate) fn a_deleted_id_may_come_again(database: &dyn Database) {
    let mut maker = Maker::new();
    let tree = Tree::new(&mut maker);
    tree.create(database);
    let actions = (0..1200).map(|_| (maker.action(&tree.task, tree.root()), ACTION_CREATED));
    let changes = Changes {
        actions: actions.collect(),
        ..Changes::default()
    };
    database.commit(Batch::of(tree.root(), changes)).unwrap();
    delete(database, tree.root());
    let mut again = Tree::new(&mut maker);
    again.task.execution = tree.root();
    again.action.execution = Some(tree.root());
    again.action.root = tree.root();
    again.execution = tree.execution.clone();
    again.create(database);
    assert!(!database.sweep().unwrap());
    let found = database.load(tree.root()).unwrap().unwrap();
    assert_same(&found.actions, &vec![again.action]);
}

pub(crate) fn an_action_on_its_own_goes(database: &dyn Database) {
    let mut maker = Maker::new();
    let mut action = maker.own_action();
    action.output = Some(large("x"));
    let changes = Changes {
        actions: vec![(action.clone(), ACTION_CREATED)],
        ..Changes::default()
    };
    database.commit(Batch::of(action.root, changes)).unwrap();
    delete(database, action.root);
    assert_eq!(database.action(action.id).unwrap(), None);
    assert_empty(database);
}
