//! The runner, the scheduler and the REST API v2.

mod api;
#[cfg(test)]
mod bare_engine;
mod cluster;
pub mod config;
mod definitions;
mod engine_port;
mod events;
mod executor;
mod expiration;
mod listen;
mod maintenance;
mod metrics;
mod node;
mod notifications;
mod runner;
mod serve;
mod triggers;

pub use api::{ApiService, App, Services, service};
pub use config::{Config, ConfigError};
pub use definitions::{DefinitionError, Definitions, Found, Refusal};
pub use engine_port::{Ending, EnginePort, EngineUnavailable};
pub use events::Feed;
pub use expiration::expire;
pub use listen::{OpenListener, check_listen};
pub use maintenance::{Maintenance, Phase};
pub use metrics::Metrics;
pub use node::{Database, Node, NodeError};
pub use serve::serve;
pub use store::Roles;
pub use store::sqlite::{TableSize, sizes, vacuum};
pub use triggers::Triggering;
