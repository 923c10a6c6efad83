//! What a tree derives from its rows, as text: a tree that lived through everything and
//! one that is restored from the same rows must tell the same.

use std::collections::{BTreeMap, BTreeSet};

use language::program::EdgeIndex;
use yaql::json;

use crate::world::{Unavailable, World};

use super::{ItemResult, Results, Running, TaskNode, Tree};

impl Tree {
    /// Everything derived that decides what happens next.
    ///
    /// # Errors
    /// The world did not answer.
    pub fn facts(&self, world: &dyn World) -> Result<BTreeSet<String>, Unavailable> {
        let executions = self.executions.values().map(Running::facts);
        let timers = self.timers.values().map(|timer| format!("{timer:?}"));
        let mut facts: BTreeSet<String> = executions.chain(timers).collect();
        for node in self.tasks.values() {
            facts.insert(self.task_facts(node, world)?);
        }
        Ok(facts)
    }

    fn task_facts(&self, node: &TaskNode, world: &dyn World) -> Result<String, Unavailable> {
        let mut actions: Vec<_> = node.actions.iter().collect();
        let mut children: Vec<_> = node.children.iter().collect();
        actions.sort_unstable();
        children.sort_unstable();
        let results = match (&node.results, node.task.state.is_completed()) {
            (_, true) => "ended".to_owned(),
            (Results::Items(items), _) => items.iter().map(ItemResult::fact).collect(),
            // In memory or in rows, whichever comes first.
            (Results::Plain(_) | Results::Stored, _) => "plain".to_owned(),
        };
        let id = node.task.id;
        Ok(format!(
            "task {id} {}: inbound {}, outbound {}, actions {actions:?}, children {children:?}, {results}",
            node.task.name,
            json::to_string(&self.inbound(id, world)?.to_stored()),
            json::to_string(&self.outbound(id, world)?.to_stored()),
        ))
    }
}

impl Running {
    fn facts(&self) -> String {
        let (mut live, mut ends, mut failed) = (
            self.live.iter().collect::<Vec<_>>(),
            self.ends.iter().collect::<Vec<_>>(),
            self.failed.iter().collect::<Vec<_>>(),
        );
        live.sort_unstable();
        ends.sort_unstable();
        failed.sort_unstable();
        let mut joins: Vec<_> = self.joins.iter().collect();
        joins.sort_unstable();
        let counted: BTreeMap<_, BTreeSet<_>> = self
            .counted
            .iter()
            .map(|(join, nodes)| (join, nodes.iter().collect()))
            .collect();
        let edges = (0..self.program.edges.len()).filter_map(|edge| u32::try_from(edge).ok());
        let edges: Vec<_> = edges.map(|edge| self.graph.edge(EdgeIndex(edge))).collect();
        format!(
            "execution {}: {} waiting, depth {}, live {live:?}, ends {ends:?}, failed {failed:?}, \
             joins {joins:?}, counted {counted:?}, edges {edges:?}",
            self.execution.id,
            self.waiting.len(),
            self.depth
        )
    }
}

impl ItemResult {
    fn fact(&self) -> String {
        match self {
            Self::Pending => "-".to_owned(),
            Self::Running => "r".to_owned(),
            Self::Ended(state, _) | Self::Stored(state) => format!("{state},"),
        }
    }
}
