//! Which variables may be set before a task starts.
//!
//! What a task publishes reaches the tasks behind it, along every transition
//! whose condition might hold. So a variable that is missing here cannot be
//! there, while one that is listed may still be missing at run time.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::program::{EngineCommand, Kind};
use crate::spec::{TaskSpec, WorkflowSpec, links};

/// Tasks times variables beyond which the order is not looked at.
const MAX_WORK: usize = 4_000_000;

/// The branch variables of each task of a direct workflow.
#[derive(Default)]
pub(super) struct Order<'s> {
    variables: HashMap<&'s str, usize>,
    tasks: HashMap<&'s str, Task<'s>>,
}

struct Task<'s> {
    publishes: Names,
    next: Vec<&'s str>,
    /// `None`: no path leads to it.
    before: Option<Names>,
}

impl<'s> Order<'s> {
    /// Follows the transitions. Nothing is known of reverse workflows and of very large ones.
    pub(super) fn new(spec: &'s WorkflowSpec) -> Self {
        let published = spec
            .tasks
            .values()
            .flat_map(super::variables::branch_variables);
        let published: HashSet<&str> = published.collect();
        if spec.kind == Kind::Reverse || spec.tasks.len() * published.len() > MAX_WORK {
            return Self::default();
        }
        let variables: HashMap<_, _> = published.into_iter().zip(0..).collect();
        let tasks = spec.tasks.values().map(|task| {
            let known = Task::new(spec, task, &variables);
            (&*task.name.text, known)
        });
        let mut order = Self {
            tasks: tasks.collect(),
            variables,
        };
        let inbound = links::inbound(spec);
        let starts = spec
            .tasks
            .keys()
            .filter(|name| !inbound.contains_key(*name));
        order.follow(starts.map(|name| &**name).collect());
        order
    }

    /// A task comes up again only when a variable was added before it, so this ends.
    fn follow(&mut self, mut todo: VecDeque<&'s str>) {
        let nothing = Names::new(self.variables.len());
        for start in &todo {
            self.reach(start, &nothing);
        }
        let mut waiting: HashSet<&str> = todo.iter().copied().collect();
        while let Some(name) = todo.pop_front() {
            waiting.remove(name);
            let Some(task) = self.tasks.get(name) else {
                continue;
            };
            let mut after = task.publishes.clone();
            after.add(task.before.as_ref().unwrap_or(&nothing));
            for next in task.next.clone() {
                if self.reach(next, &after) && waiting.insert(next) {
                    todo.push_back(next);
                }
            }
        }
    }

    /// Whether it brings anything new to the task.
    fn reach(&mut self, name: &str, variables: &Names) -> bool {
        let Some(task) = self.tasks.get_mut(name) else {
            return false;
        };
        match &mut task.before {
            Some(before) => before.add(variables),
            first => {
                *first = Some(variables.clone());
                true
            }
        }
    }

    /// Whether a branch variable may be set when the task starts or, if `after`,
    /// when it has published. True for tasks about which nothing is known.
    pub(super) fn may_be_set(&self, task: &str, variable: &str, after: bool) -> bool {
        let Some(task) = self.tasks.get(task) else {
            return true;
        };
        let has = |names: &Names| {
            let index = self.variables.get(variable);
            index.is_some_and(|index| names.contains(*index))
        };
        task.before.as_ref().is_none_or(has) || after && has(&task.publishes)
    }

    /// Whether the task publishes a branch variable.
    pub(super) fn publishes(&self, task: &str, variable: &str) -> bool {
        match (self.tasks.get(task), self.variables.get(variable)) {
            (Some(task), Some(index)) => task.publishes.contains(*index),
            _ => false,
        }
    }
}

impl<'s> Task<'s> {
    fn new(spec: &'s WorkflowSpec, task: &'s TaskSpec, variables: &HashMap<&str, usize>) -> Self {
        let mut publishes = Names::new(variables.len());
        for variable in super::variables::branch_variables(task) {
            publishes.insert(variables[variable]);
        }
        let targets = spec.effective_targets(task);
        let targets = targets.map(|(_, next)| &*next.target.text);
        Self {
            publishes,
            next: targets
                .filter(|name| EngineCommand::by_name(name).is_none())
                .collect(),
            before: None,
        }
    }
}

/// A set of variables by index, as bits.
#[derive(Clone)]
struct Names(Vec<u64>);

impl Names {
    fn new(count: usize) -> Self {
        Self(vec![0; count.div_ceil(64)])
    }

    fn insert(&mut self, index: usize) {
        self.0[index / 64] |= 1 << (index % 64);
    }

    fn contains(&self, index: usize) -> bool {
        self.0[index / 64] & 1 << (index % 64) != 0
    }

    /// Adds all of the others; whether any of them is new.
    fn add(&mut self, others: &Self) -> bool {
        let mut is_new = false;
        for (mine, other) in self.0.iter_mut().zip(&others.0) {
            is_new |= other & !*mine != 0;
            *mine |= other;
        }
        is_new
    }
}
