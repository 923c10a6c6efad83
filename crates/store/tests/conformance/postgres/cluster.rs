//! A PostgreSQL server for the tests, and databases in it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use store::Roles;
use store::postgres::{NodeInfo, Options, Postgres, execute};

/// A server that is gone when this is dropped.
pub(crate) struct Cluster {
    folder: tempfile::TempDir,
    databases: AtomicU32,
}

impl Cluster {
    /// Starts one; `None`, with a loud word, if PostgreSQL is not installed.
    pub(crate) fn start() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let output = script("start", folder.path());
        if output.status.code() == Some(3) {
            eprintln!("SKIPPED: PostgreSQL's server is not installed (Debian: postgresql)");
            return None;
        }
        assert!(output.status.success(), "{output:?}");
        let cluster = Self {
            folder,
            databases: AtomicU32::new(0),
        };
        store::postgres::migrate(&cluster.url("ostro")).unwrap();
        Some(cluster)
    }

    /// The address of a database.
    pub(crate) fn url(&self, database: &str) -> String {
        format!(
            "postgres://ostro@/{database}?host={}",
            self.folder.path().display()
        )
    }

    /// The address of a new, empty database without a schema.
    pub(crate) fn empty(&self) -> String {
        self.create("template0")
    }

    /// The address of a new database: a copy of the migrated one.
    pub(crate) fn migrated(&self) -> String {
        self.create("ostro")
    }

    /// The only node on a new database: all shards are its own.
    pub(crate) fn database(&self) -> Postgres {
        let store = node(&self.migrated(), 1);
        assert_eq!(store.beat().unwrap().owned.len(), 64);
        store
    }

    fn create(&self, template: &str) -> String {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        let name = format!("test{number}");
        let sql = format!("CREATE DATABASE {name} TEMPLATE {template}");
        execute(&self.url("postgres"), &sql).unwrap();
        self.url(&name)
    }
}

/// A node of a database. It has no shards before its first beat.
pub(crate) fn node(url: &str, id: u64) -> Postgres {
    let store = Postgres::open(url, &Options::default()).unwrap();
    let info = NodeInfo {
        id,
        name: format!("node-{id}"),
        version: "1".to_owned(),
        roles: Roles::ALL,
        targets: Vec::new(),
    };
    store.join(info).unwrap();
    store
}

impl Drop for Cluster {
    fn drop(&mut self) {
        script("crash", self.folder.path());
    }
}

fn script(command: &str, folder: &Path) -> std::process::Output {
    let path = PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../scripts/postgres"
    ));
    Command::new(path)
        .arg(command)
        .arg(folder)
        .output()
        .unwrap()
}
