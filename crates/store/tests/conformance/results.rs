//! Results of tasks.

use engine::change::Changes;
use engine::model::{Action, State};
use store::{Batch, Store};
use yaql::Value;

use crate::Database;
use crate::maker::{ACTION_CREATED, CREATED, Maker, TASK_CREATED, Tree, dict};

fn ended(maker: &mut Maker, tree: &Tree, index: u32, state: State, output: &str) -> Action {
    Action {
        index,
        state,
        accepted: true,
        output: Some(output.into()),
        ..maker.action(&tree.task, tree.root())
    }
}

fn texts(database: &dyn Database, tree: &Tree) -> Vec<(u32, State, String)> {
    let results = database.task_results(tree.task.id).unwrap();
    let shown = results.into_iter().map(|result| {
        (
            result.index,
            result.state,
            yaql::python::str(&result.output),
        )
    });
    shown.collect()
}

pub(crate) fn accepted_results_count(database: &dyn Database) {
    let mut maker = Maker::new();
    let tree = Tree::new(&mut maker);
    tree.create(database);
    let mut unaccepted = ended(&mut maker, &tree, 3, State::Success, "no");
    unaccepted.accepted = false;
    let mut sub = maker.sub_execution(&tree.task, tree.root(), 2);
    sub.state = State::Success;
    sub.accepted = true;
    sub.output = dict([("sub", "out")]);
    let actions = [
        ended(&mut maker, &tree, 1, State::Error, "bad"),
        ended(&mut maker, &tree, 0, State::Success, "good"),
        unaccepted,
    ];
    let changes = Changes {
        executions: vec![(sub, CREATED)],
        actions: actions.map(|action| (action, ACTION_CREATED)).into(),
        ..Changes::default()
    };
    database.commit(Batch::of(tree.root(), changes)).unwrap();
    let good = (0, State::Success, "good".to_owned());
    let bad = (1, State::Error, "bad".to_owned());
    let out = (2, State::Success, "{'sub': 'out'}".to_owned());
    assert_eq!(texts(database, &tree), [good.clone(), bad, out.clone()]);
    let children = database.task_children(tree.task.id).unwrap();
    let shown: Vec<_> = children
        .iter()
        .map(|c| (c.index, c.accepted, &*c.name))
        .collect();
    let echo = "std.echo";
    assert_eq!(
        shown,
        [
            (0, true, echo),
            (1, true, echo),
            (2, true, "deploy"),
            (3, false, echo)
        ]
    );

    // A rerun that keeps good items, with the new result in the same batch.
    let again = ended(&mut maker, &tree, 1, State::Success, "better");
    let changes = Changes {
        unaccepted: vec![(tree.task.id, true)],
        actions: vec![(again, ACTION_CREATED)],
        ..Changes::default()
    };
    database.commit(Batch::of(tree.root(), changes)).unwrap();
    let better = (1, State::Success, "better".to_owned());
    assert_eq!(texts(database, &tree), [good, better, out]);

    let changes = Changes {
        unaccepted: vec![(tree.task.id, false)],
        ..Changes::default()
    };
    database.commit(Batch::of(tree.root(), changes)).unwrap();
    assert_eq!(texts(database, &tree), []);
    assert_eq!(database.task_children(tree.task.id).unwrap().len(), 5);
}

pub(crate) fn item_lists_outlive_their_task(database: &dyn Database) {
    let mut maker = Maker::new();
    let execution = maker.execution();
    let mut task = maker.task(&execution);
    task.state = State::Success;
    let lists: engine::model::ItemLists = [
        ("b".into(), Value::from(vec![2.into()])),
        ("a".into(), Value::from(vec![1.into()])),
    ]
    .into();
    let changes = Changes {
        executions: vec![(execution.clone(), CREATED)],
        tasks: vec![(task.clone(), TASK_CREATED)],
        items: vec![(task.id, lists.clone())],
        ..Changes::default()
    };
    database.commit(Batch::of(execution.id, changes)).unwrap();
    assert_eq!(database.item_lists(task.id).unwrap(), Some(lists));
    assert!(
        database
            .load(execution.id)
            .unwrap()
            .unwrap()
            .items
            .is_empty()
    );
    let other = maker.task(&execution);
    assert_eq!(Store::item_lists(database, other.id).unwrap(), None);
}
