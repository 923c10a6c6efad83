//! `ostro db`: a database, seen from beside the service.

mod copy;

use std::fmt::Write;
use std::path::Path;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use server::{Config, Database};
use store::{postgres, sqlite};

use crate::arguments::{DatabaseUrl, Settings};
use crate::exit::Exit;
use crate::{out, settings};

/// Look at, thin out, shrink and move a database file; the schema in PostgreSQL
///
/// Files are those of a service that is stopped; a running one thins out by itself:
/// [execution_expiration_policy].
#[derive(Debug, Args)]
pub(crate) struct Db {
    #[command(subcommand)]
    verb: Verb,
}

/// Which database.
#[derive(Debug, Args)]
struct Place {
    /// Where the data is: sqlite://PATH or postgres://USER@HOST/NAME
    #[arg(long, value_name = "URL", value_parser = DatabaseUrl::parse)]
    database: Option<DatabaseUrl>,
    #[command(flatten)]
    settings: Settings,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Show how much the tables hold, the largest first
    Stats(Place),
    Expire(Expire),
    /// Give the space of what was deleted back to the system
    Vacuum(Place),
    Copy(copy::Copy),
    /// Bring the schema of a database up to date, as every start of `ostro serve` does
    Migrate(Place),
    /// Show which parts of the schema a PostgreSQL database has; fails if one is missing
    Status(Place),
}

/// Delete finished executions, with all below them
///
/// Without options by the policy of the configuration.
#[derive(Debug, Args)]
struct Expire {
    #[command(flatten)]
    place: Place,
    /// Those that did not change for so many minutes
    #[arg(long, value_name = "MINUTES")]
    older_than: Option<u32>,
    /// Those beyond the newest so many
    #[arg(long, value_name = "COUNT")]
    keep: Option<u32>,
    /// Not those in this state: SUCCESS, ERROR, CANCELLED; may be repeated
    #[arg(long, value_name = "STATE")]
    ignore: Vec<String>,
}

pub(crate) fn db(arguments: &Db) -> anyhow::Result<Exit> {
    match &arguments.verb {
        Verb::Copy(wanted) => return copy::run(wanted),
        Verb::Status(place) => return status(&place.find()?.1),
        Verb::Migrate(place) => migrate(&place.find()?.1)?,
        Verb::Stats(place) => out::verbatim(&stats(file(&place.find()?.1)?)?)?,
        Verb::Vacuum(place) => vacuum(file(&place.find()?.1)?)?,
        Verb::Expire(wanted) => {
            let (mut config, database) = wanted.place.find()?;
            wanted.apply(&mut config)?;
            let count = server::expire(&config, file(&database)?)?;
            out::line(&format!("{count} executions deleted"))?;
        }
    }
    Ok(Exit::Success)
}

impl Place {
    fn find(&self) -> anyhow::Result<(Config, Database)> {
        let config = settings::load(&self.settings)?;
        let database = settings::database(self.database.as_ref(), &config)?;
        Ok((config, database))
    }
}

fn vacuum(path: &Path) -> anyhow::Result<()> {
    let before = size(path)?;
    server::vacuum(path)?;
    let after = size(path)?;
    let text = format!("{} KiB, before {} KiB", after / 1024, before / 1024);
    Ok(out::line(&text)?)
}

/// The file of a database that is one, and that is there.
fn file(database: &Database) -> anyhow::Result<&Path> {
    match database {
        Database::Sqlite(path) => present(path),
        Database::Postgres(_) => bail!(
            "this is for database files; PostgreSQL has its own tools (VACUUM, pg_total_relation_size)"
        ),
    }
}

fn present(path: &Path) -> anyhow::Result<&Path> {
    anyhow::ensure!(path.exists(), "there is no database {}", path.display());
    Ok(path)
}

fn migrate(database: &Database) -> anyhow::Result<()> {
    let applied = match database {
        Database::Sqlite(path) => sqlite::migrate(present(path)?).map_err(anyhow::Error::from),
        Database::Postgres(url) => postgres::migrate(url).with_context(|| failed(url)),
    }?;
    for name in &applied {
        out::line(&format!("applied {name}"))?;
    }
    if applied.is_empty() {
        out::line("the schema is up to date")?;
    }
    Ok(())
}

/// Fails if something is missing, so that scripts can ask.
fn status(database: &Database) -> anyhow::Result<Exit> {
    let Database::Postgres(url) = database else {
        bail!(
            "a database file is brought up to date whenever it is opened; name a postgres:// database"
        );
    };
    let steps = postgres::status(url).with_context(|| failed(url))?;
    for step in &steps {
        let state = match (step.applied, step.known) {
            (true, true) => "applied",
            (true, false) => "newer  ",
            (false, _) => "missing",
        };
        out::line(&format!("{:4}  {state}  {}", step.number, step.name))?;
    }
    Ok(match steps.iter().all(|step| step.applied) {
        true => Exit::Success,
        false => Exit::Failure,
    })
}

fn failed(url: &str) -> String {
    let database = Database::Postgres(url.to_owned());
    format!("cannot use the database {}", settings::shown(&database))
}

impl Expire {
    /// Options say everything; the configuration's policy counts if there are none.
    fn apply(&self, config: &mut Config) -> anyhow::Result<()> {
        let policy = &mut config.execution_expiration_policy;
        if self.older_than.is_some() || self.keep.is_some() {
            policy.older_than = self.older_than;
            policy.max_finished_executions = self.keep.unwrap_or(0);
        }
        if !self.ignore.is_empty() {
            policy.ignored_states.clone_from(&self.ignore);
        }
        let says_something = policy.older_than.is_some() || policy.max_finished_executions > 0;
        anyhow::ensure!(
            says_something,
            "say what is to go: --older-than MINUTES, --keep COUNT, or [execution_expiration_policy]"
        );
        policy.check().map_err(anyhow::Error::msg)
    }
}

fn stats(path: &Path) -> anyhow::Result<String> {
    let mut text = String::new();
    let sizes = server::sizes(path)?;
    writeln!(text, "{:<24} {:>12} {:>12}", "table", "rows", "KiB")?;
    for table in &sizes {
        writeln!(
            text,
            "{:<24} {:>12} {:>12}",
            table.name,
            table.rows,
            table.bytes / 1024
        )?;
    }
    let bytes: u64 = sizes.iter().map(|table| table.bytes).sum();
    writeln!(text, "{:<24} {:>12} {:>12}", "in all", "", bytes / 1024)?;
    writeln!(
        text,
        "{:<24} {:>12} {:>12}",
        "the file",
        "",
        size(path)? / 1024
    )?;
    Ok(text)
}

fn size(path: &Path) -> std::io::Result<u64> {
    Ok(std::fs::metadata(path)?.len())
}
