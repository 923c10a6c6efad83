//! Counts by state, and the shape of a tree.

use std::collections::BTreeMap;

use engine::change::{Changes, JournalKind};
use engine::model::State;
use language::program::{TaskIndex, Trigger};
use store::Batch;

use crate::Database;
use crate::maker::{ACTION_CREATED, Maker, TASK_CREATED, Tree, create};

pub(crate) fn states_are_counted(database: &dyn Database) {
    let mut maker = Maker::new();
    let tree = Tree::new(&mut maker);
    tree.create(database);
    Tree::new(&mut maker).create(database);
    let mut sub = maker.sub_execution(&tree.task, tree.root(), 0);
    sub.state = State::Error;
    create(database, &[sub]);
    let mut done = maker.task(&tree.execution);
    done.state = State::Success;
    let changes = Changes {
        actions: vec![(maker.action(&done, tree.root()), ACTION_CREATED)],
        tasks: vec![(done, TASK_CREATED)],
        ..Changes::default()
    };
    database.commit(Batch::of(tree.root(), changes)).unwrap();

    let counts = |kind, execution| -> BTreeMap<_, _> {
        let counts = database.counts(kind, execution).unwrap();
        counts
            .into_iter()
            .map(|(state, count)| (state.as_str(), count))
            .collect()
    };
    let (all, one) = (None, Some(tree.root()));
    let (running, error, success) = ("RUNNING", "ERROR", "SUCCESS");
    let map = |entries: &[(&'static str, u64)]| entries.iter().copied().collect::<BTreeMap<_, _>>();
    assert_eq!(
        counts(JournalKind::Execution, all),
        map(&[(running, 2), (error, 1)])
    );
    assert_eq!(counts(JournalKind::Execution, one), map(&[(error, 1)]));
    assert_eq!(database.open_executions().unwrap(), [(State::Running, 2)]);
    assert_eq!(
        counts(JournalKind::Task, all),
        map(&[(running, 2), (success, 1)])
    );
    assert_eq!(
        counts(JournalKind::Task, one),
        map(&[(running, 1), (success, 1)])
    );
    assert_eq!(counts(JournalKind::Action, all), map(&[(running, 3)]));
    assert_eq!(counts(JournalKind::Action, one), map(&[(running, 2)]));
}

pub(crate) fn sub_executions_have_parents(database: &dyn Database) {
    let mut maker = Maker::new();
    let tree = Tree::new(&mut maker);
    tree.create(database);
    let root = tree.root();
    let sub = maker.sub_execution(&tree.task, root, 0);
    let task = maker.task(&sub);
    let below = maker.sub_execution(&task, root, 0);
    create(database, &[sub.clone(), below.clone()]);
    let mut found = database.descendants(root).unwrap();
    found.sort();
    assert_eq!(found, [(sub.id, root), (below.id, sub.id)]);
    assert_eq!(database.descendants(sub.id).unwrap(), []);
    let mut led = maker.task(&sub);
    led.next = [(TaskIndex(3), Trigger::OnError)].into();
    let changes = Changes {
        tasks: vec![(task, TASK_CREATED), (led.clone(), TASK_CREATED)],
        ..Changes::default()
    };
    database.commit(Batch::of(root, changes)).unwrap();
    let led = vec![(led.id, led.next)];
    assert_eq!(database.transitions(sub.id).unwrap(), led);
}
