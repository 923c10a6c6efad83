//! Doubts about the graph: what nothing leads to, what waits for ever, names that
//! commands take.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic};
use crate::program::{EngineCommand, Join, Kind};
use crate::spec::{TaskSpec, WorkflowSpec, links};

/// Joins times tasks beyond which joins are not searched one by one.
const MAX_SEARCH: usize = 20_000_000;

pub(super) fn warn(spec: &WorkflowSpec, found: &mut Vec<Diagnostic>) {
    if spec.kind == Kind::Reverse {
        return;
    }
    let graph = Graph::new(spec);
    for task in spec.tasks.values() {
        warn_command_name(task, found);
    }
    let reached = graph.reached_without(None);
    if reached.is_empty() {
        // No start task: that is an error, and it is told already.
        return;
    }
    for task in spec.tasks.values() {
        let name = &task.name.text;
        if !reached.contains(&**name) && EngineCommand::by_name(name).is_none() {
            let message = format!("no path leads to '{}'", task.name.text);
            let diagnostic = Diagnostic::warning(Code::UnreachableTask, message, task.name.span);
            found.push(diagnostic.help("the tasks that name it wait for it, directly or not"));
        }
    }
    let joins: Vec<_> = spec
        .tasks
        .values()
        .filter(|task| task.join.is_some())
        .collect();
    if joins.len() * spec.tasks.len() <= MAX_SEARCH {
        for task in joins
            .into_iter()
            .filter(|task| reached.contains(&*task.name.text))
        {
            warn_join(&graph, task, found);
        }
    }
}

fn warn_command_name(task: &TaskSpec, found: &mut Vec<Diagnostic>) {
    let name = &task.name.text;
    if EngineCommand::by_name(name).is_some() {
        let message = format!("'{name}' in a transition is the engine command, never this task");
        let diagnostic = Diagnostic::warning(Code::ShadowedByCommand, message, task.name.span);
        found.push(diagnostic.help("give the task another name"));
    }
}

/// A join cannot wait for a task that only starts behind the join.
fn warn_join(graph: &Graph<'_>, task: &TaskSpec, found: &mut Vec<Diagnostic>) {
    let name = &task.name.text;
    let empty = HashSet::new();
    let sources = graph.inbound.get(name).unwrap_or(&empty);
    let reached = graph.reached_without(Some(name));
    let late: Vec<_> = sources
        .iter()
        .filter(|source| !reached.contains(&***source))
        .collect();
    let needed = match task.join {
        Some(Join::Count(count)) => count as usize,
        _ => sources.len(),
    };
    if late.is_empty() || needed <= sources.len() - late.len() {
        return;
    }
    let mut names: Vec<_> = late.iter().map(|name| format!("'{name}'")).collect();
    names.sort_unstable();
    let message = format!(
        "the join '{name}' never completes: {} can only start after it",
        names.join(", ")
    );
    let diagnostic = Diagnostic::warning(Code::JoinNeverCompletes, message, task.name.span);
    found.push(diagnostic.help("write 'join: one', or let fewer tasks lead back to it"));
}

struct Graph<'s> {
    spec: &'s WorkflowSpec,
    inbound: HashMap<Arc<str>, HashSet<Arc<str>>>,
    outbound: HashMap<&'s str, Vec<&'s str>>,
}

impl<'s> Graph<'s> {
    fn new(spec: &'s WorkflowSpec) -> Self {
        let outbound = spec.tasks.values().map(|task| {
            let targets = spec
                .effective_targets(task)
                .map(|(_, next)| &*next.target.text);
            let tasks = targets.filter(|name| EngineCommand::by_name(name).is_none());
            (&*task.name.text, tasks.collect())
        });
        Self {
            inbound: links::inbound(spec),
            outbound: outbound.collect(),
            spec,
        }
    }

    /// The tasks that can start if one of them never does.
    fn reached_without(&self, removed: Option<&str>) -> HashSet<&'s str> {
        let starts = self
            .spec
            .tasks
            .keys()
            .filter(|name| !self.inbound.contains_key(*name));
        let mut todo: Vec<&str> = starts.map(|name| &**name).collect();
        let mut reached: HashSet<&str> = todo.iter().copied().collect();
        while let Some(name) = todo.pop() {
            if removed == Some(name) {
                reached.remove(name);
                continue;
            }
            for next in self.outbound.get(name).into_iter().flatten() {
                if removed != Some(next) && reached.insert(next) {
                    todo.push(next);
                }
            }
        }
        reached
    }
}
