//! Settings that are lists of words: an array, or a text with commas.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use store::Roles;

#[derive(Deserialize)]
#[serde(untagged)]
enum Form {
    List(Vec<String>),
    Text(String),
}

/// The words, without blanks around them.
pub(super) fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let given = match Form::deserialize(deserializer)? {
        Form::List(given) => given,
        Form::Text(text) => text.split(',').map(str::to_owned).collect(),
    };
    let words = given.iter().map(|word| word.trim().to_owned());
    Ok(words.filter(|word| !word.is_empty()).collect())
}

/// The roles of a node.
pub(super) fn roles<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Roles, D::Error> {
    list(deserializer)?
        .join(",")
        .parse()
        .map_err(D::Error::custom)
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    fn load(sets: &[&str]) -> Result<Config, String> {
        let sets = sets.iter().map(|set| (*set).to_owned());
        Config::load("", [], sets).map_err(|error| error.to_string())
    }

    #[test]
    fn lists_are_arrays_or_have_commas() {
        let config = load(&["cluster.roles=engine, executor", "executor.targets=a, b"]).unwrap();
        assert!(config.cluster.roles.names().eq(["engine", "executor"]));
        assert_eq!(config.executor.targets, ["a", "b"]);
        let config = load(&["cluster.roles=[\"api\"]", "executor.targets=[]"]).unwrap();
        assert!(config.cluster.roles.names().eq(["api"]));
        assert_eq!(config.executor.targets, [""; 0]);
    }

    #[test]
    fn what_is_no_role_is_named() {
        let error = load(&["cluster.roles=cook"]).unwrap_err();
        assert!(error.contains("cluster.roles") && error.contains("unknown role 'cook'"));
        assert!(load(&["cluster.roles=[]"]).is_err());
    }
}
