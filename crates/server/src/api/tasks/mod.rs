//! `/v2/tasks` and the tasks of an execution (REST API §10): reading.

mod render;
mod routes;
mod update;

use axum::extract::{OriginalUri, State};
use engine::model::TaskId;
use store::query::{ListQuery, Operand, Page, TaskColumn};
use store::record::TaskRecord;
use yaql::Dict;

use super::action_executions;
use super::caller::Caller;
use super::error::{ApiError, ApiResult};
use super::executions::{self, Subtree};
use super::fields::{Attribute, Schema};
use super::list::{self, ListRequest, Listing};
use super::path::{BaseUrl, Segments};
use super::query::{self, Query};
use super::reply;
use super::resource::{Field, Resource, STATES};
use super::selection::Selection;
use super::state::{App, Reading};

pub(crate) use self::routes::routes;
use self::update::update;

static RESOURCE: Resource = Resource {
    name: "Task",
    about: "A run of a task.",
    fields: &[
        Field::text("id", ""),
        Field::text("name", ""),
        Field::word("type", &["ACTION", "WORKFLOW"], ""),
        Field::text("workflow_name", ""),
        Field::text("workflow_namespace", ""),
        Field::text("workflow_id", ""),
        Field::text("workflow_execution_id", ""),
        Field::texts("tags", ""),
        Field::word("state", STATES, ""),
        Field::text("state_info", "").or_null(),
        Field::text("project_id", ""),
        Field::object_text(
            "runtime_context",
            "What triggered it, and the progress of its items and policies.",
        ),
        Field::json_text(
            "result",
            "Not in lists, unless they are asked to include it.",
        ),
        Field::object_text("published", ""),
        Field::object_text("published_global", ""),
        Field::flag("processed", ""),
        Field::time("created_at", ""),
        Field::time("updated_at", "").or_null(),
        Field::time("started_at", "").or_null(),
        Field::time("finished_at", "").or_null(),
        Field::flag(
            "reset",
            "Of a rerun: all items, or only those that failed; never sent.",
        ),
        Field::object_text("env", "Of a rerun: laid over the execution's; never sent."),
    ],
    is_partial: true,
};

/// What the body of an update may hold.
const SCHEMA: Schema = Schema {
    argument: "task",
    attributes: &[
        Attribute::text("id"),
        Attribute::text("name"),
        Attribute::text("type"),
        Attribute::text("workflow_name"),
        Attribute::text("workflow_namespace"),
        Attribute::text("workflow_id"),
        Attribute::text("workflow_execution_id"),
        Attribute::text_list("tags"),
        Attribute::text("state"),
        Attribute::text("state_info"),
        Attribute::text("project_id").read_only(),
        Attribute::json("runtime_context"),
        Attribute::text("result"),
        Attribute::json("published"),
        Attribute::json("published_global"),
        Attribute::bool("processed"),
        Attribute::text("created_at"),
        Attribute::text("updated_at"),
        Attribute::text("started_at"),
        Attribute::text("finished_at"),
        Attribute::bool("reset"),
        Attribute::json("env"),
    ],
};

const FILTERS: &[TaskColumn] = &[
    TaskColumn::Name,
    TaskColumn::WorkflowName,
    TaskColumn::WorkflowId,
    TaskColumn::State,
    TaskColumn::StateInfo,
    TaskColumn::Published,
    TaskColumn::Processed,
    TaskColumn::CreatedAt,
    TaskColumn::UpdatedAt,
    TaskColumn::WorkflowExecutionId,
];

const LISTING: Listing<TaskColumn> = Listing {
    collection: "tasks",
    resource: &RESOURCE,
    filters: FILTERS,
    flags: &["include"],
    has_tags: true,
    has_nulls: false,
};

/// The tasks of one execution: that filter is given by the path.
const LISTING_OF_EXECUTION: Listing<TaskColumn> = Listing {
    filters: FILTERS.split_at(FILTERS.len() - 1).0,
    ..LISTING
};

/// How many tasks a filter by tags looks at.
const MAX_SCANNED: usize = 20_000;

/// How many of them it reads at a time.
const SCAN_PORTION: usize = 500;

/// `GET /v2/tasks`
async fn index(
    State(app): State<App>,
    caller: Caller,
    base: BaseUrl,
    OriginalUri(uri): OriginalUri,
    arguments: Query,
) -> ApiResult {
    let max = app.config().api.max_limit;
    let request = LISTING.parse(base.link(uri.path()), &arguments, &caller, max)?;
    app.read(move |reading| page(reading, request))
        .await
        .map(reply::ok)
}

/// `GET /v2/executions/{id}/tasks`
async fn of_execution(
    State(app): State<App>,
    caller: Caller,
    base: BaseUrl,
    OriginalUri(uri): OriginalUri,
    Segments(id): Segments<String>,
    arguments: Query,
) -> ApiResult {
    let max = app.config().api.max_limit;
    let address = base.link(uri.path());
    let mut request = LISTING_OF_EXECUTION.parse(address, &arguments, &caller, max)?;
    let body = app.read(move |reading| {
        let execution = executions::find_below_uuid(reading, &id)?;
        request.restrict(
            TaskColumn::WorkflowExecutionId,
            Operand::Id(execution.id.id.0),
        );
        page(reading, request)
    });
    body.await.map(reply::ok)
}

fn page(reading: &Reading<'_>, mut request: ListRequest<TaskColumn>) -> ApiResult<Dict> {
    request.query.wide = match request.selection.shows("published") {
        true => vec![TaskColumn::Published],
        false => Vec::new(),
    };
    let page = match request.query.tags.is_empty() {
        true => read(reading, &request.query)?,
        false => tagged(reading, &request.query)?,
    };
    let last = page.records.last().map(|record| record.id.to_string());
    let entries = page
        .records
        .iter()
        .map(|record| render::listed(reading, record, &request.selection, request.includes_result))
        .collect::<ApiResult<_>>()?;
    Ok(request.answer(entries, page.full, last))
}

fn read(reading: &Reading<'_>, query: &ListQuery<TaskColumn>) -> ApiResult<Page<TaskRecord>> {
    let marker = query.marker.as_deref();
    let page = reading.catalog.tasks(query);
    page.map_err(|error| list::unknown_marker(error, marker, not_found))
}

/// Tasks with all tags of a query. Tags are a part of the program, not of the
/// row, so rows are read and looked at until the page is full.
fn tagged(reading: &Reading<'_>, query: &ListQuery<TaskColumn>) -> ApiResult<Page<TaskRecord>> {
    let limit = query.limit.unwrap_or(MAX_SCANNED);
    let mut rows = query.clone();
    rows.tags.clear();
    rows.limit = Some(SCAN_PORTION);
    let mut records = Vec::new();
    for _ in 0..MAX_SCANNED / SCAN_PORTION {
        let page = read(reading, &rows)?;
        rows.marker = page.records.last().map(|last| last.id.to_string().into());
        for record in page.records {
            if render::has_tags(reading, &record, &query.tags)? {
                records.push(record);
            }
            if records.len() == limit {
                return Ok(Page {
                    records,
                    full: true,
                });
            }
        }
        if !page.full {
            return Ok(Page {
                records,
                full: false,
            });
        }
    }
    Err(ApiError::bad_request(format!(
        "More than {MAX_SCANNED} tasks had to be looked at for their tags; add another filter."
    )))
}

/// `GET /v2/tasks/{id}`
async fn show(
    State(app): State<App>,
    Segments(id): Segments<String>,
    arguments: Query,
) -> ApiResult {
    arguments.check_known(&["fields"])?;
    let selection = Selection::of_get(&arguments, &RESOURCE)?;
    let body = app.read(move |reading| {
        let record = find(reading, &id)?;
        Ok(selection.apply(render::single(reading, &record, &selection)?))
    });
    body.await.map(reply::ok)
}

/// `GET /v2/tasks/{id}/action_executions`
async fn actions(
    State(app): State<App>,
    caller: Caller,
    base: BaseUrl,
    OriginalUri(uri): OriginalUri,
    Segments(id): Segments<String>,
    arguments: Query,
) -> ApiResult {
    let task = parse_id("task_execution_id", &id)?;
    let address = base.link(uri.path());
    action_executions::list_of_task(&app, &caller, address, task, &arguments).await
}

/// `GET /v2/tasks/{id}/workflow_executions`
async fn workflow_executions(
    State(app): State<App>,
    caller: Caller,
    base: BaseUrl,
    OriginalUri(uri): OriginalUri,
    Segments(id): Segments<String>,
    arguments: Query,
) -> ApiResult {
    let task = parse_id("task_execution_id", &id)?;
    let max = app.config().api.max_limit;
    let address = base.link(uri.path());
    let mut request = executions::LISTING.parse(address, &arguments, &caller, max)?;
    executions::children_of(&mut request, task);
    app.read(move |reading| executions::page(reading, request, false))
        .await
        .map(reply::ok)
}

/// `GET /v2/tasks/{id}/executions`
async fn descendants(
    State(app): State<App>,
    Segments(id): Segments<String>,
    arguments: Query,
) -> ApiResult {
    let subtree = Subtree::parse(&arguments)?;
    parse_id("id", &id)?;
    let body = app.read(move |reading| {
        let task = find(reading, &id)?;
        subtree.of_task(reading, &task)
    });
    body.await.map(executions::listed)
}

fn parse_id(name: &str, text: &str) -> ApiResult<TaskId> {
    text.parse().map_err(|_| query::not_a_uuid(name, text))
}

fn find(reading: &Reading<'_>, id: &str) -> ApiResult<TaskRecord> {
    let record = match id.parse() {
        Ok(id) => reading.catalog.task(id)?,
        Err(_) => None,
    };
    record.ok_or_else(|| not_found(id))
}

fn not_found(id: &str) -> ApiError {
    ApiError::not_found(format!("Task execution not found [id={id}]"))
}
