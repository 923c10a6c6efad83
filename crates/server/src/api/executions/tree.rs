//! Reads the tree below an execution or a task, level by level: a fixed number
//! of queries per level, whatever its width.

use std::collections::HashMap;

use engine::model::{ExecutionId, State, TaskId, TaskKind};
use store::query::{
    ActionColumn, Column, ExecutionColumn, Filter, ListQuery, Operand, Page, TaskColumn,
};
use store::record::{ActionRecord, ExecutionRecord, TaskRecord};
use store::{Catalog, StoreError};
use yaql::Dict;

use super::{View, render};
use crate::api::error::{ApiError, ApiResult};
use crate::api::list::one_of;
use crate::api::query::Query;
use crate::api::state::Reading;

/// The most rows that one answer is made of.
const MAX_LISTED: usize = 20_000;

/// The deepest level that is read, whatever the caller asks for.
const MAX_LEVELS: usize = 100;

/// How many ids one query compares with.
const IDS_PER_QUERY: usize = 500;

/// Which part of a tree a caller wants to see as a flat list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Subtree {
    errors_only: bool,
    levels: usize,
    view: View,
}

impl Subtree {
    /// Reads `errors_only`, `max_depth` and `include_output`.
    pub(crate) fn parse(arguments: &Query) -> ApiResult<Self> {
        arguments.check_known(&["errors_only", "max_depth", "include_output"])?;
        Ok(Self {
            errors_only: arguments.flag("errors_only"),
            levels: levels(arguments)?,
            view: View::list(&Default::default(), arguments.flag("include_output")),
        })
    }

    /// The execution and what is below it, depth first.
    pub(crate) fn of_execution(
        &self,
        reading: &Reading<'_>,
        top: ExecutionRecord,
    ) -> ApiResult<Vec<Dict>> {
        self.flatten(reading, vec![top], 0)
    }

    /// What is below a task, depth first.
    pub(crate) fn of_task(&self, reading: &Reading<'_>, task: &TaskRecord) -> ApiResult<Vec<Dict>> {
        if self.errors_only && task.state != State::Error {
            return Ok(Vec::new());
        }
        let mut reader = self.reader(reading);
        let children = reader.children(&[task.id])?;
        self.flatten(reading, children, 0)
    }

    fn reader<'a>(&self, reading: &Reading<'a>) -> Reader<'a> {
        Reader::new(reading.catalog, self.errors_only, self.view.wide())
    }

    fn flatten(
        &self,
        reading: &Reading<'_>,
        tops: Vec<ExecutionRecord>,
        first_level: usize,
    ) -> ApiResult<Vec<Dict>> {
        let mut reader = self.reader(reading);
        let mut below: HashMap<ExecutionId, Vec<ExecutionRecord>> = HashMap::new();
        let mut level: Vec<ExecutionId> = tops.iter().map(|record| record.id.id).collect();
        for _ in first_level..self.levels {
            let tasks = reader.tasks(&level, Some(TaskKind::Workflow))?;
            let parents: HashMap<_, _> = tasks
                .iter()
                .map(|task| (task.id, task.execution.id))
                .collect();
            let ids: Vec<_> = tasks.iter().map(|task| task.id).collect();
            let children = reader.children(&ids)?;
            if children.is_empty() {
                break;
            }
            level = children.iter().map(|child| child.id.id).collect();
            for child in children {
                let parent = child.task_execution_id.and_then(|task| parents.get(&task));
                if let Some(parent) = parent {
                    below.entry(*parent).or_default().push(child);
                }
            }
        }
        Ok(self.depth_first(tops, below))
    }

    fn depth_first(
        &self,
        tops: Vec<ExecutionRecord>,
        mut below: HashMap<ExecutionId, Vec<ExecutionRecord>>,
    ) -> Vec<Dict> {
        let mut shown = Vec::new();
        let mut open: Vec<_> = tops.into_iter().rev().collect();
        while let Some(record) = open.pop() {
            shown.push(render(&record, self.view));
            let children = below.remove(&record.id.id).unwrap_or_default();
            open.extend(children.into_iter().rev());
        }
        shown
    }
}

/// `max_depth`: negative is no limit.
pub(super) fn levels(arguments: &Query) -> ApiResult<usize> {
    let depth = arguments.int("max_depth")?.unwrap_or(-1);
    Ok(usize::try_from(depth).unwrap_or(MAX_LEVELS).min(MAX_LEVELS))
}

/// Reads rows of a tree, up to a bound.
pub(super) struct Reader<'a> {
    catalog: &'a dyn Catalog,
    errors_only: bool,
    wide: Vec<ExecutionColumn>,
    left: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        catalog: &'a dyn Catalog,
        errors_only: bool,
        wide: Vec<ExecutionColumn>,
    ) -> Self {
        Self {
            catalog,
            errors_only,
            wide,
            left: MAX_LISTED,
        }
    }

    /// Tasks of executions, by creation.
    pub(super) fn tasks(
        &mut self,
        executions: &[ExecutionId],
        kind: Option<TaskKind>,
    ) -> ApiResult<Vec<TaskRecord>> {
        let ids = executions
            .iter()
            .map(|id| Operand::Id(id.0))
            .collect::<Vec<_>>();
        let mut filters = Vec::new();
        if let Some(kind) = kind {
            filters.push(Filter::equal(
                TaskColumn::Type,
                Operand::Text(kind.as_str().into()),
            ));
        }
        if self.errors_only {
            let error = Operand::Text(State::Error.as_str().into());
            filters.push(Filter::equal(TaskColumn::State, error));
        }
        let template = ListQuery {
            filters,
            wide: Vec::new(),
            ..ListQuery::default()
        };
        let catalog = self.catalog;
        self.read_all(
            TaskColumn::WorkflowExecutionId,
            &ids,
            &template,
            |query| catalog.tasks(query),
            |record| record.id.to_string(),
        )
    }

    /// Sub-workflow executions of tasks, by creation.
    pub(super) fn children(&mut self, tasks: &[TaskId]) -> ApiResult<Vec<ExecutionRecord>> {
        let ids = tasks.iter().map(|id| Operand::Id(id.0)).collect::<Vec<_>>();
        let template = ListQuery {
            wide: self.wide.clone(),
            ..ListQuery::default()
        };
        let catalog = self.catalog;
        self.read_all(
            ExecutionColumn::TaskExecutionId,
            &ids,
            &template,
            |query| catalog.executions(query),
            |record| record.id.to_string(),
        )
    }

    /// Action executions of tasks, by creation.
    pub(super) fn actions(&mut self, tasks: &[TaskId]) -> ApiResult<Vec<ActionRecord>> {
        let ids = tasks.iter().map(|id| Operand::Id(id.0)).collect::<Vec<_>>();
        let template = ListQuery {
            wide: Vec::new(),
            ..ListQuery::default()
        };
        let catalog = self.catalog;
        self.read_all(
            ActionColumn::TaskExecutionId,
            &ids,
            &template,
            |query| catalog.actions(query),
            |record| record.id.to_string(),
        )
    }

    /// All rows whose `column` is one of `ids`: by portions of ids, and page by
    /// page since the store bounds the bytes of a page.
    fn read_all<C: Column, T>(
        &mut self,
        column: C,
        ids: &[Operand],
        template: &ListQuery<C>,
        fetch: impl Fn(&ListQuery<C>) -> Result<Page<T>, StoreError>,
        id_of: impl Fn(&T) -> String,
    ) -> ApiResult<Vec<T>> {
        let mut rows = Vec::new();
        for portion in ids.chunks(IDS_PER_QUERY) {
            let mut query = template.clone();
            query.filters.push(one_of(column, portion.to_vec()));
            loop {
                query.limit = Some(self.left + 1);
                let page = fetch(&query)?;
                self.left = self
                    .left
                    .checked_sub(page.records.len())
                    .ok_or_else(too_many)?;
                query.marker = page.records.last().map(|record| id_of(record).into());
                let done = !page.full || page.records.is_empty();
                rows.extend(page.records);
                if done {
                    break;
                }
            }
        }
        Ok(rows)
    }
}

fn too_many() -> ApiError {
    ApiError::bad_request(format!(
        "There are more than {MAX_LISTED} entries below; use max_depth, or list them page by page."
    ))
}
