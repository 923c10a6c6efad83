//! `ostro dynamic-action`: actions whose code is a code source.

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use crate::client::address::Address;
use crate::client::connection::Client;
use crate::client::document::decoded;
use crate::client::find::is_id;
use crate::client::list::{self, List};
use crate::client::objects::{self, Definition, Definitions, Namespace};
use crate::client::resource::DYNAMIC_ACTIONS;
use crate::client::trouble::failed;
use crate::exit::Exit;

#[derive(Debug, Subcommand)]
pub(crate) enum DynamicAction {
    /// List dynamic actions
    List(List),
    /// Show a dynamic action
    Show(Definition),
    Create(Create),
    Update(Update),
    /// Delete dynamic actions
    Delete(Definitions),
}

/// Make an action of a class
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// Its name
    #[arg(value_name = "NAME")]
    name: String,
    /// The class in the code
    #[arg(value_name = "CLASS")]
    class: String,
    /// The code source: its name or id
    #[arg(value_name = "CODE_SOURCE")]
    code_source: String,
    #[command(flatten)]
    namespace: Namespace,
    /// Let all projects use it
    #[arg(long)]
    public: bool,
}

/// Change a dynamic action
#[derive(Debug, Args)]
pub(crate) struct Update {
    /// Which one
    #[arg(value_name = "ID")]
    id: String,
    /// Another class
    #[arg(long, value_name = "CLASS")]
    class: Option<String>,
    /// Another code source: its name or id
    #[arg(long, value_name = "CODE_SOURCE")]
    code_source: Option<String>,
    #[command(flatten)]
    namespace: Namespace,
}

pub(crate) async fn run(client: &Client, verb: &DynamicAction) -> anyhow::Result<Exit> {
    let resource = &DYNAMIC_ACTIONS;
    let address = || Address::new(&["dynamic_actions"]);
    match verb {
        DynamicAction::List(list) => list::show(client, resource, address(), list).await?,
        DynamicAction::Show(one) => {
            objects::show_in(client, resource, &one.id, &one.namespace).await?;
        }
        DynamicAction::Create(wanted) => {
            let answer = client.post(address(), wanted.body()).await;
            let made = answer.map_err(failed("create", resource, &wanted.name))?;
            client.output.one(resource, &decoded(resource, made))?;
        }
        DynamicAction::Update(wanted) => {
            let answer = client.put(address(), wanted.body()).await;
            let changed = answer.map_err(failed("update", resource, &wanted.id))?;
            client.output.one(resource, &decoded(resource, changed))?;
        }
        DynamicAction::Delete(some) => {
            objects::delete(client, resource, &some.ids, &some.namespace).await?;
        }
    }
    Ok(Exit::Success)
}

impl Create {
    fn body(&self) -> Value {
        let mut body = Map::new();
        put(&mut body, "name", Some(&self.name));
        put(&mut body, "class_name", Some(&self.class));
        put_source(&mut body, Some(&self.code_source));
        put(&mut body, "namespace", self.namespace.namespace.as_ref());
        if self.public {
            body.insert("scope".to_owned(), json!("public"));
        }
        Value::Object(body)
    }
}

impl Update {
    fn body(&self) -> Value {
        let mut body = Map::new();
        let field = if is_id(&self.id) { "id" } else { "name" };
        put(&mut body, field, Some(&self.id));
        put(&mut body, "class_name", self.class.as_ref());
        put_source(&mut body, self.code_source.as_ref());
        put(&mut body, "namespace", self.namespace.namespace.as_ref());
        Value::Object(body)
    }
}

fn put(body: &mut Map<String, Value>, name: &str, value: Option<&String>) {
    if let Some(value) = value {
        body.insert(name.to_owned(), json!(value));
    }
}

fn put_source(body: &mut Map<String, Value>, source: Option<&String>) {
    let by_id = source.is_some_and(|source| is_id(source));
    let field = if by_id {
        "code_source_id"
    } else {
        "code_source_name"
    };
    put(body, field, source);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_names() {
        let id = "0193aaaa-0000-7000-8000-000000000001";
        let update = |which: &str, source: &str| {
            let update = Update {
                id: which.to_owned(),
                class: None,
                code_source: Some(source.to_owned()),
                namespace: Namespace::default(),
            };
            update.body()
        };
        assert_eq!(
            update("a", "s"),
            json!({"name": "a", "code_source_name": "s"})
        );
        assert_eq!(update(id, id), json!({"id": id, "code_source_id": id}));
    }
}
