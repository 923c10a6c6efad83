//! Several nodes on one database: who may write what.

use engine::change::Changes;
use engine::model::{Execution, State};
use store::cluster::{Letter, Settled};
use store::postgres::{Addressee, Postgres, execute};
use store::{Batch, Catalog, ExecutionKey, Shard, Store, StoreError};

use super::cluster::{Cluster, node};
use crate::maker::{CREATED, Maker};

/// The server finds that a node's time is over.
pub(super) fn expire(url: &str, id: u64) {
    let sql = format!("UPDATE nodes SET expires_at = now() - interval '1 s' WHERE id = {id}");
    execute(url, &sql).unwrap();
}

pub(super) fn creation(maker: &mut Maker, execution: &Execution) -> Batch {
    let changes = Changes {
        executions: vec![(execution.clone(), CREATED)],
        journal: vec![maker.entry(execution)],
        ..Changes::default()
    };
    Batch::of(execution.id, changes)
}

pub(super) fn has(store: &Postgres, execution: &Execution) -> bool {
    let key = ExecutionKey::Id(execution.id);
    Catalog::execution(store, &key).unwrap().is_some()
}

/// Without the fence the second commit of the first node would succeed.
#[test]
fn who_was_taken_over_cannot_commit() {
    let Some(cluster) = Cluster::start() else {
        return;
    };
    let url = cluster.migrated();
    let (first, second) = (node(&url, 1), node(&url, 2));
    let mut maker = Maker::new();
    assert_eq!(first.beat().unwrap().owned.len(), 32);
    let execution = std::iter::repeat_with(|| maker.execution())
        .find(|execution| {
            first
                .beat()
                .unwrap()
                .owned
                .contains(Shard::of(execution.id))
        })
        .unwrap();
    let shard = Shard::of(execution.id);

    // The first node stops for longer than its lease; the second takes all it had.
    expire(&url, 1);
    assert_eq!(second.beat().unwrap().owned.len(), 64);
    let other = Execution {
        state: State::Paused,
        ..execution
    };
    second.commit(creation(&mut maker, &other)).unwrap();
    assert_eq!(second.next_seq(shard), 2);

    // It wakes up and knows of nothing.
    let late = std::iter::repeat_with(|| maker.execution())
        .find(|late| Shard::of(late.id) == shard)
        .unwrap();
    let error = first.commit(creation(&mut maker, &late)).unwrap_err();
    assert!(matches!(error, StoreError::NotOwner), "{error}");
    assert!(!has(&second, &late));
    assert!(matches!(first.beat(), Err(StoreError::Dead)));
    second.commit(creation(&mut maker, &late)).unwrap();
    let journal = second.journal(shard, 0, 10).unwrap().records;
    assert!(journal.iter().map(|record| record.seq).eq(1..=2));
}

#[test]
fn shards_move_as_nodes_come_and_go() {
    let Some(cluster) = Cluster::start() else {
        return;
    };
    let url = cluster.migrated();
    let first = node(&url, 1);
    assert_eq!(first.beat().unwrap().owned.len(), 64);
    let second = node(&url, 2);
    assert!(second.beat().unwrap().owned.is_empty());
    let beat = first.beat().unwrap();
    assert_eq!(beat.surplus, 32);
    first.release(beat.owned.take(beat.surplus)).unwrap();
    assert_eq!(second.beat().unwrap().owned.len(), 32);
    assert_eq!(first.beat().unwrap().owned.len(), 32);
    second.leave().unwrap();
    let beat = first.beat().unwrap();
    assert_eq!((beat.owned.len(), beat.alive.len()), (64, 1));
    let nodes = first.nodes().unwrap();
    let shown: Vec<_> = nodes
        .iter()
        .map(|node| (node.name.as_str(), node.is_alive, node.shards.len()))
        .collect();
    assert_eq!(shown, [("node-1", true, 64), ("node-2", false, 0)]);
}

/// After an outage of the database everybody is late; nobody is to blame.
#[test]
fn an_outage_buries_nobody() {
    let Some(cluster) = Cluster::start() else {
        return;
    };
    let url = cluster.migrated();
    let (first, second) = (node(&url, 1), node(&url, 2));
    first.beat().unwrap();
    second.beat().unwrap();
    expire(&url, 1);
    expire(&url, 2);
    for store in [&first, &second, &first] {
        let beat = store.beat().unwrap();
        assert_eq!((beat.owned.len(), beat.alive.len()), (32, 2));
    }
}

/// A letter is applied by one commit, with its answer.
#[test]
fn letters_are_applied_once() {
    let Some(cluster) = Cluster::start() else {
        return;
    };
    let store = cluster.database();
    let mut maker = Maker::new();
    let execution = maker.execution();
    let shard = Shard::of(execution.id);
    let letter = Letter {
        id: maker.id(),
        sender: Some(7),
        text: "{}".to_owned(),
    };
    let owner = Addressee::Shard(shard);
    store.post(&[(owner, letter.clone())]).unwrap();
    let all = store.beat().unwrap().owned;
    assert_eq!(store.letters(all).unwrap(), std::slice::from_ref(&letter));
    let mut batch = creation(&mut maker, &execution);
    batch.settled = vec![Settled {
        id: letter.id,
        shard,
        sender: Some(7),
        answer: "yes".to_owned(),
    }];
    store.commit(batch).unwrap();
    assert!(store.letters(all).unwrap().is_empty());
    assert_eq!(
        store.take_answers(7).unwrap(),
        [(letter.id, "yes".to_owned())]
    );
    assert!(store.take_answers(7).unwrap().is_empty());
    store.expire_post().unwrap();

    // Whoever comes again with it changes nothing.
    let again = maker.execution();
    let mut batch = creation(&mut maker, &again);
    batch.settled = vec![Settled {
        id: letter.id,
        shard: Shard::of(again.id),
        sender: Some(7),
        answer: "yes".to_owned(),
    }];
    assert!(store.commit(batch).is_err());
    assert!(!has(&store, &again));
}

/// Whoever writes it, the journal is read once and in order.
#[test]
fn the_journal_of_all_nodes_is_followed() {
    let Some(cluster) = Cluster::start() else {
        return;
    };
    let url = cluster.migrated();
    let (first, second) = (node(&url, 1), node(&url, 2));
    assert_eq!(first.beat().unwrap().owned.len(), 32);
    assert_eq!(second.beat().unwrap().owned.len(), 32);
    let mut maker = Maker::new();
    let mut write = |count: usize| {
        let made = std::iter::repeat_with(|| maker.execution()).take(count);
        let made: Vec<_> = made.collect();
        for execution in &made {
            let batch = creation(&mut maker, execution);
            let owner = [&first, &second].into_iter().find(|node| {
                let owned = node.beat().unwrap().owned;
                owned.contains(Shard::of(execution.id))
            });
            owner.unwrap().commit(batch).unwrap();
        }
        made.into_iter().map(|execution| execution.id).collect()
    };
    let _before: Vec<_> = write(5);
    assert!(first.follow().unwrap().is_empty());
    let mut written: Vec<_> = write(20);
    let records = first.follow().unwrap();
    for record in &records {
        assert!(first.next_seq(record.shard) > record.seq);
    }
    let mut read: Vec<_> = records.iter().map(|record| record.entry.root).collect();
    read.sort();
    written.sort();
    assert_eq!(read, written);
    assert!(first.follow().unwrap().is_empty());
    first.rest();
    let _unseen: Vec<_> = write(5);
    assert!(first.follow().unwrap().is_empty());
}

#[test]
fn entries_that_share_a_row_are_followed_one_by_one() {
    let Some(cluster) = Cluster::start() else {
        return;
    };
    let node = node(&cluster.migrated(), 1);
    assert_eq!(node.beat().unwrap().owned.len(), 64);
    assert!(node.follow().unwrap().is_empty());
    let mut maker = Maker::new();
    // Few, a row and some, and more rows than are read at a time.
    for count in [3, 11, 900] {
        let execution = maker.execution();
        let mut batch = creation(&mut maker, &execution);
        let journal = &mut batch.trees[0].changes.journal;
        journal.resize_with(count, || maker.entry(&execution));
        let written = journal.clone();
        let first = node.commit(batch).unwrap().first_seqs[0];
        let mut read = Vec::new();
        loop {
            let records = node.follow().unwrap();
            if records.is_empty() {
                break;
            }
            read.extend(records);
        }
        let seqs: Vec<_> = read.iter().map(|record| record.seq).collect();
        assert_eq!(seqs, (first..).take(count).collect::<Vec<_>>());
        let entries: Vec<_> = read.into_iter().map(|record| record.entry).collect();
        assert_eq!(entries, written);
    }
}
