//! Workflows, workbooks and ad-hoc actions as they were uploaded.

use std::fmt;
use std::sync::Arc;

use engine::model::{Id, Timestamp};
use yaql::Value;

use crate::Resource;
use crate::named::named;

/// A definition row.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    /// Its id; it stays when the definition is updated.
    pub id: Id,
    /// What was uploaded.
    pub content: Content,
    /// MD5 of the definition text in hex; `None` for members of a workbook.
    pub checksum: Option<Arc<str>>,
    /// Key of the program (workflows).
    pub program: Option<[u8; 32]>,
    /// Creation.
    pub created_at: Timestamp,
    /// Last update; `None` if there was none.
    pub updated_at: Option<Timestamp>,
}

/// What an upload decides. `(kind, name, namespace, project_id)` is unique.
#[derive(Clone, Debug, PartialEq)]
pub struct Content {
    /// What it defines.
    pub kind: DefinitionKind,
    /// Full name: `workbook.member` for members.
    pub name: Arc<str>,
    /// Namespace; empty is the default one.
    pub namespace: Arc<str>,
    /// Owner.
    pub project_id: Arc<str>,
    /// Who else may see it.
    pub scope: Scope,
    /// The text the API shows.
    pub definition: Arc<str>,
    /// The specification as JSON.
    pub spec: Value,
    /// The inputs in one line.
    pub input: Arc<str>,
    /// Inputs and outputs of a workflow; null for the others.
    pub interface: Value,
    /// Free text (actions).
    pub description: Option<Arc<str>>,
    /// Tags.
    pub tags: Arc<[Arc<str>]>,
    /// The workbook it came with.
    pub workbook: Option<Arc<str>>,
}

/// What a definition defines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DefinitionKind {
    /// A workflow.
    Workflow,
    /// A workbook.
    Workbook,
    /// An ad-hoc action.
    Action,
}

/// A workflow and the program that it is at present.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkflowRef {
    /// Of the definition.
    pub id: Id,
    /// Its name.
    pub name: Arc<str>,
    /// Its namespace.
    pub namespace: Arc<str>,
    /// The workbook that it came with.
    pub workbook: Option<Arc<str>>,
    /// The hash of its program.
    pub program: Option<[u8; 32]>,
}

/// Who may see a row besides its project.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Nobody.
    #[default]
    Private,
    /// Everybody.
    Public,
}

/// What a program is made of: enough to compile it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The YAML document.
    pub text: Arc<str>,
    /// Name of the workflow in it.
    pub member: Arc<str>,
    /// Name of the workbook if the document is one.
    pub workbook: Option<Arc<str>>,
}

/// A change of one definition.
#[derive(Clone, Debug, PartialEq)]
pub enum DefinitionChange {
    /// A new row; its name must be free.
    Create {
        /// The new id.
        id: Id,
        /// What was uploaded.
        content: Content,
        /// For workflows.
        source: Option<Source>,
    },
    /// A new row, or new content for the row of that name.
    Put {
        /// The id if the row is new.
        id: Id,
        /// What was uploaded.
        content: Content,
        /// For workflows.
        source: Option<Source>,
    },
    /// New content for a row; its name may change.
    Update {
        /// Which row.
        id: Id,
        /// What was uploaded.
        content: Content,
        /// For workflows.
        source: Option<Source>,
    },
    /// The row goes away. Programs of executions stay.
    Delete {
        /// Which row.
        id: Id,
        /// What it must be.
        kind: DefinitionKind,
    },
}

impl Definition {
    /// The workflow that the row is.
    pub fn into_workflow(self) -> WorkflowRef {
        WorkflowRef {
            id: self.id,
            name: self.content.name,
            namespace: self.content.namespace,
            workbook: self.content.workbook,
            program: self.program,
        }
    }
}

impl Source {
    /// The key of the program. Lengths go in, so that no two sources run together.
    pub fn hash(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        for part in [Some(&self.text), Some(&self.member), self.workbook.as_ref()] {
            let length = part.map_or(u64::MAX, |text| text.len() as u64);
            hasher.update(&length.to_le_bytes());
            hasher.update(part.map_or(&[], |text| text.as_bytes()));
        }
        hasher.finalize().into()
    }
}

impl DefinitionKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Workflow, Self::Workbook, Self::Action];

    /// The name in running text.
    pub fn as_str(self) -> &'static str {
        self.resource().as_str()
    }

    /// The kind as errors name it.
    pub fn resource(self) -> Resource {
        match self {
            Self::Workflow => Resource::Workflow,
            Self::Workbook => Resource::Workbook,
            Self::Action => Resource::Action,
        }
    }
}

named!(Scope {
    Private "private",
    Public "public",
});

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Display for DefinitionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hash_tells_parts_apart() {
        let source = |text: &str, member: &str, workbook: Option<&str>| Source {
            text: text.into(),
            member: member.into(),
            workbook: workbook.map(Arc::from),
        };
        let hashes = [
            source("ab", "c", None),
            source("a", "bc", None),
            source("ab", "c", Some("")),
            source("ab", "", Some("c")),
        ]
        .map(|source| source.hash());
        for (i, hash) in hashes.iter().enumerate() {
            assert!(!hashes[..i].contains(hash), "{i}");
        }
    }
}
