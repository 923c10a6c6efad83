//! Uploaded documents: what they define, in the form in which it is stored.
//!
//! The only place that calls the language's parsers.

use std::sync::Arc;

use language::diagnostic::api_error;
use language::expression::Languages;
use language::program::Program;
use language::spec::{ActionSpec, WorkbookSpec, WorkflowSpec};
use language::{Options, Parsed};
use store::{Content, DefinitionKind, Scope, Source};
use yaql::Value;

use super::adhoc;
use super::error::{self, DefinitionError, Refusal};

/// Whose definition it is, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Owner {
    /// Its project.
    pub(crate) project_id: Arc<str>,
    /// Who else may see it.
    pub(crate) scope: Scope,
    /// Its namespace.
    pub(crate) namespace: Arc<str>,
}

/// One definition of a document, ready to be stored.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    /// What the row holds.
    pub(crate) content: Content,
    /// What its program is made of (workflows).
    pub(crate) source: Option<Source>,
}

impl Document {
    /// The workflows of a list.
    ///
    /// # Errors
    /// The text is refused.
    pub(crate) fn workflows(
        text: &str,
        owner: &Owner,
        languages: &Languages,
    ) -> Result<Vec<Self>, DefinitionError> {
        let specs = workflows(text, languages)?;
        Ok(specs
            .iter()
            .map(|spec| Self::workflow(spec, owner))
            .collect())
    }

    /// The ad-hoc actions of a list.
    ///
    /// # Errors
    /// The text is refused.
    pub(crate) fn actions(
        text: &str,
        owner: &Owner,
        languages: &Languages,
    ) -> Result<Vec<Self>, DefinitionError> {
        let specs = actions(text, languages)?;
        Ok(specs
            .iter()
            .map(|spec| Self::action(spec, owner, None, text))
            .collect())
    }

    /// A workbook, and then its members.
    ///
    /// # Errors
    /// The text is refused.
    pub(crate) fn workbook(
        text: &str,
        owner: &Owner,
        languages: &Languages,
    ) -> Result<(Self, Vec<Self>), DefinitionError> {
        let spec = workbook(text, languages)?;
        let name = &spec.name.text;
        let actions = spec
            .actions
            .iter()
            .map(|action| Self::action(action, owner, Some(name), &action.definition));
        let workflows = spec
            .workflows
            .iter()
            .map(|workflow| Self::member(workflow, owner, name, text));
        let members = actions.chain(workflows).collect();
        let content = Content {
            definition: text.into(),
            spec: spec.json.clone(),
            description: spec.description.clone(),
            tags: spec.tags.iter().cloned().collect(),
            ..owner.content(DefinitionKind::Workbook, name.clone())
        };
        Ok((
            Self {
                content,
                source: None,
            },
            members,
        ))
    }

    fn workflow(spec: &WorkflowSpec, owner: &Owner) -> Self {
        let source = Source {
            text: spec.definition.clone(),
            member: spec.name.text.clone(),
            workbook: None,
        };
        let content = workflow_content(spec, owner, spec.name.text.clone());
        Self {
            content,
            source: Some(source),
        }
    }

    fn member(spec: &WorkflowSpec, owner: &Owner, workbook: &Arc<str>, text: &str) -> Self {
        let source = Source {
            text: text.into(),
            member: spec.name.text.clone(),
            workbook: Some(workbook.clone()),
        };
        let name = format!("{workbook}.{}", spec.name.text).into();
        let content = Content {
            workbook: Some(workbook.clone()),
            ..workflow_content(spec, owner, name)
        };
        Self {
            content,
            source: Some(source),
        }
    }

    fn action(spec: &ActionSpec, owner: &Owner, workbook: Option<&Arc<str>>, text: &str) -> Self {
        let name = match workbook {
            Some(workbook) => format!("{workbook}.{}", spec.name.text).into(),
            None => spec.name.text.clone(),
        };
        let content = Content {
            definition: text.into(),
            spec: adhoc::stored_spec(spec).into(),
            input: spec.input_text().into(),
            description: spec.description.clone(),
            tags: spec.tags.iter().cloned().collect(),
            workbook: workbook.cloned(),
            ..owner.content(DefinitionKind::Action, name)
        };
        Self {
            content,
            source: None,
        }
    }
}

impl Owner {
    fn content(&self, kind: DefinitionKind, name: Arc<str>) -> Content {
        Content {
            kind,
            name,
            namespace: self.namespace.clone(),
            project_id: self.project_id.clone(),
            scope: self.scope,
            definition: "".into(),
            spec: Value::Null,
            input: "".into(),
            interface: Value::Null,
            description: None,
            tags: Arc::default(),
            workbook: None,
        }
    }
}

/// The program of a stored text.
///
/// # Errors
/// The text is refused: it was stored by a version that accepted it.
pub(super) fn compile(
    source: &Source,
    languages: &Languages,
) -> Result<Arc<Program>, DefinitionError> {
    let specs = match source.workbook {
        Some(_) => workbook(&source.text, languages)?.workflows,
        None => workflows(&source.text, languages)?,
    };
    let spec = specs.iter().find(|spec| spec.name.text == source.member);
    let spec = spec.ok_or_else(|| DefinitionError::lost(&source.member))?;
    let program = language::compile(spec, languages);
    program
        .map(Arc::new)
        .map_err(|error| DefinitionError::refused(error.to_string()))
}

fn workflow_content(spec: &WorkflowSpec, owner: &Owner, name: Arc<str>) -> Content {
    Content {
        definition: spec.definition.clone(),
        spec: spec.json.clone(),
        input: spec.input_text().into(),
        interface: spec.interface(),
        description: spec.description.clone(),
        tags: spec.tags.iter().cloned().collect(),
        ..owner.content(DefinitionKind::Workflow, name)
    }
}

/// Reads a list of workflows.
fn workflows(text: &str, languages: &Languages) -> Result<Vec<WorkflowSpec>, DefinitionError> {
    accepted(text, options(languages).read_workflows(text))
}

/// Reads a list of ad-hoc actions.
pub(super) fn actions(
    text: &str,
    languages: &Languages,
) -> Result<Vec<ActionSpec>, DefinitionError> {
    accepted(text, options(languages).read_actions(text))
}

/// Reads a workbook.
fn workbook(text: &str, languages: &Languages) -> Result<WorkbookSpec, DefinitionError> {
    let parsed = options(languages).read_workbook(text);
    let spec = accepted(text, parsed)?;
    spec.ok_or_else(|| DefinitionError::refused("The document is no workbook."))
}

fn options(languages: &Languages) -> Options {
    Options {
        languages: languages.clone(),
        ..Options::default()
    }
}

fn accepted<T>(text: &str, parsed: Parsed<T>) -> Result<T, DefinitionError> {
    match api_error(&parsed.diagnostics) {
        None => Ok(parsed.spec),
        Some(error) => Err(DefinitionError::Refused(Refusal {
            text: error.to_owned(),
            problems: error::problems(text, &parsed.diagnostics),
        })),
    }
}
