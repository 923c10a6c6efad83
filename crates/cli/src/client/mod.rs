//! `ostro workflow|execution|task|…`: the client of a service with Mistral's REST API.
//!
//! One table says what the resources are ([`resource`]); what they have in common is
//! written once ([`list`], [`objects`], [`definitions`]), and each noun adds its own verbs
//! ([`nouns`], [`execution`]). Against a service without Ostro's additions the same
//! commands ask for what the contract has.

mod address;
pub(crate) mod complete;
mod connection;
mod definitions;
mod document;
mod events;
mod execution;
mod find;
mod fit;
mod list;
mod moment;
mod nouns;
mod objects;
mod print;
mod resource;
#[cfg(test)]
mod scripted;
mod sse;
mod sub_executions;
mod table;
mod trouble;

use anyhow::Context;
use clap::{Args, Subcommand};

use self::connection::Connection;
use self::execution::Execution;
use self::nouns::{
    action, action_execution, code_source, cron, definition, dynamic_action, env, event_trigger,
    events as stream, maintenance, member, node, notification, service, task,
};
use self::resource::{WORKBOOKS, WORKFLOWS};
use crate::exit::Exit;

/// A noun with its verbs.
#[derive(Debug, Args)]
pub(crate) struct In<V: Subcommand> {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    verb: V,
}

/// A command without verbs.
#[derive(Debug, Args)]
pub(crate) struct At<A: Args> {
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    arguments: A,
}

/// The client commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Noun {
    /// Workflows: upload, look at, delete
    Workflow(In<definition::Verb>),
    /// Workbooks: workflows and actions that belong together
    Workbook(In<definition::Verb>),
    /// Actions: look at, define, run one
    Action(In<action::Action>),
    /// Executions: start, follow, explain, pause, rerun, cancel
    Execution(In<Execution>),
    /// Tasks of executions: results, rerun, skip
    Task(In<task::Task>),
    /// Runs of actions: input, output, results of asynchronous ones
    ActionExecution(In<action_execution::ActionExecution>),
    /// Cron triggers: workflows that start at certain times
    #[command(visible_alias = "cron-trigger")]
    Cron(In<cron::Cron>),
    /// Event triggers: workflows that start when something happens
    EventTrigger(In<event_trigger::EventTrigger>),
    /// Notifications: what receivers were told of changes, and again
    Notification(In<notification::Notification>),
    /// Environments: variables that executions share
    #[command(visible_alias = "environment")]
    Env(In<env::Env>),
    /// Members: private workflows shared with other projects
    Member(In<member::Member>),
    /// Code sources: the code of dynamic actions
    CodeSource(In<code_source::CodeSource>),
    /// Dynamic actions: actions whose code is a code source
    DynamicAction(In<dynamic_action::DynamicAction>),
    /// Follow everything that happens, a line for each change of a state
    Events(At<stream::Events>),
    /// Maintenance: the whole service paused and resumed
    Maintenance(In<maintenance::Maintenance>),
    /// Services: the processes of the service
    Service(In<service::Service>),
    /// Nodes: the processes that share the database
    Node(In<node::Node>),
}

/// Carries out a client command.
pub(crate) fn run(noun: &Noun) -> anyhow::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("no runtime")?;
    runtime.block_on(perform(noun))
}

async fn perform(noun: &Noun) -> anyhow::Result<Exit> {
    let client = noun.connection().client()?;
    let client = &client;
    match noun {
        Noun::Workflow(it) => definition::run(client, &WORKFLOWS, &it.verb).await,
        Noun::Workbook(it) => definition::run(client, &WORKBOOKS, &it.verb).await,
        Noun::Action(it) => action::run(client, &it.verb).await,
        Noun::Execution(it) => Box::pin(execution::run(client, &it.verb)).await,
        Noun::Task(it) => task::run(client, &it.verb).await,
        Noun::ActionExecution(it) => action_execution::run(client, &it.verb).await,
        Noun::Cron(it) => cron::run(client, &it.verb).await,
        Noun::EventTrigger(it) => event_trigger::run(client, &it.verb).await,
        Noun::Notification(it) => notification::run(client, &it.verb).await,
        Noun::Env(it) => env::run(client, &it.verb).await,
        Noun::Member(it) => member::run(client, &it.verb).await,
        Noun::CodeSource(it) => code_source::run(client, &it.verb).await,
        Noun::DynamicAction(it) => dynamic_action::run(client, &it.verb).await,
        Noun::Events(it) => stream::run(client, &it.arguments).await,
        Noun::Maintenance(it) => maintenance::run(client, &it.verb).await,
        Noun::Service(it) => service::run(client, &it.verb).await,
        Noun::Node(it) => node::run(client, &it.verb).await,
    }
}

impl Noun {
    fn connection(&self) -> &Connection {
        match self {
            Self::Workflow(In { connection, .. })
            | Self::Workbook(In { connection, .. })
            | Self::Action(In { connection, .. })
            | Self::Execution(In { connection, .. })
            | Self::Task(In { connection, .. })
            | Self::ActionExecution(In { connection, .. })
            | Self::Cron(In { connection, .. })
            | Self::EventTrigger(In { connection, .. })
            | Self::Notification(In { connection, .. })
            | Self::Env(In { connection, .. })
            | Self::Member(In { connection, .. })
            | Self::CodeSource(In { connection, .. })
            | Self::DynamicAction(In { connection, .. })
            | Self::Events(At { connection, .. })
            | Self::Maintenance(In { connection, .. })
            | Self::Service(In { connection, .. })
            | Self::Node(In { connection, .. }) => connection,
        }
    }
}
