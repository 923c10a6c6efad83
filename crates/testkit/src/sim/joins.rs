//! Joins against the definition, read from rows as it is written in workflow language
//! §10.2: none waits on whose inbound tasks have decided.

use std::collections::HashSet;
use std::sync::Arc;

use engine::model::{Execution, State, Task};
use engine::tree::Tree;
use engine::world::World;
use language::program::{EdgeIndex, Join, Program, TaskIndex};

use super::check::Violation;
use super::store::MemoryStore;
use super::world::SimWorld;

/// Looks at every join of a tree that has nothing left to do by itself.
pub(super) fn decided(tree: &Tree, store: &MemoryStore, world: &SimWorld) -> Result<(), Violation> {
    if tree.has_work() {
        return Ok(());
    }
    let of_tree = store
        .executions
        .values()
        .filter(|execution| execution.root() == tree.root());
    // What is paused, or has its orders kept, moves later.
    let moving = of_tree.filter(|e| e.state == State::Running && e.backlog.is_empty());
    for execution in moving {
        let Some(program) = world.program(&execution.origin.program) else {
            continue;
        };
        let rows = Rows::new(execution, program, store);
        let waiting = rows.tasks.iter().filter(|task| task.waits_for_inbound());
        for join in waiting {
            rows.still_open(join)?;
        }
    }
    Ok(())
}

/// What an inbound task is to a join.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Induced {
    /// It triggered the join.
    Running,
    /// It may still do so.
    Waiting,
    /// It can not.
    Error,
}

/// The tasks of an execution, by age.
struct Rows<'s> {
    program: Arc<Program>,
    tasks: Vec<&'s Task>,
}

impl<'s> Rows<'s> {
    fn new(execution: &Execution, program: Arc<Program>, store: &'s MemoryStore) -> Self {
        let tasks = store.tasks.values();
        let tasks = tasks.filter(|task| task.execution == execution.id);
        Self {
            program,
            tasks: tasks.collect(),
        }
    }

    fn latest(&self, index: TaskIndex) -> Option<&'s Task> {
        let all = self.tasks.iter().rev();
        all.copied().find(|task| task.index == index)
    }

    fn source(&self, edge: &EdgeIndex) -> TaskIndex {
        self.program.edge(*edge).from
    }

    fn still_open(&self, join: &Task) -> Result<(), Violation> {
        let spec = self.program.task(join.index);
        let possible = self.possible();
        let induced = spec.inbound.iter().map(|edge| {
            let source = self.source(edge);
            self.induced(source, join.index, &possible)
        });
        let induced: Vec<_> = induced.collect();
        let count = |wanted| induced.iter().filter(|state| **state == wanted).count();
        let (running, errors) = (count(Induced::Running), count(Induced::Error));
        let decided = match spec.join {
            None => true,
            Some(Join::All) => running == induced.len() || errors > 0,
            Some(Join::Count(needed)) => {
                let needed = needed as usize;
                running >= needed || errors > induced.len() - needed
            }
        };
        match decided {
            false => Ok(()),
            true => Err(Violation(format!(
                "join {} waits, but its inbound tasks are {induced:?}",
                join.name
            ))),
        }
    }

    fn induced(&self, source: TaskIndex, to: TaskIndex, possible: &HashSet<TaskIndex>) -> Induced {
        match self.latest(source) {
            None if possible.contains(&source) => Induced::Waiting,
            None => Induced::Error,
            Some(task) if is_open(task) => Induced::Waiting,
            Some(task) if leads_to(task, to) => Induced::Running,
            Some(_) => Induced::Error,
        }
    }

    /// Tasks that never ran and may still: the least set that agrees with the search upward.
    fn possible(&self) -> HashSet<TaskIndex> {
        let mut possible = HashSet::new();
        let all = || (0..).map(TaskIndex).take(self.program.tasks.len());
        loop {
            let found = all().filter(|index| !possible.contains(index));
            let found: Vec<_> = found.filter(|i| self.has_route(*i, &possible)).collect();
            if found.is_empty() {
                return possible;
            }
            possible.extend(found);
        }
    }

    fn has_route(&self, index: TaskIndex, possible: &HashSet<TaskIndex>) -> bool {
        let inbound = &self.program.task(index).inbound;
        let led = |edge: &EdgeIndex| {
            let source = self.source(edge);
            match self.latest(source) {
                None => possible.contains(&source),
                Some(task) => is_open(task) || leads_to(task, index),
            }
        };
        self.latest(index).is_none() && (inbound.is_empty() || inbound.iter().any(led))
    }
}

/// What follows from it is not known yet.
fn is_open(task: &Task) -> bool {
    !task.state.is_completed() || !task.processed
}

fn leads_to(task: &Task, index: TaskIndex) -> bool {
    task.next.iter().any(|(to, _)| *to == index)
}
