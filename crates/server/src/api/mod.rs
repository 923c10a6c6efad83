//! The REST API v2: which handler answers which request.
//!
//! Handlers parse, ask the catalog or send an event, and render; no rule of the
//! engine lives here. Every answer, also to a path or method that does not
//! exist, comes from this router, so every error is JSON.

mod action_executions;
mod actions;
mod body;
mod caller;
mod code_sources;
mod cors;
mod cron_triggers;
mod definitions;
mod dynamic_actions;
mod environments;
mod error;
mod etag;
mod event_triggers;
mod events;
mod executions;
mod fields;
mod kept;
mod list;
mod maintenance;
mod members;
mod merge;
mod nodes;
mod notifications;
mod openapi;
mod path;
mod plain;
mod query;
mod repeatable;
mod reply;
mod request_id;
mod resource;
mod root;
mod selection;
mod service;
mod state;
mod tasks;
#[cfg(test)]
mod tests;

use axum::Router;
use axum::middleware;

use self::actions::Actions;
use self::definitions::{Defined, Shape, Workbooks, Workflows, handlers, in_namespace, update_one};
use self::openapi::{Operation, Routes};
pub use self::service::{ApiService, service};
pub use self::state::{App, Services};

pub(crate) use self::executions::resolve_environment;
pub(crate) use self::state::{Reading, now};

/// All routes. Paths come here without a trailing slash, see [`service`].
fn router(app: App) -> Router {
    let repeatable = middleware::from_fn_with_state(app.clone(), repeatable::once);
    routes()
        .into_router()
        .layer(middleware::from_fn(plain::plain))
        .layer(repeatable)
        .fallback(service::no_such_path)
        .method_not_allowed_fallback(service::no_such_method)
        .with_state(app)
}

/// All routes with their descriptions.
fn routes() -> Routes {
    root::routes()
        .merge(definitions().around(|router| router.layer(middleware::from_fn(etag::tag))))
        .merge(executions::routes())
        .merge(tasks::routes())
        .merge(action_executions::routes())
        .merge(cron_triggers::routes())
        .merge(events::routes())
        .merge(event_triggers::routes())
        .merge(maintenance::routes())
        .merge(nodes::routes())
        .merge(notifications::routes())
        .merge(openapi::routes())
}

/// Workbooks, workflows, actions, environments, and code.
fn definitions() -> Routes {
    let workbooks = Operation::new(Workbooks::WORDS.list).list(&Workbooks::listing());
    let workflows = Operation::new(Workflows::WORDS.list).list(&Workflows::listing());
    let one = Shape::One;
    definitions::routes::<Workflows, _, _>(handlers::index::<Workflows>, workflows)
        .merge(update_one::<Workflows>("Give a workflow a new text", one))
        .merge(members::routes())
        .merge(definitions::routes::<Workbooks, _, _>(
            handlers::index::<Workbooks>,
            workbooks,
        ))
        .merge(in_namespace::<Workbooks>())
        .merge(definitions::routes::<Actions, _, _>(
            actions::index,
            actions::listed(),
        ))
        .merge(update_one::<Actions>(
            "Give an ad-hoc action a new text",
            Shape::List,
        ))
        .merge(in_namespace::<Actions>())
        .merge(environments::routes())
        .merge(code_sources::routes())
        .merge(dynamic_actions::routes())
}
