//! Which joins may run, fail or must wait: counters over the edges of a program.
//!
//! Each edge is *open* (its source may still trigger it), *taken* (the latest run
//! of its source did) or *dead* (it can not). Joins read two counters; whether an
//! unreached task can still be reached is decided by counting live inbound edges,
//! and inside a cycle by a search of that cycle alone. An event costs the edges
//! that it changes, never the size of the graph (workflow language §10.2).

use std::collections::HashSet;

use language::program::{EdgeIndex, Join, Program, TaskIndex};

use crate::model::TaskId;

/// The run-time side of a program's graph.
#[derive(Clone, Debug)]
pub struct Graph {
    nodes: Box<[Node]>,
    edges: Box<[EdgeState]>,
}

#[derive(Clone, Debug, Default)]
struct Node {
    /// The latest execution of the task.
    latest: Option<TaskId>,
    /// That one is completed and its successors are known.
    settled: bool,
    /// It was never run and can not be.
    dead: bool,
    taken: u32,
    dead_in: u32,
}

/// What is known of an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EdgeState {
    /// Its source may still trigger it.
    Open,
    /// The latest run of its source triggered it.
    Taken,
    /// Its source ended without triggering it, or will never run.
    Dead,
}

/// What a join must do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Enough inbound tasks triggered it.
    Run,
    /// Too many can not.
    Fail,
    /// Neither.
    Wait,
}

impl Graph {
    /// The graph before anything ran: a cycle that no start leads to is dead.
    pub fn new(program: &Program) -> Self {
        let mut graph = Self {
            nodes: vec![Node::default(); program.tasks.len()].into(),
            edges: vec![EdgeState::Open; program.edges.len()].into(),
        };
        let mut changes = Propagation::new(&mut graph, program);
        for cycle in &program.components.cyclic {
            changes.settle_cycle(cycle);
        }
        changes.finish();
        graph
    }

    /// The latest execution of a task.
    pub fn latest(&self, task: TaskIndex) -> Option<TaskId> {
        self.nodes[task.0 as usize].latest
    }

    /// The state of an edge.
    pub fn edge(&self, edge: EdgeIndex) -> EdgeState {
        self.edges[edge.0 as usize]
    }

    /// A task got an execution (or its only one runs again): all its edges are open.
    /// Returns the joins whose counters changed.
    pub fn started(&mut self, program: &Program, task: TaskIndex, id: TaskId) -> Vec<TaskIndex> {
        let node = &mut self.nodes[task.0 as usize];
        node.latest = Some(id);
        let was_live = !node.settled && !node.dead;
        node.settled = false;
        node.dead = false;
        let mut changes = Propagation::new(self, program);
        if !was_live {
            changes.set_outbound(task, EdgeState::Open);
        }
        changes.finish()
    }

    /// The latest execution of a task completed and triggered `next`. Returns the
    /// joins whose counters changed.
    pub fn completed(
        &mut self,
        program: &Program,
        task: TaskIndex,
        id: TaskId,
        next: impl Fn(TaskIndex) -> bool,
    ) -> Vec<TaskIndex> {
        let node = &mut self.nodes[task.0 as usize];
        if node.latest != Some(id) {
            return Vec::new();
        }
        node.settled = true;
        let mut changes = Propagation::new(self, program);
        for &edge in &program.task(task).outbound {
            let taken = next(program.edge(edge).to);
            let state = if taken {
                EdgeState::Taken
            } else {
                EdgeState::Dead
            };
            changes.set(edge, state);
        }
        changes.finish()
    }

    /// What the counters say about a join.
    pub fn verdict(&self, program: &Program, task: TaskIndex) -> Verdict {
        let node = &self.nodes[task.0 as usize];
        let spec = program.task(task);
        let inbound = u32::try_from(spec.inbound.len()).unwrap_or(u32::MAX);
        match spec.join {
            None => Verdict::Run,
            Some(Join::All) if node.taken == inbound => Verdict::Run,
            Some(Join::All) if node.dead_in > 0 => Verdict::Fail,
            Some(Join::Count(needed)) if node.taken >= needed => Verdict::Run,
            Some(Join::Count(needed)) if node.dead_in > inbound.saturating_sub(needed) => {
                Verdict::Fail
            }
            Some(_) => Verdict::Wait,
        }
    }
}

/// One change and what follows from it.
struct Propagation<'a> {
    graph: &'a mut Graph,
    program: &'a Program,
    joins: Vec<TaskIndex>,
    /// Tasks that lost a live inbound edge.
    suspects: Vec<TaskIndex>,
    /// Unreached tasks that became reachable again (a cycle came round, a rerun).
    revived: Vec<TaskIndex>,
}

impl<'a> Propagation<'a> {
    fn new(graph: &'a mut Graph, program: &'a Program) -> Self {
        Self {
            graph,
            program,
            joins: Vec::new(),
            suspects: Vec::new(),
            revived: Vec::new(),
        }
    }

    fn set(&mut self, edge: EdgeIndex, state: EdgeState) {
        let old = std::mem::replace(&mut self.graph.edges[edge.0 as usize], state);
        if old == state {
            return;
        }
        let to = self.program.edge(edge).to;
        let node = &mut self.graph.nodes[to.0 as usize];
        match old {
            EdgeState::Taken => node.taken -= 1,
            EdgeState::Dead => node.dead_in -= 1,
            EdgeState::Open => {}
        }
        match state {
            EdgeState::Taken => node.taken += 1,
            EdgeState::Dead => {
                node.dead_in += 1;
                self.suspects.push(to);
            }
            EdgeState::Open => {}
        }
        if self.program.task(to).join.is_some() && self.joins.last() != Some(&to) {
            self.joins.push(to);
        }
        let node = &mut self.graph.nodes[to.0 as usize];
        if state != EdgeState::Dead && std::mem::take(&mut node.dead) {
            self.revived.push(to);
        }
    }

    /// Follows the changes to their end: first what lives again, then what died.
    fn finish(mut self) -> Vec<TaskIndex> {
        loop {
            if let Some(task) = self.revived.pop() {
                self.set_outbound(task, EdgeState::Open);
            } else if let Some(task) = self.suspects.pop() {
                self.examine(task);
            } else {
                return self.joins;
            }
        }
    }

    fn set_outbound(&mut self, task: TaskIndex, state: EdgeState) {
        for &edge in &self.program.task(task).outbound {
            self.set(edge, state);
        }
    }

    /// Kills an unreached task that nothing can reach any more.
    fn examine(&mut self, task: TaskIndex) {
        if !self.is_unreached(task) {
            return;
        }
        let node = &self.graph.nodes[task.0 as usize];
        let inbound = self.program.task(task).inbound.len();
        if node.dead_in as usize == inbound {
            self.kill(task);
        } else if let Some(cycle) = self.program.components.cycle_of(task) {
            self.settle_cycle(cycle);
        }
    }

    fn is_unreached(&self, task: TaskIndex) -> bool {
        let node = &self.graph.nodes[task.0 as usize];
        node.latest.is_none() && !node.dead
    }

    fn kill(&mut self, task: TaskIndex) {
        self.graph.nodes[task.0 as usize].dead = true;
        self.set_outbound(task, EdgeState::Dead);
    }

    /// Kills the unreached members of a cycle that only support each other.
    fn settle_cycle(&mut self, cycle: &[TaskIndex]) {
        let unreached = cycle.iter().filter(|&&task| self.is_unreached(task));
        let supported = unreached.filter(|&&task| self.has_outer_support(task));
        let mut queue: Vec<TaskIndex> = supported.copied().collect();
        let mut reachable = HashSet::new();
        while let Some(task) = queue.pop() {
            if !reachable.insert(task) {
                continue;
            }
            let onward = self.program.task(task).outbound.iter();
            let onward = onward.map(|&edge| self.program.edge(edge).to);
            queue.extend(onward.filter(|&to| {
                self.same_component(task, to) && self.is_unreached(to) && !reachable.contains(&to)
            }));
        }
        for &task in cycle {
            if !reachable.contains(&task) && self.is_unreached(task) {
                self.kill(task);
            }
        }
    }

    fn same_component(&self, one: TaskIndex, other: TaskIndex) -> bool {
        let component = |task: TaskIndex| self.program.components.of[task.0 as usize];
        component(one) == component(other)
    }

    /// A live inbound edge whose source is not itself an unreached member of the cycle,
    /// or no inbound edge at all.
    fn has_outer_support(&self, task: TaskIndex) -> bool {
        let inbound = &self.program.task(task).inbound;
        inbound.is_empty()
            || inbound.iter().any(|&edge| {
                let from = self.program.edge(edge).from;
                self.graph.edge(edge) != EdgeState::Dead
                    && !(self.is_unreached(from) && self.same_component(from, task))
            })
    }
}
