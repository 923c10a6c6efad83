//! The sections of the configuration and their defaults.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::words;

/// `[api]`: the listener and what the API accepts.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Api {
    /// The address to listen on.
    pub host: IpAddr,
    /// The port to listen on; 0 takes a free one.
    pub port: u16,
    /// Listen beyond loopback although anybody who connects may do everything.
    pub allow_unauthenticated: bool,
    /// The most entries that one page of a list holds.
    pub max_limit: u32,
    /// Whether single action executions can be deleted.
    pub allow_action_execution_deletion: bool,
    /// Whether `GET /info` answers.
    pub enable_info_endpoint: bool,
    /// The JSON document that `GET /info` answers.
    pub info_json_file_path: PathBuf,
    /// Hours for which the answer to a request with an `Idempotency-Key` is kept.
    pub idempotency_hours: u32,
    /// Seconds after which a stream of events without news gives a sign of life.
    pub event_heartbeat: u64,
    /// Believe `Forwarded` and `X-Forwarded-*` headers when links are made.
    pub enable_proxy_headers_parsing: bool,
}

impl Default for Api {
    fn default() -> Self {
        Self {
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 8989,
            allow_unauthenticated: false,
            max_limit: 1000,
            allow_action_execution_deletion: false,
            enable_info_endpoint: false,
            info_json_file_path: PathBuf::from("info.json"),
            idempotency_hours: 24,
            event_heartbeat: 15,
            enable_proxy_headers_parsing: false,
        }
    }
}

/// `[limits]`: bounds on what callers can send.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// The largest JSON body, in bytes.
    pub max_body_bytes: usize,
    /// The largest definition, in bytes.
    pub max_definition_bytes: usize,
    /// The longest query part of an address, in bytes.
    pub max_query_bytes: usize,
    /// The most connections that are open at a time.
    pub max_connections: usize,
    /// Seconds for the head of a request to arrive; an idle connection is closed
    /// after them, too.
    pub header_timeout: u64,
    /// Seconds for a request body to arrive.
    pub body_timeout: u64,
    /// Seconds for an answer; waiting, following events and running an action have
    /// limits of their own.
    pub request_timeout: u64,
    /// Seconds that a read of the database may take: a list that no index answers.
    pub read_timeout: u64,
    /// Seconds that an action run by a waiting caller may take.
    pub action_timeout: u64,
    /// The most actions that run for waiting callers at a time.
    pub max_waiting_actions: usize,
    /// The most requests that wait for an execution or action to end at a time.
    pub max_waiting_requests: usize,
    /// The most streams of events that are open at a time.
    pub max_event_streams: usize,
    /// Seconds that requests have to finish when the server stops, and then, on
    /// PostgreSQL, actions.
    pub stop_timeout: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_body_bytes: 4 << 20,
            max_definition_bytes: 16 << 20,
            max_query_bytes: 16 << 10,
            max_connections: 4096,
            header_timeout: 75,
            body_timeout: 60,
            request_timeout: 90,
            read_timeout: 10,
            action_timeout: 600,
            max_waiting_actions: 64,
            max_waiting_requests: 1024,
            max_event_streams: 2048,
            stop_timeout: 10,
        }
    }
}

/// `[database]`: where the data is kept.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Database {
    /// The SQLite file.
    pub path: PathBuf,
    /// The address of a PostgreSQL database, which is used instead if it is given.
    pub connection: String,
}

impl Default for Database {
    fn default() -> Self {
        let path = PathBuf::from("ostro.db");
        Self {
            path,
            connection: String::new(),
        }
    }
}

/// `[pecan]`: authentication.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Pecan {
    /// Whether callers must prove who they are.
    pub auth_enable: bool,
}

/// `[engine]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Engine {
    /// The largest input, output, params or published, in KiB; -1 is no limit.
    pub execution_field_size_limit_kb: i64,
}

impl Default for Engine {
    fn default() -> Self {
        Self {
            execution_field_size_limit_kb: 1024,
        }
    }
}

/// `[executor]`: what runs actions.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Executor {
    /// The most actions that run at once.
    pub max_running_actions: usize,
    /// The targets whose actions run here, beside the node's name.
    #[serde(deserialize_with = "words::list")]
    pub targets: Vec<String>,
}

impl Default for Executor {
    fn default() -> Self {
        Self {
            max_running_actions: 1_000,
            targets: Vec::new(),
        }
    }
}

/// `[healthcheck]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Healthcheck {
    /// Whether `GET /healthcheck` answers.
    pub enabled: bool,
}

/// `[cors]`: pages of other origins, in a browser (REST API §17.7).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Cors {
    /// The origins whose pages may ask, such as `https://ui.example.org`; `*` for all.
    #[serde(deserialize_with = "words::list")]
    pub allowed_origin: Vec<String>,
    /// Whether their requests may carry cookies and the like; never with `*`.
    pub allow_credentials: bool,
    /// Seconds for which a browser may remember what it may ask.
    pub max_age: u64,
}

impl Default for Cors {
    fn default() -> Self {
        Self {
            allowed_origin: Vec::new(),
            allow_credentials: true,
            max_age: 3600,
        }
    }
}

/// `[cron_trigger]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CronTrigger {
    /// Whether cron triggers fire.
    pub enabled: bool,
    /// Accepted for the original's sake: triggers fire when they are due, without
    /// looking around every so many seconds.
    pub execution_interval: u32,
}

impl Default for CronTrigger {
    fn default() -> Self {
        Self {
            enabled: true,
            execution_interval: 1,
        }
    }
}

/// `[event_engine]`: events that start workflows.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EventEngine {
    /// The file that says what of an event workflows see.
    pub event_definitions_cfg_file: Option<PathBuf>,
    /// Hours for which the ids of messages are known: a message that comes again in
    /// that time starts nothing.
    pub message_id_hours: u32,
    /// The largest event, in bytes.
    pub max_event_bytes: usize,
    /// The broker whose notifications start workflows:
    /// `rabbit://USER:PASSWORD@HOST:PORT/VHOST`, or `amqps://…`.
    pub transport_url: Option<String>,
    /// What the names of our queues at the broker begin with.
    pub listener_pool_name: String,
    /// Whether an exchange that is not there yet is made to outlive the broker.
    pub amqp_durable_queues: bool,
}

impl Default for EventEngine {
    fn default() -> Self {
        Self {
            event_definitions_cfg_file: None,
            message_id_hours: 72,
            max_event_bytes: 512 << 10,
            transport_url: None,
            listener_pool_name: "ostro".to_owned(),
            amqp_durable_queues: false,
        }
    }
}

/// `[execution_expiration_policy]`: finished executions that are deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ExpirationPolicy {
    /// Minutes between two looks; nothing is deleted without.
    pub evaluation_interval: Option<u32>,
    /// Minutes after its last change at which a finished execution is deleted.
    pub older_than: Option<u32>,
    /// Finished executions that are kept, the newest; 0 is all of them.
    pub max_finished_executions: u32,
    /// Executions that are looked up at a time; 0 leaves that to the service.
    pub batch_size: u32,
    /// Executions in these states are not deleted.
    pub ignored_states: Vec<String>,
}

impl ExpirationPolicy {
    /// Refuses states that are no end.
    ///
    /// # Errors
    /// The first one.
    pub fn check(&self) -> Result<(), String> {
        const TERMINAL: [&str; 3] = ["SUCCESS", "ERROR", "CANCELLED"];
        let wrong = |name: &&String| !TERMINAL.contains(&name.as_str());
        match self.ignored_states.iter().find(wrong) {
            None => Ok(()),
            Some(name) => Err(format!(
                "{name} is not a terminal state. The valid states are [{}]",
                TERMINAL.join(", ")
            )),
        }
    }
}

/// `[notifier]`: who is told of changes of states.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Notifier {
    /// Receivers of the events of all executions, in the form of `params.notify`.
    #[serde(deserialize_with = "entries")]
    pub notify: Vec<::yaql::Value>,
    /// Hours after which a notification that does not arrive is given up.
    pub give_up_hours: u32,
    /// Hours for which those that were delivered or given up are kept.
    pub keep_hours: u32,
    /// Days for which a receiver keeps its number without being told anything.
    pub keep_receivers_days: u32,
}

impl Default for Notifier {
    fn default() -> Self {
        Self {
            notify: Vec::new(),
            give_up_hours: 24,
            keep_hours: 72,
            keep_receivers_days: 90,
        }
    }
}

/// Entries as values: a list, or a text that holds one as JSON.
fn entries<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<::yaql::Value>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Form {
        List(Vec<serde_json::Value>),
        Text(String),
    }
    let text = match Form::deserialize(deserializer)? {
        Form::List(list) => serde_json::to_string(&list).map_err(D::Error::custom)?,
        Form::Text(text) => text,
    };
    let parsed = ::yaql::json::parse(&text).map_err(D::Error::custom)?;
    let list = parsed.as_list();
    let list = list.ok_or_else(|| D::Error::custom("notify must be a list of objects"))?;
    match list.iter().find(|entry| entry.as_dict().is_none()) {
        Some(_) => Err(D::Error::custom("notify must be a list of objects")),
        None => Ok(list.iter().cloned().collect()),
    }
}

/// `[expressions]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Expressions {
    /// The languages that definitions may use.
    pub allowed_languages: Vec<ExpressionLanguage>,
}

/// A language of expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExpressionLanguage {
    /// `<% %>`
    Yaql,
    /// `{{ }}`
    Jinja,
}

impl Default for Expressions {
    fn default() -> Self {
        Self {
            allowed_languages: vec![ExpressionLanguage::Yaql, ExpressionLanguage::Jinja],
        }
    }
}
