//! What every kind of objects has: one is shown, some are deleted.

use clap::Args;
use serde_json::{Value, json};

use super::address::Address;
use super::connection::Client;
use super::document::decoded;
use super::find::{resolve, resolve_all};
use super::resource::Resource;
use super::trouble::failed;
use crate::out;

/// One object.
#[derive(Debug, Args)]
pub(crate) struct One {
    /// Which one
    #[arg(value_name = "ID")]
    pub(crate) id: String,
}

/// One or more objects.
#[derive(Debug, Args)]
pub(crate) struct Many {
    /// Which ones
    #[arg(value_name = "ID", required = true)]
    pub(crate) ids: Vec<String>,
}

/// The namespace of a definition.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Namespace {
    /// The namespace [default: the unnamed one]
    #[arg(long, value_name = "NAME")]
    pub(crate) namespace: Option<String>,
}

/// One definition.
#[derive(Debug, Args)]
pub(crate) struct Definition {
    /// Which one
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) namespace: Namespace,
}

/// One or more definitions.
#[derive(Debug, Args)]
pub(crate) struct Definitions {
    /// Which ones
    #[arg(value_name = "ID", required = true)]
    pub(crate) ids: Vec<String>,
    #[command(flatten)]
    pub(crate) namespace: Namespace,
}

/// Reads an object.
pub(crate) async fn read(
    client: &Client,
    resource: &Resource,
    word: &str,
    namespace: &Namespace,
) -> anyhow::Result<Value> {
    let id = resolve(client, resource, word).await?;
    let address = Address::new(&[resource.collection, &id])
        .with_some("namespace", namespace.namespace.as_deref());
    let document = client
        .get(address)
        .await
        .map_err(failed("show", resource, word))?;
    Ok(decoded(resource, document))
}

/// Prints an object.
pub(crate) async fn show(client: &Client, resource: &Resource, word: &str) -> anyhow::Result<()> {
    show_in(client, resource, word, &Namespace::default()).await
}

/// Prints an object of a namespace.
pub(crate) async fn show_in(
    client: &Client,
    resource: &Resource,
    word: &str,
    namespace: &Namespace,
) -> anyhow::Result<()> {
    let document = read(client, resource, word, namespace).await?;
    Ok(client.output.one(resource, &document)?)
}

/// Prints one field of an object: JSON, or a text as it is.
pub(crate) async fn show_field(
    client: &Client,
    resource: &Resource,
    word: &str,
    field: &str,
) -> anyhow::Result<()> {
    let document = read(client, resource, word, &Namespace::default()).await?;
    Ok(client
        .output
        .value(document.get(field).unwrap_or(&Value::Null))?)
}

/// Prints a long text of an object as it is.
pub(crate) async fn show_text(
    client: &Client,
    resource: &Resource,
    definition: &Definition,
    field: &str,
) -> anyhow::Result<()> {
    let document = read(client, resource, &definition.id, &definition.namespace).await?;
    let text = document
        .get(field)
        .and_then(Value::as_str)
        .unwrap_or_default();
    match client.output.json {
        true => out::json(&json!({ field: text }))?,
        false => out::verbatim(text)?,
    }
    Ok(())
}

/// Deletes objects, one after the other; the first that cannot be ends it.
pub(crate) async fn delete(
    client: &Client,
    resource: &Resource,
    words: &[String],
    namespace: &Namespace,
) -> anyhow::Result<()> {
    let ids = resolve_all(client, resource, words).await?;
    for id in &ids {
        let address = Address::new(&[resource.collection, id])
            .with_some("namespace", namespace.namespace.as_deref());
        client
            .delete(address)
            .await
            .map_err(failed("delete", resource, id))?;
        deleted(client, resource, id)?;
    }
    all_deleted(client, &ids)
}

/// Tells people of one that is gone.
pub(crate) fn deleted(client: &Client, resource: &Resource, id: &str) -> anyhow::Result<()> {
    if !client.output.json {
        out::line(&format!("deleted {} {id}", resource.singular))?;
    }
    Ok(())
}

/// Tells programs of all that are gone.
pub(crate) fn all_deleted(client: &Client, ids: &[String]) -> anyhow::Result<()> {
    if client.output.json {
        out::json(&json!({ "deleted": ids }))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::resource::WORKFLOWS;
    use super::super::scripted::Scripted;
    use super::*;

    #[tokio::test]
    async fn definitions_have_namespaces() {
        let client = Scripted::new()
            .answer("GET", 200, &json!({"name": "a", "interface": "{}"}))
            .text("DELETE", 204, "")
            .client()
            .await;
        let namespace = Namespace {
            namespace: Some("n".to_owned()),
        };
        let document = read(&client, &WORKFLOWS, "a x", &namespace).await.unwrap();
        assert_eq!(document, json!({"name": "a", "interface": {}}));
        let names = ["a x".to_owned()];
        delete(&client, &WORKFLOWS, &names, &namespace)
            .await
            .unwrap();
        let expected = [
            "GET /v2/workflows/a%20x?namespace=n",
            "DELETE /v2/workflows/a%20x?namespace=n",
        ];
        assert_eq!(client.asked(), expected);
    }

    #[tokio::test]
    async fn what_cannot_be_deleted_is_named() {
        let fault = json!({"faultstring": "Workflow not found [workflow_identifier=zz]"});
        let client = Scripted::new().answer("DELETE", 404, &fault).client().await;
        let names = ["zz".to_owned(), "other".to_owned()];
        let error = delete(&client, &WORKFLOWS, &names, &Namespace::default()).await;
        let text = error.unwrap_err().to_string();
        assert!(
            text.starts_with("cannot delete workflow 'zz'\n  Workflow not found"),
            "{text}"
        );
        assert_eq!(client.asked().len(), 1);
    }
}
