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
