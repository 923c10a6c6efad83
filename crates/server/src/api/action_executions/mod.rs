//! `/v2/action_executions` (REST API §11): reading, reporting and deleting.

mod inline;
mod routes;
mod run;
mod update;

use axum::extract::{OriginalUri, State};
use engine::event::Event;
use engine::model::{ActionId, TaskId};
use store::query::{ActionColumn, Operand};
use store::record::ActionRecord;
use yaql::{Dict, Value};

use super::caller::Caller;
use super::error::{ApiError, ApiResult};
use super::fields::{Attribute, Schema, json_object};
use super::list::{self, ListRequest, Listing};
use super::path::{BaseUrl, Segments};
use super::query::Query;
use super::reply;
use super::resource::{Field, Resource, STATES};
use super::selection::Selection;
use super::state::{App, Reading};

pub(crate) use self::routes::{routes, single};
use self::run::create;
use self::update::update;

static RESOURCE: Resource = Resource {
    name: "ActionExecution",
    about: "A run of an action.",
    fields: &[
        Field::text("id", "Null for a run that is not stored.").or_null(),
        Field::text("workflow_name", "").or_null(),
        Field::text("workflow_namespace", ""),
        Field::text("task_name", "").or_null(),
        Field::text("task_execution_id", "").or_null(),
        Field::word("state", STATES, ""),
        Field::text("state_info", "").or_null(),
        Field::texts("tags", "").or_null(),
        Field::text("name", "Of the action."),
        Field::text("description", "").or_null(),
        Field::text("project_id", "").or_null(),
        Field::flag("accepted", "Whether its result counts.").or_null(),
        Field::object_text("input", ""),
        Field::object_text("output", "`{\"result\": …}`; null until it has ended.").or_null(),
        Field::time("created_at", "").or_null(),
        Field::time("updated_at", "").or_null(),
        Field::object_text("params", "How to run it; never sent."),
    ],
    is_partial: true,
};

/// What the body of a create or an update may hold.
const SCHEMA: Schema = Schema {
    argument: "action_ex",
    attributes: &[
        Attribute::text("id"),
        Attribute::text("workflow_name"),
        Attribute::text("workflow_namespace"),
        Attribute::text("task_name"),
        Attribute::text("task_execution_id"),
        Attribute::text("state"),
        Attribute::text("state_info"),
        Attribute::text_list("tags"),
        Attribute::text("name"),
        Attribute::text("description"),
        Attribute::text("project_id").read_only(),
        Attribute::bool("accepted"),
        Attribute::json("input"),
        Attribute::any_json("output"),
        Attribute::text("created_at"),
        Attribute::text("updated_at"),
        Attribute::json("params"),
    ],
};

const FILTERS: &[ActionColumn] = &[
    ActionColumn::Name,
    ActionColumn::WorkflowName,
    ActionColumn::TaskName,
    ActionColumn::State,
    ActionColumn::StateInfo,
    ActionColumn::Description,
    ActionColumn::Accepted,
    ActionColumn::Input,
    ActionColumn::Output,
    ActionColumn::CreatedAt,
    ActionColumn::UpdatedAt,
    ActionColumn::TaskExecutionId,
];

const LISTING: Listing<ActionColumn> = Listing {
    collection: "action_executions",
    resource: &RESOURCE,
    filters: FILTERS,
    flags: &["include_output", "include"],
    has_tags: true,
    has_nulls: false,
};

/// The actions of one task: that filter is given by the path.
pub(crate) const LISTING_OF_TASK: Listing<ActionColumn> = Listing {
    filters: FILTERS.split_at(FILTERS.len() - 1).0,
    ..LISTING
};

/// `GET /v2/action_executions`
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

/// `GET /v2/tasks/{id}/action_executions`
pub(crate) async fn list_of_task(
    app: &App,
    caller: &Caller,
    address: String,
    task: TaskId,
    arguments: &Query,
) -> ApiResult {
    let max = app.config().api.max_limit;
    let mut request = LISTING_OF_TASK.parse(address, arguments, caller, max)?;
    request.restrict(ActionColumn::TaskExecutionId, Operand::Id(task.0));
    let with_output = arguments.flag("include_output");
    app.read(move |reading| page(reading, request, with_output))
        .await
        .map(reply::ok)
}

fn page(
    reading: &Reading<'_>,
    mut request: ListRequest<ActionColumn>,
    with_output: bool,
) -> ApiResult<Dict> {
    let selection = &request.selection;
    let shows_output = selection.names("output")
        || (selection.is_all() && (with_output || request.includes_result));
    let wide = [
        (selection.shows("input"), ActionColumn::Input),
        (shows_output, ActionColumn::Output),
    ];
    let wide = wide
        .into_iter()
        .filter_map(|(shown, column)| shown.then_some(column));
    request.query.wide = wide.collect();
    let page = reading.catalog.actions(&request.query);
    let marker = request.query.marker.as_deref();
    let page = page.map_err(|error| list::unknown_marker(error, marker, not_found))?;
    let last = page.records.last().map(|record| record.id.to_string());
    let entries = page.records.iter().map(|record| {
        let mut shown = render(record);
        if !shows_output {
            shown.remove("output");
        }
        shown
    });
    Ok(request.answer(entries.collect(), page.full, last))
}

/// `GET /v2/action_executions/{id}`
async fn show(
    State(app): State<App>,
    Segments(id): Segments<String>,
    arguments: Query,
) -> ApiResult {
    one(&app, id, &arguments).await
}

/// `GET /v2/tasks/{task}/action_executions/{id}`
pub(crate) async fn show_of_task(
    State(app): State<App>,
    Segments((_, id)): Segments<(String, String)>,
    arguments: Query,
) -> ApiResult {
    one(&app, id, &arguments).await
}

async fn one(app: &App, id: String, arguments: &Query) -> ApiResult {
    arguments.check_known(&["fields"])?;
    let selection = Selection::of_lenient_get(arguments);
    let record = app.look(move |reading| find(reading, &id)).await?;
    Ok(reply::ok(selection.apply(render(&record))))
}

/// `DELETE /v2/action_executions/{id}`
async fn delete(
    State(app): State<App>,
    Segments(id): Segments<String>,
    arguments: Query,
) -> ApiResult {
    arguments.check_known(&[])?;
    if !app.config().api.allow_action_execution_deletion {
        return Err(ApiError::forbidden(
            "Action execution deletion is not allowed.",
        ));
    }
    let (root, action) = app
        .read(move |reading| {
            let record = find(reading, &id)?;
            check_deletable(&record)?;
            let root = reading.store.root_of_action(record.id)?;
            Ok((root.ok_or_else(|| not_found(&id))?, record.id))
        })
        .await?;
    app.send(
        root,
        "delete_action_execution",
        Event::ActionDeleted { action },
    )
    .await?;
    Ok(reply::no_content())
}

fn check_deletable(record: &ActionRecord) -> ApiResult<()> {
    if record.task_execution_id.is_some() {
        return Err(ApiError::forbidden(
            "Only ad-hoc action execution can be deleted.",
        ));
    }
    if !record.state.is_completed() {
        return Err(ApiError::forbidden(
            "Only completed action execution can be deleted.",
        ));
    }
    Ok(())
}

/// All attributes, in the order of the contract.
fn render(record: &ActionRecord) -> Dict {
    let mut shown = Dict::with_capacity(16);
    shown.insert("id", record.id.to_string());
    shown.insert("workflow_name", record.workflow_name.clone());
    let namespace = record.workflow_namespace.clone();
    shown.insert("workflow_namespace", namespace.unwrap_or_else(|| "".into()));
    shown.insert("task_name", record.task_name.clone());
    shown.insert(
        "task_execution_id",
        record.task_execution_id.map(|id| id.to_string()),
    );
    shown.insert("state", record.state.as_str());
    shown.insert("state_info", record.state_info.clone());
    shown.insert("tags", Value::Null);
    shown.insert("name", record.name.clone());
    shown.insert("description", record.description.clone());
    shown.insert("project_id", record.project_id.clone());
    shown.insert("accepted", record.accepted);
    shown.insert(
        "input",
        json_object(record.input.as_ref().unwrap_or(&Dict::new())),
    );
    let output = record
        .output
        .as_ref()
        .map(|result| json_object(&result_dict(result)))
        // What `keep-result: false` dropped.
        .or_else(|| {
            record
                .state
                .is_completed()
                .then(|| json_object(&Dict::new()))
        });
    shown.insert("output", output);
    shown.insert("created_at", record.created_at.to_string());
    shown.insert("updated_at", record.updated_at.to_string());
    shown
}

/// The form in which results are shown.
fn result_dict(result: &Value) -> Dict {
    [("result", result.clone())].into_iter().collect()
}

fn find(reading: &Reading<'_>, id: &str) -> ApiResult<ActionRecord> {
    let record = match id.parse::<ActionId>() {
        Ok(id) => reading.catalog.action(id)?,
        Err(_) => None,
    };
    record.ok_or_else(|| not_found(id))
}

fn not_found(id: &str) -> ApiError {
    ApiError::not_found(format!("ActionExecution not found [id={id}]"))
}
