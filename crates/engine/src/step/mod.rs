//! One step: an event meets a tree, the tree changes, orders for the outside come out.
//!
//! The match in [`Step::apply`] is the table of contents; each kind of event has its
//! own file. What must happen at once goes through `soon`; starts of tasks and items
//! are bounded per step and go through [`Later`], whose rest is derivable from rows.

mod action;
mod children;
mod completion;
mod dispatch;
mod evaluation;
mod finish;
mod items;
mod joins;
mod journal;
mod policies;
mod publish;
mod queries;
mod removal;
mod rerun;
mod reverse;
mod run;
mod start;
mod subworkflow;
mod takeover;
mod timers;
mod update;

pub(crate) use reverse::Requirements;
pub use start::check_input;

use std::cell::RefCell;
use std::collections::VecDeque;

use language::program::TaskIndex;

use crate::event::{Answer, Command, Event, Outcome, Refusal};
use crate::model::{ActionId, ExecutionId, IdSource, State, TaskId, Timestamp};
use crate::tree::{Later, Tree};
use crate::world::{Unavailable, World};

/// What one step orders and answers. What it changed is in the tree
/// ([`Tree::take_changes`]).
#[derive(Debug)]
pub struct Effects {
    /// To be done after the commit, in order.
    pub commands: Vec<Command>,
    /// For the caller of the event.
    pub answer: Answer,
}

/// Why a stage of a task or workflow did not succeed.
#[derive(Debug)]
pub(crate) enum Halt {
    /// The user's text or data is at fault.
    Failed(String),
    /// The event makes no sense; nothing was changed.
    Refused(Refusal),
    /// The world did not answer.
    Unavailable(Unavailable),
}

/// What must happen in this step.
#[derive(Debug)]
enum Soon {
    /// A pure action ended where it was started.
    ActionEnded(ActionId, Outcome),
    ChildEnded(ExecutionId),
    Join(ExecutionId, TaskIndex),
    CheckEnd(ExecutionId),
}

struct Step<'a> {
    tree: &'a mut Tree,
    world: &'a dyn World,
    now: Timestamp,
    ids: RefCell<&'a mut IdSource>,
    commands: Vec<Command>,
    soon: VecDeque<Soon>,
    budget: u32,
    /// A task's timer is being applied: error texts say so (workflow language §8.4).
    by_timer: bool,
}

type Done = Result<(), Halt>;

impl Tree {
    /// Applies an event.
    ///
    /// # Errors
    /// The world did not answer; the tree must be thrown away and loaded again.
    pub fn step(
        &mut self,
        event: &Event,
        world: &dyn World,
        now: Timestamp,
        ids: &mut IdSource,
    ) -> Result<Effects, Unavailable> {
        let budget = world.settings().work_per_step;
        let mut step = Step {
            tree: self,
            world,
            now,
            ids: RefCell::new(ids),
            commands: Vec::new(),
            soon: VecDeque::new(),
            budget,
            by_timer: false,
        };
        let answer = match step.apply(event) {
            Ok(answer) => answer,
            Err(Halt::Refused(refusal)) => Answer::Refused(refusal),
            Err(Halt::Failed(text)) => Answer::Refused(Refusal::Invalid(text)),
            Err(Halt::Unavailable(error)) => return Err(error),
        };
        step.work()?;
        if step.tree.has_work() {
            step.commands.push(Command::Continue);
        }
        Ok(Effects {
            commands: step.commands,
            answer,
        })
    }
}

impl Step<'_> {
    fn apply(&mut self, event: &Event) -> Result<Answer, Halt> {
        match event {
            Event::WorkflowRequested(request) => self.start_root(request),
            Event::WorkflowTakenUp {
                request,
                source,
                task,
            } => self.take_up(request, *source, task),
            Event::ActionRequested(request) => self.start_single_action(request),
            Event::ActionCompleted { action, outcome } => self.report_action(*action, outcome),
            Event::ActionStarted { action } => Ok(self.confirm_start(*action)),
            Event::ActionInterrupted { action, claim } => self.interrupt_action(*action, *claim),
            Event::ActionStateReported { action, state } => self.report_state(*action, *state),
            Event::TimerFired { key, run } => self.fire_timer(*key, *run),
            Event::ExecutionUpdated { execution, update } => {
                self.update_execution(*execution, update)
            }
            Event::TaskRerun { task, reset, env } => self.rerun(*task, *reset, env.as_ref()),
            Event::TaskSkipped { task, env } => self.skip(*task, env.as_ref()),
            Event::ExecutionDeleted { execution, force } => self.delete(*execution, *force),
            Event::ActionDeleted { action } => self.delete_action(*action),
            Event::WaitsAsked { execution } => Ok(Answer::Waits(self.tree.why(*execution))),
            Event::Continued => Ok(Answer::Done),
        }
    }

    /// Works off what the event caused, up to the bound.
    fn work(&mut self) -> Result<(), Unavailable> {
        loop {
            let done = if let Some(soon) = self.soon.pop_front() {
                self.work_soon(soon)
            } else if self.budget == 0 {
                return Ok(());
            } else if let Some(later) = self.tree.later.pop_front() {
                self.work_later(later)
            } else {
                return Ok(());
            };
            match done {
                Ok(()) => {}
                Err(Halt::Unavailable(error)) => return Err(error),
                // Every stage turns failures into states where it knows the task.
                Err(Halt::Failed(_) | Halt::Refused(_)) => debug_assert!(false, "{done:?}"),
            }
            // Not only after the commit: a step may complete thousands of tasks.
            self.tree.forget_unread();
        }
    }

    fn work_soon(&mut self, soon: Soon) -> Done {
        match soon {
            Soon::ActionEnded(action, outcome) => self.end_pure_action(action, &outcome),
            Soon::ChildEnded(child) => self.end_child(child),
            Soon::Join(execution, task) => self.look_at_join(execution, task),
            Soon::CheckEnd(execution) => self.check_end(execution),
        }
    }

    fn work_later(&mut self, later: Later) -> Done {
        match later {
            Later::Start(task) => {
                self.budget = self.budget.saturating_sub(1);
                self.start_task(task)
            }
            // Each item counts; one at least starts, so that each step gets on.
            Later::Items(task) => self.start_items(task),
        }
    }
}

impl Halt {
    fn not_found(text: impl Into<String>) -> Self {
        Self::Refused(Refusal::NotFound(text.into()))
    }

    fn invalid(text: impl Into<String>) -> Self {
        Self::Refused(Refusal::Invalid(text.into()))
    }

    fn forbidden(text: impl Into<String>) -> Self {
        Self::Refused(Refusal::Forbidden(text.into()))
    }
}

impl From<Unavailable> for Halt {
    fn from(error: Unavailable) -> Self {
        Self::Unavailable(error)
    }
}

/// A stage that may fail for the user's reasons: the text, or the value.
trait OrFailed<T> {
    /// Splits user failures from the rest.
    fn or_failed(self) -> Result<Result<T, String>, Halt>;
}

impl<T> OrFailed<T> for Result<T, Halt> {
    fn or_failed(self) -> Result<Result<T, String>, Halt> {
        match self {
            Ok(value) => Ok(Ok(value)),
            Err(Halt::Failed(text)) => Ok(Err(text)),
            Err(other) => Err(other),
        }
    }
}

/// A state in which a task or execution of a tree must not be touched any more.
fn is_over(state: State) -> bool {
    state.is_completed()
}

/// Ids of tasks in a stable order.
fn sorted(ids: impl IntoIterator<Item = TaskId>) -> Vec<TaskId> {
    let mut ids: Vec<_> = ids.into_iter().collect();
    ids.sort_unstable();
    ids
}
