//! What commits cost, in statements and rows. Who makes them dearer must say why.

use engine::change::{ActionParts, Changes, ExecutionParts, TaskParts};
use engine::model::{Execution, State};
use store::sqlite::Sqlite;
use store::{Batch, Cost, Store};

use crate::maker::{ACTION_CREATED, Maker, TASK_CREATED, Tree};

pub(crate) fn cost_of(store: &dyn Store, batch: Batch) -> Cost {
    let before = store.cost();
    store.commit(batch).unwrap();
    let after = store.cost();
    Cost {
        commits: after.commits - before.commits,
        statements: after.statements - before.statements,
        rows: after.rows - before.rows,
        bytes: after.bytes - before.bytes,
        blob_bytes: after.blob_bytes - before.blob_bytes,
    }
}

/// The commit of an ended action which starts the next task.
pub(crate) fn step(maker: &mut Maker, tree: &mut Tree) -> Changes {
    let narrow = ExecutionParts {
        state: true,
        ..ExecutionParts::default()
    };
    tree.action.state = State::Success;
    tree.action.accepted = true;
    tree.action.output = Some("done".into());
    tree.task.state = State::Success;
    tree.task.published = Some([("host", "a")].into_iter().collect());
    let next = maker.task(&tree.execution);
    let action = maker.action(&next, tree.root());
    let entry = |maker: &mut Maker, execution: &Execution| maker.entry(execution);
    Changes {
        executions: vec![(tree.execution.clone(), narrow)],
        tasks: vec![
            (
                tree.task.clone(),
                TaskParts {
                    state: true,
                    published: true,
                    ..TaskParts::default()
                },
            ),
            (next, TASK_CREATED),
        ],
        actions: vec![
            (
                tree.action.clone(),
                ActionParts {
                    state: true,
                    output: true,
                    ..ActionParts::default()
                },
            ),
            (action, ACTION_CREATED),
        ],
        journal: (0..4).map(|_| entry(maker, &tree.execution)).collect(),
        ..Changes::default()
    }
}

#[test]
fn a_step_is_a_statement_per_row() {
    let store = Sqlite::in_memory().unwrap();
    let mut maker = Maker::new();
    let mut tree = Tree::new(&mut maker);
    tree.create(&store);
    let changes = step(&mut maker, &mut tree);
    let cost = cost_of(&store, Batch::of(tree.root(), changes));
    // 5 narrow rows, published, output, input, and a row of the journal for 4 entries.
    let expected = Cost {
        commits: 1,
        statements: 9,
        rows: 9,
        bytes: cost.bytes,
        blob_bytes: 0,
    };
    assert_eq!(cost, expected);
    assert!(cost.bytes < 100, "{}", cost.bytes);
}

#[test]
fn nothing_costs_nothing() {
    let store = Sqlite::in_memory().unwrap();
    let mut maker = Maker::new();
    let tree = Tree::new(&mut maker);
    let batch = Batch::of(tree.root(), Changes::default());
    assert_eq!(cost_of(&store, batch), Cost::default());
}
