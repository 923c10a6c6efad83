//! The statements that all databases share, and what they run on.
//!
//! A statement is written once, in SQLite's dialect as far as PostgreSQL has the
//! same words; the few that differ are translated when a [`Driver`] prepares it
//! or come from [`Dialect`]. Portable statements keep to these rules: flags are
//! integers (`accepted <> 0`), `ON CONFLICT` of an update names its key, null-safe
//! equality is `IS NOT DISTINCT FROM`, a subquery in FROM has a name.

mod backend;
mod catalog;
mod dialect;
mod driver;
pub(crate) mod fields;
pub(crate) mod list;
mod outbox;
mod param;
pub(crate) mod read;
mod store;
mod triggers;
pub(crate) mod write;

pub(crate) use backend::Backend;
pub(crate) use dialect::{Dialect, Translated, translate};
pub(crate) use driver::{Connection, Driver, Each, Expect};
pub(crate) use fields::{Cell, Fields, RowRef};
pub(crate) use param::{Bound, Param, Parameter, Params, Value, named_params};
