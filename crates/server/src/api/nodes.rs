//! `GET /v2/nodes`: the processes that share the database.

use axum::extract::State;
use store::cluster::NodeRecord;
use store::{Roles, SHARDS};
use yaql::{Dict, List, Value};

use super::error::{ApiError, ApiResult};
use super::openapi::{Operation, Routes};
use super::query::Query;
use super::reply;
use super::resource::{Field, Form, Resource};
use super::state::App;
use crate::config::Config;

static NODE: Resource = Resource {
    name: "ServiceNode",
    about: "A process that works on the database.",
    fields: &[
        Field::text("id", "Its incarnation; another one after each start.").or_none(),
        Field::text("name", ""),
        Field::text("version", "Of the program."),
        Field::word("state", &["ALIVE", "GONE"], ""),
        Field::texts("roles", "What it does: api, engine, executor."),
        Field::texts(
            "targets",
            "Targets of actions that it runs, beside its name.",
        ),
        Field::any("shards", "The numbers of the shards that it owns."),
        Field::integer("shard_count", "How many these are."),
        Field::time("started_at", "").or_none(),
        Field::time("seen_at", "Its last sign of life.").or_none(),
    ],
    is_partial: false,
};

static NODES: Resource = Resource {
    name: "Nodes",
    about: "The processes that work on the database.",
    fields: &[Field::new("nodes", Form::Many(&NODE), "")],
    is_partial: false,
};

/// The route.
pub(super) fn routes() -> Routes {
    let list = Operation::new("List the nodes")
        .about("Those at work first, then those that ended in the last hour. An own addition.")
        .answers(200, &NODES);
    Routes::of("Service").get("/v2/nodes", index, list)
}

/// All nodes: those at work first, then those that ended in the last hour.
pub(crate) async fn index(State(app): State<App>, arguments: Query) -> ApiResult {
    arguments.check_known(&[])?;
    let nodes = match app.nodes() {
        Some(database) => tokio::task::spawn_blocking(move || database.nodes())
            .await
            .map_err(|error| ApiError::unavailable(&error))??,
        None => Vec::new(),
    };
    let nodes: List = match nodes.is_empty() {
        true => vec![Value::from(alone(app.config()))].into(),
        false => nodes
            .iter()
            .map(|node| render(node).into())
            .collect::<Vec<Value>>()
            .into(),
    };
    Ok(reply::ok([("nodes", nodes)].into_iter().collect::<Dict>()))
}

fn render(node: &NodeRecord) -> Dict {
    let shards: List = node
        .shards
        .iter()
        .map(|shard| Value::from(i64::from(shard.number())))
        .collect::<Vec<_>>()
        .into();
    [
        ("id", Value::from(format!("{:016x}", node.id))),
        ("name", node.name.clone().into()),
        ("version", node.version.clone().into()),
        ("state", if node.is_alive { "ALIVE" } else { "GONE" }.into()),
        ("roles", texts(node.roles.names())),
        ("targets", texts(node.targets.iter().map(String::as_str))),
        ("shards", shards.into()),
        ("shard_count", (node.shards.len() as i64).into()),
        ("started_at", node.started_at.to_string().into()),
        ("seen_at", node.seen_at.to_string().into()),
    ]
    .into_iter()
    .collect()
}

fn texts<'t>(texts: impl Iterator<Item = &'t str>) -> Value {
    let texts: List = texts.map(Value::from).collect::<Vec<_>>().into();
    texts.into()
}

/// The only process: its database is a file.
fn alone(config: &Config) -> Dict {
    let shards: List = (0..SHARDS)
        .map(|number| Value::from(i64::from(number)))
        .collect::<Vec<_>>()
        .into();
    [
        ("name", Value::from(config.cluster.name())),
        ("version", env!("CARGO_PKG_VERSION").into()),
        ("state", "ALIVE".into()),
        ("roles", texts(Roles::ALL.names())),
        (
            "targets",
            texts(config.executor.targets.iter().map(String::as_str)),
        ),
        ("shards", shards.into()),
        ("shard_count", i64::from(SHARDS).into()),
    ]
    .into_iter()
    .collect()
}
