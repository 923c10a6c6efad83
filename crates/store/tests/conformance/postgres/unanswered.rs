//! A commit that nobody answers: what became of it is found out, or it counts as failed.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use store::{Store, StoreError};

use super::cluster::{Cluster, node};
use super::fencing::{creation, has};
use crate::maker::Maker;

const SOCKET: &str = ".s.PGSQL.5432";

/// What happens when a COMMIT is on its way; the argument carries it to the server.
type Disaster = Box<dyn FnOnce(&mut dyn FnMut()) + Send>;

type Next = Arc<Mutex<Option<Disaster>>>;

/// A way to the server, on which a disaster waits for the next COMMIT. Then it breaks;
/// nobody hears of that, or gets through, before the disaster is over.
struct Way {
    folder: tempfile::TempDir,
    next: Next,
}

impl Way {
    fn to(cluster: &Cluster) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join(SOCKET)).unwrap();
        let server = cluster.folder().join(SOCKET);
        let next = Next::default();
        let disaster = next.clone();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (server, next) = (server.clone(), disaster.clone());
                thread::spawn(move || carry(&client, &server, &next));
            }
        });
        Self { folder, next }
    }

    fn url(&self, url: &str) -> String {
        let (address, _) = url.split_once('?').unwrap();
        format!("{address}?host={}", self.folder.path().display())
    }

    fn expect(&self, disaster: impl FnOnce(&mut dyn FnMut()) + Send + 'static) {
        *self.next.lock().unwrap() = Some(Box::new(disaster));
    }
}

fn carry(client: &UnixStream, server: &Path, next: &Next) {
    drop(next.lock().unwrap());
    // One that is away is one that hangs up.
    let Ok(server) = UnixStream::connect(server) else {
        return;
    };
    thread::scope(|scope| {
        scope.spawn(|| {
            drop(std::io::copy(&mut &server, &mut &*client));
            drop(next.lock().unwrap());
            drop(client.shutdown(Shutdown::Both));
        });
        let mut buffer = vec![0; 1 << 16];
        while let Ok(count @ 1..) = (&mut &*client).read(&mut buffer) {
            let data = &buffer[..count];
            let mut send = || drop((&mut &server).write_all(data));
            if data.ends_with(b"COMMIT\0") {
                let mut next = next.lock().unwrap();
                if let Some(disaster) = next.take() {
                    disaster(&mut send);
                    break;
                }
            }
            send();
        }
        drop(server.shutdown(Shutdown::Both));
    });
}

/// A server that writes its log only when a commit makes it, so that what a crash takes
/// is known.
fn forgetful() -> Option<Cluster> {
    let cluster = Cluster::start()?;
    for setting in ["wal_writer_delay = '10s'", "autovacuum = off"] {
        cluster.sql(&format!("ALTER SYSTEM SET {setting}"));
    }
    cluster.crash();
    cluster.up();
    Some(cluster)
}

/// The only transaction that writes just now.
fn number_in_progress(cluster: &Cluster) -> u64 {
    let number = cluster.sql("SELECT pg_snapshot_xmin(pg_current_snapshot())");
    number.parse().unwrap()
}

fn status(cluster: &Cluster, number: u64) -> String {
    cluster.sql(&format!("SELECT pg_xact_status('{number}')"))
}

/// Other transactions commit, until the number of a lost one is theirs.
fn give_away(cluster: &Cluster, number: u64) {
    let next = || cluster.sql("SELECT pg_current_xact_id()").parse::<u64>();
    let first = next().unwrap();
    assert!(first <= number, "{number} was not lost: {first} is next");
    for _ in first..number {
        next().unwrap();
    }
    assert_eq!(status(cluster, number), "committed");
}

/// One process of the server is killed; the server recovers by itself.
fn kill_one_process(cluster: &Cluster) {
    let started = "SELECT pg_postmaster_start_time()";
    let before = cluster.sql(started);
    let any = "SELECT min(pid) FROM pg_stat_activity \
               WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";
    let pid = cluster.sql(any);
    let killed = Command::new("kill").args(["-9", &pid]).status().unwrap();
    assert!(killed.success());
    let is_there = format!("SELECT count(*) FROM pg_stat_activity WHERE pid = {pid}");
    for _ in 0..500 {
        if cluster.try_sql(&is_there).is_some_and(|count| count == "0") {
            assert_eq!(cluster.sql(started), before);
            return;
        }
        thread::sleep(Duration::from_millis(20));
    }
    panic!("the server does not recover");
}

/// A commit is lost with `disaster`, and its number is another's: nobody may believe in it.
fn is_not_believed(disaster: impl FnOnce(&Cluster) + Send + 'static) {
    let Some(cluster) = forgetful().map(Arc::new) else {
        return;
    };
    let way = Way::to(&cluster);
    let store = node(&way.url(&cluster.migrated()), 1);
    assert_eq!(store.beat().unwrap().owned.len(), 64);
    cluster.sql("CHECKPOINT");
    let server = cluster.clone();
    way.expect(move |_| {
        let number = number_in_progress(&server);
        disaster(&server);
        give_away(&server, number);
    });
    let mut maker = Maker::new();
    let execution = maker.execution();
    let result = store.commit(creation(&mut maker, &execution));
    assert!(matches!(result, Err(StoreError::Database { .. })));
    assert!(!has(&store, &execution));
    // It finds its way on.
    let again = (0..100).find_map(|_| store.beat().ok());
    assert_eq!(again.unwrap().owned.len(), 64);
    store.commit(creation(&mut maker, &execution)).unwrap();
    assert!(has(&store, &execution));
    // The server was needed until here.
    drop(cluster);
}

#[test]
fn a_commit_that_a_crash_took_is_not_believed() {
    is_not_believed(|server| {
        server.crash();
        server.up();
    });
}

#[test]
fn a_commit_that_died_with_another_process_is_not_believed() {
    is_not_believed(kill_one_process);
}

#[test]
fn a_commit_that_was_made_is_believed() {
    let Some(cluster) = forgetful().map(Arc::new) else {
        return;
    };
    let way = Way::to(&cluster);
    let store = node(&way.url(&cluster.migrated()), 1);
    assert_eq!(store.beat().unwrap().owned.len(), 64);
    let server = cluster.clone();
    way.expect(move |send| {
        let number = number_in_progress(&server);
        send();
        while status(&server, number) == "in progress" {}
    });
    let mut maker = Maker::new();
    let execution = maker.execution();
    store.commit(creation(&mut maker, &execution)).unwrap();
    assert!(has(&store, &execution));
    drop(cluster);
}
