//! Checks that need the whole workflow: targets, joins, starts, `requires`.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::model::{Name, TaskSpec, WorkflowSpec};
use super::report::Report;
use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::program::{EngineCommand, Join, Kind};

/// The clauses in the order in which they are checked.
pub(crate) const KEYS: [&str; 4] = ["on-error", "on-success", "on-complete", "on-skip"];

/// Checks the links between tasks; the tasks themselves are right.
pub(crate) fn check(report: &mut Report, spec: &mut WorkflowSpec) {
    match spec.kind {
        Kind::Direct => check_direct(report, spec),
        Kind::Reverse => check_reverse(report, spec),
    }
}

/// For each task the tasks that have a transition to it.
pub(crate) fn inbound(spec: &WorkflowSpec) -> HashMap<Arc<str>, HashSet<Arc<str>>> {
    let mut inbound: HashMap<Arc<str>, HashSet<Arc<str>>> = HashMap::new();
    for task in spec.tasks.values() {
        for (_, next) in spec.effective_targets(task) {
            let sources = inbound.entry(next.target.text.clone()).or_default();
            sources.insert(task.name.text.clone());
        }
    }
    inbound
}

fn check_direct(report: &mut Report, spec: &WorkflowSpec) {
    let inbound = inbound(spec);
    if !spec.tasks.keys().any(|name| !inbound.contains_key(name)) {
        let api = format!(
            "Failed to find start tasks in direct workflow. There must be at least one task \
             without inbound transition.[workflow_name={}]",
            spec.name.text
        );
        let message = "no task can start: each one waits for another";
        let diagnostic = Diagnostic::error(Code::NoStartTask, message, spec.name.span).api(api);
        report.push(diagnostic.help("at least one task must not be the target of any transition"));
    }
    check_transitions(report, spec);
    check_joins(report, spec, &inbound);
}

/// Checks the names of tasks only: this makes sense in a workflow with other errors
/// too, as long as all of its tasks are known.
pub(crate) fn check_names(report: &mut Report, spec: &WorkflowSpec) {
    match spec.kind {
        Kind::Direct => check_transitions(report, spec),
        Kind::Reverse => check_required(report, spec),
    }
}

fn check_transitions(report: &mut Report, spec: &WorkflowSpec) {
    let mut reported = HashSet::new();
    for task in spec.tasks.values() {
        for (_, next) in spec.effective_targets(task) {
            let known = EngineCommand::by_name(&next.target.text).is_some();
            if !known && reported.insert(next.target.span) {
                check_target(report, spec, &next.target, true);
            }
        }
    }
}

fn check_target(report: &mut Report, spec: &WorkflowSpec, target: &Name, commands: bool) {
    let name = &target.text;
    if spec.tasks.contains_key(name) {
        return;
    }
    let message = format!("there is no task '{name}'");
    let commands = ["noop", "fail", "succeed", "pause"]
        .into_iter()
        .filter(|_| commands);
    let candidates = spec.tasks.keys().map(|name| &**name).chain(commands);
    report.push(
        Diagnostic::error(Code::UnknownTask, message, target.span)
            .api(format!("Task '{name}' not found."))
            .maybe_help(did_you_mean(name, candidates)),
    );
}

/// The original joins all messages about joins into one.
fn check_joins(
    report: &mut Report,
    spec: &WorkflowSpec,
    inbound: &HashMap<Arc<str>, HashSet<Arc<str>>>,
) {
    let found: Vec<_> = spec
        .tasks
        .values()
        .filter_map(|task| {
            let sources = inbound.get(&task.name.text).map_or(0, HashSet::len);
            check_join(task, task.join?, sources)
        })
        .collect();
    let texts: Vec<_> = found.iter().map(|(_, text)| text.clone()).collect();
    for (diagnostic, _) in found {
        report.push(diagnostic.api(texts.join("\n")));
    }
}

fn check_join(task: &TaskSpec, join: Join, sources: usize) -> Option<(Diagnostic, String)> {
    let name = &task.name.text;
    let (message, api) = match join {
        Join::All if sources == 0 => (
            format!("'{name}' joins all inbound tasks, and there are none"),
            format!("No inbound tasks for task with 'join: all' [task_name={name}]"),
        ),
        Join::Count(count) if (count as usize) > sources => (
            format!("'{name}' waits for {count} inbound tasks, and there are only {sources}"),
            format!(
                "Not enough inbound tasks for task with 'join' [task_name={name}, join={count}, \
                 inbound_tasks={sources}]"
            ),
        ),
        _ => return None,
    };
    let diagnostic = Diagnostic::error(Code::BadJoin, message, task.name.span);
    let help = "inbound tasks are those that name this one in an on-clause";
    Some((diagnostic.help(help), api))
}

fn check_reverse(report: &mut Report, spec: &mut WorkflowSpec) {
    let start = report.found.len();
    check_required(report, spec);
    if !report.has_errors_since(start) {
        check_cycles(report, spec);
    }
}

fn check_required(report: &mut Report, spec: &WorkflowSpec) {
    let mut reported = HashSet::new();
    for task in spec.tasks.values() {
        for required in spec.effective_requires(task) {
            if reported.insert(required.span) {
                check_target(report, spec, required, false);
            }
        }
    }
}

/// What is left by [`without_acyclic`] is on a cycle or needs one. A path through it,
/// followed until it meets itself, is the cycle.
fn check_cycles(report: &mut Report, spec: &WorkflowSpec) {
    let missing = without_acyclic(spec);
    let Some(first) = spec
        .tasks
        .values()
        .find(|task| missing.contains_key(&*task.name.text))
    else {
        return;
    };
    let mut path = vec![first];
    let mut places = HashMap::from([(&*first.name.text, 0)]);
    loop {
        let last = path[path.len() - 1];
        let next = spec
            .effective_requires(last)
            .find(|name| missing.contains_key(&*name.text))
            .and_then(|name| spec.tasks.get(&name.text));
        let Some(next) = next else { return };
        if let Some(at) = places.insert(&next.name.text, path.len()) {
            report.push(cycle(&path[at..]));
            return;
        }
        path.push(next);
    }
}

/// Takes away what requires nothing that is left, again and again.
fn without_acyclic(spec: &WorkflowSpec) -> HashMap<&str, usize> {
    let mut missing: HashMap<&str, usize> = HashMap::new();
    let mut dependants: HashMap<&str, Vec<&str>> = HashMap::new();
    for task in spec.tasks.values() {
        let name = &*task.name.text;
        for required in spec.effective_requires(task) {
            dependants.entry(&required.text).or_default().push(name);
        }
        missing.insert(name, spec.effective_requires(task).count());
    }
    let free = missing.iter().filter(|(_, count)| **count == 0);
    let mut ready: Vec<&str> = free.map(|(name, _)| *name).collect();
    while let Some(done) = ready.pop() {
        missing.remove(done);
        for dependant in dependants.get(done).into_iter().flatten() {
            if let Some(count) = missing.get_mut(dependant) {
                *count -= 1;
                if *count == 0 {
                    ready.push(dependant);
                }
            }
        }
    }
    missing
}

fn cycle(tasks: &[&TaskSpec]) -> Diagnostic {
    let names: Vec<_> = tasks
        .iter()
        .chain(tasks.first())
        .map(|task| &*task.name.text)
        .collect();
    let message = format!("tasks require each other: {}", names.join(" → "));
    let first = tasks[0].name.span;
    let diagnostic = Diagnostic::error(Code::CyclicRequires, message, first);
    tasks[1..].iter().fold(diagnostic, |diagnostic, task| {
        diagnostic.label(task.name.span, "required by the one before")
    })
}
