//! The nouns of the command line, a file each.

pub(crate) mod action;
pub(crate) mod action_execution;
pub(crate) mod code_source;
pub(crate) mod cron;
pub(crate) mod definition;
pub(crate) mod dynamic_action;
pub(crate) mod env;
pub(crate) mod event_trigger;
pub(crate) mod events;
pub(crate) mod maintenance;
pub(crate) mod member;
pub(crate) mod node;
pub(crate) mod notification;
pub(crate) mod service;
pub(crate) mod task;
