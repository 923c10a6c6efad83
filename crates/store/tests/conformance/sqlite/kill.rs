//! A process that is killed in the middle of commits: what it was told to be
//! committed is there afterwards, and nothing is there by half.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use engine::change::Changes;
use engine::model::ExecutionId;
use store::sqlite::{Options, Sqlite};
use store::{Batch, Catalog, Shard, Store};

use crate::maker::{ACTION_CREATED, CREATED, Maker, TASK_CREATED};

/// Names the database to the child.
const DATABASE: &str = "STORE_KILL_DATABASE";

/// How often a child is killed.
const ROUNDS: usize = 5;

/// Tasks per execution: a batch is many rows.
const TASKS: usize = 20;

#[test]
fn a_killed_process_loses_nothing_that_it_committed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ostro.db");
    let mut committed = Vec::new();
    for round in 0..ROUNDS {
        // Nothing waits for a clock: the child dies after so many commits.
        committed.extend(run_and_kill(&path, 5 + 7 * round));
        let store = Sqlite::open(&path, &Options::default()).unwrap();
        let found = store.unfinished(None, usize::MAX).unwrap();
        assert!(committed.iter().all(|root| found.contains(root)));
        for root in found {
            assert_whole(&store, root);
        }
        assert_no_gaps(&store);
    }
}

/// Not a test of its own: what the child does.
#[test]
fn child_commits_until_it_is_killed() {
    let Some(path) = std::env::var_os(DATABASE) else {
        return;
    };
    let store = Sqlite::open(path.as_ref(), &Options::default()).unwrap();
    let mut maker = Maker::new();
    // Ids of earlier children are skipped.
    for _ in 0..store.unfinished(None, usize::MAX).unwrap().len() {
        tree(&mut maker);
    }
    for _ in 0..100_000 {
        let (root, changes) = tree(&mut maker);
        store.commit(Batch::of(root, changes)).unwrap();
        println!("\ncommitted {root}");
    }
}

fn run_and_kill(path: &Path, commits: usize) -> Vec<ExecutionId> {
    let name = "sqlite::kill::child_commits_until_it_is_killed";
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(DATABASE, path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let lines = output.lines().map(Result::unwrap);
    let mut ids = lines.filter_map(|line| line.strip_prefix("committed ")?.parse().ok());
    let mut committed: Vec<_> = ids.by_ref().take(commits).collect();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(committed.len(), commits);
    committed.extend(ids);
    committed
}

#[track_caller]
fn assert_whole(store: &Sqlite, root: ExecutionId) {
    let snapshot = store.load(root).unwrap().unwrap();
    assert_eq!(snapshot.executions.len(), 1);
    assert_eq!(snapshot.tasks.len(), TASKS);
    assert_eq!(snapshot.actions.len(), TASKS);
    assert_eq!(store.timeline(root, 0, 100).unwrap().len(), TASKS);
}

#[track_caller]
fn assert_no_gaps(store: &Sqlite) {
    for shard in Shard::all() {
        let records = store.journal(shard, 0, usize::MAX).unwrap().records;
        let numbers = records.iter().map(|record| record.seq);
        assert!(numbers.eq(1..store.next_seq(shard)), "{shard}");
    }
}

fn tree(maker: &mut Maker) -> (ExecutionId, Changes) {
    let execution = maker.execution();
    let root = execution.id;
    let mut changes = Changes::default();
    for _ in 0..TASKS {
        let task = maker.task(&execution);
        let action = maker.action(&task, root);
        changes.journal.push(maker.entry(&execution));
        changes.tasks.push((task, TASK_CREATED));
        changes.actions.push((action, ACTION_CREATED));
    }
    changes.executions.push((execution, CREATED));
    (root, changes)
}
