//! Large values, and what JSON does to values.

use engine::change::{ActionParts, Changes, ExecutionParts};
use engine::model::State;
use store::{Batch, ExecutionKey};
use yaql::{Dict, Value, json};

use crate::Database;
use crate::maker::{
    ACTION_CREATED, CREATED, Maker, TASK_CREATED, Tree, assert_same, create, large,
};

/// Two executions, a task and an action of one tree that all hold the same.
pub(crate) fn large_values_are_stored_once(database: &dyn Database) {
    let mut maker = Maker::new();
    let mut tree = Tree::new(&mut maker);
    let big: Dict = [("big", large("x"))].into_iter().collect();
    tree.execution.context = big.clone();
    tree.execution.output = big.clone();
    tree.task.published = Some(big.clone());
    tree.action.output = Some(big.clone().into());
    let mut sub = maker.sub_execution(&tree.task, tree.root(), 0);
    sub.output = big.clone();

    tree.create(database);
    create(database, std::slice::from_ref(&sub));
    let once = database.cost().blob_bytes;
    let size = json::to_string(&large("x")).len() as u64;
    assert!((size..size + 100).contains(&once), "{once} of {size}");

    // Another tree has its own, as trees are deleted one by one.
    let mut other = maker.execution();
    other.output = big;
    create(database, std::slice::from_ref(&other));
    assert_eq!(database.cost().blob_bytes, 2 * once);
}

/// One value under three names, beside other things and deeper down: it is stored
/// once, read as it was, and once in memory.
pub(crate) fn large_parts_are_stored_once(database: &dyn Database) {
    let mut maker = Maker::new();
    let mut tree = Tree::new(&mut maker);
    let part: Value = vec![large("x"), large("ü\\\""), "small".into()].into();
    let wrap = |name: &str| -> Dict {
        let entries = [
            (name, part.clone()),
            ("beside", Value::from("y".repeat(5000))),
        ];
        entries.into_iter().collect()
    };
    tree.action.output = Some(
        [("result", part.clone())]
            .into_iter()
            .collect::<Dict>()
            .into(),
    );
    tree.task.published = Some(wrap("published"));
    tree.execution.output = wrap("output");
    tree.execution.context = [("deep", Value::from(vec![part.clone(); 3]))]
        .into_iter()
        .collect();
    tree.create(database);
    let written = database.cost().blob_bytes;
    let size = json::to_string(&part).len() as u64;
    assert!(written < size + 2 * 5000 + 2000, "{written} of {size}");

    let found = database.load(tree.root()).unwrap().unwrap();
    assert_same(&found.executions, &vec![tree.execution.clone()]);
    assert_same(&found.tasks, &vec![tree.task.clone()]);
    assert_same(&found.actions, &vec![tree.action]);
    let published = found.tasks[0].published.as_ref().unwrap();
    let first = |list: Option<&Value>| list.unwrap().as_list().unwrap()[0].clone();
    assert!(Value::ptr_eq(
        &first(published.get("published")),
        &first(found.executions[0].output.get("output")),
    ));
}

pub(crate) fn large_values_come_back(database: &dyn Database) {
    let mut maker = Maker::new();
    let mut tree = Tree::new(&mut maker);
    tree.execution.context = [("big", large("ü"))].into_iter().collect();
    tree.task.published = Some([("big", large("b"))].into_iter().collect());
    tree.action.input = [("big", large("c"))].into_iter().collect();
    tree.create(database);
    let found = database.load(tree.root()).unwrap().unwrap();
    assert_same(&found.executions, &vec![tree.execution.clone()]);
    assert_same(&found.tasks, &vec![tree.task.clone()]);
    assert_same(&found.actions, &vec![tree.action.clone()]);
    let record = database.action(tree.action.id).unwrap().unwrap();
    assert_eq!(record.input, Some(tree.action.input.clone()));
    let context = database.context(tree.root()).unwrap();
    assert_eq!(context, Some(tree.execution.context.clone()));
    assert_in_full(database, &tree);

    // From large to small and back.
    for text in ["small", "large again"] {
        let value = if text == "small" {
            text.into()
        } else {
            large(text)
        };
        tree.execution.output = [("o", value)].into_iter().collect();
        let parts = ExecutionParts {
            output: true,
            ..ExecutionParts::default()
        };
        let changes = Changes {
            executions: vec![(tree.execution.clone(), parts)],
            ..Changes::default()
        };
        database.commit(Batch::of(tree.root(), changes)).unwrap();
        let found = database.load(tree.root()).unwrap().unwrap();
        assert_same(&found.executions, &vec![tree.execution.clone()]);
        assert_in_full(database, &tree);
    }

    let mut tree = Tree::new(&mut maker);
    tree.execution.context = [("small", Value::from("c"))].into_iter().collect();
    tree.create(database);
    assert_in_full(database, &tree);
}

/// An execution and its context at once are what they are one by one.
fn assert_in_full(database: &dyn Database, tree: &Tree) {
    let key = ExecutionKey::Id(tree.root());
    let record = database.execution(&key).unwrap().unwrap();
    let found = database.execution_in_full(&key).unwrap();
    assert_eq!(found, Some((record, tree.execution.context.clone())));
}

pub(crate) fn numbers_are_exact(database: &dyn Database) {
    let mut maker = Maker::new();
    let mut execution = maker.execution();
    let text = r#"{"z":1,"a":1.0,"big":123456789012345678901234567890,"m":-9223372036854775808,
        "f":0.1,"e":1e300,"b":true,"n":null,"u":"\u0000\ud83e\udd80","i":Infinity}"#;
    let Value::Dict(dict) = json::parse(text).unwrap() else {
        panic!("a dict");
    };
    execution.context = dict;
    create(database, std::slice::from_ref(&execution));
    let found = database.load(execution.id).unwrap().unwrap();
    assert_same(&found.executions, &vec![execution]);
}

/// `keep-result: false` in the commit in which the action ends: nothing is
/// written; an output from before goes.
pub(crate) fn dropped_outputs_are_not_written(database: &dyn Database) {
    let mut maker = Maker::new();
    let mut tree = Tree::new(&mut maker);
    let mut early = maker.action(&tree.task, tree.root());
    early.output = Some("from before".into());
    early.state = State::Success;
    tree.create(database);
    let changes = Changes {
        actions: vec![(early.clone(), ACTION_CREATED)],
        ..Changes::default()
    };
    database.commit(Batch::of(tree.root(), changes)).unwrap();

    tree.action.state = State::Success;
    tree.action.output = Some(large("secret"));
    let parts = ActionParts {
        state: true,
        output: true,
        ..ActionParts::default()
    };
    let changes = Changes {
        actions: vec![(tree.action.clone(), parts)],
        dropped_outputs: vec![tree.task.id],
        ..Changes::default()
    };
    let before = database.cost();
    database.commit(Batch::of(tree.root(), changes)).unwrap();
    assert_eq!(database.cost().blob_bytes, before.blob_bytes);
    for id in [tree.action.id, early.id] {
        let record = database.action(id).unwrap().unwrap();
        assert_eq!(record.output, None, "{id}");
    }

    // Other tasks keep theirs.
    let task = maker.task(&tree.execution);
    let mut kept = maker.action(&task, tree.root());
    kept.output = Some("kept".into());
    let changes = Changes {
        executions: vec![(
            tree.execution.clone(),
            ExecutionParts {
                state: true,
                ..CREATED_NOT
            },
        )],
        tasks: vec![(task, TASK_CREATED)],
        actions: vec![(kept.clone(), ACTION_CREATED)],
        dropped_outputs: vec![tree.task.id],
        ..Changes::default()
    };
    database.commit(Batch::of(tree.root(), changes)).unwrap();
    let record = database.action(kept.id).unwrap().unwrap();
    assert_eq!(record.output, Some("kept".into()));
}

const CREATED_NOT: ExecutionParts = ExecutionParts {
    created: false,
    ..CREATED
};
