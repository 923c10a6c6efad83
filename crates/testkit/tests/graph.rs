//! The counters of [`Graph`] against the definition of workflow language §10.2:
//! random graphs, loops included, and any order of starts, completions and
//! re-executions. The definition is written down in `Model` as it reads there.

use std::collections::{BTreeMap, BTreeSet};

use engine::graph::{EdgeState, Graph, Verdict};
use engine::model::{Id, TaskId};
use language::expression::Template;
use language::program::{
    Components, Edge, EdgeIndex, Join, Kind, Policies, Program, Publishing, Task, TaskIndex,
    TaskInput, Transitions, Work,
};
use proptest::prelude::*;
use yaql::Value;

/// Most tasks of a generated graph.
const TASKS: u32 = 7;

/// A graph as generated; joins are made to fit by [`program`].
#[derive(Clone, Debug)]
struct Shape {
    tasks: u32,
    edges: BTreeSet<(u32, u32)>,
    joins: Vec<Option<u32>>,
}

/// Something that happens to a task.
#[derive(Clone, Copy, Debug)]
enum Happening {
    /// It gets an execution; a join gets its first one or is armed again.
    Starts(u32),
    /// Its latest execution runs again.
    RunsAgain(u32),
    /// One of its open executions (the latest if `older` is 0) triggers those of its
    /// successors whose bits are set.
    Completes { task: u32, older: u8, next: u32 },
}

fn shapes() -> impl Strategy<Value = Shape> {
    (1..=TASKS).prop_flat_map(|tasks| {
        let edges = prop::collection::btree_set((0..tasks, 0..tasks), 0..16);
        let joins = prop::collection::vec(prop::option::of(0..4u32), tasks as usize);
        (edges, joins).prop_map(move |(edges, joins)| Shape {
            tasks,
            edges,
            joins,
        })
    })
}

fn happenings() -> impl Strategy<Value = Vec<Happening>> {
    let task = || 0..TASKS;
    let one = prop_oneof![
        3 => task().prop_map(Happening::Starts),
        1 => task().prop_map(Happening::RunsAgain),
        4 => (task(), prop_oneof![4 => Just(0u8), 1 => 1..3u8], any::<u32>())
            .prop_map(|(task, older, next)| Happening::Completes { task, older, next }),
    ];
    prop::collection::vec(one, 0..40)
}

/// 0 is `join: all`, another number is `join: N` with N within the inbound tasks.
fn join(wish: Option<u32>, inbound: usize) -> Option<Join> {
    let inbound = u32::try_from(inbound).expect("as many as tasks");
    match wish? {
        _ if inbound == 0 => None,
        0 => Some(Join::All),
        count => Some(Join::Count(1 + (count - 1) % inbound)),
    }
}

fn program(shape: &Shape) -> Program {
    let pairs = shape.edges.iter();
    let edges: Box<[Edge]> = pairs
        .map(|&(from, to)| Edge {
            from: TaskIndex(from),
            to: TaskIndex(to),
        })
        .collect();
    let where_edge = |holds: &dyn Fn(&Edge) -> bool| -> Box<[EdgeIndex]> {
        let numbered = (0..).map(EdgeIndex).zip(&edges);
        numbered
            .filter_map(|(index, edge)| holds(edge).then_some(index))
            .collect()
    };
    let tasks: Box<[Task]> = (0..shape.tasks)
        .map(|index| {
            let inbound = where_edge(&|edge| edge.to.0 == index);
            let outbound = where_edge(&|edge| edge.from.0 == index);
            let join = join(shape.joins[index as usize], inbound.len());
            task(index, join, inbound, outbound)
        })
        .collect();
    let indices = || (0..shape.tasks).map(TaskIndex);
    Program {
        name: "w".into(),
        kind: Kind::Direct,
        description: None,
        tags: Box::default(),
        input: Box::default(),
        vars: Box::default(),
        output: None,
        output_on_error: None,
        task_names: indices()
            .map(|index| (tasks[index.0 as usize].name.clone(), index))
            .collect(),
        starts: indices()
            .filter(|index| tasks[index.0 as usize].inbound.is_empty())
            .collect(),
        components: components(shape),
        tasks,
        edges,
        spec: Value::Null,
    }
}

fn task(
    index: u32,
    join: Option<Join>,
    inbound: Box<[EdgeIndex]>,
    outbound: Box<[EdgeIndex]>,
) -> Task {
    Task {
        name: format!("t{index}").into(),
        tags: Box::default(),
        work: Work::Action(Template::literal("std.noop".into())),
        input: TaskInput::Named(Box::default()),
        with_items: Box::default(),
        join,
        transitions: Transitions::default(),
        publish: Publishing::default(),
        policies: Policies::default(),
        keep_result: None,
        safe_rerun: None,
        target: None,
        requires: Box::default(),
        inbound,
        outbound,
        spec: Value::Null,
    }
}

/// Two tasks are in one component if each reaches the other.
fn components(shape: &Shape) -> Components {
    let reach = reachability(shape);
    let mutual = |a: u32, b: u32| a == b || reach.contains(&(a, b)) && reach.contains(&(b, a));
    let first = |task: u32| (0..=task).find(|&other| mutual(other, task));
    let cyclic = (0..shape.tasks).map(|task| {
        let heads = first(task) == Some(task) && reach.contains(&(task, task));
        let members = (0..shape.tasks).filter(|&other| heads && mutual(task, other));
        members.map(TaskIndex).collect()
    });
    Components {
        of: (0..shape.tasks).filter_map(first).collect(),
        cyclic: cyclic.collect(),
    }
}

/// Pairs of tasks with a path of at least one edge.
fn reachability(shape: &Shape) -> BTreeSet<(u32, u32)> {
    let mut reach = shape.edges.clone();
    loop {
        let longer: BTreeSet<_> = reach
            .iter()
            .flat_map(|&(from, via)| {
                let onward = shape.edges.iter().filter(move |edge| edge.0 == via);
                onward.map(move |edge| (from, edge.1))
            })
            .collect();
        let known = reach.len();
        reach.extend(longer);
        if reach.len() == known {
            return reach;
        }
    }
}

/// What happened so far, and what §10.2 says about it.
struct Model<'p> {
    program: &'p Program,
    /// Executions of each task, oldest first: id, and what it triggered once completed.
    executions: Vec<Vec<(TaskId, Option<BTreeSet<u32>>)>>,
    ids: u8,
}

impl<'p> Model<'p> {
    fn new(program: &'p Program) -> Self {
        Self {
            program,
            executions: vec![Vec::new(); program.tasks.len()],
            ids: 0,
        }
    }

    fn new_id(&mut self) -> TaskId {
        self.ids += 1;
        let mut bytes = [0; 16];
        bytes[15] = self.ids;
        TaskId(Id::from_bytes(bytes))
    }

    fn latest(&self, task: TaskIndex) -> Option<&(TaskId, Option<BTreeSet<u32>>)> {
        self.executions[task.0 as usize].last()
    }

    fn sources(&self, task: TaskIndex) -> impl Iterator<Item = TaskIndex> {
        let inbound = self.program.task(task).inbound.iter();
        inbound.map(|&edge| self.program.edge(edge).from)
    }

    /// The tasks without an execution that may still get one: the least set that
    /// agrees with the search upward.
    fn possible(&self) -> BTreeSet<u32> {
        let mut possible = BTreeSet::new();
        loop {
            let found: Vec<u32> = (0..self.executions.len() as u32)
                .filter(|task| !possible.contains(task))
                .filter(|&task| self.has_route(TaskIndex(task), &possible))
                .collect();
            if found.is_empty() {
                return possible;
            }
            possible.extend(found);
        }
    }

    fn has_route(&self, task: TaskIndex, possible: &BTreeSet<u32>) -> bool {
        if self.latest(task).is_some() {
            return false;
        }
        self.program.task(task).inbound.is_empty()
            || self.sources(task).any(|parent| match self.latest(parent) {
                None => possible.contains(&parent.0),
                Some((_, None)) => true,
                Some((_, Some(next))) => next.contains(&task.0),
            })
    }

    /// The induced state of every edge: RUNNING is taken, WAITING open, ERROR dead.
    fn edges(&self) -> Vec<EdgeState> {
        let possible = self.possible();
        let induced = |edge: &Edge| match self.latest(edge.from) {
            None if possible.contains(&edge.from.0) => EdgeState::Open,
            None => EdgeState::Dead,
            Some((_, None)) => EdgeState::Open,
            Some((_, Some(next))) if next.contains(&edge.to.0) => EdgeState::Taken,
            Some(_) => EdgeState::Dead,
        };
        self.program.edges.iter().map(induced).collect()
    }

    fn verdict(&self, task: TaskIndex, edges: &[EdgeState]) -> Verdict {
        let inbound = &self.program.task(task).inbound;
        let count = |wanted| {
            let states = inbound.iter().map(|edge| edges[edge.0 as usize]);
            states.filter(|&state| state == wanted).count()
        };
        let (all, running, errors) = (
            inbound.len(),
            count(EdgeState::Taken),
            count(EdgeState::Dead),
        );
        match self.program.task(task).join {
            None => Verdict::Run,
            Some(Join::All) if running == all => Verdict::Run,
            Some(Join::All) if errors > 0 => Verdict::Fail,
            Some(Join::Count(k)) if running >= k as usize => Verdict::Run,
            Some(Join::Count(k)) if errors > all - k as usize => Verdict::Fail,
            Some(_) => Verdict::Wait,
        }
    }

    /// Lets it happen, here and in the graph; what the graph says changed.
    fn happen(&mut self, happening: Happening, graph: &mut Graph) -> Vec<TaskIndex> {
        let (Happening::Starts(task)
        | Happening::RunsAgain(task)
        | Happening::Completes { task, .. }) = happening;
        let index = TaskIndex(task);
        if task as usize >= self.executions.len() {
            return Vec::new();
        }
        let armed_again = match happening {
            Happening::RunsAgain(_) => true,
            _ => self.program.task(index).join.is_some(),
        };
        let latest = self.executions[task as usize].last_mut();
        match (happening, latest) {
            (Happening::Completes { older, next, .. }, _) => {
                self.complete(index, older, next, graph)
            }
            (_, Some((id, next))) if armed_again => {
                *next = None;
                graph.started(self.program, index, *id)
            }
            (Happening::RunsAgain(_), _) => Vec::new(),
            (Happening::Starts(_), _) => {
                let id = self.new_id();
                self.executions[task as usize].push((id, None));
                graph.started(self.program, index, id)
            }
        }
    }

    fn complete(
        &mut self,
        task: TaskIndex,
        older: u8,
        mask: u32,
        graph: &mut Graph,
    ) -> Vec<TaskIndex> {
        let outbound = self.program.task(task).outbound.iter();
        let targets = outbound.map(|&edge| self.program.edge(edge).to.0);
        let chosen: BTreeSet<u32> = targets.filter(|to| mask >> to & 1 == 1).collect();
        let executions = self.executions[task.0 as usize].iter_mut().rev();
        let open = executions.filter(|(_, next)| next.is_none());
        let Some((id, next)) = open.take(1 + usize::from(older)).last() else {
            return Vec::new();
        };
        *next = Some(chosen.clone());
        graph.completed(self.program, task, *id, |to| chosen.contains(&to.0))
    }

    /// The graph as a restart builds it: all starts by age, then all completions.
    fn rebuilt(&self) -> Graph {
        let mut graph = Graph::new(self.program);
        let by_age: BTreeMap<TaskId, (TaskIndex, &Option<BTreeSet<u32>>)> = (0..)
            .map(TaskIndex)
            .zip(&self.executions)
            .flat_map(|(task, all)| all.iter().map(move |(id, next)| (*id, (task, next))))
            .collect();
        for (&id, &(task, _)) in &by_age {
            graph.started(self.program, task, id);
        }
        for (&id, &(task, next)) in &by_age {
            if let Some(next) = next {
                graph.completed(self.program, task, id, |to| next.contains(&to.0));
            }
        }
        graph
    }

    fn joins(&self) -> impl Iterator<Item = TaskIndex> {
        let all = (0..self.executions.len() as u32).map(TaskIndex);
        all.filter(|&task| self.program.task(task).join.is_some())
    }

    fn check(&self, graph: &Graph, edges: &[EdgeState]) -> Result<(), TestCaseError> {
        let counted: Vec<_> = (0..edges.len() as u32)
            .map(|edge| graph.edge(EdgeIndex(edge)))
            .collect();
        prop_assert_eq!(&counted[..], edges, "edges {:?}", self.program.edges);
        for join in self.joins() {
            let expected = self.verdict(join, edges);
            prop_assert_eq!(graph.verdict(self.program, join), expected, "{:?}", join);
            let latest = self.latest(join).map(|(id, _)| *id);
            prop_assert_eq!(graph.latest(join), latest);
        }
        Ok(())
    }
}

/// Joins must be looked at again if one of their inbound edges changed.
fn changed(program: &Program, before: &[EdgeState], after: &[EdgeState]) -> BTreeSet<TaskIndex> {
    let pairs = program.edges.iter().zip(before.iter().zip(after));
    let targets = pairs.filter(|(_, (old, new))| old != new);
    let targets = targets.map(|(edge, _)| edge.to);
    targets
        .filter(|&to| program.task(to).join.is_some())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn counters_are_the_definition(shape in shapes(), happenings in happenings()) {
        let program = program(&shape);
        let mut model = Model::new(&program);
        let mut graph = Graph::new(&program);
        let mut before = model.edges();
        model.check(&graph, &before)?;
        for happening in happenings {
            let told: BTreeSet<_> = model.happen(happening, &mut graph).into_iter().collect();
            let after = model.edges();
            model.check(&graph, &after)?;
            let changed = changed(&program, &before, &after);
            prop_assert!(told.is_superset(&changed), "{:?}: told {:?}, changed {:?}", happening, told, changed);
            before = after;
        }
        model.check(&model.rebuilt(), &before)?;
    }
}

/// Tasks one after the other; too many for the general way.
fn chain(length: u32) -> Program {
    let empty = Shape {
        tasks: 0,
        edges: BTreeSet::new(),
        joins: Vec::new(),
    };
    let edge = |to: u32| Edge {
        from: TaskIndex(to - 1),
        to: TaskIndex(to),
    };
    let links = |index: u32| {
        let inbound = index.checked_sub(1).map(EdgeIndex);
        let outbound = (index + 1 < length).then_some(EdgeIndex(index));
        task(
            index,
            None,
            inbound.into_iter().collect(),
            outbound.into_iter().collect(),
        )
    };
    Program {
        tasks: (0..length).map(links).collect(),
        edges: (1..length).map(edge).collect(),
        components: Components {
            of: (0..length).collect(),
            cyclic: vec![Box::default(); length as usize].into(),
        },
        ..program(&empty)
    }
}

#[test]
fn a_long_chain_dies_and_comes_back_without_recursion() {
    let program = chain(300_000);
    let last = EdgeIndex(299_998);
    let mut graph = Graph::new(&program);
    let id = TaskId(Id::from_bytes([1; 16]));
    graph.started(&program, TaskIndex(0), id);
    graph.completed(&program, TaskIndex(0), id, |_| false);
    assert_eq!(graph.edge(last), EdgeState::Dead);
    graph.started(&program, TaskIndex(0), id);
    assert_eq!(graph.edge(last), EdgeState::Open);
}
