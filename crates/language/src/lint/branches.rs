//! Doubts about branches: what stands behind a command that ends the workflow, and joins
//! of branches of which only one is ever taken.

use std::collections::{BTreeMap, HashMap};

use indexmap::IndexMap;

use crate::diagnostic::{Code, Diagnostic};
use crate::program::{EngineCommand, Join, Kind};
use crate::spec::{ClausesSpec, TaskSpec, WorkflowSpec, links};

/// Facts about all tasks beyond which joins are not looked at.
const MAX_FACTS: usize = 200_000;

/// What must have become of tasks (true: success, false: error).
type Facts<'s> = BTreeMap<&'s str, bool>;

pub(super) fn warn(spec: &WorkflowSpec, found: &mut Vec<Diagnostic>) {
    if spec.kind == Kind::Reverse {
        return;
    }
    warn_dropped(&spec.task_defaults.clauses, found);
    for task in spec.tasks.values() {
        warn_dropped(&task.clauses, found);
    }
    Branches::new(spec).warn_joins(found);
}

/// What follows `fail` or `succeed` in a clause is never carried out.
fn warn_dropped(clauses: &ClausesSpec, found: &mut Vec<Diagnostic>) {
    for clause in links::KEYS.iter().filter_map(|key| clauses.get(key)) {
        let ends = |name: &str| {
            let command = EngineCommand::by_name(name);
            matches!(command, Some(EngineCommand::Fail | EngineCommand::Succeed))
        };
        let mut next = clause.next.iter();
        let Some(end) = next.find(|next| next.guard.is_none() && ends(&next.target.text)) else {
            continue;
        };
        for dropped in next {
            let (name, end) = (&dropped.target.text, &end.target.text);
            let message = format!("'{name}' never runs: '{end}' before it ends the workflow");
            let diagnostic =
                Diagnostic::warning(Code::UnreachableTask, message, dropped.target.span);
            found.push(diagnostic.help(format!("put it before '{end}'")));
        }
    }
}

/// A transition that leads to a task: from where, and after what outcome only.
struct Inbound<'s> {
    from: &'s str,
    outcome: Option<bool>,
    /// The task is named once there.
    single: bool,
}

struct Branches<'s> {
    spec: &'s WorkflowSpec,
    inbound: HashMap<&'s str, Vec<Inbound<'s>>>,
    /// Tasks before those that lead on; circles and what is behind them are left out.
    order: Vec<&'s str>,
}

impl<'s> Branches<'s> {
    fn new(spec: &'s WorkflowSpec) -> Self {
        let mut inbound: HashMap<_, Vec<_>> = HashMap::new();
        let mut outbound: HashMap<_, Vec<_>> = HashMap::new();
        for task in spec.tasks.values() {
            for (to, edge) in edges(spec, task) {
                outbound.entry(edge.from).or_default().push(to);
                inbound.entry(to).or_default().push(edge);
            }
        }
        let order = order(spec, &inbound, outbound);
        Self {
            spec,
            inbound,
            order,
        }
    }

    fn warn_joins(&self, found: &mut Vec<Diagnostic>) {
        let mut facts: HashMap<&str, Facts<'_>> = HashMap::new();
        let mut once: HashMap<&str, bool> = HashMap::new();
        let mut total = 0;
        for &name in &self.order {
            let task = &self.spec.tasks[name];
            let inbound = self.inbound.get(name).map_or(&[][..], Vec::as_slice);
            let joins = task.join.is_some();
            let alone = |edge: &Inbound<'_>| edge.single && once[edge.from];
            once.insert(
                name,
                joins || inbound.iter().all(alone) && inbound.len() < 2,
            );
            let of_edge = |edge: &Inbound<'s>| {
                let mut known = facts[edge.from].clone();
                if let Some(outcome) = edge.outcome.filter(|_| once[edge.from]) {
                    known.insert(edge.from, outcome);
                }
                known
            };
            let known = if needs_all(task, inbound.len()) {
                united(task, inbound, of_edge, found)
            } else {
                common(inbound.iter().map(of_edge))
            };
            total += known.len();
            if total > MAX_FACTS {
                return;
            }
            facts.insert(name, known);
        }
    }
}

fn needs_all(task: &TaskSpec, inbound: usize) -> bool {
    match task.join {
        Some(Join::All) => true,
        Some(Join::Count(count)) => count as usize >= inbound,
        None => false,
    }
}

/// What must hold for all branches of a join; two that exclude each other are told of.
fn united<'s>(
    join: &TaskSpec,
    inbound: &[Inbound<'s>],
    of_edge: impl Fn(&Inbound<'s>) -> Facts<'s>,
    found: &mut Vec<Diagnostic>,
) -> Facts<'s> {
    let mut united: BTreeMap<&str, (bool, &str)> = BTreeMap::new();
    for edge in inbound {
        for (task, outcome) in of_edge(edge) {
            let (known, other) = *united.entry(task).or_insert((outcome, edge.from));
            if known != outcome {
                warn_exclusive(join, task, other, edge.from, found);
                return Facts::new();
            }
        }
    }
    let facts = united.into_iter();
    facts.map(|(task, (outcome, _))| (task, outcome)).collect()
}

fn warn_exclusive(
    join: &TaskSpec,
    task: &str,
    one: &str,
    other: &str,
    found: &mut Vec<Diagnostic>,
) {
    let name = &join.name.text;
    let message = format!(
        "the join '{name}' never completes: of '{one}' and '{other}' only one leads to it, as '{task}' \
         either succeeds or fails"
    );
    let diagnostic = Diagnostic::warning(Code::JoinNeverCompletes, message, join.name.span);
    found.push(diagnostic.help("write 'join: one'"));
}

/// What holds whichever way a task is reached.
fn common<'s>(mut ways: impl Iterator<Item = Facts<'s>>) -> Facts<'s> {
    let mut common = ways.next().unwrap_or_default();
    for way in ways {
        common.retain(|task, outcome| way.get(task) == Some(outcome));
    }
    common
}

/// Where a task leads.
fn edges<'s>(spec: &'s WorkflowSpec, task: &'s TaskSpec) -> IndexMap<&'s str, Inbound<'s>> {
    let mut edges: IndexMap<&str, Inbound<'_>> = IndexMap::new();
    for (key, next) in spec.effective_targets(task) {
        let to = &*next.target.text;
        if EngineCommand::by_name(to).is_some() || !spec.tasks.contains_key(to) {
            continue;
        }
        let outcome = match key {
            "on-success" => Some(true),
            "on-error" => Some(false),
            _ => None,
        };
        let edge = Inbound {
            from: &task.name.text,
            outcome,
            single: true,
        };
        if let Some(known) = edges.get_mut(to) {
            known.outcome = known.outcome.filter(|known| Some(*known) == outcome);
            known.single = false;
        } else {
            edges.insert(to, edge);
        }
    }
    edges
}

/// The tasks that are in no circle and behind none, each after those that lead to it.
fn order<'s>(
    spec: &'s WorkflowSpec,
    inbound: &HashMap<&'s str, Vec<Inbound<'s>>>,
    mut outbound: HashMap<&'s str, Vec<&'s str>>,
) -> Vec<&'s str> {
    let missing = inbound.iter().map(|(to, edges)| (*to, edges.len()));
    let mut missing: HashMap<&str, usize> = missing.collect();
    let starts = spec.tasks.keys().map(|name| &**name);
    let mut order: Vec<&str> = starts.filter(|name| !missing.contains_key(name)).collect();
    let mut done = 0;
    while let Some(&name) = order.get(done) {
        done += 1;
        for to in outbound.remove(name).unwrap_or_default() {
            let left = missing.entry(to).or_default();
            *left -= 1;
            if *left == 0 {
                order.push(to);
            }
        }
    }
    order
}
