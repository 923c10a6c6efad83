//! The compiled form of a workflow: what the engine runs.
//!
//! A `Program` is made once per definition text and shared by `Arc`. Tasks and
//! edges are dense integers, every expression is parsed, what a task publishes
//! in each end state is already merged, and the graph facts a join needs
//! (inbound edges, strongly connected components) are known. Nothing in here
//! changes at run time.

use std::sync::Arc;

use indexmap::IndexMap;
use yaql::Value;

use crate::expression::Template;

/// Position of a task in [`Program::tasks`], which is definition order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaskIndex(pub u32);

/// Position of an edge in [`Program::edges`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EdgeIndex(pub u32);

/// Named templates, evaluated in definition order.
pub type Templates = Box<[(Arc<str>, Template)]>;

/// A checked and compiled workflow.
#[derive(Debug)]
pub struct Program {
    /// The name in its own document (a workbook's member has the short name).
    pub name: Arc<str>,
    /// Direct or reverse.
    pub kind: Kind,
    /// Free text, shown by `execution().spec` only.
    pub description: Option<Arc<str>>,
    /// Copied to executions.
    pub tags: Box<[Arc<str>]>,
    /// Declared input, in definition order.
    pub input: Box<[Input]>,
    /// Evaluated once at start.
    pub vars: Templates,
    /// Evaluated on SUCCESS; `None` means the merged final context.
    pub output: Option<Templates>,
    /// Evaluated on ERROR, laid over `{result: <state_info>}`.
    pub output_on_error: Option<Templates>,
    /// In definition order.
    pub tasks: Box<[Task]>,
    /// Name → index.
    pub task_names: IndexMap<Arc<str>, TaskIndex>,
    /// Distinct pairs of tasks joined by any transition.
    pub edges: Box<[Edge]>,
    /// Tasks without inbound edges (direct workflows), in definition order.
    pub starts: Box<[TaskIndex]>,
    /// The cyclic parts of the graph.
    pub components: Components,
    /// The specification as the API and `execution().spec` show it.
    pub spec: Value,
}

/// How the order of tasks is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// By transitions.
    Direct,
    /// By `requires`, backwards from `task_name`.
    Reverse,
}

/// A declared input of a workflow.
#[derive(Debug)]
pub struct Input {
    /// Its name.
    pub name: Arc<str>,
    /// Literal default; `None` makes it required (workflow language §4.1).
    pub default: Option<Value>,
}

/// A node of the workflow.
#[derive(Debug)]
pub struct Task {
    /// Unique in the workflow.
    pub name: Arc<str>,
    /// Copied to task executions.
    pub tags: Box<[Arc<str>]>,
    /// What it runs.
    pub work: Work,
    /// Parameters of the action or input of the sub-workflow.
    pub input: TaskInput,
    /// Iteration variables; empty for a plain task.
    pub with_items: Box<[WithItems]>,
    /// Set if the task waits for its inbound tasks.
    pub join: Option<Join>,
    /// Where to go from each end state.
    pub transitions: Transitions,
    /// What to publish in each end state.
    pub publish: Publishing,
    /// Retry, waits, timeout and so on, defaults already applied.
    pub policies: Policies,
    /// Whether the result is kept after publishing.
    pub keep_result: Option<Template>,
    /// Whether an interrupted run may be repeated.
    pub safe_rerun: Option<Template>,
    /// Which executor must run the action.
    pub target: Option<Template>,
    /// Tasks that must be SUCCESS first (reverse workflows).
    pub requires: Box<[TaskIndex]>,
    /// Edges that lead here, ordered by their source.
    pub inbound: Box<[EdgeIndex]>,
    /// Edges that leave from here, ordered by first appearance.
    pub outbound: Box<[EdgeIndex]>,
    /// The specification of this task alone, as `task().spec` shows it.
    pub spec: Value,
}

/// What a task runs. Names may be expressions.
#[derive(Debug)]
pub enum Work {
    /// An action; an empty name at run time means `std.noop`.
    Action(Template),
    /// A sub-workflow.
    Workflow(Template),
}

/// How the input of a task is written.
#[derive(Debug)]
pub enum TaskInput {
    /// Parameter by parameter, inline ones already laid over.
    Named(Templates),
    /// One expression that gives a dict.
    Whole(Template),
}

/// `variable in list`.
#[derive(Debug)]
pub struct WithItems {
    /// The variable bound per item.
    pub variable: Arc<str>,
    /// The list.
    pub list: Template,
}

/// How many inbound tasks a join needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Join {
    /// Every inbound task.
    All,
    /// At least so many; `one` is 1.
    Count(u32),
}

/// Why a transition was taken; the names the API shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trigger {
    /// `on-success`
    OnSuccess,
    /// `on-error`
    OnError,
    /// `on-complete`
    OnComplete,
    /// `on-skip`
    OnSkip,
}

/// The clauses of a task, task-defaults already merged in.
#[derive(Debug, Default)]
pub struct Transitions {
    /// `on-success`
    pub on_success: Box<[Transition]>,
    /// `on-error`
    pub on_error: Box<[Transition]>,
    /// `on-complete`
    pub on_complete: Box<[Transition]>,
    /// `on-skip`
    pub on_skip: Box<[Transition]>,
}

/// One entry of a clause.
#[derive(Debug)]
pub struct Transition {
    /// Where it leads.
    pub target: Target,
    /// Taken only if this is true.
    pub guard: Option<Template>,
}

/// Where a transition leads.
#[derive(Debug)]
pub enum Target {
    /// Another task (or the same one), over an edge.
    Task(TaskIndex, EdgeIndex),
    /// An engine command.
    Command(EngineCommand, Option<Template>),
}

/// The engine commands of workflow language §5.6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineCommand {
    /// Nothing; marks an error as handled.
    Noop,
    /// The workflow becomes ERROR.
    Fail,
    /// The workflow becomes SUCCESS.
    Succeed,
    /// The workflow becomes PAUSED.
    Pause,
}

/// What to publish in each end state; clauses merged by workflow language §5.3.
#[derive(Debug, Default)]
pub struct Publishing {
    /// In SUCCESS.
    pub success: Publish,
    /// In ERROR.
    pub error: Publish,
    /// In SKIPPED.
    pub skip: Publish,
}

/// Variables of the two scopes.
#[derive(Debug, Default)]
pub struct Publish {
    /// Along transitions.
    pub branch: Templates,
    /// For the whole execution.
    pub global: Templates,
}

/// The policies of a task. `None` is "not set".
#[derive(Debug, Default)]
pub struct Policies {
    /// Run again after an error (or while `continue-on` holds).
    pub retry: Option<Retry>,
    /// Seconds before the first run.
    pub wait_before: Option<Template>,
    /// Seconds before the end state.
    pub wait_after: Option<Template>,
    /// Seconds until the task becomes ERROR.
    pub timeout: Option<Template>,
    /// Pause the workflow before the task.
    pub pause_before: Option<Template>,
    /// Items of a with-items task that may run at once.
    pub concurrency: Option<Template>,
    /// Turn SUCCESS into ERROR.
    pub fail_on: Option<Template>,
}

/// The retry policy.
#[derive(Debug)]
pub struct Retry {
    /// How many repetitions.
    pub count: Template,
    /// Seconds between runs.
    pub delay: Template,
    /// Stop repeating an ERROR if true.
    pub break_on: Option<Template>,
    /// Repeat only while true, after SUCCESS too.
    pub continue_on: Option<Template>,
}

/// A pair of tasks joined by at least one transition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// The task that triggers.
    pub from: TaskIndex,
    /// The task that is triggered.
    pub to: TaskIndex,
}

/// Strongly connected components of the task graph.
#[derive(Debug, Default)]
pub struct Components {
    /// Component number of each task.
    pub of: Box<[u32]>,
    /// Members of the component if it has a cycle, else empty.
    pub cyclic: Box<[Box<[TaskIndex]>]>,
}

impl Program {
    /// The task at an index.
    pub fn task(&self, index: TaskIndex) -> &Task {
        &self.tasks[index.0 as usize]
    }

    /// The edge at an index.
    pub fn edge(&self, index: EdgeIndex) -> Edge {
        self.edges[index.0 as usize]
    }

    /// The class name in `Invalid input […]` texts.
    pub fn class(&self) -> &'static str {
        match self.kind {
            Kind::Direct => "DirectWorkflowSpec",
            Kind::Reverse => "ReverseWorkflowSpec",
        }
    }
}

impl Trigger {
    /// The event name in `next_tasks` and `triggered_by`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OnSuccess => "on-success",
            Self::OnError => "on-error",
            Self::OnComplete => "on-complete",
            Self::OnSkip => "on-skip",
        }
    }
}

impl EngineCommand {
    /// The command of that name, if it is one.
    pub fn by_name(name: &str) -> Option<Self> {
        match name {
            "noop" => Some(Self::Noop),
            "fail" => Some(Self::Fail),
            "succeed" => Some(Self::Succeed),
            "pause" => Some(Self::Pause),
            _ => None,
        }
    }
}

impl Components {
    /// The members of the task's component if it lies on a cycle.
    pub fn cycle_of(&self, task: TaskIndex) -> Option<&[TaskIndex]> {
        let members = &self.cyclic[self.of[task.0 as usize] as usize];
        (!members.is_empty()).then_some(&**members)
    }
}
