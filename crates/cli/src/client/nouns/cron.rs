//! `ostro cron`: workflows that start at certain times.

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use crate::client::address::Address;
use crate::client::connection::Client;
use crate::client::document::decoded;
use crate::client::find::{is_id, resolve};
use crate::client::list::{self, List};
use crate::client::objects::{self, Many, Namespace, One};
use crate::client::resource::{CRON_TRIGGERS, FIRES};
use crate::client::trouble::failed;
use crate::exit::Exit;
use crate::input;

#[derive(Debug, Subcommand)]
pub(crate) enum Cron {
    /// List cron triggers
    List(List),
    /// Show a cron trigger
    Show(One),
    Create(Create),
    Update(Update),
    /// Delete cron triggers
    Delete(Many),
    /// Switch cron triggers on again
    Enable(Many),
    /// Switch cron triggers off, without deleting them
    Disable(Many),
    /// Start the workflow now, besides its times
    Run(One),
    Backfill(Backfill),
    Fires(Fires),
}

/// Start a workflow at certain times
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ostro cron create weekly upgrade --pattern '0 2 * * mon' --timezone Europe/Riga
  ostro cron create often check --pattern '*/5 * * * *' --overlap skip -i host=db1
  ostro cron create once report --first-time '2026-12-24 18:00'")]
pub(crate) struct Create {
    /// Its name
    #[arg(value_name = "NAME")]
    name: String,
    /// The workflow: its name or id
    #[arg(value_name = "WORKFLOW")]
    workflow: String,
    #[command(flatten)]
    start: Start,
    /// When it fires first, in UTC: YYYY-MM-DD HH:MM
    #[arg(long, value_name = "TIME")]
    first_time: Option<String>,
    #[command(flatten)]
    schedule: Schedule,
    /// Begin switched off
    #[arg(long)]
    disabled: bool,
    /// Let all projects see it
    #[arg(long)]
    public: bool,
}

/// Change a cron trigger
#[derive(Debug, Args)]
pub(crate) struct Update {
    #[command(flatten)]
    one: One,
    #[command(flatten)]
    start: Start,
    #[command(flatten)]
    schedule: Schedule,
}

/// What is started.
#[derive(Debug, Args)]
struct Start {
    /// Input of the workflow: NAME=VALUE (a JSON value, else a text), FILE (JSON or YAML), - or a
    /// JSON object; may be repeated
    #[arg(long, short, value_name = "NAME=VALUE|FILE|-")]
    input: Vec<String>,
    /// Parameters of the execution, in the same forms
    #[arg(long, value_name = "NAME=VALUE|FILE|-")]
    params: Vec<String>,
}

/// When it is started. Everything but pattern and count is an addition of Ostro.
#[derive(Debug, Args)]
struct Schedule {
    /// The times: minute, hour, day of month, month, day of week
    #[arg(long, short, value_name = "PATTERN")]
    pattern: Option<String>,
    /// How often it fires before it is gone
    #[arg(long, value_name = "N")]
    count: Option<u32>,
    /// Whose clock the pattern means, such as Europe/Riga [default: UTC]
    #[arg(long, value_name = "ZONE")]
    timezone: Option<String>,
    /// Times missed while the service was down: none, latest, all, or a number of seconds
    #[arg(long, value_name = "WHICH")]
    catch_up: Option<String>,
    /// What happens while an earlier start still runs
    #[arg(long, value_parser = ["allow", "skip", "buffer_one", "cancel_previous"])]
    overlap: Option<String>,
    /// Spread the starts over so many seconds
    #[arg(long, value_name = "SECONDS")]
    jitter: Option<u32>,
}

/// Start the workflow for times that have passed
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ostro cron backfill weekly '2026-11-01 00:00:00' '2026-11-15 00:00:00'")]
pub(crate) struct Backfill {
    #[command(flatten)]
    one: One,
    /// From this time on, in UTC
    from: String,
    /// Up to this time, in UTC
    to: String,
}

/// List when a trigger fired and what came of it, the latest first
#[derive(Debug, Args)]
pub(crate) struct Fires {
    #[command(flatten)]
    one: One,
    #[command(flatten)]
    list: List,
}

impl Schedule {
    fn add_to(&self, body: &mut Map<String, Value>) {
        let texts = [
            ("pattern", &self.pattern),
            ("timezone", &self.timezone),
            ("overlap", &self.overlap),
        ];
        for (name, value) in texts {
            if let Some(value) = value {
                body.insert(name.to_owned(), json!(value));
            }
        }
        let numbers = [
            ("remaining_executions", self.count),
            ("jitter", self.jitter),
        ];
        for (name, value) in numbers {
            if let Some(value) = value {
                body.insert(name.to_owned(), json!(value));
            }
        }
        if let Some(catch_up) = &self.catch_up {
            body.insert("catch_up".to_owned(), input::value(catch_up));
        }
    }
}

impl Start {
    fn add_to(&self, body: &mut Map<String, Value>) -> anyhow::Result<()> {
        for (name, given) in [
            ("workflow_input", &self.input),
            ("workflow_params", &self.params),
        ] {
            if !given.is_empty() {
                body.insert(name.to_owned(), Value::Object(input::object(given)?));
            }
        }
        Ok(())
    }
}

impl Create {
    fn body(&self) -> anyhow::Result<Value> {
        let mut body = Map::new();
        let mut put = |name: &str, value: Value| body.insert(name.to_owned(), value);
        put("name", json!(self.name));
        let field = if is_id(&self.workflow) {
            "workflow_id"
        } else {
            "workflow_name"
        };
        put(field, json!(self.workflow));
        if let Some(time) = &self.first_time {
            put("first_execution_time", json!(time));
        }
        if self.disabled {
            put("enabled", json!(false));
        }
        if self.public {
            put("scope", json!("public"));
        }
        self.start.add_to(&mut body)?;
        self.schedule.add_to(&mut body);
        Ok(Value::Object(body))
    }
}

pub(crate) async fn run(client: &Client, verb: &Cron) -> anyhow::Result<Exit> {
    let resource = &CRON_TRIGGERS;
    match verb {
        Cron::List(list) => {
            list::show(client, resource, Address::new(&["cron_triggers"]), list).await?;
        }
        Cron::Show(one) => objects::show(client, resource, &one.id).await?,
        Cron::Create(create) => {
            let answer = client
                .post(Address::new(&["cron_triggers"]), create.body()?)
                .await;
            let made = answer.map_err(failed("create", resource, &create.name))?;
            client.output.one(resource, &decoded(resource, made))?;
        }
        Cron::Update(update) => {
            let mut body = Map::new();
            update.start.add_to(&mut body)?;
            update.schedule.add_to(&mut body);
            let changed = change(client, &update.one.id, Value::Object(body)).await?;
            client.output.one(resource, &changed)?;
        }
        Cron::Delete(some) => {
            objects::delete(client, resource, &some.ids, &Namespace::default()).await?;
        }
        Cron::Enable(some) => switch(client, some, true).await?,
        Cron::Disable(some) => switch(client, some, false).await?,
        Cron::Run(one) => order(client, &one.id, "run", json!({})).await?,
        Cron::Backfill(wanted) => {
            let times = json!({"from": wanted.from, "to": wanted.to});
            order(client, &wanted.one.id, "backfill", times).await?;
        }
        Cron::Fires(wanted) => fires(client, wanted).await?,
    }
    Ok(Exit::Success)
}

async fn change(client: &Client, word: &str, body: Value) -> anyhow::Result<Value> {
    let id = resolve(client, &CRON_TRIGGERS, word).await?;
    let answer = client
        .put(Address::new(&["cron_triggers", &id]), body)
        .await;
    let changed = answer.map_err(failed("change", &CRON_TRIGGERS, word))?;
    Ok(decoded(&CRON_TRIGGERS, changed))
}

async fn switch(client: &Client, some: &Many, enabled: bool) -> anyhow::Result<()> {
    let mut changed = Vec::new();
    for word in &some.ids {
        changed.push(change(client, word, json!({"enabled": enabled})).await?);
    }
    Ok(client.output.list(&CRON_TRIGGERS, &changed, None)?)
}

async fn order(client: &Client, word: &str, what: &str, body: Value) -> anyhow::Result<()> {
    let id = resolve(client, &CRON_TRIGGERS, word).await?;
    let address = Address::new(&["cron_triggers", &id, what]);
    let answer = client.post(address, body).await;
    let answer = answer.map_err(failed(what, &CRON_TRIGGERS, word))?;
    match answer.get(FIRES.collection) {
        Some(Value::Array(fires)) => Ok(client.output.list(&FIRES, fires, None)?),
        _ => Ok(client.output.one(&FIRES, &answer)?),
    }
}

async fn fires(client: &Client, wanted: &Fires) -> anyhow::Result<()> {
    let id = resolve(client, &CRON_TRIGGERS, &wanted.one.id).await?;
    let address = Address::new(&["cron_triggers", &id, "fires"]);
    list::show(client, &FIRES, address, &wanted.list).await
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::super::super::scripted::Scripted;
    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(subcommand)]
        verb: Cron,
    }

    async fn sent(arguments: &[&str], client: Scripted) -> (String, Value) {
        let client = client.client().await;
        let verb = Line::parse_from([&["cron"], arguments].concat()).verb;
        run(&client, &verb).await.unwrap();
        (client.asked()[0].clone(), client.sent(0))
    }

    #[tokio::test]
    async fn what_is_created() {
        let client = Scripted::new().answer("POST", 201, &json!({"name": "c"}));
        let arguments = [
            "create",
            "c",
            "upgrade",
            "--pattern",
            "0 2 * * mon",
            "--count",
            "3",
            "-i",
            "a=1",
            "--timezone",
            "Europe/Riga",
            "--catch-up",
            "600",
            "--overlap",
            "skip",
            "--disabled",
        ];
        let (_, body) = sent(&arguments, client).await;
        let expected = json!({
            "name": "c", "workflow_name": "upgrade", "enabled": false, "workflow_input": {"a": 1},
            "pattern": "0 2 * * mon", "timezone": "Europe/Riga", "overlap": "skip",
            "remaining_executions": 3, "catch_up": 600,
        });
        assert_eq!(body, expected);
    }

    #[tokio::test]
    async fn only_what_the_original_knows_is_sent_unless_more_is_asked_for() {
        let client = Scripted::new().answer("POST", 201, &json!({"name": "c"}));
        let (_, body) = sent(
            &["create", "c", "w", "--first-time", "2026-12-24 18:00"],
            client,
        )
        .await;
        let expected = json!({
            "name": "c", "workflow_name": "w", "first_execution_time": "2026-12-24 18:00",
        });
        assert_eq!(body, expected);
    }

    #[tokio::test]
    async fn switching_off() {
        let client = Scripted::new().answer("PUT", 200, &json!({"name": "weekly"}));
        let (asked, body) = sent(&["disable", "weekly"], client).await;
        assert_eq!(
            (asked.as_str(), body),
            ("PUT /v2/cron_triggers/weekly", json!({"enabled": false}))
        );
    }
}
