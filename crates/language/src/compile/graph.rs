//! Edges between tasks, and the cyclic parts of the graph they make.

use std::collections::HashMap;

use crate::program::{Components, Edge, EdgeIndex, TaskIndex};

/// The graph under construction.
pub(super) struct Graph {
    edges: Vec<Edge>,
    known: HashMap<(TaskIndex, TaskIndex), EdgeIndex>,
    tasks: usize,
}

/// The finished graph.
pub(super) struct Links {
    pub(super) edges: Box<[Edge]>,
    /// In the order of the tasks.
    pub(super) tasks: Vec<TaskLinks>,
    pub(super) components: Components,
}

/// The edges of one task.
#[derive(Default)]
pub(super) struct TaskLinks {
    pub(super) inbound: Box<[EdgeIndex]>,
    pub(super) outbound: Box<[EdgeIndex]>,
}

impl Graph {
    pub(super) fn new(tasks: usize) -> Self {
        Self {
            edges: Vec::new(),
            known: HashMap::new(),
            tasks,
        }
    }

    /// The edge between two tasks; there is one for each pair.
    pub(super) fn edge(&mut self, from: TaskIndex, to: TaskIndex) -> EdgeIndex {
        let edges = &mut self.edges;
        *self.known.entry((from, to)).or_insert_with(|| {
            edges.push(Edge { from, to });
            EdgeIndex(narrow(edges.len() - 1))
        })
    }

    /// Sorts the edges by task. Tasks come in definition order, so the edges are
    /// ordered by their source already.
    pub(super) fn finish(self) -> Links {
        let mut inbound = vec![Vec::new(); self.tasks];
        let mut outbound = vec![Vec::new(); self.tasks];
        for (index, edge) in (0..).map(EdgeIndex).zip(&self.edges) {
            inbound[edge.to.0 as usize].push(index);
            outbound[edge.from.0 as usize].push(index);
        }
        let components = components(&self.edges, &outbound);
        let links = inbound.into_iter().zip(outbound);
        let tasks = links.map(|(inbound, outbound)| TaskLinks {
            inbound: inbound.into(),
            outbound: outbound.into(),
        });
        Links {
            tasks: tasks.collect(),
            components,
            edges: self.edges.into(),
        }
    }
}

/// Counts of tasks and edges fit: the reader bounds the number of values.
fn narrow(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Strongly connected components by Tarjan's algorithm, without recursion.
fn components(edges: &[Edge], outbound: &[Vec<EdgeIndex>]) -> Components {
    let mut search = Search {
        edges,
        outbound,
        order: vec![None; outbound.len()],
        low: vec![0; outbound.len()],
        next: 0,
        stack: Vec::new(),
        of: vec![u32::MAX; outbound.len()],
        members: Vec::new(),
    };
    for task in 0..outbound.len() {
        if search.order[task].is_none() {
            search.visit(task);
        }
    }
    let is_cyclic = |members: &[usize]| {
        let first = members[0];
        members.len() > 1 || targets(edges, &outbound[first]).any(|to| to == first)
    };
    let cyclic = search.members.iter().map(|members| {
        let indices = members.iter().map(|task| TaskIndex(narrow(*task)));
        if is_cyclic(members) {
            indices.collect()
        } else {
            Box::default()
        }
    });
    Components {
        cyclic: cyclic.collect(),
        of: search.of.into(),
    }
}

fn targets<'e>(edges: &'e [Edge], indices: &'e [EdgeIndex]) -> impl Iterator<Item = usize> + 'e {
    indices
        .iter()
        .map(|index| edges[index.0 as usize].to.0 as usize)
}

/// The state of Tarjan's algorithm.
struct Search<'e> {
    edges: &'e [Edge],
    outbound: &'e [Vec<EdgeIndex>],
    /// When a task was found.
    order: Vec<Option<usize>>,
    /// The earliest task that is reachable and still on the stack.
    low: Vec<usize>,
    next: usize,
    stack: Vec<usize>,
    of: Vec<u32>,
    members: Vec<Vec<usize>>,
}

impl Search<'_> {
    /// Visits a task and what it reaches; `path` has each task with the number of
    /// edges that were followed.
    fn visit(&mut self, start: usize) {
        let mut path = vec![(start, 0)];
        self.enter(start);
        while let Some((task, followed)) = path.last_mut() {
            let (task, edge) = (*task, *followed);
            *followed += 1;
            let Some(index) = self.outbound[task].get(edge) else {
                path.pop();
                self.leave(task);
                if let Some((parent, _)) = path.last() {
                    self.low[*parent] = self.low[*parent].min(self.low[task]);
                }
                continue;
            };
            let to = self.edges[index.0 as usize].to.0 as usize;
            match self.order[to] {
                None => {
                    self.enter(to);
                    path.push((to, 0));
                }
                Some(order) if self.of[to] == u32::MAX => {
                    self.low[task] = self.low[task].min(order);
                }
                Some(_) => {}
            }
        }
    }

    fn enter(&mut self, task: usize) {
        self.order[task] = Some(self.next);
        self.low[task] = self.next;
        self.next += 1;
        self.stack.push(task);
    }

    /// If no earlier task is reachable, what is above on the stack is a component.
    fn leave(&mut self, task: usize) {
        if self.order[task] != Some(self.low[task]) {
            return;
        }
        let at = self
            .stack
            .iter()
            .rposition(|other| *other == task)
            .unwrap_or(0);
        let mut members = self.stack.split_off(at);
        members.sort_unstable();
        for member in &members {
            self.of[*member] = narrow(self.members.len());
        }
        self.members.push(members);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Whether there is a path of at least one edge.
    fn reaches(edges: &[(usize, usize)], from: usize, to: usize) -> bool {
        let mut seen = std::collections::HashSet::new();
        let mut todo = vec![from];
        while let Some(task) = todo.pop() {
            for (_, next) in edges.iter().filter(|(source, _)| *source == task) {
                if *next == to {
                    return true;
                }
                if seen.insert(*next) {
                    todo.push(*next);
                }
            }
        }
        false
    }

    proptest! {
        #[test]
        fn components_are_mutual_reachability(
            edges in prop::collection::vec((0usize..8, 0usize..8), 0..24)
        ) {
            let mut graph = Graph::new(8);
            for (from, to) in &edges {
                graph.edge(TaskIndex(narrow(*from)), TaskIndex(narrow(*to)));
            }
            let components = graph.finish().components;
            for a in 0..8 {
                let cycle = components.cycle_of(TaskIndex(narrow(a)));
                prop_assert_eq!(cycle.is_some(), reaches(&edges, a, a));
                for b in 0..8 {
                    let mutual = a == b || reaches(&edges, a, b) && reaches(&edges, b, a);
                    prop_assert_eq!(components.of[a] == components.of[b], mutual);
                }
            }
        }
    }

    #[test]
    fn edges_are_distinct_and_sorted() {
        let mut graph = Graph::new(3);
        let pairs = [(0, 1), (0, 2), (0, 1), (1, 2)];
        let indices = pairs.map(|(from, to)| graph.edge(TaskIndex(from), TaskIndex(to)).0);
        assert_eq!(indices, [0, 1, 0, 2]);
        let links = graph.finish();
        assert_eq!(*links.tasks[2].inbound, [EdgeIndex(1), EdgeIndex(2)]);
        assert_eq!(*links.tasks[0].outbound, [EdgeIndex(0), EdgeIndex(1)]);
    }

    #[test]
    fn a_long_chain_needs_no_stack() {
        let mut graph = Graph::new(200_000);
        for task in 0..199_999 {
            graph.edge(TaskIndex(task), TaskIndex(task + 1));
        }
        assert_eq!(graph.finish().components.cyclic.len(), 200_000);
    }
}
