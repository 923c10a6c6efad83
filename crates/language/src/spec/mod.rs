//! Typed specifications of workbooks, workflows and ad-hoc actions.
//!
//! Reading a document finds every problem, not only the first. A specification is
//! what can be made of the document even so; whoever wants to store it looks for
//! errors among the problems first.

mod action;
pub(crate) mod attributes;
mod call;
mod canonical;
mod clause;
mod definition;
mod document;
pub(crate) mod inline;
mod interface;
pub(crate) mod links;
mod model;
mod name;
mod policies;
mod python;
mod report;
mod shape;
mod task;
mod with_items;
mod workflow;

pub use self::model::{
    ActionSpec, BasicPublishSpec, ClauseSpec, ClausesSpec, InputSpec, InputValue, Name,
    PoliciesSpec, RetrySpec, ScopesSpec, TaskDefaultsSpec, TaskSpec, TransitionSpec, WithItemsSpec,
    WorkKind, WorkSpec, WorkbookSpec, WorkflowSpec,
};

pub(crate) use self::action::merge_deep;
pub(crate) use self::document::{actions, workbook, workflows};
pub(crate) use self::report::Report;
