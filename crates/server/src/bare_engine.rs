//! A store in memory, a workflow in it, and the engine's world over both, without threads
//! and clocks: what simulations step by hand.

use std::sync::Arc;

use engine::event::Definition;
use engine::model::{ExecutionId, Id, Timestamp};
use engine::tree::Tree;
use engine::world::World;
use language::expression::Languages;
use store::query::Projects;
use store::sqlite::Sqlite;
use store::{DefinitionChange, Scope, Store};

use crate::definitions::{Definitions, Document, Owner};
use crate::runner::RunnerWorld;

/// What a process has of the outside.
pub(crate) struct BareEngine {
    pub(crate) store: Arc<Sqlite>,
    pub(crate) world: RunnerWorld,
    /// The workflow `w` of project `p`.
    pub(crate) definition: Definition,
}

impl BareEngine {
    /// With the workflow `w` in `text`.
    pub(crate) fn new(registry: &actions::Registry, text: &str) -> Self {
        let store = Arc::new(Sqlite::in_memory().unwrap());
        let (registry, languages) = (registry.clone(), Languages::default());
        let definitions =
            Definitions::new(store.clone(), store.clone(), registry, languages).unwrap();
        let definitions = Arc::new(definitions);
        upload(&store, text);
        let found = definitions.workflow("w", "", &Projects::All);
        let definition = found.unwrap().unwrap();
        let settings = engine::world::Settings::default();
        let world = RunnerWorld::new(
            definitions,
            store.clone(),
            store.clone(),
            settings,
            Arc::default(),
        );
        Self {
            store,
            world,
            definition,
        }
    }

    /// A tree as the store has it.
    pub(crate) fn load(&self, root: ExecutionId) -> Option<Tree> {
        let snapshot = self.store.load(root).unwrap()?;
        let mut program =
            |execution: &engine::model::Execution| self.world.program(&execution.origin.program);
        Some(Tree::restore(root, snapshot, &mut program).unwrap())
    }
}

fn upload(store: &Sqlite, text: &str) {
    let owner = Owner {
        project_id: "p".into(),
        scope: Scope::Private,
        namespace: "".into(),
    };
    let documents = Document::workflows(text, &owner, &Languages::default()).unwrap();
    let document = documents.into_iter().next().unwrap();
    let create = DefinitionChange::Create {
        id: Id::from_bytes([8; 16]),
        content: document.content,
        source: document.source,
    };
    store
        .define(Timestamp::from_micros(0), vec![create])
        .unwrap();
}
