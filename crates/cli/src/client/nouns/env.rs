//! `ostro env`: stored environments.

use std::io::Write;
use std::process::Command;

use anyhow::{Context, ensure};
use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use crate::client::address::Address;
use crate::client::connection::Client;
use crate::client::document::{decoded, text};
use crate::client::list::{self, List};
use crate::client::objects::{self, Many, Namespace, One};
use crate::client::resource::ENVIRONMENTS;
use crate::client::trouble::failed;
use crate::exit::Exit;
use crate::{input, out};

/// What may be in a document of an environment.
const KEYS: [&str; 4] = ["name", "description", "variables", "scope"];

#[derive(Debug, Subcommand)]
pub(crate) enum Env {
    /// List environments
    List(List),
    /// Show an environment
    Show(One),
    /// Print an environment as JSON that `create` and `update` take
    Get(One),
    Create(Create),
    Update(Update),
    /// Change an environment's variables in an editor: $VISUAL or $EDITOR
    Edit(One),
    /// Delete environments
    Delete(Many),
}

/// Store an environment
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ostro env create production -v town=Riga -v 'hosts=[\"a\", \"b\"]' --description 'the real one'
  ostro env create --file production.yaml            {name: …, description: …, variables: {…}}")]
pub(crate) struct Create {
    #[command(flatten)]
    content: Content,
}

/// Change an environment
///
/// Variables given with -v change single ones; those of a file replace all.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ostro env update production -v town=Tartu --unset hosts
  ostro env update --file production.yaml")]
pub(crate) struct Update {
    #[command(flatten)]
    content: Content,
    /// Take this variable away; may be repeated
    #[arg(long, value_name = "NAME", requires = "name")]
    unset: Vec<String>,
}

#[derive(Debug, Args)]
struct Content {
    /// Its name
    #[arg(value_name = "ENVIRONMENT", required_unless_present = "file")]
    name: Option<String>,
    /// Variables: NAME=VALUE (a JSON value, else a text), @FILE (JSON or YAML), - or a JSON object
    #[arg(long = "variable", short, value_name = "NAME=VALUE|@FILE|-")]
    variables: Vec<String>,
    /// A whole document in JSON or YAML: name, description, variables, scope; - is standard input
    #[arg(long, value_name = "FILE", conflicts_with = "variables")]
    file: Option<String>,
    /// A note
    #[arg(long, short, value_name = "TEXT")]
    description: Option<String>,
    /// Let all projects use it
    #[arg(long)]
    public: bool,
}

impl Content {
    fn document(&self) -> anyhow::Result<Map<String, Value>> {
        let mut document = match &self.file {
            Some(file) => input::read(file)?,
            None => Map::new(),
        };
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                document.insert(name.to_owned(), value);
            }
        };
        put("name", self.name.as_ref().map(|name| json!(name)));
        put(
            "description",
            self.description.as_ref().map(|text| json!(text)),
        );
        put("scope", self.public.then(|| json!("public")));
        let variables = input::object(&self.variables)?;
        put(
            "variables",
            self.file.is_none().then_some(Value::Object(variables)),
        );
        ensure!(
            document.get("name").is_some_and(Value::is_string),
            "the environment has no name: give one, or `name` in the file"
        );
        Ok(document)
    }
}

pub(crate) async fn run(client: &Client, verb: &Env) -> anyhow::Result<Exit> {
    let resource = &ENVIRONMENTS;
    match verb {
        Env::List(list) => {
            list::show(client, resource, Address::new(&["environments"]), list).await?;
        }
        Env::Show(one) => objects::show(client, resource, &one.id).await?,
        Env::Get(one) => export(client, &one.id).await?,
        Env::Create(create) => {
            let body = Value::Object(create.content.document()?);
            let name = text(&body, "name").to_owned();
            let answer = client.post(Address::new(&["environments"]), body).await;
            let made = answer.map_err(failed("create", resource, &name))?;
            client.output.one(resource, &decoded(resource, made))?;
        }
        Env::Update(wanted) => update(client, wanted).await?,
        Env::Edit(one) => edit(client, &one.id).await?,
        Env::Delete(some) => {
            objects::delete(client, resource, &some.ids, &Namespace::default()).await?;
        }
    }
    Ok(Exit::Success)
}

async fn export(client: &Client, word: &str) -> anyhow::Result<()> {
    let environment = objects::read(client, &ENVIRONMENTS, word, &Namespace::default()).await?;
    let pairs = KEYS.map(|key| {
        (
            key.to_owned(),
            environment.get(key).cloned().unwrap_or_default(),
        )
    });
    let kept = pairs.into_iter().filter(|(_, value)| !value.is_null());
    Ok(out::json(&Value::Object(kept.collect()))?)
}

async fn update(client: &Client, wanted: &Update) -> anyhow::Result<()> {
    let mut body = wanted.content.document()?;
    let name = body
        .get("name")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    if wanted.content.file.is_none() {
        let given = body.remove("variables").unwrap_or_default();
        if let Value::Object(given) = given
            && !(given.is_empty() && wanted.unset.is_empty())
        {
            // The service replaces all of them.
            let mut variables = variables(client, &name).await?;
            variables.extend(given);
            variables.retain(|name, _| !wanted.unset.contains(name));
            body.insert("variables".to_owned(), Value::Object(variables));
        }
    }
    send(client, &name, body).await
}

async fn send(client: &Client, name: &str, body: Map<String, Value>) -> anyhow::Result<()> {
    let answer = client
        .put(Address::new(&["environments"]), Value::Object(body))
        .await;
    let changed = answer.map_err(failed("update", &ENVIRONMENTS, name))?;
    Ok(client
        .output
        .one(&ENVIRONMENTS, &decoded(&ENVIRONMENTS, changed))?)
}

async fn variables(client: &Client, name: &str) -> anyhow::Result<Map<String, Value>> {
    let mut environment = objects::read(client, &ENVIRONMENTS, name, &Namespace::default()).await?;
    match environment.get_mut("variables").map(Value::take) {
        Some(Value::Object(variables)) => Ok(variables),
        _ => Ok(Map::new()),
    }
}

async fn edit(client: &Client, word: &str) -> anyhow::Result<()> {
    let before = variables(client, word).await?;
    let mut file = tempfile::Builder::new()
        .prefix("ostro-env-")
        .suffix(".json")
        .tempfile()
        .context("cannot make a file to edit")?;
    writeln!(file, "{:#}", Value::Object(before.clone()))?;
    open_editor(file.path())?;
    let path = file.path().display().to_string();
    let after = match input::read(&path) {
        Ok(after) => after,
        Err(error) => {
            // What was typed is worth something.
            let (_, kept) = file.keep().context("cannot keep the edited file")?;
            anyhow::bail!(
                "nothing is changed: {error}\n  the text is kept in {}",
                kept.display()
            );
        }
    };
    if after == before {
        anstream::eprintln!("nothing is changed");
        return Ok(());
    }
    let body = json!({"name": word, "variables": after});
    send(client, word, body.as_object().cloned().unwrap_or_default()).await
}

fn open_editor(path: &std::path::Path) -> anyhow::Result<()> {
    let set = |name| {
        std::env::var(name)
            .ok()
            .filter(|value: &String| !value.trim().is_empty())
    };
    let editor = set("VISUAL")
        .or_else(|| set("EDITOR"))
        .unwrap_or_else(|| "vi".to_owned());
    // As other programs do it: the variable may hold options.
    let mut words = editor.split_whitespace();
    let program = words.next().unwrap_or("vi");
    let status = Command::new(program)
        .args(words)
        .arg(path)
        .status()
        .with_context(|| format!("cannot start the editor '{editor}': set EDITOR"))?;
    ensure!(
        status.success(),
        "nothing is changed: the editor ended with {status}"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::super::super::scripted::Scripted;
    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(subcommand)]
        verb: Env,
    }

    async fn sent(arguments: &[&str], client: Scripted, request: usize) -> Value {
        let client = client.client().await;
        let verb = Line::parse_from([&["env"], arguments].concat()).verb;
        run(&client, &verb).await.unwrap();
        client.sent(request)
    }

    #[tokio::test]
    async fn what_is_created() {
        let client = Scripted::new().answer("POST", 201, &json!({"name": "p"}));
        let body = sent(
            &["create", "p", "-v", "a=1", "-d", "x", "--public"],
            client,
            0,
        )
        .await;
        let expected =
            json!({"name": "p", "description": "x", "scope": "public", "variables": {"a": 1}});
        assert_eq!(body, expected);
    }

    #[tokio::test]
    async fn single_variables_change_and_go() {
        let stored = json!({"name": "p", "variables": "{\"a\": 1, \"b\": 2, \"c\": 3}"});
        let client =
            Scripted::new()
                .answer("GET", 200, &stored)
                .answer("PUT", 200, &json!({"name": "p"}));
        let body = sent(&["update", "p", "-v", "b=5", "--unset", "c"], client, 1).await;
        assert_eq!(body, json!({"name": "p", "variables": {"a": 1, "b": 5}}));
    }

    #[tokio::test]
    async fn a_description_alone_leaves_the_variables() {
        let client = Scripted::new().answer("PUT", 200, &json!({"name": "p"}));
        let body = sent(&["update", "p", "-d", "x"], client, 0).await;
        assert_eq!(body, json!({"name": "p", "description": "x"}));
    }
}
