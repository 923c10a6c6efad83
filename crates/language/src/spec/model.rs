//! What a definition says, with everything read and nothing evaluated.
//!
//! The types keep what the text says apart from what it means: defaults are not
//! applied here and publishing clauses are not merged; `compile` does both.

use std::sync::Arc;

use indexmap::IndexMap;
use yaql::{Dict, Value};

use crate::program::{Join, Kind};
use crate::source::Span;

/// A name and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The name.
    pub text: Arc<str>,
    /// Its place.
    pub span: Span,
}

/// A workbook (workflow language §2).
#[derive(Clone, Debug)]
pub struct WorkbookSpec {
    /// Its name.
    pub name: Name,
    /// Free text.
    pub description: Option<Arc<str>>,
    /// Words to find it by.
    pub tags: Vec<Arc<str>>,
    /// Its actions, by their short names.
    pub actions: Vec<ActionSpec>,
    /// Its workflows, by their short names.
    pub workflows: Vec<WorkflowSpec>,
    /// The specification as the API shows it.
    pub json: Value,
}

/// An ad-hoc action (workflow language §3).
#[derive(Clone, Debug)]
pub struct ActionSpec {
    /// Its name; in a workbook the short one.
    pub name: Name,
    /// Free text.
    pub description: Option<Arc<str>>,
    /// Words to find it by.
    pub tags: Vec<Arc<str>>,
    /// Declared parameters.
    pub input: Vec<InputSpec>,
    /// The action it calls, always by its full name.
    pub base: Name,
    /// Parameters of the base, the inline ones laid over.
    pub base_input: Dict,
    /// What to make of the result; `None` is the result itself.
    pub output: Option<Value>,
    /// The text to store as its definition.
    pub definition: Arc<str>,
    /// The specification as the API shows it.
    pub json: Value,
}

/// A workflow (workflow language §4).
#[derive(Clone, Debug)]
pub struct WorkflowSpec {
    /// Its name; in a workbook the short one.
    pub name: Name,
    /// Direct or reverse.
    pub kind: Kind,
    /// Free text.
    pub description: Option<Arc<str>>,
    /// Words to find it by; copied to executions.
    pub tags: Vec<Arc<str>>,
    /// Declared input.
    pub input: Vec<InputSpec>,
    /// Evaluated once at start.
    pub vars: Dict,
    /// Evaluated on SUCCESS.
    pub output: Option<Dict>,
    /// Evaluated on ERROR.
    pub output_on_error: Option<Dict>,
    /// What tasks have if they say nothing else.
    pub task_defaults: TaskDefaultsSpec,
    /// The tasks, in definition order.
    pub tasks: IndexMap<Arc<str>, TaskSpec>,
    /// The text to store as its definition.
    pub definition: Arc<str>,
    /// The specification as the API shows it.
    pub json: Value,
}

/// A declared parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct InputSpec {
    /// Its name.
    pub name: Arc<str>,
    /// Literal default; `None` makes it required.
    pub default: Option<Value>,
}

/// What tasks have if they say nothing else (workflow language §4.4).
#[derive(Clone, Debug, Default)]
pub struct TaskDefaultsSpec {
    /// Policies.
    pub policies: PoliciesSpec,
    /// Transitions; publishing in them has no effect.
    pub clauses: ClausesSpec,
    /// Whether an interrupted run may be repeated.
    pub safe_rerun: Option<Value>,
    /// Tasks that every task requires (reverse workflows).
    pub requires: Vec<Name>,
}

/// A task (workflow language §5).
#[derive(Clone, Debug)]
pub struct TaskSpec {
    /// Its name.
    pub name: Name,
    /// Free text.
    pub description: Option<Arc<str>>,
    /// Words to find it by; copied to executions.
    pub tags: Vec<Arc<str>>,
    /// What it runs.
    pub work: WorkSpec,
    /// Parameters, the inline ones not yet laid over.
    pub input: InputValue,
    /// Iteration variables.
    pub with_items: Vec<WithItemsSpec>,
    /// Variables to publish in each end state, in the basic form.
    pub publish: BasicPublishSpec,
    /// Whether the result is kept after publishing.
    pub keep_result: Option<Value>,
    /// Whether an interrupted run may be repeated.
    pub safe_rerun: Option<Value>,
    /// Which executor must run the action.
    pub target: Option<Arc<str>>,
    /// Retry, waits, timeout and so on.
    pub policies: PoliciesSpec,
    /// How many inbound tasks it waits for.
    pub join: Option<Join>,
    /// Where to go from each end state.
    pub clauses: ClausesSpec,
    /// Tasks that must be SUCCESS first (reverse workflows).
    pub requires: Vec<Name>,
    /// The specification as the API shows it.
    pub json: Value,
}

/// What a task runs.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkSpec {
    /// An action or a sub-workflow.
    pub kind: WorkKind,
    /// Its name, which may be an expression.
    pub name: Name,
    /// Inline parameters.
    pub parameters: Dict,
}

/// The kinds of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkKind {
    /// An action.
    Action,
    /// A sub-workflow.
    Workflow,
}

/// How the input of a task is written.
#[derive(Clone, Debug, PartialEq)]
pub enum InputValue {
    /// Parameter by parameter.
    Named(Dict),
    /// One expression that gives a dict.
    Whole(Arc<str>),
}

impl Default for InputValue {
    fn default() -> Self {
        Self::Named(Dict::new())
    }
}

/// `variable in list`.
#[derive(Clone, Debug, PartialEq)]
pub struct WithItemsSpec {
    /// The variable bound per item.
    pub variable: Arc<str>,
    /// A list, or an expression that gives one.
    pub list: Value,
}

/// `publish`, `publish-on-error` and `publish-on-skip`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BasicPublishSpec {
    /// In SUCCESS.
    pub success: Option<Dict>,
    /// In ERROR.
    pub error: Option<Dict>,
    /// In SKIPPED.
    pub skip: Option<Dict>,
}

/// The four clauses.
#[derive(Clone, Debug, Default)]
pub struct ClausesSpec {
    /// `on-success`
    pub on_success: Option<ClauseSpec>,
    /// `on-error`
    pub on_error: Option<ClauseSpec>,
    /// `on-complete`
    pub on_complete: Option<ClauseSpec>,
    /// `on-skip`
    pub on_skip: Option<ClauseSpec>,
}

/// An on-clause (workflow language §5.5).
#[derive(Clone, Debug, Default)]
pub struct ClauseSpec {
    /// Publishing in the advanced form.
    pub publish: Option<ScopesSpec>,
    /// Where to go; empty means that there is no `next`.
    pub next: Vec<TransitionSpec>,
}

/// Variables by scope. `atomic` has no effect, so it is not kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScopesSpec {
    /// Along transitions.
    pub branch: Option<Dict>,
    /// For the whole execution.
    pub global: Option<Dict>,
}

/// An entry of a clause.
#[derive(Clone, Debug)]
pub struct TransitionSpec {
    /// A task or an engine command.
    pub target: Name,
    /// Parameters; only those of commands mean something.
    pub parameters: Dict,
    /// Taken only if this is true.
    pub guard: Option<Arc<str>>,
}

/// The policies (workflow language §5.8). `None` is "not given".
#[derive(Clone, Debug, Default)]
pub struct PoliciesSpec {
    /// Run again after an error.
    pub retry: Option<RetrySpec>,
    /// Seconds before the first run.
    pub wait_before: Option<Value>,
    /// Seconds before the end state.
    pub wait_after: Option<Value>,
    /// Seconds until the task becomes ERROR.
    pub timeout: Option<Value>,
    /// Pause the workflow before the task.
    pub pause_before: Option<Value>,
    /// Items of a with-items task that may run at once.
    pub concurrency: Option<Value>,
    /// Turn SUCCESS into ERROR.
    pub fail_on: Option<Value>,
}

/// The retry policy.
#[derive(Clone, Debug, PartialEq)]
pub struct RetrySpec {
    /// How many repetitions.
    pub count: Value,
    /// Seconds between runs.
    pub delay: Value,
    /// Stop repeating an ERROR if true.
    pub break_on: Option<Value>,
    /// Repeat only while true.
    pub continue_on: Option<Value>,
}

impl ClausesSpec {
    /// The clause under a key like `on-success`.
    pub fn get(&self, key: &str) -> Option<&ClauseSpec> {
        match key {
            "on-success" => self.on_success.as_ref(),
            "on-error" => self.on_error.as_ref(),
            "on-complete" => self.on_complete.as_ref(),
            "on-skip" => self.on_skip.as_ref(),
            _ => None,
        }
    }
}
