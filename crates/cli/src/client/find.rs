//! Which object a person means: its id, its name, the unique beginning of an id, or
//! `@last` for the newest.

use serde_json::Value;

use super::address::Address;
use super::connection::Client;
use super::document::{entries, text};
use super::resource::{Key, Resource};
use super::trouble::failed;
use crate::api::ApiError;

/// The word for the newest object.
pub(crate) const LAST: &str = "@last";
/// An id in full.
const ID_LENGTH: usize = 36;
/// How many of the newest objects a beginning is compared with.
const SEARCHED: usize = 1000;
/// How many ids a complaint about an ambiguous beginning shows.
const SHOWN: usize = 5;

/// A word that means no object, or several.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FindError {
    #[error("there is no {0} yet")]
    None(&'static str),
    #[error("several {what}s begin with '{prefix}': {}", ids.join(", "))]
    Several {
        what: &'static str,
        prefix: String,
        ids: Vec<String>,
    },
}

/// The id or name to use in a path.
pub(crate) async fn resolve(
    client: &Client,
    resource: &Resource,
    word: &str,
) -> anyhow::Result<String> {
    if word == LAST {
        return last(client, resource).await;
    }
    if resource.key == Key::Name || is_id(word) || !may_begin_id(word) {
        return Ok(word.to_owned());
    }
    let exact = Address::new(&[resource.collection, word]);
    match client.get(exact).await {
        Ok(_) => return Ok(word.to_owned()),
        // The original refuses what is no UUID before it looks.
        Err(ApiError::Refused {
            status: 400 | 404, ..
        }) => {}
        Err(error) => return Err(failed("find", resource, word)(error).into()),
    }
    let mut ids = beginning_with(client, resource, word).await?;
    match ids.len() {
        // The service's own answer to the word says it best.
        0 => Ok(word.to_owned()),
        1 => Ok(ids.remove(0)),
        _ => {
            ids.truncate(SHOWN);
            Err(FindError::Several {
                what: resource.singular,
                prefix: word.to_owned(),
                ids,
            }
            .into())
        }
    }
}

/// The same for several words.
pub(crate) async fn resolve_all(
    client: &Client,
    resource: &Resource,
    words: &[String],
) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::with_capacity(words.len());
    for word in words {
        found.push(resolve(client, resource, word).await?);
    }
    Ok(found)
}

async fn last(client: &Client, resource: &Resource) -> anyhow::Result<String> {
    let mut newest = newest(resource, 1);
    if resource.collection == "executions" {
        // The one that somebody started, not its sub-workflows.
        newest = newest.with("nulls", "root_execution_id");
    }
    let answer = client
        .get(newest)
        .await
        .map_err(failed("find the newest", resource, ""))?;
    let found = entries(resource, answer);
    let found = found.first().ok_or(FindError::None(resource.singular))?;
    Ok(key(resource, found).to_owned())
}

async fn beginning_with(
    client: &Client,
    resource: &Resource,
    prefix: &str,
) -> anyhow::Result<Vec<String>> {
    let answer = client
        .get(newest(resource, SEARCHED))
        .await
        .map_err(failed("find", resource, prefix))?;
    let ids = entries(resource, answer).into_iter();
    let ids = ids.map(|entry| text(&entry, "id").to_owned());
    Ok(ids
        .filter(|id| id.starts_with(&prefix.to_lowercase()))
        .collect())
}

/// The newest objects; ids are in the order of time where creation times are equal.
fn newest(resource: &Resource, count: usize) -> Address {
    let address = Address::new(&[resource.collection])
        .with("sort_keys", "created_at,id")
        .with("sort_dirs", "desc,desc")
        .with("limit", &count.to_string());
    match (resource.can_choose_fields, resource.key) {
        (true, Key::Id) => address.with("fields", "id"),
        (true, _) => address.with("fields", "id,name"),
        (false, _) => address,
    }
}

fn key<'a>(resource: &Resource, entry: &'a Value) -> &'a str {
    match resource.key {
        Key::Name => text(entry, "name"),
        Key::Id | Key::NameOrId => text(entry, "id"),
    }
}

/// Whether it has the form of a complete id.
pub(crate) fn is_id(word: &str) -> bool {
    word.len() == ID_LENGTH && may_begin_id(word)
}

fn may_begin_id(word: &str) -> bool {
    !word.is_empty()
        && word
            .bytes()
            .all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::resource::{ENVIRONMENTS, EXECUTIONS, WORKFLOWS};
    use super::super::scripted::Scripted;
    use super::*;

    const A: &str = "0193aaaa-0000-7000-8000-000000000001";
    const B: &str = "0193aabb-0000-7000-8000-000000000002";

    fn two() -> Value {
        json!({"executions": [{"id": B}, {"id": A}]})
    }

    fn not_found() -> Value {
        json!({"faultstring": "WorkflowExecution not found"})
    }

    #[tokio::test]
    async fn complete_ids_and_names_are_not_looked_up() {
        let client = Scripted::new().client().await;
        assert_eq!(resolve(&client, &EXECUTIONS, A).await.unwrap(), A);
        assert_eq!(
            resolve(&client, &WORKFLOWS, "hello").await.unwrap(),
            "hello"
        );
        assert_eq!(
            resolve(&client, &ENVIRONMENTS, "beef").await.unwrap(),
            "beef"
        );
        assert!(client.asked().is_empty());
    }

    #[tokio::test]
    async fn the_newest() {
        let client = Scripted::new()
            .answer("GET", 200, &json!({"executions": [{"id": B}]}))
            .answer("GET", 200, &json!({"executions": []}))
            .client()
            .await;
        assert_eq!(resolve(&client, &EXECUTIONS, LAST).await.unwrap(), B);
        assert!(client.asked()[0].contains("nulls=root_execution_id"));
        let none = resolve(&client, &EXECUTIONS, LAST).await.unwrap_err();
        assert_eq!(none.to_string(), "there is no execution yet");
    }

    #[tokio::test]
    async fn a_unique_beginning_will_do() {
        let client = Scripted::new()
            .answer("GET", 404, &not_found())
            .answer("GET", 200, &two())
            .client()
            .await;
        assert_eq!(resolve(&client, &EXECUTIONS, "0193AAB").await.unwrap(), B);
    }

    #[tokio::test]
    async fn several_are_named() {
        let client = Scripted::new()
            .answer("GET", 404, &not_found())
            .answer("GET", 200, &two())
            .client()
            .await;
        let error = resolve(&client, &EXECUTIONS, "0193").await.unwrap_err();
        let expected = format!("several executions begin with '0193': {B}, {A}");
        assert_eq!(error.to_string(), expected);
    }

    #[tokio::test]
    async fn an_id_chosen_by_a_caller_counts_before_a_beginning() {
        let client = Scripted::new()
            .answer("GET", 200, &json!({"id": "beef"}))
            .client()
            .await;
        assert_eq!(resolve(&client, &EXECUTIONS, "beef").await.unwrap(), "beef");
    }
}
