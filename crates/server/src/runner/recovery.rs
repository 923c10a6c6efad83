//! After a start: every tree with something to do becomes hot again, timers are set,
//! actions that were not handed out are, and those of a dead incarnation are told of.

use std::collections::HashMap;
use std::sync::Arc;

use engine::event::Event;
use engine::model::{Execution, ExecutionId};
use engine::tree::{RestoreError, Tree};
use language::program::Program;
use store::cluster::ShardSet;
use store::{Shard, StoreError};

use super::Runner;
use crate::definitions::DefinitionError;

/// Roots looked up at a time.
const PAGE: usize = 1_000;

/// Why a tree could not be made hot.
#[derive(Debug, thiserror::Error)]
pub(super) enum LoadError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Rows(#[from] RestoreError),
}

impl LoadError {
    /// Whether it may work another time.
    pub(super) fn is_passing(&self) -> bool {
        matches!(self, Self::Store(StoreError::Database { .. }))
    }
}

type Programs = HashMap<[u8; 32], Arc<Program>>;

impl Runner {
    /// Takes up the work in shards that somebody else did before; tries again later
    /// if it can not be read.
    pub(super) fn recover(&mut self, shards: ShardSet) {
        if shards.is_empty() {
            return;
        }
        let mut programs = Programs::new();
        let mut after = None;
        loop {
            let roots = match self.store.unfinished(after, PAGE) {
                Ok(roots) => roots,
                Err(error) => {
                    tracing::error!(%error, "unfinished executions can not be listed");
                    shards
                        .iter()
                        .for_each(|shard| self.unrecovered.insert(shard));
                    return;
                }
            };
            let Some(&last) = roots.last() else { return };
            after = Some(last);
            let here = |root: &ExecutionId| shards.contains(Shard::of(*root));
            for root in roots.into_iter().filter(here) {
                if self.trees.contains_key(&root) {
                    continue;
                }
                if let Err(error) = self.revive(root, &mut programs) {
                    tracing::error!(%root, %error, "an execution can not be taken up");
                    self.retry_unless_damaged(root, &error);
                }
            }
        }
    }

    /// A store that fails may work again; rows that make no sense stay so.
    pub(super) fn retry_unless_damaged(&mut self, root: ExecutionId, error: &LoadError) {
        if error.is_passing() {
            self.lost_trees.insert(root);
        }
    }

    /// Makes a tree hot and orders what its rows say is to be done.
    pub(super) fn revive(
        &mut self,
        root: ExecutionId,
        programs: &mut Programs,
    ) -> Result<(), LoadError> {
        let Some(tree) = self.load(root, programs)? else {
            return Ok(());
        };
        self.find_offers(&tree)?;
        for timer in tree.timers() {
            self.timers.replace(timer.key, Some(*timer));
        }
        for (action, claim) in tree.outside_actions() {
            match claim {
                None if self.offers.is_open(action) => {}
                None => {
                    self.unstarted.remove(&action);
                    self.slots.wait(root, action);
                }
                Some(claim) if claim == self.claim => {
                    if self.unstarted.remove(&action)
                        && let Some(run) = tree.run_of(action)
                    {
                        self.slots.take(action);
                        self.executor.start(root, run);
                    }
                }
                Some(claim) if self.alive.contains(&claim.0) => {
                    self.foreign.insert(action, (root, claim));
                }
                Some(claim) => self.enqueue(root, Event::ActionInterrupted { action, claim }),
            }
        }
        if tree.has_work() {
            self.enqueue(root, Event::Continued);
        }
        self.hub.adopt(&tree);
        self.trees.insert(root, tree);
        Ok(())
    }

    /// Has the tree in memory before an event is applied to it.
    pub(super) fn make_hot(&mut self, root: ExecutionId, event: &Event) -> Result<(), LoadError> {
        if self.trees.contains_key(&root) || is_new(event) {
            return Ok(());
        }
        self.revive(root, &mut Programs::new())
    }

    fn load(&self, root: ExecutionId, programs: &mut Programs) -> Result<Option<Tree>, LoadError> {
        let Some(snapshot) = self.store.load(root)? else {
            return Ok(None);
        };
        let definitions = self.world.definitions();
        // A store that fails is no reason to give a tree up for damaged.
        let mut failed = None;
        let mut program = |execution: &Execution| {
            let hash = execution.origin.program;
            if let Some(program) = programs.get(&hash) {
                return Some(program.clone());
            }
            let program = match definitions.program(&hash) {
                Ok(program) => program?,
                Err(DefinitionError::Store(error)) => {
                    failed = Some(error);
                    return None;
                }
                Err(error) => {
                    tracing::error!(%error, "a stored workflow can not be read");
                    return None;
                }
            };
            programs.insert(hash, program.clone());
            Some(program)
        };
        let restored = Tree::restore(root, snapshot, &mut program);
        match failed {
            Some(error) => Err(error.into()),
            None => Ok(Some(restored?)),
        }
    }
}

/// The event creates the tree: there is nothing to load. (An id that is taken after
/// all fails the commit.)
fn is_new(event: &Event) -> bool {
    match event {
        Event::WorkflowRequested(request) | Event::WorkflowTakenUp { request, .. } => {
            request.is_new
        }
        Event::ActionRequested(_) => true,
        _ => false,
    }
}
