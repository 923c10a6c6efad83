//! `ostro event-trigger`: workflows that start when something happens.

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use crate::client::address::Address;
use crate::client::connection::Client;
use crate::client::document::{decoded, text};
use crate::client::find::{is_id, resolve};
use crate::client::list::{self, List};
use crate::client::objects::{self, Many, Namespace, One};
use crate::client::resource::{EVENT_TRIGGERS, FIRES, HOOKS, STARTED, WORKFLOWS};
use crate::client::trouble::{failed, failed_to};
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
    /// List what a trigger started, the latest first
    Fires(Fires),
    Hook(Hook),
    Publish(Publish),
}

#[derive(Debug, Args)]
pub(crate) struct Fires {
    #[command(flatten)]
    one: One,
    #[command(flatten)]
    list: List,
}

/// Let a web hook start the workflow: shows its URL and its secret, this once
#[derive(Debug, Args)]
#[command(after_help = "\
The sender signs each body: X-Hub-Signature-256: sha256=HEX, the HMAC-SHA256 of the body with the
secret. Done again, it gives another secret.")]
pub(crate) struct Hook {
    #[command(flatten)]
    one: One,
    /// The secret, 16 to 256 bytes; a random one unless given
    #[arg(long, value_name = "SECRET", conflicts_with = "close")]
    secret: Option<String>,
    /// The web hook answers no more
    #[arg(long)]
    close: bool,
}

/// Tell of an event: starts the workflows of the triggers that listen to it
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ostro event-trigger publish nova notifications compute.instance.create.end -p instance_id=i-1")]
pub(crate) struct Publish {
    /// The exchange that the event comes from
    exchange: String,
    /// The topic of the event
    topic: String,
    /// The type of the event
    event: String,
    /// What it says: NAME=VALUE (a JSON value, else a text), FILE (JSON or YAML), - or a JSON
    /// object; may be repeated
    #[arg(long, short, value_name = "NAME=VALUE|FILE|-")]
    payload: Vec<String>,
    /// Who says it
    #[arg(long, value_name = "NAME")]
    publisher: Option<String>,
    /// An id of it: the same event again starts nothing
    #[arg(long, value_name = "ID")]
    message_id: Option<String>,
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
        EventTrigger::Fires(wanted) => {
            let id = resolve(client, resource, &wanted.one.id).await?;
            let address = Address::new(&["event_triggers", &id, "fires"]);
            list::show(client, &FIRES, address, &wanted.list).await?;
        }
        EventTrigger::Hook(wanted) => hook(client, wanted).await?,
        EventTrigger::Publish(wanted) => publish(client, wanted).await?,
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

async fn hook(client: &Client, wanted: &Hook) -> anyhow::Result<()> {
    let word = &wanted.one.id;
    let id = resolve(client, &EVENT_TRIGGERS, word).await?;
    let address = Address::new(&["event_triggers", &id, "hook"]);
    if wanted.close {
        let closed = client.delete(address).await;
        closed.map_err(failed("close the web hook of", &EVENT_TRIGGERS, word))?;
        return objects::all_deleted(client, std::slice::from_ref(&id));
    }
    let body = match &wanted.secret {
        Some(secret) => json!({"secret": secret}),
        None => json!({}),
    };
    let opened = client.post(address, body).await;
    let opened = opened.map_err(failed("open a web hook of", &EVENT_TRIGGERS, word))?;
    Ok(client.output.one(&HOOKS, &opened)?)
}

async fn publish(client: &Client, wanted: &Publish) -> anyhow::Result<()> {
    let mut body = Map::new();
    for (name, value) in [
        ("exchange", Some(&wanted.exchange)),
        ("topic", Some(&wanted.topic)),
        ("event_type", Some(&wanted.event)),
        ("publisher", wanted.publisher.as_ref()),
        ("message_id", wanted.message_id.as_ref()),
    ] {
        if let Some(value) = value {
            body.insert(name.to_owned(), json!(value));
        }
    }
    let payload = input::object(&wanted.payload)?;
    body.insert("payload".to_owned(), Value::Object(payload));
    let address = Address::new(&["events", "publish"]);
    let accepted = client.post(address, Value::Object(body)).await;
    let mut accepted = accepted.map_err(failed_to("publish the event"))?;
    match accepted.get_mut("started").map(Value::take) {
        Some(Value::Array(started)) => Ok(client.output.list(&STARTED, &started, None)?),
        _ => Ok(()),
    }
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
    use clap::Parser;

    use super::super::super::scripted::Scripted;
    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(subcommand)]
        verb: EventTrigger,
    }

    #[tokio::test]
    async fn a_published_event() {
        let client = Scripted::new()
            .answer("POST", 202, &json!({"repeated": false, "started": []}))
            .client()
            .await;
        let line = [
            "x",
            "publish",
            "e",
            "t",
            "y",
            "-p",
            "a=1",
            "--message-id",
            "m",
        ];
        run(&client, &Line::parse_from(line).verb).await.unwrap();
        let expected = json!({
            "exchange": "e", "topic": "t", "event_type": "y", "message_id": "m",
            "payload": {"a": 1},
        });
        assert_eq!(client.sent(0), expected);
    }

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
