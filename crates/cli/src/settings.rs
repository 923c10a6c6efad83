//! Settings of the service: file, environment, `--set` and flags, the later one wins.

use std::path::PathBuf;

use anyhow::Context;
use server::{Config, Database};

use crate::arguments::{DatabaseUrl, Settings};

/// Merges all sources but the flags that the caller applies itself.
pub(crate) fn load(settings: &Settings) -> anyhow::Result<Config> {
    let file = match &settings.config {
        None => String::new(),
        Some(path) => std::fs::read_to_string(path)
            .with_context(|| format!("cannot read {}", path.display()))?,
    };
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    Ok(Config::load(
        &file,
        environment,
        settings.set.iter().cloned(),
    )?)
}

/// Where the data is kept: the flag, the setting, or the user's data directory.
pub(crate) fn database(flag: Option<&DatabaseUrl>, config: &Config) -> anyhow::Result<Database> {
    if let Some(DatabaseUrl(database)) = flag {
        return Ok(database.clone());
    }
    if !config.database.connection.is_empty() {
        let DatabaseUrl(database) =
            DatabaseUrl::parse(&config.database.connection).map_err(anyhow::Error::msg)?;
        return Ok(database);
    }
    if config.database != server::config::Database::default() {
        return Ok(Database::Sqlite(config.database.path.clone()));
    }
    let folder = data_directory(|name| std::env::var_os(name).map(PathBuf::from))
        .context("no home directory: say where to keep the data with --database sqlite://PATH")?;
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    Ok(Database::Sqlite(folder.join("ostro.db")))
}

/// The database as it may be shown: an address without its password.
pub(crate) fn shown(database: &Database) -> String {
    match database {
        Database::Sqlite(path) => path.display().to_string(),
        Database::Postgres(url) => match url.split_once('@') {
            Some((_, place)) => format!("postgres://…@{place}"),
            None => url.clone(),
        },
    }
}

/// `$XDG_DATA_HOME/ostro`, or `~/.local/share/ostro`; relative ones do not count
/// (XDG base directory specification).
fn data_directory(variable: impl Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    let absolute = |name| variable(name).filter(|path: &PathBuf| path.is_absolute());
    absolute("XDG_DATA_HOME")
        .or_else(|| Some(absolute("HOME")?.join(".local/share")))
        .map(|folder| folder.join("ostro"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_directory_is_the_users() {
        let directory = |given: &[(&str, &str)]| {
            let given = given.to_vec();
            data_directory(move |name| {
                given
                    .iter()
                    .find(|(known, _)| *known == name)
                    .map(|(_, value)| PathBuf::from(value))
            })
        };
        let home = ("HOME", "/home/u");
        let default = Some(PathBuf::from("/home/u/.local/share/ostro"));
        assert_eq!(directory(&[home]), default);
        assert_eq!(directory(&[home, ("XDG_DATA_HOME", "relative")]), default);
        let elsewhere = directory(&[home, ("XDG_DATA_HOME", "/data")]);
        assert_eq!(elsewhere, Some(PathBuf::from("/data/ostro")));
        assert_eq!(directory(&[]), None);
    }
}
