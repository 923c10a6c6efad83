//! One root execution with everything below it, in memory.
//!
//! The tree is changed in place by a step and remembers which rows differ from
//! the store. Completed tasks keep only what later tasks may read; action
//! executions are dropped as soon as their task is completed and their rows are
//! written.

mod contexts;
mod dirty;
mod facts;
mod leaving;
mod restore;

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use indexmap::IndexSet;
use language::program::{Program, TaskIndex};
use yaql::{Dict, Value};

use crate::context::Context;
use crate::event::Run;
use crate::graph::Graph;
use crate::model::{
    Action, ActionId, Claim, Execution, ExecutionId, ItemLists, State, Task, TaskId, Timer,
    TimerKey,
};
use crate::step::Requirements;
pub(crate) use dirty::{Dirty, weight};

pub use restore::RestoreError;

/// The hot state of one root.
#[derive(Debug)]
pub struct Tree {
    root: ExecutionId,
    pub(crate) executions: HashMap<ExecutionId, Running>,
    pub(crate) tasks: HashMap<TaskId, TaskNode>,
    pub(crate) actions: HashMap<ActionId, Action>,
    pub(crate) timers: HashMap<TimerKey, Timer>,
    /// Work that a step left over when it reached its bound.
    pub(crate) later: VecDeque<Later>,
    pub(crate) dirty: Dirty,
    /// Ended tasks that nobody may want to read any more.
    pub(crate) unread: Vec<TaskId>,
    /// Sub-workflows that came back to memory and may leave again.
    back: Vec<ExecutionId>,
}

/// Work that may wait for another step: rows alone tell of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Later {
    /// A task in IDLE is to be started.
    Start(TaskId),
    /// Items of a with-items task are to be started.
    Items(TaskId),
}

/// A workflow execution with its program and what is counted.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) execution: Execution,
    pub(crate) program: Arc<Program>,
    pub(crate) graph: Graph,
    /// Tasks that are not completed, or completed and unprocessed.
    pub(crate) live: IndexSet<TaskId>,
    /// Completed tasks with nothing behind them.
    pub(crate) ends: IndexSet<TaskId>,
    /// Tasks in ERROR.
    pub(crate) failed: IndexSet<TaskId>,
    /// Joins whose inbound tasks are still to decide.
    pub(crate) waiting: HashSet<TaskId>,
    /// The one execution of each join.
    pub(crate) joins: HashMap<TaskIndex, TaskId>,
    /// The nodes that triggered each partial join in its generation.
    pub(crate) counted: HashMap<TaskIndex, HashSet<TaskIndex>>,
    /// What a reverse workflow still needs; made when first asked for.
    pub(crate) requirements: Option<Box<Requirements>>,
    /// Input, variables and globals laid over each other; made when first read.
    pub(crate) base: OnceCell<Dict>,
    /// How deep it is below the root.
    pub(crate) depth: u32,
    /// All its tasks.
    pub(crate) tasks: Vec<TaskId>,
    /// Sub-workflows of its tasks that are in memory.
    below: u32,
    /// Actions of its tasks that are in memory.
    actions: u32,
}

/// A task execution with its context and children.
#[derive(Debug)]
pub(crate) struct TaskNode {
    pub(crate) task: Task,
    /// What it sees, if kept ([`Tree::inbound`]).
    inbound: OnceCell<Context>,
    /// What its successors see, if kept ([`Tree::outbound`]).
    outbound: OnceCell<Context>,
    /// What it published is in the store alone.
    pub(crate) published_away: bool,
    /// Sub-workflows that ended and did not leave memory, whatever became of them.
    pub(crate) ended: Vec<ExecutionId>,
    /// Actions and sub-workflows of the current run that did not end.
    pub(crate) actions: IndexSet<ActionId>,
    pub(crate) children: IndexSet<ExecutionId>,
    pub(crate) results: Results,
    pub(crate) items: Option<ItemLists>,
    /// Bytes of the items' results in memory, roughly.
    pub(crate) kept_bytes: usize,
}

/// What a task's accepted actions and sub-workflows gave.
#[derive(Clone, Debug)]
pub(crate) enum Results {
    /// A plain task: one per accepted run.
    Plain(Vec<Value>),
    /// With items: one per item.
    Items(Vec<ItemResult>),
    /// Not kept in memory.
    Stored,
}

/// One item.
#[derive(Clone, Debug)]
pub(crate) enum ItemResult {
    /// Not started.
    Pending,
    /// Started.
    Running,
    /// Ended in that state with that data or error.
    Ended(State, Value),
    /// The same, but the data is in its row only.
    Stored(State),
}

impl Tree {
    /// An empty tree for a root that is about to be created.
    pub fn new(root: ExecutionId) -> Self {
        Self {
            root,
            executions: HashMap::new(),
            tasks: HashMap::new(),
            actions: HashMap::new(),
            timers: HashMap::new(),
            later: VecDeque::new(),
            dirty: Dirty::default(),
            unread: Vec::new(),
            back: Vec::new(),
        }
    }

    /// The id of its root.
    pub fn root(&self) -> ExecutionId {
        self.root
    }

    /// The root execution, if this is not an action on its own.
    pub fn root_execution(&self) -> Option<&Execution> {
        self.execution(self.root)
    }

    /// An execution of the tree.
    pub fn execution(&self, id: ExecutionId) -> Option<&Execution> {
        self.executions.get(&id).map(|running| &running.execution)
    }

    /// A task of the tree.
    pub fn task(&self, id: TaskId) -> Option<&Task> {
        self.tasks.get(&id).map(|node| &node.task)
    }

    /// An action that did not end, or whose task is not completed.
    pub fn action(&self, id: ActionId) -> Option<&Action> {
        self.actions.get(&id)
    }

    /// All executions, in no order.
    pub fn executions(&self) -> impl Iterator<Item = &Execution> {
        self.executions.values().map(|running| &running.execution)
    }

    /// All tasks, in no order.
    pub fn tasks(&self) -> impl Iterator<Item = &Task> {
        self.tasks.values().map(|node| &node.task)
    }

    /// The actions in memory, in no order.
    pub fn actions(&self) -> impl Iterator<Item = &Action> {
        self.actions.values()
    }

    /// The timers that are set, in no order.
    pub fn timers(&self) -> impl Iterator<Item = &Timer> {
        self.timers.values()
    }

    /// Nothing in it can happen by itself or by a result: it may leave memory.
    pub fn is_finished(&self) -> bool {
        self.later.is_empty()
            && self.timers.is_empty()
            && self.root_execution().is_none_or(|e| e.state.is_completed())
            && self.actions.values().all(|a| a.state.is_completed())
            && self.executions().all(|e| e.state.is_completed())
    }

    /// Whether a step left work over.
    pub fn has_work(&self) -> bool {
        !self.later.is_empty()
    }

    /// Actions that run outside, or should: after a restart each is either still to be
    /// handed out (no claim) or was cut off with its executor. Asynchronous ones that
    /// were started are not among them: they report by themselves.
    pub fn outside_actions(&self) -> Vec<(ActionId, Option<Claim>)> {
        let outside = self.actions.values().filter(|action| {
            let sleeps = self.timers.contains_key(&TimerKey::Sleep(action.id));
            action.state == State::Running && !sleeps && !action.is_started
        });
        let mut found: Vec<_> = outside.map(|action| (action.id, action.claim)).collect();
        found.sort_unstable_by_key(|(id, _)| *id);
        found
    }

    /// What an executor needs to run an action that did not end.
    pub fn run_of(&self, id: ActionId) -> Option<Run> {
        let action = self
            .actions
            .get(&id)
            .filter(|action| !action.state.is_completed())?;
        let (name, input) = action.real();
        let execution = action.execution.and_then(|id| self.execution(id));
        Some(Run {
            action: action.clone(),
            name,
            input,
            workflow_name: execution.map(|execution| execution.origin.workflow_name.clone()),
        })
    }

    /// Hands an action to an executor, or takes it back; returns whether it can be run.
    pub fn claim(&mut self, id: ActionId, claim: Option<Claim>) -> bool {
        let Some(action) = self.actions.get_mut(&id) else {
            return false;
        };
        if action.state.is_completed() {
            return false;
        }
        action.claim = claim;
        self.dirty.action(id).state = true;
        true
    }
}

impl Running {
    pub(crate) fn new(execution: Execution, program: Arc<Program>, depth: u32) -> Self {
        Self {
            graph: Graph::new(&program),
            execution,
            program,
            live: IndexSet::new(),
            ends: IndexSet::new(),
            failed: IndexSet::new(),
            waiting: HashSet::new(),
            joins: HashMap::new(),
            counted: HashMap::new(),
            requirements: None,
            base: OnceCell::new(),
            depth,
            tasks: Vec::new(),
            below: 0,
            actions: 0,
        }
    }
}

impl TaskNode {
    pub(crate) fn new(task: Task, inbound: Context) -> Self {
        Self {
            task,
            inbound: inbound.into(),
            outbound: OnceCell::new(),
            published_away: false,
            ended: Vec::new(),
            actions: IndexSet::new(),
            children: IndexSet::new(),
            results: Results::Plain(Vec::new()),
            items: None,
            kept_bytes: 0,
        }
    }

    /// A task of the store: its contexts and results follow from rows.
    pub(crate) fn restored(task: Task) -> Self {
        Self {
            inbound: OnceCell::new(),
            results: Results::Stored,
            ..Self::new(task, Context::default())
        }
    }
}
