//! All or nothing, and who shares a transaction.

use std::sync::Arc;

use engine::change::Changes;
use engine::model::Execution;
use store::query::ListQuery;
use store::{Batch, Resource, Shard, StoreError, TreeChanges};

use crate::Database;
use crate::maker::{ACTION_CREATED, CREATED, Maker, TASK_CREATED, Tree, create, large};

pub(crate) fn a_failing_batch_leaves_nothing(database: &dyn Database) {
    let mut maker = Maker::new();
    let taken = maker.execution();
    create(database, std::slice::from_ref(&taken));
    let cost = database.cost();

    let mut tree = Tree::new(&mut maker);
    tree.execution.context = [("big", large("x"))].into_iter().collect();
    let good = Changes {
        executions: vec![(tree.execution.clone(), CREATED)],
        tasks: vec![(tree.task.clone(), TASK_CREATED)],
        actions: vec![(tree.action.clone(), ACTION_CREATED)],
        journal: vec![maker.entry(&tree.execution)],
        ..Changes::default()
    };
    let bad = Changes {
        executions: vec![(taken.clone(), CREATED)],
        ..Changes::default()
    };
    let shard = Shard::of(tree.root());
    let next = database.next_seq(shard);
    let trees = vec![
        TreeChanges::of(tree.root(), good),
        TreeChanges::of(taken.id, bad),
    ];
    assert!(
        database
            .commit(Batch {
                trees,
                ..Batch::default()
            })
            .is_err()
    );

    assert!(database.load(tree.root()).unwrap().is_none());
    assert!(database.task(tree.task.id).unwrap().is_none());
    assert!(database.action(tree.action.id).unwrap().is_none());
    assert_eq!(database.timeline(tree.root(), 0, 10).unwrap(), []);
    assert_eq!(database.next_seq(shard), next);
    assert_eq!(database.cost(), cost);
    // And the same again succeeds.
    tree.create(database);
}

pub(crate) fn a_taken_id_is_refused(database: &dyn Database) {
    let mut maker = Maker::new();
    let named = |maker: &mut Maker| -> Execution {
        let mut execution = maker.execution();
        Arc::make_mut(&mut execution.origin).external_id = Some("mine".into());
        execution
    };
    let first = named(&mut maker);
    create(database, std::slice::from_ref(&first));
    for (second, name) in [(first, "mine"), (named(&mut maker), "mine")] {
        let changes = Changes {
            executions: vec![(second.clone(), CREATED)],
            ..Changes::default()
        };
        match database.commit(Batch::of(second.id, changes)) {
            Err(StoreError::Duplicate {
                resource,
                name: found,
                ..
            }) => {
                assert_eq!((resource, &*found), (Resource::Execution, name));
            }
            other => panic!("{other:?}"),
        }
    }
}

/// Eight threads commit; half of their work fails. What shares a transaction with
/// failing work is not harmed by it.
pub(crate) fn writers_do_not_mix(database: &dyn Database) {
    let mut maker = Maker::new();
    let taken = maker.execution();
    create(database, std::slice::from_ref(&taken));
    let mut work: Vec<Vec<Execution>> = Vec::new();
    for _ in 0..8 {
        work.push((0..25).map(|_| maker.execution()).collect());
    }
    std::thread::scope(|scope| {
        for executions in &work {
            let taken = &taken;
            scope.spawn(move || {
                for execution in executions {
                    create(database, std::slice::from_ref(execution));
                    let changes = Changes {
                        executions: vec![(taken.clone(), CREATED)],
                        ..Changes::default()
                    };
                    let result = database.commit(Batch::of(taken.id, changes));
                    assert!(matches!(result, Err(StoreError::Duplicate { .. })));
                }
            });
        }
    });
    let all = database.executions(&ListQuery::default()).unwrap();
    assert_eq!(all.records.len(), 201);
}
