//! The server's settings.
//!
//! Option names are those of the original service where it has the option
//! (REST API §20). A setting comes from the built-in default, the configuration
//! file, an environment variable `OSTRO_SECTION__OPTION` or a command line
//! `section.option=value`; the later one wins. Unknown names are errors.

mod cluster;
mod load;
mod sections;
mod words;
mod yaql;

use language::expression::Languages;
use serde::Deserialize;

pub use self::cluster::Cluster;
pub use self::load::{ConfigError, ENVIRONMENT_PREFIX};
pub use self::sections::{
    Api, Cors, CronTrigger, Database, Engine, EventEngine, Executor, ExpirationPolicy,
    ExpressionLanguage, Expressions, Healthcheck, Limits, Notifier, Pecan,
};

pub use self::yaql::Yaql;

/// All settings of a server.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Seconds until a request that waits for the engine fails.
    pub rpc_response_timeout: u64,
    /// The listener and what the API accepts.
    pub api: Api,
    /// Pages of other origins, in a browser.
    pub cors: Cors,
    /// Bounds on what callers can send.
    pub limits: Limits,
    /// Where the data is kept.
    pub database: Database,
    /// This process among others.
    pub cluster: Cluster,
    /// Authentication.
    pub pecan: Pecan,
    /// The engine.
    pub engine: Engine,
    /// What runs actions.
    pub executor: Executor,
    /// `GET /healthcheck`.
    pub healthcheck: Healthcheck,
    /// Cron triggers.
    pub cron_trigger: CronTrigger,
    /// Event triggers.
    pub event_engine: EventEngine,
    /// Notifications.
    pub notifier: Notifier,
    /// Retention.
    pub execution_expiration_policy: ExpirationPolicy,
    /// Expressions in definitions.
    pub expressions: Expressions,
    /// YAQL.
    pub yaql: Yaql,
    /// `std.http`, `std.mistral_http` and web hooks.
    pub action_std_http: actions::HttpConfig,
    /// `std.ssh` and `std.ssh_proxied`.
    pub action_std_ssh: actions::SshConfig,
    /// `std.email`.
    pub action_std_email: actions::EmailConfig,
    /// `std.javascript` and `std.js`.
    pub action_std_javascript: actions::JavaScriptConfig,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            rpc_response_timeout: 60,
            api: Api::default(),
            cors: Cors::default(),
            limits: Limits::default(),
            database: Database::default(),
            cluster: Cluster::default(),
            pecan: Pecan::default(),
            engine: Engine::default(),
            executor: Executor::default(),
            healthcheck: Healthcheck::default(),
            cron_trigger: CronTrigger::default(),
            event_engine: EventEngine::default(),
            notifier: Notifier::default(),
            execution_expiration_policy: ExpirationPolicy::default(),
            expressions: Expressions::default(),
            yaql: Yaql::default(),
            action_std_http: actions::HttpConfig::default(),
            action_std_ssh: actions::SshConfig::default(),
            action_std_email: actions::EmailConfig::default(),
            action_std_javascript: actions::JavaScriptConfig::default(),
        }
    }
}

impl Config {
    /// The expression languages that definitions may use, and how they are set up.
    pub fn languages(&self) -> Languages {
        let allows = |language| self.expressions.allowed_languages.contains(&language);
        Languages {
            yaql: allows(ExpressionLanguage::Yaql),
            jinja: allows(ExpressionLanguage::Jinja),
            setup: self.yaql.setup(),
        }
    }

    /// Limits and options of the engine.
    pub fn engine_settings(&self) -> engine::world::Settings {
        let limit_kb = usize::try_from(self.engine.execution_field_size_limit_kb).ok();
        engine::world::Settings {
            field_size_limit: limit_kb.map(|kb| kb.saturating_mul(1024)),
            languages: self.languages(),
            ..engine::world::Settings::default()
        }
    }

    /// The settings of the standard actions.
    pub fn actions(&self) -> actions::Config {
        actions::Config {
            http: self.action_std_http.clone(),
            ssh: self.action_std_ssh.clone(),
            email: self.action_std_email.clone(),
            javascript: self.action_std_javascript.clone(),
        }
    }
}
