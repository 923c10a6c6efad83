//! `/v2/executions` (REST API §9): reading, and what all its endpoints share.

mod create;
mod environment;
mod graph;
pub(crate) mod published;
mod render;
mod report;
mod timeline;
mod tree;
mod update;
mod wait;
mod why;

use axum::extract::{OriginalUri, State};
use engine::event::Event;
use engine::model::ExecutionId;
use store::ExecutionKey;
use store::query::{ExecutionColumn, Operand};
use store::record::ExecutionRecord;
use yaql::{Dict, List};

use super::caller::Caller;
use super::error::{ApiError, ApiResult};
use super::fields::{Attribute, Schema};
use super::list::{self, ListRequest, Listing};
use super::path::{BaseUrl, Segments};
use super::query::{self, Query};
use super::reply;
use super::selection::Selection;
use super::state::{App, Reading};

pub(crate) use self::create::create;
pub(crate) use self::environment::resolve as resolve_environment;
pub(crate) use self::graph::graph;
pub(crate) use self::render::{View, render};
pub(crate) use self::report::report;
pub(crate) use self::timeline::timeline;
pub(crate) use self::tree::Subtree;
pub(crate) use self::update::update;
pub(crate) use self::wait::wait;
pub(crate) use self::why::why;

/// The attributes, in the order in which they are sent.
pub(crate) const ATTRIBUTES: &[&str] = &[
    "id",
    "workflow_id",
    "workflow_name",
    "workflow_namespace",
    "description",
    "tags",
    "params",
    "task_execution_id",
    "root_execution_id",
    "source_execution_id",
    "state",
    "state_info",
    "input",
    "output",
    "created_at",
    "updated_at",
    "project_id",
    "published_global",
];

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
    attributes: ATTRIBUTES,
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
pub(crate) async fn index(
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
pub(crate) async fn show(
    State(app): State<App>,
    Segments(id): Segments<String>,
    arguments: Query,
) -> ApiResult {
    arguments.check_known(&["fields"])?;
    let selection = Selection::of_get(&arguments, ATTRIBUTES)?;
    let body = app.read(move |reading| {
        let record = find(reading, &id)?;
        let view = View::single(&selection);
        Ok(selection.apply(render::shown(reading, &record, &view)?))
    });
    body.await.map(reply::ok)
}

/// `DELETE /v2/executions/{id}`
pub(crate) async fn delete(
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
pub(crate) async fn descendants(
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
