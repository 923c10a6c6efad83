//! What the engine may ask of the outside while it decides.
//!
//! Every answer is a plain value and must not change while one step runs: with
//! the same answers a step gives the same effects.

use std::collections::HashMap;
use std::sync::Arc;

use language::expression::{ExecutionsFilter, Languages, TasksFilter, Template};
use language::program::Program;
use yaql::{Dict, Limits, Value};

use crate::change::Snapshot;
use crate::event::Definition;
use crate::model::{Execution, ExecutionId, Id, ItemLists, State, Task, TaskId, TaskKind};
use crate::signature::Signature;

/// Definitions and data that are not part of a tree in memory.
pub trait World {
    /// The workflow a task means by `name`: member of the same workbook
    /// first, then the same namespace, then the default one (workflow language §12.2).
    ///
    /// # Errors
    /// The definition can't be read.
    fn sub_workflow(
        &self,
        name: &str,
        scope: &NameScope<'_>,
    ) -> Result<Option<Definition>, Unavailable>;

    /// The action of that name.
    ///
    /// # Errors
    /// The definition can't be read.
    fn action(
        &self,
        name: &str,
        scope: &NameScope<'_>,
    ) -> Result<Option<ActionDefinition>, Unavailable>;

    /// The actions and sub-workflows of a completed task that is no longer in memory,
    /// by index, then age.
    ///
    /// # Errors
    /// They can't be read.
    fn children(&self, task: &Task) -> Result<Vec<Child>, Unavailable>;

    /// What a completed task published; that is no longer in memory.
    ///
    /// # Errors
    /// It can't be read.
    fn published(&self, task: &Task) -> Result<Option<Dict>, Unavailable>;

    /// Rows of a tree's sub-workflows that left memory ([`gone_with`] tells which).
    ///
    /// # Errors
    /// They can't be read.
    fn gone(
        &self,
        root: ExecutionId,
        wanted: Wanted,
        in_memory: &dyn Fn(ExecutionId) -> bool,
    ) -> Result<Option<Snapshot>, Unavailable>;

    /// What an execution runs, by its hash.
    fn program(&self, hash: &[u8; 32]) -> Option<Arc<Program>>;

    /// An execution of any tree, with its tasks by age; `None` if there is none.
    ///
    /// # Errors
    /// It can't be read.
    fn source(&self, id: ExecutionId) -> Result<Option<Source>, Unavailable>;

    /// The evaluated lists of a with-items task that is no longer in memory.
    ///
    /// # Errors
    /// They can't be read.
    fn item_lists(&self, task: &Task) -> Result<Option<ItemLists>, Unavailable>;

    /// What `tasks(…)` gives beyond the tree at hand.
    ///
    /// # Errors
    /// They can't be read, or are too many.
    fn tasks(&self, filter: &TasksFilter, project_id: &str) -> Result<Value, QueryError>;

    /// What `executions(…)` gives.
    ///
    /// # Errors
    /// They can't be read, or are too many.
    fn executions(&self, filter: &ExecutionsFilter, project_id: &str) -> Result<Value, QueryError>;

    /// Limits and options.
    fn settings(&self) -> &Settings;

    /// The evaluation of an expression begins: its time runs from here.
    fn begin_evaluation(&self);

    /// The evaluation that began last has ended.
    fn end_evaluation(&self) {}

    /// Asked now and then while an expression is evaluated: whether it took too long.
    fn is_late(&self) -> bool;
}

/// Something the engine asked for can't be had now; the step leaves the tree in an
/// undefined state and it must be loaded again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unavailable(pub String);

/// Why `tasks(…)` or `executions(…)` gives nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// The step can not go on.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// The call makes no sense or finds too much: an error of the expression.
    #[error("{0}")]
    Refused(String),
}

/// An execution that another one goes on from.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its image.
    pub execution: Execution,
    /// What it ran.
    pub program: Arc<Program>,
    /// Its tasks, with what they published, by age.
    pub tasks: Vec<Task>,
}

/// What left memory and is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// A sub-workflow.
    Execution(ExecutionId),
    /// A task of one.
    Task(TaskId),
}

/// The executions that must be in memory for one that left it: those above that left, too,
/// and all below the topmost of them; none if it is not of the tree. `parents` are all
/// sub-workflows of the tree, each with the execution above it.
pub fn gone_with(
    wanted: ExecutionId,
    parents: &[(ExecutionId, ExecutionId)],
    in_memory: &dyn Fn(ExecutionId) -> bool,
) -> Vec<ExecutionId> {
    let above: HashMap<_, _> = parents.iter().copied().collect();
    let mut top = wanted;
    loop {
        match above.get(&top) {
            None => return Vec::new(),
            Some(parent) if in_memory(*parent) => break,
            Some(parent) => top = *parent,
        }
    }
    let mut below: HashMap<_, Vec<_>> = HashMap::new();
    for (id, parent) in parents {
        below.entry(*parent).or_default().push(*id);
    }
    let mut found = vec![top];
    let mut next = 0;
    while let Some(id) = found.get(next) {
        next += 1;
        let children = below.remove(id).unwrap_or_default();
        found.extend(children);
    }
    found
}

/// An ended action or sub-workflow of a task.
#[derive(Clone, Debug, PartialEq)]
pub struct Child {
    /// Its id.
    pub id: Id,
    /// Whether it is an action or a sub-workflow.
    pub kind: TaskKind,
    /// Name of the action or workflow.
    pub name: Arc<str>,
    /// Position among the items.
    pub index: u32,
    /// Its state.
    pub state: State,
    /// Its result counts.
    pub accepted: bool,
    /// An action's data or error, a sub-workflow's output.
    pub value: Value,
}

/// Where a task's names of actions and workflows are looked up.
#[derive(Clone, Copy, Debug)]
pub struct NameScope<'a> {
    /// Workbook whose members come first.
    pub workbook: Option<&'a str>,
    /// Namespace of the execution.
    pub namespace: &'a str,
    /// Owner.
    pub project_id: &'a str,
}

/// An action as the engine needs it.
#[derive(Clone, Debug)]
pub enum ActionDefinition {
    /// Runs somewhere.
    BuiltIn {
        /// Its name.
        name: Arc<str>,
        /// Its parameters.
        signature: Signature,
    },
    /// Defined in YAML on top of another one.
    AdHoc(Arc<AdHoc>),
}

/// An ad-hoc action (workflow language §3).
#[derive(Debug)]
pub struct AdHoc {
    /// Full name.
    pub name: Arc<str>,
    /// Its definition text, for error messages.
    pub definition: Arc<str>,
    /// The action below.
    pub base: Arc<str>,
    /// Its parameters.
    pub signature: Signature,
    /// Input of the base, inline parameters already laid over.
    pub base_input: Box<[(Arc<str>, Template)]>,
    /// Transformation of the base's result.
    pub output: Option<Template>,
}

/// Limits and options of the engine.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `[engine] execution_field_size_limit_kb`; `None` is no limit.
    pub field_size_limit: Option<usize>,
    /// Task starts and items one step may work off before it asks to be continued.
    pub work_per_step: u32,
    /// How deep sub-workflows may nest.
    pub sub_workflow_depth: u32,
    /// What one evaluation may use.
    pub expressions: Limits,
    /// The expression languages of data that comes at run time.
    pub languages: Languages,
    /// Items one with-items task may have.
    pub items_limit: usize,
    /// Items of one task that may be at work at once if the task says nothing less.
    pub items_at_once: u32,
    /// Bytes of results that one with-items task keeps in memory, roughly.
    pub kept_item_bytes: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            field_size_limit: Some(1024 * 1024),
            work_per_step: 2_000,
            sub_workflow_depth: 100,
            expressions: Limits::default(),
            languages: Languages::default(),
            items_limit: 10_000_000,
            items_at_once: 10_000,
            kept_item_bytes: 256 * 1024,
        }
    }
}

impl ActionDefinition {
    /// Its parameters.
    pub fn signature(&self) -> &Signature {
        match self {
            Self::BuiltIn { signature, .. } => signature,
            Self::AdHoc(adhoc) => &adhoc.signature,
        }
    }
}
