//! Workflows and actions by name: looked up in the store, compiled once, cached.
//!
//! Programs are cached by their hash and never change. What a name means is
//! cached until somebody writes a definition; every write forgets all names, so
//! no lookup after it can see the time before.

mod adhoc;
mod cache;
mod document;
mod error;

use std::sync::Arc;

use actions::Registry;
use engine::event::Definition as Workflow;
use engine::model::Id;
use engine::world::{ActionDefinition, AdHoc};
use language::expression::Languages;
use language::program::Program;
use store::query::Projects;
use store::{Catalog, Definition, DefinitionKind, Scope, Store, WorkflowRef};

use self::cache::{Names, Programs};
pub(crate) use self::error::doubts;
pub use self::error::{DefinitionError, Refusal};

pub(crate) use self::document::{Document, Owner};

/// What a definition is looked up by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct NameKey {
    kind: DefinitionKind,
    name: String,
    namespace: String,
    /// Whose view; `None` is everybody's.
    project: Option<Arc<str>>,
}

/// Finds definitions. Calls block: they are for threads that may.
pub struct Definitions {
    catalog: Arc<dyn Catalog>,
    store: Arc<dyn Store>,
    registry: Registry,
    languages: Languages,
    preinstalled: Vec<Arc<AdHoc>>,
    programs: Programs,
    workflows: Names<NameKey, Option<Workflow>>,
    adhoc: Names<NameKey, Option<Arc<AdHoc>>>,
}

/// What lookups answer.
pub type Found<T> = Result<Option<T>, DefinitionError>;

impl Definitions {
    /// Definitions of a store, over the actions of a registry.
    ///
    /// # Errors
    /// The definition of a preinstalled action does not compile.
    pub fn new(
        store: Arc<dyn Store>,
        catalog: Arc<dyn Catalog>,
        registry: Registry,
        languages: Languages,
    ) -> Result<Self, DefinitionError> {
        Ok(Self {
            preinstalled: adhoc::preinstalled(&languages)?,
            catalog,
            store,
            registry,
            languages,
            programs: Programs::default(),
            workflows: Names::default(),
            adhoc: Names::default(),
        })
    }

    /// For a database that other nodes change as well: a name means what its row says
    /// now. Programs are found by their hash, so they are compiled once all the same.
    #[must_use]
    pub fn shared(self) -> Self {
        Self {
            workflows: Names::new(true),
            adhoc: Names::new(true),
            ..self
        }
    }

    /// The built-in actions.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The ad-hoc actions that every server has.
    pub(crate) fn preinstalled(&self) -> &[Arc<AdHoc>] {
        &self.preinstalled
    }

    /// The expression languages that definitions may use.
    pub(crate) fn languages(&self) -> &Languages {
        &self.languages
    }

    /// Forgets what names mean; for after a write.
    pub(crate) fn invalidate(&self) {
        self.workflows.forget();
        self.adhoc.forget();
    }

    /// A program by its hash; `None` if nobody knows what it was made of.
    ///
    /// # Errors
    /// The store failed, or the text does not compile any more.
    pub fn program(&self, hash: &[u8; 32]) -> Found<Arc<Program>> {
        if let Some(program) = self.programs.get(hash) {
            return Ok(Some(program));
        }
        let Some(source) = self.store.source(hash)? else {
            return Ok(None);
        };
        let program = document::compile(&source, &self.languages)?;
        self.programs.insert(*hash, Arc::clone(&program));
        Ok(Some(program))
    }

    /// A workflow by id, or by name within exactly that namespace.
    ///
    /// # Errors
    /// The store failed, or the text does not compile any more.
    pub fn workflow(
        &self,
        name_or_id: &str,
        namespace: &str,
        projects: &Projects,
    ) -> Found<Workflow> {
        if let Ok(id) = name_or_id.parse()
            && let Some(row) = self.workflow_row(id, projects)?
        {
            return self.compiled(row.into_workflow()).map(Some);
        }
        let key = NameKey::new(DefinitionKind::Workflow, name_or_id, namespace, projects);
        self.workflows.get_or_load(key, || {
            let found = self
                .catalog
                .workflow_by_name(name_or_id, namespace, projects)?;
            found.map(|found| self.compiled(found)).transpose()
        })
    }

    /// Whether [`Self::workflow`] has it in memory, so that it is neither read nor compiled.
    pub(crate) fn has_at_hand(&self, name: &str, namespace: &str, projects: &Projects) -> bool {
        let key = NameKey::new(DefinitionKind::Workflow, name, namespace, projects);
        name.parse::<Id>().is_err() && self.workflows.has(&key)
    }

    /// The workflow that a task means: a member of the same workbook, else a
    /// workflow of that name; each in the namespace first, then in the default
    /// one (workflow language §2, §12.2).
    ///
    /// # Errors
    /// As [`Self::workflow`].
    pub fn sub_workflow(
        &self,
        name: &str,
        workbook: Option<&str>,
        namespace: &str,
        project: &str,
    ) -> Found<Workflow> {
        let projects = Projects::Of(project.into());
        for name in full_names(name, workbook) {
            for namespace in fallbacks(namespace) {
                let found = self.workflow(&name, namespace, &projects)?;
                if found.is_some() {
                    return Ok(found);
                }
            }
        }
        Ok(None)
    }

    /// The action that a task or caller means: a member of the same workbook,
    /// else a built-in one, else an ad-hoc one within exactly that namespace
    /// (workflow language §2, §11.3).
    ///
    /// # Errors
    /// As [`Self::workflow`].
    pub fn action(
        &self,
        name: &str,
        workbook: Option<&str>,
        namespace: &str,
        project: &str,
    ) -> Found<ActionDefinition> {
        for name in full_names(name, workbook) {
            if let Some(found) = self.built_in(&name) {
                return Ok(Some(found));
            }
            if let Some(adhoc) = self.adhoc(&name, namespace, project)? {
                return Ok(Some(ActionDefinition::AdHoc(adhoc)));
            }
        }
        Ok(None)
    }

    fn built_in(&self, name: &str) -> Option<ActionDefinition> {
        if let Some(action) = self.registry.get(name) {
            return Some(ActionDefinition::BuiltIn {
                name: action.name().into(),
                signature: action.signature().clone(),
            });
        }
        let adhoc = self
            .preinstalled
            .iter()
            .find(|adhoc| *adhoc.name == *name)?;
        Some(ActionDefinition::AdHoc(Arc::clone(adhoc)))
    }

    fn adhoc(&self, name: &str, namespace: &str, project: &str) -> Found<Arc<AdHoc>> {
        let projects = Projects::Of(project.into());
        let key = NameKey::new(DefinitionKind::Action, name, namespace, &projects);
        self.adhoc.get_or_load(key, || {
            let row = self.row(DefinitionKind::Action, name, namespace, &projects)?;
            row.map(|row| adhoc::compile(&row, &self.languages))
                .transpose()
        })
    }

    fn row(
        &self,
        kind: DefinitionKind,
        name: &str,
        namespace: &str,
        projects: &Projects,
    ) -> Found<Definition> {
        Ok(self
            .catalog
            .definition_by_name(kind, name, namespace, projects)?)
    }

    fn workflow_row(&self, id: Id, projects: &Projects) -> Found<Definition> {
        let row = self.catalog.definition(DefinitionKind::Workflow, id)?;
        Ok(row.filter(|row| is_visible(row, projects)))
    }

    fn compiled(&self, found: WorkflowRef) -> Result<Workflow, DefinitionError> {
        let lost = || DefinitionError::lost(&found.name);
        let hash = found.program.ok_or_else(lost)?;
        let program = self.program(&hash)?.ok_or_else(lost)?;
        Ok(Workflow {
            id: found.id,
            name: found.name,
            namespace: found.namespace,
            workbook: found.workbook,
            hash,
            program,
        })
    }
}

impl NameKey {
    fn new(kind: DefinitionKind, name: &str, namespace: &str, projects: &Projects) -> Self {
        Self {
            kind,
            name: name.to_owned(),
            namespace: namespace.to_owned(),
            project: match projects {
                Projects::All => None,
                Projects::Of(project) => Some(Arc::clone(project)),
            },
        }
    }
}

/// Whether a row may be seen by whom `projects` stands for.
pub(crate) fn is_visible(row: &Definition, projects: &Projects) -> bool {
    match projects {
        Projects::All => true,
        Projects::Of(project) => {
            row.content.scope == Scope::Public || row.content.project_id == *project
        }
    }
}

/// What a short name may stand for, in order.
fn full_names(name: &str, workbook: Option<&str>) -> impl Iterator<Item = String> {
    let member = workbook.map(|workbook| format!("{workbook}.{name}"));
    member.into_iter().chain([name.to_owned()])
}

/// A namespace and the default one.
fn fallbacks(namespace: &str) -> impl Iterator<Item = &str> {
    let default = (!namespace.is_empty()).then_some("");
    std::iter::once(namespace).chain(default)
}
