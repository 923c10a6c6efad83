//! `ostro db copy`: from a database file into PostgreSQL.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, bail};
use clap::Args;
use server::Database;
use store::copy::{Copied, copy};

use crate::arguments::DatabaseUrl;
use crate::exit::Exit;
use crate::{out, settings};

/// Copy a database file into an empty PostgreSQL database
///
/// The service must be stopped; what it had not finished goes on when it is started on the copy. All
/// is copied in one transaction, which is undone unless both sides, read again, have the same
/// checksums: a copy that fails leaves the target empty. The file stays as it is.
#[derive(Debug, Args)]
pub(super) struct Copy {
    /// The file: a path, or sqlite://PATH
    #[arg(long, value_name = "FILE", value_parser = file)]
    from: PathBuf,
    /// The new database: postgres://USER@HOST/NAME
    #[arg(long, value_name = "URL", value_parser = DatabaseUrl::parse)]
    to: DatabaseUrl,
}

fn file(text: &str) -> Result<PathBuf, String> {
    match DatabaseUrl::parse(text) {
        Ok(DatabaseUrl(Database::Sqlite(path))) => Ok(path),
        Ok(DatabaseUrl(Database::Postgres(_))) => {
            Err("only files are copied; PostgreSQL has pg_dump".to_owned())
        }
        Err(_) if text.is_empty() || text.contains("://") => {
            Err("write it as PATH or sqlite://PATH".to_owned())
        }
        Err(_) => Ok(PathBuf::from(text)),
    }
}

/// Fails if the sides differ.
pub(super) fn run(wanted: &Copy) -> anyhow::Result<Exit> {
    let DatabaseUrl(Database::Postgres(url)) = &wanted.to else {
        bail!("--to must be a PostgreSQL database: postgres://USER@HOST/NAME");
    };
    let path = super::present(&wanted.from)?;
    let begin = Instant::now();
    let shown = settings::shown(&Database::Postgres(url.clone()));
    let copied = copy(path, url, |table, rows| {
        if rows > 0 {
            anstream::eprintln!("{table}: {rows} rows");
        }
    })
    .with_context(|| format!("cannot copy {} to {shown}", path.display()))?;
    out::verbatim(&table(&copied)?)?;
    if !copied.is_same() {
        anstream::eprintln!(
            "ostro: the copy differs from the file, so it was undone; {shown} is empty"
        );
        return Ok(Exit::Failure);
    }
    if copied.texts_with_nul > 0 {
        anstream::eprintln!(
            "{} texts had the character NUL, which PostgreSQL does not have; U+FFFD is in its place",
            copied.texts_with_nul
        );
    }
    out::line(&done(path, &shown, begin))?;
    Ok(Exit::Success)
}

fn done(path: &Path, shown: &str, begin: Instant) -> String {
    format!(
        "copied {} to {shown} in {:.1} s; both sides are the same",
        path.display(),
        begin.elapsed().as_secs_f64()
    )
}

fn table(copied: &Copied) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    writeln!(
        text,
        "{:<24} {:>12} {:>12}  {:<16}  {:<16}",
        "table", "rows", "copied", "checksum", "of the copy"
    )?;
    for table in &copied.tables {
        let (source, target) = (&table.source, &table.target);
        let mark = if table.is_same() { "" } else { "  DIFFERENT" };
        writeln!(
            text,
            "{:<24} {:>12} {:>12}  {source}  {target}{mark}",
            table.name, source.rows, target.rows
        )?;
    }
    let rows = |side: fn(&store::copy::CopiedTable) -> u64| -> u64 {
        copied.tables.iter().map(side).sum()
    };
    let (there, here) = (rows(|one| one.source.rows), rows(|one| one.target.rows));
    writeln!(text, "{:<24} {there:>12} {here:>12}", "in all")?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_go_by_path_or_address() {
        assert_eq!(file("a/o.db"), Ok("a/o.db".into()));
        assert_eq!(file("sqlite:///a/o.db"), Ok("/a/o.db".into()));
        for wrong in ["", "postgres://h/o", "mysql://h/o"] {
            assert!(file(wrong).is_err(), "{wrong}");
        }
    }
}
