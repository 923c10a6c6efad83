//! `/v2/executions` (REST API §9): reading, and what all its endpoints share.

mod create;
mod environment;
mod graph;
pub(crate) mod published;
mod render;
mod report;
mod routes;
mod timeline;
mod tree;
mod update;
mod wait;
mod why;

use axum::extract::{OriginalUri, State};
use engine::event::Event;
use engine::model::{ExecutionId, State as Run};
use store::ExecutionKey;
use store::query::{ExecutionColumn, Operand};
use store::record::ExecutionRecord;
use yaql::{Dict, List};

use self::create::create;
use self::graph::graph;
use self::report::report;
use self::timeline::timeline;
use self::update::update;
use self::wait::wait;
use self::why::why;
use super::caller::Caller;
use super::error::{ApiError, ApiResult};
use super::fields::{Attribute, Schema};
use super::list::{self, ListRequest, Listing};
use super::path::{BaseUrl, Segments};
use super::query::{self, Query};
use super::reply;
use super::resource::{EXECUTION_STATES, Field, Resource};
use super::selection::Selection;
use super::state::{App, Reading};

pub(crate) use self::environment::resolve as resolve_environment;
pub(crate) use self::render::{View, render};
pub(crate) use self::routes::{depth, routes};
pub(crate) use self::tree::Subtree;

pub(crate) static RESOURCE: Resource = Resource {
    name: "Execution",
    about: "A run of a workflow.",
    fields: &[
        Field::text(
            "id",
            "May be chosen by whoever starts it: up to 36 characters.",
        ),
        Field::text("workflow_id", ""),
        Field::text("workflow_name", ""),
        Field::text("workflow_namespace", ""),
        Field::text("description", "").or_null(),
        Field::texts("tags", "Those of the workflow."),
        Field::object_text(
            "params",
            "`env` (variables, or the name of an environment), `evaluate_env`, `task_name` of a \
             reverse workflow, `notify`, `from_task`.",
        ),
        Field::text("task_execution_id", "The task that started it.").or_null(),
        Field::text(
            "root_execution_id",
            "The top of its tree; null for the top itself.",
        )
        .or_null(),
        Field::text(
            "source_execution_id",
            "Start again from this one; never sent.",
        )
        .or_null(),
        Field::word("state", EXECUTION_STATES, ""),
        Field::text("state_info", "").or_null(),
        Field::object_text("input", ""),
        Field::object_text("output", ""),
        Field::time("created_at", ""),
        Field::time("updated_at", "").or_null(),
        Field::text("project_id", ""),
        Field::object_text("published_global", "What was published globally."),
    ],
    is_partial: true,
};

/// What the body of a create or an update may hold.
const SCHEMA: Schema = Schema {
    argument: "wf_ex",
    attributes: &[
        Attribute::text("id"),
        Attribute::text("workflow_id"),
        Attribute::text("workflow_name"),
        Attribute::text("workflow_namespace"),
        Attribute::text("description"),
        Attribute::text_list("tags"),
        Attribute::json("params"),
        Attribute::text("task_execution_id"),
        Attribute::text("root_execution_id"),
        Attribute::text("source_execution_id"),
        Attribute::text("state"),
        Attribute::text("state_info"),
        Attribute::json("input"),
        Attribute::json("output"),
        Attribute::text("created_at"),
        Attribute::text("updated_at"),
        Attribute::text("project_id").read_only(),
        Attribute::json("published_global"),
    ],
};

/// The list of executions, also of those below a task.
pub(crate) const LISTING: Listing<ExecutionColumn> = Listing {
    collection: "executions",
    resource: &RESOURCE,
    filters: &[
        ExecutionColumn::WorkflowName,
        ExecutionColumn::WorkflowId,
        ExecutionColumn::Description,
        ExecutionColumn::Params,
        ExecutionColumn::TaskExecutionId,
        ExecutionColumn::RootExecutionId,
        ExecutionColumn::State,
        ExecutionColumn::StateInfo,
        ExecutionColumn::Input,
        ExecutionColumn::Output,
        ExecutionColumn::CreatedAt,
        ExecutionColumn::UpdatedAt,
        ExecutionColumn::ProjectId,
    ],
    flags: &["include_output", "all_projects", "include"],
    has_tags: true,
    has_nulls: true,
};

/// `GET /v2/executions`
async fn index(
    State(app): State<App>,
    caller: Caller,
    base: BaseUrl,
    OriginalUri(uri): OriginalUri,
    arguments: Query,
) -> ApiResult {
    let max = app.config().api.max_limit;
    let request = LISTING.parse(base.link(uri.path()), &arguments, &caller, max)?;
    let with_output = arguments.flag("include_output");
    app.read(move |reading| page(reading, request, with_output))
        .await
        .map(reply::ok)
}

/// One page of executions.
pub(crate) fn page(
    reading: &Reading<'_>,
    mut request: ListRequest<ExecutionColumn>,
    with_output: bool,
) -> ApiResult<Dict> {
    let with_output = with_output || request.includes_result;
    let view = View::list(&request.selection, with_output);
    request.query.wide = view.wide();
    let page = reading
        .catalog
        .executions(&request.query)
        .map_err(|error| unknown_marker(error, &request))?;
    let last = page.records.last().map(|record| record.id.to_string());
    let entries = page
        .records
        .iter()
        .map(|record| render::shown(reading, record, &view))
        .collect::<ApiResult<_>>()?;
    Ok(request.answer(entries, page.full, last))
}

fn unknown_marker(error: store::StoreError, request: &ListRequest<ExecutionColumn>) -> ApiError {
    list::unknown_marker(error, request.query.marker.as_deref(), not_found)
}

/// `GET /v2/executions/{id}`
async fn show(
    State(app): State<App>,
    Segments(id): Segments<String>,
    arguments: Query,
) -> ApiResult {
    arguments.check_known(&["fields"])?;
    let selection = Selection::of_get(&arguments, &RESOURCE)?;
    let body = app.look(move |reading| {
        let (_, shown) = single(reading, &id, &View::single(&selection))?;
        Ok(selection.apply(shown))
    });
    body.await.map(reply::ok)
}

/// The execution that a caller names, as a single get shows it, and its state.
fn single(reading: &Reading<'_>, id: &str, view: &View) -> ApiResult<(Run, Dict)> {
    if !view.shows_context() {
        let record = find(reading, id)?;
        return Ok((record.state, render::render(&record, *view)));
    }
    let found = reading
        .catalog
        .execution_in_full(&ExecutionKey::parse(id))?;
    let (record, context) = found.ok_or_else(|| not_found(id))?;
    Ok((
        record.state,
        render::in_full(reading, &record, context, *view)?,
    ))
}

/// `DELETE /v2/executions/{id}`
async fn delete(
    State(app): State<App>,
    Segments(id): Segments<String>,
    arguments: Query,
) -> ApiResult {
    arguments.check_known(&["force"])?;
    let force = arguments.flag("force");
    let (root, record) = app
        .read(move |reading| find_with_root(reading, &id))
        .await?;
    let execution = record.id.id;
    app.send(
        root,
        "delete_workflow_execution",
        Event::ExecutionDeleted { execution, force },
    )
    .await?;
    Ok(reply::no_content())
}

/// `GET /v2/executions/{id}/executions`
async fn descendants(
    State(app): State<App>,
    Segments(id): Segments<String>,
    arguments: Query,
) -> ApiResult {
    let subtree = Subtree::parse(&arguments)?;
    let body = app.read(move |reading| {
        let top = find_by_uuid(reading, "id", &id)?;
        subtree.of_execution(reading, top)
    });
    body.await.map(listed)
}

/// The answer of the endpoints that list a whole subtree.
pub(crate) fn listed(entries: Vec<Dict>) -> axum::response::Response {
    let entries: List = entries.into_iter().collect();
    reply::ok([("executions", entries)].into_iter().collect::<Dict>())
}

/// The execution that a caller names, with everything but the context.
pub(crate) fn find(reading: &Reading<'_>, id: &str) -> ApiResult<ExecutionRecord> {
    let record = reading.catalog.execution(&ExecutionKey::parse(id))?;
    record.ok_or_else(|| not_found(id))
}

/// [`find`] for paths that upstream reads as UUIDs only; other ids work too, but
/// an unknown one is refused as upstream does.
pub(crate) fn find_below_uuid(reading: &Reading<'_>, id: &str) -> ApiResult<ExecutionRecord> {
    find_by_uuid(reading, "workflow_execution_id", id)
}

/// [`find_below_uuid`] where the argument has a name of its own.
fn find_by_uuid(reading: &Reading<'_>, name: &str, id: &str) -> ApiResult<ExecutionRecord> {
    let record = reading.catalog.execution(&ExecutionKey::parse(id))?;
    record.ok_or_else(|| match id.parse::<ExecutionId>() {
        Ok(_) => not_found(id),
        Err(_) => query::not_a_uuid(name, id),
    })
}

/// The execution, and the top of its tree.
fn find_with_root(reading: &Reading<'_>, id: &str) -> ApiResult<(ExecutionId, ExecutionRecord)> {
    let record = find(reading, id)?;
    let root = reading.store.root_of_execution(record.id.id)?;
    Ok((root.ok_or_else(|| not_found(id))?, record))
}

/// 404 in the words of the contract.
pub(crate) fn not_found(id: &str) -> ApiError {
    ApiError::not_found(format!("WorkflowExecution not found [id={id}]"))
}

/// Restricts a list to the children of a task.
pub(crate) fn children_of(request: &mut ListRequest<ExecutionColumn>, task: engine::model::TaskId) {
    request.restrict(ExecutionColumn::TaskExecutionId, Operand::Id(task.0));
}
