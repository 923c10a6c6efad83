//! Which entries a follower wants.

use std::collections::HashSet;
use std::sync::Arc;

use engine::change::{JournalEntry, JournalKind};
use engine::model::ExecutionId;
use store::query::Projects;
use store::{SHARDS, Shard};

use super::Event;

/// What a follower asked for.
#[derive(Clone, Debug)]
pub(crate) struct Filter {
    /// Executions, tasks, actions.
    pub(crate) kinds: Kinds,
    /// The workflow whose executions, and their tasks and actions, are wanted.
    pub(crate) workflow_name: Option<Arc<str>>,
    /// Whose.
    pub(crate) projects: Projects,
    /// Where.
    pub(crate) scope: Scope,
}

/// A set of kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kinds(u8);

/// Where a follower looks.
#[derive(Clone, Debug)]
pub(crate) enum Scope {
    /// Everywhere.
    Everything,
    /// In some trees.
    Branches(Vec<Branch>),
}

/// A tree of executions, or a part of it.
#[derive(Clone, Debug)]
pub(crate) struct Branch {
    root: ExecutionId,
    /// The executions of the part, which may grow; `None` for the whole tree.
    part: Option<HashSet<ExecutionId>>,
}

impl Kinds {
    /// All of them.
    pub(crate) const ALL: Self = Self(0b111);

    /// None of them.
    pub(crate) const NONE: Self = Self(0);

    /// One more.
    #[must_use]
    pub(crate) fn with(self, kind: JournalKind) -> Self {
        Self(self.0 | 1 << kind as u8)
    }

    fn has(self, kind: JournalKind) -> bool {
        self.0 & 1 << kind as u8 != 0
    }
}

impl Branch {
    /// A whole tree.
    pub(crate) fn tree(root: ExecutionId) -> Self {
        Self { root, part: None }
    }

    /// What is below `top`, and `top`. The pairs are the tree's sub-executions, each
    /// with the execution whose task started it.
    pub(crate) fn part(
        root: ExecutionId,
        top: ExecutionId,
        children: &[(ExecutionId, ExecutionId)],
    ) -> Self {
        let mut below: std::collections::HashMap<_, Vec<_>> = std::collections::HashMap::new();
        for (child, parent) in children {
            below.entry(*parent).or_default().push(*child);
        }
        let mut part = HashSet::from([top]);
        let mut open = vec![top];
        while let Some(parent) = open.pop() {
            for child in below.remove(&parent).unwrap_or_default() {
                part.insert(child);
                open.push(child);
            }
        }
        let part = Some(part);
        Self { root, part }
    }

    /// Top of the tree.
    pub(crate) fn root(&self) -> ExecutionId {
        self.root
    }

    /// Whether the entry is of this branch; a new sub-execution makes it grow.
    pub(crate) fn has(&mut self, entry: &JournalEntry) -> bool {
        if self.root != entry.root {
            return false;
        }
        let Some(part) = &mut self.part else {
            return true;
        };
        if let Some(parent) = entry.parent
            && part.contains(&parent)
        {
            part.extend(entry.execution);
        }
        entry.execution.is_some_and(|id| part.contains(&id))
    }
}

impl Scope {
    /// The shards to look at, in order.
    pub(crate) fn shards(&self) -> Vec<Shard> {
        match self {
            Self::Everything => Shard::all().collect(),
            Self::Branches(branches) => {
                let mut wanted = [false; SHARDS as usize];
                for branch in branches {
                    wanted[usize::from(Shard::of(branch.root).number())] = true;
                }
                let wanted = |shard: &Shard| wanted[usize::from(shard.number())];
                Shard::all().filter(wanted).collect()
            }
        }
    }

    /// The trees of a shard to look at; `None` for all.
    pub(crate) fn roots(&self, shard: Shard) -> Option<Vec<ExecutionId>> {
        let Self::Branches(branches) = self else {
            return None;
        };
        let mut roots: Vec<_> = branches.iter().map(Branch::root).collect();
        roots.retain(|root| Shard::of(*root) == shard);
        roots.sort();
        roots.dedup();
        Some(roots)
    }
}

impl Filter {
    /// Whether a follower gets the event.
    pub(super) fn passes(&mut self, event: &Event) -> bool {
        let entry = &event.entry;
        let inside = match &mut self.scope {
            Scope::Everything => true,
            // A tree goes with all its parts.
            Scope::Branches(branches) if event.is_deletion => {
                branches.iter().any(|branch| branch.root == entry.root)
            }
            // Every branch must see the entry: it may make several grow.
            Scope::Branches(branches) => {
                let found = branches.iter_mut().map(|branch| branch.has(entry));
                found.filter(|has| *has).count() > 0
            }
        };
        inside && self.admits(entry)
    }

    /// Whether the entry is of a wanted kind, workflow and project.
    pub(crate) fn admits(&self, entry: &JournalEntry) -> bool {
        let of_project = match &self.projects {
            Projects::All => true,
            Projects::Of(project) => *entry.project_id == **project,
        };
        let of_workflow = match &self.workflow_name {
            None => true,
            Some(name) => entry.workflow_name.as_ref() == Some(name),
        };
        self.kinds.has(entry.kind) && of_project && of_workflow
    }
}
