//! What commits cost, in statements: each is work for two processes and bytes between
//! them. Who makes them dearer must say why.

use store::Batch;

use super::cluster::Cluster;
use crate::maker::{Maker, Tree};
use crate::sqlite::cost::{cost_of, step};

/// The most rows of a statement.
const PORTION: u64 = 500;

/// One statement writes to all tables, but what is too much for one: the rows of execution,
/// tasks (new and changed), actions (new and changed), published variables; values of actions
/// (two of each tree), journal (four entries in a row).
fn statements(trees: u64) -> u64 {
    let rows = [1, 1, 1, 1, 1, 1, 2, 1];
    let full = rows.map(|rows| rows * trees / PORTION);
    1 + full.iter().sum::<u64>()
}

#[test]
fn rows_of_all_trees_share_their_statements() {
    let Some(cluster) = Cluster::start() else {
        return;
    };
    let store = cluster.database();
    let mut maker = Maker::new();
    for trees in [1, 2, 50, 130] {
        let mut batch = Batch::default();
        for _ in 0..trees {
            let mut tree = Tree::new(&mut maker);
            tree.create(&store);
            let changes = step(&mut maker, &mut tree);
            let of_tree = Batch::of(tree.root(), changes);
            batch.trees.extend(of_tree.trees);
        }
        let cost = cost_of(&store, batch);
        assert_eq!(cost.rows, 9 * trees);
        assert_eq!(cost.statements, statements(trees), "{trees} trees");
    }
}
