//! The REST API v2: which handler answers which request.
//!
//! Handlers parse, ask the catalog or send an event, and render; no rule of the
//! engine lives here. Every answer, also to a path or method that does not
//! exist, comes from this router, so every error is JSON.

mod action_executions;
mod actions;
mod body;
mod caller;
mod environments;
mod error;
mod events;
mod executions;
mod fields;
mod list;
mod merge;
mod path;
mod query;
mod reply;
mod root;
mod selection;
mod service;
mod state;
mod tasks;
#[cfg(test)]
mod tests;
mod unavailable;
mod uploads;
mod workbooks;
mod workflows;

use axum::Router;
use axum::routing::{MethodRouter, any, get, post};

pub use self::service::{ApiService, service};
pub use self::state::{App, Services};

/// All routes. Paths come here without a trailing slash, see [`service`].
fn router(app: App) -> Router {
    Router::new()
        .route("/", get(root::versions))
        .route("/v2", get(root::redirect))
        .route("/v2/", get(root::version))
        .route("/info", get(root::info))
        .route(
            "/maintenance",
            get(root::maintenance).put(unavailable::maintenance),
        )
        .route("/healthcheck", get(root::healthcheck))
        .route("/healthz", get(root::alive))
        .route("/readyz", get(root::ready))
        .route("/v2/services", get(root::services))
        .merge(definitions())
        .merge(runs())
        .merge(missing())
        .fallback(service::no_such_path)
        .method_not_allowed_fallback(service::no_such_method)
        .with_state(app)
}

/// Workbooks, workflows, actions and environments.
fn definitions() -> Router<App> {
    Router::new()
        .route(
            "/v2/workbooks",
            get(workbooks::index)
                .post(workbooks::create)
                .put(workbooks::update),
        )
        .route("/v2/workbooks/validate", post(workbooks::validate))
        .route(
            "/v2/workbooks/{name}",
            get(workbooks::show).delete(workbooks::delete),
        )
        .route(
            "/v2/workbooks/{name}/{namespace}",
            get(workbooks::show_in).delete(workbooks::delete_in),
        )
        .route(
            "/v2/workflows",
            get(workflows::index)
                .post(workflows::create)
                .put(workflows::update),
        )
        .route("/v2/workflows/validate", post(workflows::validate))
        .route(
            "/v2/workflows/{id}",
            get(workflows::show)
                .put(workflows::update_one)
                .delete(workflows::delete),
        )
        .route(
            "/v2/actions",
            get(actions::index)
                .post(actions::create)
                .put(actions::update),
        )
        .route("/v2/actions/validate", post(actions::validate))
        .route(
            "/v2/actions/{id}",
            get(actions::show)
                .put(actions::update_one)
                .delete(actions::delete),
        )
        .route(
            "/v2/actions/{id}/{namespace}",
            get(actions::show_in).delete(actions::delete_in),
        )
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
        .route("/v2/events", get(events::events))
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

/// What this version does not have.
fn missing() -> Router<App> {
    let collections: [(&str, MethodRouter<App>); 4] = [
        ("cron_triggers", any(unavailable::cron_triggers)),
        ("event_triggers", any(unavailable::event_triggers)),
        ("code_sources", any(unavailable::code_sources)),
        ("dynamic_actions", any(unavailable::dynamic_actions)),
    ];
    let mut router = Router::new()
        .route("/v2/workflows/{id}/members", any(unavailable::members))
        .route(
            "/v2/workflows/{id}/members/{member}",
            any(unavailable::members),
        );
    for (name, handler) in collections {
        router = router
            .route(&format!("/v2/{name}"), handler.clone())
            .route(&format!("/v2/{name}/{{id}}"), handler);
    }
    router
}
