//! Bringing a task to work: before-start policies, input, action or sub-workflow.

use std::sync::Arc;

use language::program::{TaskInput, Work};
use yaql::{Dict, Value};

use super::evaluation::View;
use super::{Done, Halt, OrFailed, Step, is_over};
use crate::model::{State, TaskId, Wait};
use crate::tree::{Later, Results};

/// Where a failure before the run leads (workflow language §8.4).
pub(super) enum Trouble {
    /// Task and workflow become ERROR at once.
    Force(String),
    /// The task becomes ERROR; `on-error` works.
    Task(String),
}

impl Step<'_> {
    /// Starts a task that was created in IDLE, or runs on after `pause-before`.
    pub(super) fn start_task(&mut self, id: TaskId) -> Done {
        let Some(node) = self.tree.tasks.get(&id) else {
            return Ok(());
        };
        if node.task.state != State::Idle {
            return Ok(());
        }
        let state = self.running(node.task.execution).execution.state;
        match state {
            // Resume starts every IDLE task again.
            State::Paused => Ok(()),
            state if is_over(state) => Ok(()),
            _ if node.task.runtime.wait == Some(Wait::Retry) => self.run_again(id),
            _ => self.begin(id),
        }
    }

    /// Before-start policies, then the run.
    pub(super) fn begin(&mut self, id: TaskId) -> Done {
        let held = match self.apply_before(id).or_failed()? {
            Ok(held) => held,
            Err(text) => return self.force_fail_start(id, &text),
        };
        if held { Ok(()) } else { self.run(id) }
    }

    /// Sets RUNNING and starts the work.
    pub(super) fn run(&mut self, id: TaskId) -> Done {
        let now = self.now;
        let task = self.change_task(id);
        task.started_at.get_or_insert(now);
        Arc::make_mut(&mut task.runtime).wait = None;
        self.set_task_state(id, State::Running, None);
        let started = match self.has_items(id) {
            true => self.prepare_items(id),
            false => self.run_plain(id),
        };
        self.after_start(id, started)
    }

    pub(super) fn after_start(&mut self, id: TaskId, started: Result<(), StartError>) -> Done {
        match started {
            Ok(()) => Ok(()),
            Err(
                StartError::Halt(Halt::Failed(text)) | StartError::Trouble(Trouble::Force(text)),
            ) => self.force_fail_start(id, &text),
            Err(StartError::Trouble(Trouble::Task(text))) => {
                self.complete_task(id, State::Error, Some(text.into()))
            }
            Err(StartError::Halt(halt)) => Err(halt),
        }
    }

    fn has_items(&self, id: TaskId) -> bool {
        let task = &self.node(id).task;
        let program = &self.running(task.execution).program;
        !program.task(task.index).with_items.is_empty()
    }

    fn run_plain(&mut self, id: TaskId) -> Result<(), StartError> {
        let view = self.task_view(id)?;
        if !matches!(self.node(id).results, Results::Plain(_)) {
            // A join of a cycle keeps the results of its earlier rounds.
            let children = self.children(id)?.into_iter();
            let accepted = children.filter(|child| child.accepted);
            let values = accepted.map(|child| child.value).collect();
            self.node_mut(id).results = Results::Plain(values);
        }
        self.start_child(id, 0, &view, false)
    }

    /// Starts the action or sub-workflow of one item (or of a plain task).
    pub(super) fn start_child(
        &mut self,
        id: TaskId,
        index: u32,
        view: &View,
        item: bool,
    ) -> Result<(), StartError> {
        let task = &self.node(id).task;
        let program = self.running(task.execution).program.clone();
        let spec = program.task(task.index);
        let (name, is_action) = match &spec.work {
            Work::Action(name) => (name, true),
            Work::Workflow(name) => (name, false),
        };
        let name = match self.evaluate(name, view) {
            Err(Halt::Failed(text)) if item => return Err(Trouble::Task(text).into()),
            name => name?,
        };
        let input = self.task_input(&spec.input, view, &spec.name)?;
        let name: Arc<str> = yaql::python::str(&name).into();
        if is_action {
            self.start_action(id, index, &name, input, view, item)
        } else {
            self.start_sub_workflow(id, index, &name, &input)
        }
    }

    fn task_input(&self, input: &TaskInput, view: &View, task: &str) -> Result<Dict, Halt> {
        match input {
            TaskInput::Named(templates) => self.evaluate_all(templates, view),
            TaskInput::Whole(template) => {
                let value = self.evaluate(template, view)?;
                value.as_dict().cloned().ok_or_else(|| {
                    Halt::Failed(format!(
                        "Wrong dynamic input for task: {task}. Dict type is expected. \
                         Actual type: <class '{}'>. Actual value: {}",
                        yaql::python::class_name(&value),
                        yaql::python::str(&value)
                    ))
                })
            }
        }
    }

    /// The task and its whole workflow fail at once.
    pub(super) fn force_fail_start(&mut self, id: TaskId, text: &str) -> Done {
        let node = self.node(id);
        let workflow = &self
            .running(node.task.execution)
            .execution
            .origin
            .workflow_name;
        let text = format!(
            "Failed to run task [error={text}, wf={workflow}, task={}]:\n{text}",
            node.task.name
        );
        self.force_fail(id, &text)
    }

    /// A task that waits behind a policy is about to run.
    pub(super) fn set_wait(&mut self, id: TaskId, wait: Option<Wait>) {
        Arc::make_mut(&mut self.change_task(id).runtime).wait = wait;
        self.note_waiting(id);
    }

    /// Plans another look at the items of a task.
    pub(super) fn plan_items(&mut self, id: TaskId) {
        let planned = Later::Items(id);
        if self.tree.later.front() != Some(&planned) && self.tree.later.back() != Some(&planned) {
            self.tree.later.push_back(planned);
        }
    }
}

/// Why a child could not be started.
pub(super) enum StartError {
    Trouble(Trouble),
    Halt(Halt),
}

impl From<Halt> for StartError {
    fn from(halt: Halt) -> Self {
        Self::Halt(halt)
    }
}

impl From<crate::world::Unavailable> for StartError {
    fn from(error: crate::world::Unavailable) -> Self {
        Self::Halt(Halt::Unavailable(error))
    }
}

impl From<Trouble> for StartError {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

/// Parameters with defaults for what is missing; dicts merge deeply.
pub(super) fn merge_deeply(given: &Value, defaults: &Value) -> Value {
    unite(given, defaults, |given, _| given.clone())
}

/// Values over older ones; dicts merge deeply, keys that were there keep their place.
pub(super) fn lay_over(older: &Value, newer: &Value) -> Value {
    unite(older, newer, |_, newer| newer.clone())
}

/// The keys of the first dict, then those that only the second has; `pick` decides where
/// both have something that is no dict.
fn unite(first: &Value, second: &Value, pick: fn(&Value, &Value) -> Value) -> Value {
    let (Some(mine), Some(theirs)) = (first.as_dict(), second.as_dict()) else {
        return pick(first, second);
    };
    let mut united = mine.clone();
    for (key, value) in theirs {
        let value = match mine.get_value(key) {
            None => value.clone(),
            Some(mine) => unite(mine, value, pick),
        };
        united.insert(key.clone(), value);
    }
    united.into()
}
