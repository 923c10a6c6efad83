//! An execution as callers see it (REST API §9.1).

use store::query::ExecutionColumn;
use store::record::ExecutionRecord;
use yaql::{Dict, Value};

use super::published;
use crate::api::error::ApiResult;
use crate::api::fields::json_object;
use crate::api::list::texts;
use crate::api::selection::Selection;
use crate::api::state::Reading;

/// Which of the costly attributes an answer shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct View {
    params: bool,
    input: bool,
    output: bool,
    published_global: bool,
}

impl View {
    /// The answers of creates and updates: all but what was published.
    pub(crate) const CHANGED: Self = Self {
        params: true,
        input: true,
        output: true,
        published_global: false,
    };

    /// An entry of a list.
    pub(crate) fn list(selection: &Selection, with_output: bool) -> Self {
        Self {
            params: selection.shows("params"),
            input: selection.shows("input"),
            output: selection.names("output") || (selection.is_all() && with_output),
            published_global: selection.names("published_global"),
        }
    }

    /// The answer of a single get.
    pub(crate) fn single(selection: &Selection) -> Self {
        Self {
            params: selection.shows("params"),
            input: selection.shows("input"),
            output: selection.shows("output"),
            published_global: selection.shows("published_global"),
        }
    }

    /// Whether something of it is in the context.
    pub(super) fn shows_context(self) -> bool {
        self.published_global
    }

    /// The columns to read for it.
    pub(crate) fn wide(self) -> Vec<ExecutionColumn> {
        let columns = [
            (self.params, ExecutionColumn::Params),
            (self.input, ExecutionColumn::Input),
            (self.output, ExecutionColumn::Output),
        ];
        columns
            .into_iter()
            .filter_map(|(shown, column)| shown.then_some(column))
            .collect()
    }
}

/// The attributes of an execution, in the order of the contract. A wide one is
/// left out if the record does not hold it or the view does not show it.
pub(crate) fn render(record: &ExecutionRecord, view: View) -> Dict {
    let mut shown = Dict::with_capacity(17);
    let wide =
        |is_shown: bool, dict: &Option<Dict>| dict.as_ref().filter(|_| is_shown).map(json_object);
    shown.insert("id", record.id.to_string());
    shown.insert("workflow_id", record.workflow_id.to_string());
    shown.insert("workflow_name", record.workflow_name.clone());
    shown.insert("workflow_namespace", record.workflow_namespace.clone());
    shown.insert("description", record.description.clone());
    shown.insert("tags", texts(&record.tags));
    put(&mut shown, "params", wide(view.params, &record.params));
    shown.insert(
        "task_execution_id",
        record.task_execution_id.map(|id| id.to_string()),
    );
    let root = record.root_execution_id.as_ref();
    shown.insert("root_execution_id", root.map(ToString::to_string));
    shown.insert("state", record.state.as_str());
    shown.insert("state_info", record.state_info.clone());
    put(&mut shown, "input", wide(view.input, &record.input));
    put(&mut shown, "output", wide(view.output, &record.output));
    shown.insert("created_at", record.created_at.to_string());
    shown.insert("updated_at", record.updated_at.to_string());
    shown.insert("project_id", record.project_id.clone());
    shown
}

/// [`render`], with the globally published variables if the view shows them.
pub(super) fn shown(
    reading: &Reading<'_>,
    record: &ExecutionRecord,
    view: &View,
) -> ApiResult<Dict> {
    if !view.shows_context() {
        return Ok(render(record, *view));
    }
    let context = reading.catalog.context(record.id.id)?.unwrap_or_default();
    in_full(reading, record, context, *view)
}

/// [`render`], with the globally published variables out of the context.
pub(super) fn in_full(
    reading: &Reading<'_>,
    record: &ExecutionRecord,
    context: Dict,
    view: View,
) -> ApiResult<Dict> {
    let mut shown = render(record, view);
    let published = published::of_execution(reading, record, context)?;
    shown.insert("published_global", json_object(&published));
    Ok(shown)
}

fn put(shown: &mut Dict, name: &str, value: Option<Value>) {
    if let Some(value) = value {
        shown.insert(name, value);
    }
}
