//! `GET /v2/executions/{id}/graph`: an own addition that shows a definition's graph
//! with what became of it.

use std::collections::{HashMap, HashSet};

use axum::extract::State;
use engine::model::{State as Run, TaskId, TaskKind, Timestamp};
use language::program::{Kind, Program, Target, Task, TaskIndex, Trigger, Work};
use store::record::TaskRecord;
use yaql::{Dict, List, Value};

use super::find;
use super::tree::Reader;
use crate::api::error::{ApiError, ApiResult};
use crate::api::path::Segments;
use crate::api::query::Query;
use crate::api::reply;
use crate::api::state::{App, Reading};
use crate::events::precise;

/// The clause that an edge of a reverse workflow stands for.
const REQUIRES: &str = "requires";

/// All tasks of the definition with their latest runs, and all ways between them.
pub(crate) async fn graph(
    State(app): State<App>,
    Segments(id): Segments<String>,
    arguments: Query,
) -> ApiResult {
    arguments.check_known(&[])?;
    let body = app.read(move |reading| {
        let record = find(reading, &id)?;
        let program = reading.definitions.program(&record.program)?;
        let program = program.ok_or_else(|| ApiError::unavailable(&"a program is missing"))?;
        let mut reader = Reader::new(reading.catalog, false, Vec::new());
        let tasks = reader.tasks(&[record.id.id], None)?;
        let graph = Graph::new(&program, &tasks, &ways(reading, record.id.id)?);
        Ok(graph.render())
    });
    body.await.map(reply::ok)
}

/// Which task led to which, by which clause.
type Ways = HashMap<TaskId, Vec<(TaskIndex, Trigger)>>;

fn ways(reading: &Reading<'_>, execution: engine::model::ExecutionId) -> ApiResult<Ways> {
    let all = reading.catalog.transitions(execution)?;
    Ok(all
        .into_iter()
        .map(|(task, next)| (task, next.to_vec()))
        .collect())
}

/// A program and its latest runs.
struct Graph<'a> {
    program: &'a Program,
    latest: HashMap<TaskIndex, &'a TaskRecord>,
    taken: HashSet<(TaskIndex, TaskIndex, Trigger)>,
}

impl<'a> Graph<'a> {
    /// `tasks` come in the order of their creation.
    fn new(program: &'a Program, tasks: &'a [TaskRecord], ways: &Ways) -> Self {
        let from: HashMap<_, _> = tasks.iter().map(|task| (task.id, task.index)).collect();
        let taken = ways.iter().filter_map(|(task, next)| {
            let from = *from.get(task)?;
            Some(next.iter().map(move |(to, trigger)| (from, *to, *trigger)))
        });
        Self {
            program,
            latest: tasks.iter().map(|task| (task.index, task)).collect(),
            taken: taken.flatten().collect(),
        }
    }

    fn render(&self) -> Dict {
        let indices = || (0..self.program.tasks.len()).map(|at| TaskIndex(at as u32));
        let nodes: List = indices().map(|task| self.node(task)).collect();
        let edges: List = match self.program.kind {
            Kind::Direct => indices().flat_map(|task| self.transitions(task)).collect(),
            Kind::Reverse => indices().flat_map(|task| self.requirements(task)).collect(),
        };
        [("nodes", nodes), ("edges", edges)].into_iter().collect()
    }

    /// The id of a node: its latest run's, or its name before there is one.
    fn id(&self, task: TaskIndex) -> String {
        match self.latest.get(&task) {
            Some(run) => run.id.to_string(),
            None => self.program.task(task).name.to_string(),
        }
    }

    fn node(&self, index: TaskIndex) -> Dict {
        let task = self.program.task(index);
        let run = self.latest.get(&index);
        let time = |at: Option<Timestamp>| Value::from(at.map(precise));
        let mut node = Dict::with_capacity(6);
        node.insert("id", self.id(index));
        node.insert("name", task.name.clone());
        node.insert("type", kind(task, run).as_str());
        node.insert("state", run.map(|run| run.state.as_str()));
        node.insert("started_at", time(run.and_then(|run| run.started_at)));
        node.insert("finished_at", time(run.and_then(|run| run.finished_at)));
        node
    }

    fn transitions(&self, from: TaskIndex) -> Vec<Dict> {
        let clauses = &self.program.task(from).transitions;
        let clauses = [
            (&clauses.on_success, Trigger::OnSuccess),
            (&clauses.on_error, Trigger::OnError),
            (&clauses.on_complete, Trigger::OnComplete),
            (&clauses.on_skip, Trigger::OnSkip),
        ];
        let mut edges: Vec<(TaskIndex, Trigger)> = Vec::new();
        for (clause, trigger) in clauses {
            for transition in clause {
                if let Target::Task(to, _) = transition.target {
                    edges.push((to, trigger));
                }
            }
        }
        // The same task twice in a clause, under two conditions, is one way.
        let mut seen = HashSet::new();
        edges.retain(|edge| seen.insert(*edge));
        let edges = edges.into_iter().map(|(to, trigger)| {
            let taken = self.taken.contains(&(from, to, trigger));
            self.edge(from, to, trigger.as_str(), taken)
        });
        edges.collect()
    }

    fn requirements(&self, to: TaskIndex) -> Vec<Dict> {
        let requires = self.program.task(to).requires.iter();
        let edges = requires.map(|&from| {
            let done = self.latest.get(&from);
            let done = done.is_some_and(|run| run.state == Run::Success);
            let taken = done && self.latest.contains_key(&to);
            self.edge(from, to, REQUIRES, taken)
        });
        edges.collect()
    }

    fn edge(&self, from: TaskIndex, to: TaskIndex, on: &str, taken: bool) -> Dict {
        let mut edge = Dict::with_capacity(4);
        edge.insert("from", self.id(from));
        edge.insert("to", self.id(to));
        edge.insert("on", on);
        edge.insert("taken", taken);
        edge
    }
}

fn kind(task: &Task, run: Option<&&TaskRecord>) -> TaskKind {
    match (run, &task.work) {
        (Some(run), _) => run.kind,
        (None, Work::Action(_)) => TaskKind::Action,
        (None, Work::Workflow(_)) => TaskKind::Workflow,
    }
}
