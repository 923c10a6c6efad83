//! What a deletion takes away: an entry of how its top was last, for those who follow
//! live, and the states that the metrics count.

use engine::change::{JournalEntry, JournalKind};
use engine::event::Event;
use engine::model::{ActionId, Execution, ExecutionId, State, Timestamp};
use engine::tree::Tree;
use store::record::ActionRecord;

use super::Runner;
use crate::events::Farewell;

/// What an event may delete, as it was before.
pub(super) struct Doomed {
    pub(super) root: ExecutionId,
    pub(super) farewell: Farewell,
    /// The states of its executions.
    pub(super) states: Vec<State>,
}

impl Runner {
    pub(super) fn doomed(&self, root: ExecutionId, event: &Event) -> Option<Doomed> {
        let tree = self.trees.get(&root)?;
        let (entry, (executions, states)) = match event {
            Event::ExecutionDeleted { .. } => {
                let entry = of_execution(tree.root_execution()?, self.clock.now());
                (entry, self.executions_of(tree).unzip())
            }
            Event::ActionDeleted { action } => {
                let record = self.world.catalog.action(*action).ok().flatten()?;
                let entry = of_action(&record, root, self.clock.now());
                (entry, Default::default())
            }
            _ => return None,
        };
        Some(Doomed {
            root,
            farewell: Farewell { entry, executions },
            states,
        })
    }

    /// The executions of a tree with their states, in memory or not.
    fn executions_of(&self, tree: &Tree) -> impl Iterator<Item = (ExecutionId, State)> {
        let below = self.world.catalog.states_below(tree.root());
        let left = below.unwrap_or_default().into_iter();
        let left = left.filter(|(id, _)| tree.execution(*id).is_none());
        let here = tree
            .executions()
            .map(|execution| (execution.id, execution.state));
        left.chain(here)
    }
}

fn of_execution(execution: &Execution, at: Timestamp) -> JournalEntry {
    let origin = &execution.origin;
    JournalEntry {
        root: origin.root,
        at,
        kind: JournalKind::Execution,
        id: execution.id.0,
        execution: Some(execution.id),
        task: None,
        name: origin.workflow_name.clone(),
        previous: None,
        state: execution.state,
        progress: None,
        project_id: origin.project_id.clone(),
        workflow_name: Some(origin.workflow_name.clone()),
        external_root: origin.external_id.clone(),
        parent: None,
    }
}

fn of_action(record: &ActionRecord, root: ExecutionId, at: Timestamp) -> JournalEntry {
    let ActionId(id) = record.id;
    JournalEntry {
        root,
        at,
        kind: JournalKind::Action,
        id,
        execution: None,
        task: None,
        name: record.name.clone(),
        previous: None,
        state: record.state,
        progress: None,
        project_id: record.project_id.clone(),
        workflow_name: None,
        external_root: None,
        parent: None,
    }
}
