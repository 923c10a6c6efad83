//! Durable state: one transaction per batch of changes, and the catalog of reads.
//!
//! [`Store`] is the write side, with the reads that the engine needs to go on.
//! [`Catalog`] is the read side: what the API gets and lists. [`sqlite::Sqlite`]
//! and [`postgres::Postgres`] implement both. All calls block; callers are threads made for that.

mod catalog;
pub mod cluster;
mod code;
mod codec;
pub mod copy;
mod cost;
mod definition;
mod environment;
mod error;
mod expiry;
mod named;
pub mod notification;
pub mod postgres;
pub mod query;
pub mod record;
mod request_key;
mod roles;
mod shard;
mod sql;
pub mod sqlite;
pub mod trigger;
mod write;

pub use catalog::{Catalog, ExecutionKey, Next};
pub use code::{CodeSource, CodeSourceChange, DynamicAction, DynamicActionChange, Label};
pub use cost::Cost;
pub use definition::{
    Content, Definition, DefinitionChange, DefinitionKind, Scope, Source, WorkflowRef,
};
pub use environment::{Environment, EnvironmentChange, NewEnvironment};
pub use error::{Resource, StoreError, Trouble};
pub use expiry::Expiry;
pub use notification::Outbox;
pub use request_key::{KeptAnswer, KeyedRequest, Reservation};
pub use roles::{BadRoles, Roles};
pub use shard::{SHARDS, Shard};
pub use trigger::Triggers;
pub use write::{Batch, Committed, Store, TaskResult, TreeChanges};
