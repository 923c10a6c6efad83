//! `ostro event-trigger`: workflows that start when something happens.

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use crate::client::address::Address;
use crate::client::connection::Client;
use crate::client::document::{decoded, text};
use crate::client::find::{is_id, resolve};
use crate::client::list::{self, List};
use crate::client::objects::{self, Many, Namespace, One};
use crate::client::resource::{EVENT_TRIGGERS, WORKFLOWS};
use crate::client::trouble::failed;
use crate::exit::Exit;
use crate::input;

#[derive(Debug, Subcommand)]
pub(crate) enum EventTrigger {
    /// List event triggers
    List(List),
    /// Show an event trigger
    Show(One),
    Create(Create),
    Update(Update),
    /// Delete event triggers
    Delete(Many),
}

/// Start a workflow when an event comes
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ostro event-trigger create booted prepare nova notifications compute.instance.create.end")]
pub(crate) struct Create {
    /// Its name
    #[arg(value_name = "NAME")]
    name: String,
    /// The workflow: its name or id
    #[arg(value_name = "WORKFLOW")]
    workflow: String,
    /// The exchange that the event comes from
    exchange: String,
    /// The topic of the event
    topic: String,
    /// The type of the event
    event: String,
    #[command(flatten)]
    start: Start,
}

/// Change an event trigger
#[derive(Debug, Args)]
pub(crate) struct Update {
    #[command(flatten)]
    one: One,
    /// Another name
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Another workflow: its name or id
    #[arg(long, value_name = "WORKFLOW")]
    workflow: Option<String>,
    #[command(flatten)]
    start: Start,
}

#[derive(Debug, Args)]
struct Start {
    /// Input of the workflow: NAME=VALUE (a JSON value, else a text), FILE (JSON or YAML), - or a
    /// JSON object; may be repeated
    #[arg(long, short, value_name = "NAME=VALUE|FILE|-")]
    input: Vec<String>,
    /// Parameters of the execution, in the same forms
    #[arg(long, value_name = "NAME=VALUE|FILE|-")]
    params: Vec<String>,
    /// Let all projects use it
    #[arg(long)]
    public: bool,
}

impl Start {
    fn body(&self) -> anyhow::Result<Map<String, Value>> {
        let mut body = Map::new();
        for (name, given) in [
            ("workflow_input", &self.input),
            ("workflow_params", &self.params),
        ] {
            if !given.is_empty() {
                body.insert(name.to_owned(), Value::Object(input::object(given)?));
            }
        }
        if self.public {
            body.insert("scope".to_owned(), json!("public"));
        }
        Ok(body)
    }
}

pub(crate) async fn run(client: &Client, verb: &EventTrigger) -> anyhow::Result<Exit> {
    let resource = &EVENT_TRIGGERS;
    match verb {
        EventTrigger::List(list) => {
            list::show(client, resource, Address::new(&["event_triggers"]), list).await?;
        }
        EventTrigger::Show(one) => objects::show(client, resource, &one.id).await?,
        EventTrigger::Create(wanted) => create(client, wanted).await?,
        EventTrigger::Update(wanted) => update(client, wanted).await?,
        EventTrigger::Delete(some) => {
            objects::delete(client, resource, &some.ids, &Namespace::default()).await?;
        }
    }
    Ok(Exit::Success)
}

async fn create(client: &Client, wanted: &Create) -> anyhow::Result<()> {
    let mut body = wanted.start.body()?;
    let workflow = workflow_id(client, &wanted.workflow).await?;
    for (name, value) in [
        ("name", &wanted.name),
        ("workflow_id", &workflow),
        ("exchange", &wanted.exchange),
        ("topic", &wanted.topic),
        ("event", &wanted.event),
    ] {
        body.insert(name.to_owned(), json!(value));
    }
    let answer = client
        .post(Address::new(&["event_triggers"]), Value::Object(body))
        .await;
    let made = answer.map_err(failed("create", &EVENT_TRIGGERS, &wanted.name))?;
    Ok(client
        .output
        .one(&EVENT_TRIGGERS, &decoded(&EVENT_TRIGGERS, made))?)
}

async fn update(client: &Client, wanted: &Update) -> anyhow::Result<()> {
    let mut body = wanted.start.body()?;
    if let Some(name) = &wanted.name {
        body.insert("name".to_owned(), json!(name));
    }
    if let Some(workflow) = &wanted.workflow {
        body.insert(
            "workflow_id".to_owned(),
            json!(workflow_id(client, workflow).await?),
        );
    }
    let id = resolve(client, &EVENT_TRIGGERS, &wanted.one.id).await?;
    let address = Address::new(&["event_triggers", &id]);
    let answer = client.put(address, Value::Object(body)).await;
    let changed = answer.map_err(failed("update", &EVENT_TRIGGERS, &wanted.one.id))?;
    Ok(client
        .output
        .one(&EVENT_TRIGGERS, &decoded(&EVENT_TRIGGERS, changed))?)
}

/// Event triggers know workflows by id alone.
pub(super) async fn workflow_id(client: &Client, word: &str) -> anyhow::Result<String> {
    if is_id(word) {
        return Ok(word.to_owned());
    }
    let workflow = objects::read(client, &WORKFLOWS, word, &Namespace::default()).await?;
    Ok(text(&workflow, "id").to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::super::scripted::Scripted;
    use super::*;

    #[tokio::test]
    async fn a_workflow_by_its_name() {
        let id = "0193aaaa-0000-7000-8000-000000000001";
        let client = Scripted::new()
            .answer("GET", 200, &json!({"id": id}))
            .answer("POST", 201, &json!({"name": "t"}))
            .client()
            .await;
        let [name, workflow, exchange, topic, event] = ["t", "w", "e", "p", "x"].map(str::to_owned);
        let start = Start {
            input: vec!["a=1".to_owned()],
            params: Vec::new(),
            public: true,
        };
        let wanted = Create {
            name,
            workflow,
            exchange,
            topic,
            event,
            start,
        };
        create(&client, &wanted).await.unwrap();
        let expected = json!({
            "workflow_input": {"a": 1}, "scope": "public", "name": "t", "workflow_id": id,
            "exchange": "e", "topic": "p", "event": "x",
        });
        assert_eq!(client.sent(1), expected);
    }
}
