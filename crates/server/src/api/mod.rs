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
mod list;
mod maintenance;
mod members;
mod merge;
mod path;
mod plain;
mod query;
mod repeatable;
mod reply;
mod request_id;
mod root;
mod selection;
mod service;
mod state;
mod tasks;
#[cfg(test)]
mod tests;

use axum::Router;
use axum::middleware;
use axum::routing::{MethodRouter, any, get, post, put};

use self::actions::Actions;
use self::definitions::{Defined, Workbooks, Workflows, handlers};
pub use self::service::{ApiService, service};
pub use self::state::{App, Services};

pub(crate) use self::executions::resolve_environment;
pub(crate) use self::state::{Reading, now};

/// All routes. Paths come here without a trailing slash, see [`service`].
fn router(app: App) -> Router {
    let repeatable = middleware::from_fn_with_state(app.clone(), repeatable::once);
    Router::new()
        .route("/", get(root::versions))
        .route("/v2", get(root::redirect))
        .route("/v2/", get(root::version))
        .route("/info", get(root::info))
        .route(
            "/maintenance",
            get(maintenance::show).put(maintenance::update),
        )
        .route("/healthcheck", get(root::healthcheck))
        .route("/healthz", get(root::alive))
        .route("/readyz", get(root::ready))
        .route("/metrics", get(root::metrics))
        .route("/v2/services", get(root::services))
        .merge(definitions().layer(middleware::from_fn(etag::tag)))
        .merge(code())
        .merge(runs())
        .merge(cron_triggers::routes())
        .merge(event_triggers::routes())
        .layer(middleware::from_fn(plain::plain))
        .layer(repeatable)
        .fallback(service::no_such_path)
        .method_not_allowed_fallback(service::no_such_method)
        .with_state(app)
}

/// Workbooks, workflows, actions and environments.
fn definitions() -> Router<App> {
    Router::new()
        .merge(defined::<Workbooks>(get(handlers::index::<Workbooks>)))
        .merge(defined::<Workflows>(get(handlers::index::<Workflows>)))
        .merge(defined::<Actions>(get(actions::index)))
        .route("/v2/workflows/{id}", put(handlers::update_one::<Workflows>))
        .route("/v2/actions/{id}", put(handlers::update_one::<Actions>))
        .route("/v2/workflows/{id}/members", any(members::refuse))
        .route("/v2/workflows/{id}/members/{member}", any(members::refuse))
        .merge(in_namespace::<Workbooks>())
        .merge(in_namespace::<Actions>())
        .route(
            "/v2/environments",
            get(environments::index)
                .post(environments::create)
                .put(environments::update),
        )
        .route(
            "/v2/environments/{name}",
            get(environments::show).delete(environments::delete),
        )
}

/// Code sources, and the actions in them.
fn code() -> Router<App> {
    Router::new()
        .route(
            "/v2/code_sources",
            get(code_sources::index)
                .post(code_sources::create)
                .put(code_sources::update),
        )
        .route(
            "/v2/code_sources/{id}",
            get(code_sources::show)
                .put(code_sources::update_one)
                .delete(code_sources::delete),
        )
        .route(
            "/v2/dynamic_actions",
            get(dynamic_actions::index)
                .post(dynamic_actions::create)
                .put(dynamic_actions::update),
        )
        .route(
            "/v2/dynamic_actions/{id}",
            get(dynamic_actions::show).delete(dynamic_actions::delete),
        )
}

/// What all kinds of definitions have.
fn defined<D: Defined>(index: MethodRouter<App>) -> Router<App> {
    let path = format!("/v2/{}", D::PLURAL);
    Router::new()
        .route(
            &path,
            index.post(handlers::create::<D>).put(handlers::update::<D>),
        )
        .route(&format!("{path}/validate"), post(handlers::validate::<D>))
        .route(
            &format!("{path}/{{id}}"),
            get(handlers::show::<D>).delete(handlers::delete::<D>),
        )
}

/// The namespace as the last part of the path.
fn in_namespace<D: Defined>() -> Router<App> {
    Router::new().route(
        &format!("/v2/{}/{{id}}/{{namespace}}", D::PLURAL),
        get(handlers::show_in::<D>).delete(handlers::delete_in::<D>),
    )
}

/// Executions, tasks and action executions.
fn runs() -> Router<App> {
    Router::new()
        .route(
            "/v2/executions",
            get(executions::index).post(executions::create),
        )
        .route(
            "/v2/executions/{id}",
            get(executions::show)
                .put(executions::update)
                .delete(executions::delete),
        )
        .route("/v2/executions/{id}/tasks", get(tasks::of_execution))
        .route(
            "/v2/executions/{id}/executions",
            get(executions::descendants),
        )
        .route("/v2/executions/{id}/report", get(executions::report))
        .route("/v2/executions/{id}/wait", get(executions::wait))
        .route("/v2/executions/{id}/graph", get(executions::graph))
        .route("/v2/executions/{id}/timeline", get(executions::timeline))
        .route("/v2/events", get(events::events))
        .route("/v2/executions/{id}/why", get(executions::why))
        .route("/v2/tasks", get(tasks::index))
        .route("/v2/tasks/{id}", get(tasks::show).put(tasks::update))
        .route("/v2/tasks/{id}/action_executions", get(tasks::actions))
        .route(
            "/v2/tasks/{task}/action_executions/{id}",
            get(action_executions::show_of_task),
        )
        .route(
            "/v2/tasks/{id}/workflow_executions",
            get(tasks::workflow_executions),
        )
        .route("/v2/tasks/{id}/executions", get(tasks::descendants))
        .route(
            "/v2/action_executions",
            get(action_executions::index).post(action_executions::create),
        )
        .route(
            "/v2/action_executions/{id}",
            get(action_executions::show)
                .put(action_executions::update)
                .delete(action_executions::delete),
        )
}
