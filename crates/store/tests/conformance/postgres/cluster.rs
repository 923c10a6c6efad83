//! A PostgreSQL server for the tests, and databases in it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
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

    /// Where its socket is.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Stops it as if the machine had failed.
    pub(crate) fn crash(&self) {
        assert!(script("crash", self.folder()).status.success());
    }

    /// Starts it again.
    pub(crate) fn up(&self) {
        assert!(script("up", self.folder()).status.success());
    }

    /// What a statement gives, run in a database that no test uses.
    pub(crate) fn sql(&self, statement: &str) -> String {
        self.try_sql(statement).unwrap()
    }

    /// The same of a server that may be away.
    pub(crate) fn try_sql(&self, statement: &str) -> Option<String> {
        let output = script_with("sql", self.folder(), &[statement]);
        let text = String::from_utf8(output.stdout).unwrap();
        output.status.success().then(|| text.trim().to_owned())
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
    store.join(info(id)).unwrap();
    store
}

/// Who it is.
pub(super) fn info(id: u64) -> NodeInfo {
    NodeInfo {
        id,
        name: format!("node-{id}"),
        version: "1".to_owned(),
        roles: Roles::ALL,
        targets: Vec::new(),
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        script("crash", self.folder.path());
    }
}

fn script(command: &str, folder: &Path) -> Output {
    script_with(command, folder, &[])
}

fn script_with(command: &str, folder: &Path, more: &[&str]) -> Output {
    let path = PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../scripts/postgres"
    ));
    Command::new(path)
        .arg(command)
        .arg(folder)
        .args(more)
        .output()
        .unwrap()
}
