//! Reads settings from the configuration file, the environment and the command
//! line, and says exactly which of them is wrong.

use serde::Deserialize;
use toml::{Table, Value};

use super::Config;

/// What the names of environment variables that are settings start with.
pub const ENVIRONMENT_PREFIX: &str = "OSTRO_";

/// Settings that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The file is not TOML, or holds an unknown or ill-typed option.
    #[error("the configuration file cannot be used:\n{0}")]
    File(String),
    /// A setting from elsewhere is unknown or ill-typed.
    #[error("{origin} cannot be used: {reason}")]
    Setting {
        /// The variable or the argument.
        origin: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Two settings, or a setting and what this server can do, contradict.
    #[error("{0}")]
    Conflict(String),
}

impl Config {
    /// Merges the settings of a configuration file, of environment variables
    /// (all may be given; only `OSTRO_SECTION__OPTION` count) and of
    /// `section.option=value` texts.
    ///
    /// # Errors
    /// The first setting that cannot be used.
    pub fn load<E, S>(file: &str, environment: E, sets: S) -> Result<Self, ConfigError>
    where
        E: IntoIterator<Item = (String, String)>,
        S: IntoIterator<Item = String>,
    {
        let file_error = |error: toml::de::Error| ConfigError::File(error.to_string());
        Config::deserialize(toml::Deserializer::parse(file).map_err(file_error)?)
            .map_err(file_error)?;
        let mut table: Table = file.parse().map_err(file_error)?;
        let mut variables: Vec<_> = environment
            .into_iter()
            .filter_map(Setting::variable)
            .collect();
        variables.sort_by(|a, b| a.origin.cmp(&b.origin));
        for setting in variables {
            setting.apply(&mut table)?;
        }
        for set in sets {
            Setting::argument(&set)?.apply(&mut table)?;
        }
        let config: Config = table
            .try_into()
            .map_err(|error: toml::de::Error| ConfigError::Conflict(error.message().to_owned()))?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), ConfigError> {
        let conflict = |text: &str| Err(ConfigError::Conflict(text.to_owned()));
        if self.pecan.auth_enable {
            return conflict(
                "pecan.auth_enable is true, but this version has no authentication; \
                 set it to false and keep the server on loopback",
            );
        }
        if self.expressions.allowed_languages.is_empty() {
            return conflict("expressions.allowed_languages is empty; allow yaql, jinja or both");
        }
        if let Some(text) = self.yaql.conflict() {
            return conflict(text);
        }
        if let Err(text) = self.execution_expiration_policy.check() {
            return conflict(&text);
        }
        if self.cluster.lease_ms < 200 {
            return conflict(
                "cluster.lease_ms is below 200; a node needs time to say that it is alive",
            );
        }
        if self.api.max_limit == 0 {
            return conflict("api.max_limit is 0; a page must hold at least 1 entry");
        }
        Ok(())
    }
}

/// One option from outside of the file.
struct Setting {
    origin: String,
    path: Vec<String>,
    text: String,
}

impl Setting {
    fn variable((name, text): (String, String)) -> Option<Self> {
        let path = name.strip_prefix(ENVIRONMENT_PREFIX)?;
        if !path.contains("__") {
            return None;
        }
        let path = path.split("__").map(str::to_lowercase).collect();
        let origin = format!("the environment variable {name}");
        Some(Self { origin, path, text })
    }

    fn argument(argument: &str) -> Result<Self, ConfigError> {
        let Some((name, text)) = argument.split_once('=') else {
            return Err(ConfigError::Setting {
                origin: format!("the setting '{argument}'"),
                reason: "write it as section.option=value".to_owned(),
            });
        };
        Ok(Self {
            origin: format!("the setting '{name}'"),
            path: name.trim().split('.').map(str::to_owned).collect(),
            text: text.to_owned(),
        })
    }

    /// Lays the option over a table. What looks like TOML is taken for it,
    /// unless only a text fits.
    fn apply(self, table: &mut Table) -> Result<(), ConfigError> {
        let text = Value::String(self.text.clone());
        let parsed = parse_value(&self.text);
        let tried = parsed.clone().unwrap_or_else(|| text.clone());
        let value = match self.try_out(tried.clone()) {
            Ok(()) => tried,
            Err(_) if parsed.is_some() && self.try_out(text.clone()).is_ok() => text,
            Err(reason) => {
                let origin = self.origin;
                return Err(ConfigError::Setting { origin, reason });
            }
        };
        insert(table, &self.path, value);
        Ok(())
    }

    /// Whether the option alone makes a valid configuration.
    fn try_out(&self, value: Value) -> Result<(), String> {
        let mut alone = Table::new();
        insert(&mut alone, &self.path, value);
        let tried: Result<Config, toml::de::Error> = alone.try_into();
        tried
            .map(|_| ())
            .map_err(|error| error.message().to_owned())
    }
}

fn parse_value(text: &str) -> Option<Value> {
    let table: Table = format!("value = {text}").parse().ok()?;
    match table.len() {
        1 => table.get("value").cloned(),
        _ => None,
    }
}

fn insert(table: &mut Table, path: &[String], value: Value) {
    let Some((first, rest)) = path.split_first() else {
        return;
    };
    if rest.is_empty() {
        table.insert(first.clone(), value);
        return;
    }
    let entry = table
        .entry(first.clone())
        .or_insert_with(|| Value::Table(Table::new()));
    if let Value::Table(inner) = entry {
        insert(inner, rest, value);
    }
}

#[cfg(test)]
mod tests {
    use super::super::ExpressionLanguage;
    use super::*;

    fn load(file: &str, environment: &[(&str, &str)], sets: &[&str]) -> Result<Config, String> {
        let owned = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
        let environment = environment.iter().map(owned);
        let sets = sets.iter().map(|set| (*set).to_owned());
        Config::load(file, environment, sets).map_err(|error| error.to_string())
    }

    #[test]
    fn nothing_given_is_the_default() {
        assert_eq!(load("", &[], &[]), Ok(Config::default()));
    }

    #[test]
    fn later_sources_win() {
        let file = "[api]\nport = 1\nmax_limit = 1\nenable_info_endpoint = true";
        let environment = [
            ("OSTRO_API__PORT", "2"),
            ("OSTRO_API__MAX_LIMIT", "2"),
            ("HOME", "/"),
        ];
        let config = load(file, &environment, &["api.port=3"]).unwrap();
        let api = config.api;
        assert_eq!((api.port, api.max_limit), (3, 2));
        assert!(api.enable_info_endpoint);
    }

    #[test]
    fn texts_need_no_quotes_and_lists_are_toml() {
        let sets = [
            "database.path=123",
            "expressions.allowed_languages=[\"yaql\"]",
        ];
        let config = load("", &[("OSTRO_API__HOST", "::1")], &sets).unwrap();
        assert_eq!(config.database.path.to_str(), Some("123"));
        assert_eq!(config.api.host.to_string(), "::1");
        assert_eq!(
            config.expressions.allowed_languages,
            [ExpressionLanguage::Yaql]
        );
    }

    #[test]
    fn errors_name_their_origin() {
        let errors = [
            load("[api]\nprot = 1", &[], &[]),
            load("[api\nport = 1", &[], &[]),
            load("", &[("OSTRO_API__PORT", "many")], &[]),
            load("", &[("OSTRO_APY__PORT", "1")], &[]),
            load("", &[], &["api.enable_info_endpoint=sometimes"]),
            load("", &[], &["port"]),
            load("", &[], &["api=1"]),
            load("", &[], &["pecan.auth_enable=true"]),
            load("", &[], &["yaql.convert_output_data=false"]),
        ];
        let texts: Vec<_> = errors.into_iter().map(Result::unwrap_err).collect();
        insta::assert_snapshot!(texts.join("\n--\n"));
    }
}
