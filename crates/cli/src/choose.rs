//! Which workflow of a file is meant: the one to run or to draw.

use std::collections::HashSet;
use std::sync::Arc;

use language::Source;
use language::spec::{WorkKind, WorkflowSpec};

use crate::api::Document;

/// A workflow and the kind of document that it is in.
#[derive(Debug)]
pub(crate) struct Chosen {
    pub(crate) document: Document,
    /// The name under which it is stored: `workbook.workflow` for a workbook's.
    pub(crate) workflow: String,
    /// What it says.
    pub(crate) spec: WorkflowSpec,
}

/// No workflow, or no clear one.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ChoiceError {
    /// A list of ad-hoc actions, or an empty document.
    #[error("{0} holds no workflow")]
    None(String),
    /// A name that is not in the file.
    #[error("there is no workflow '{wanted}'; the file holds: {}", names.join(", "))]
    Unknown { wanted: String, names: Vec<String> },
    /// More than one that could be meant.
    #[error("the file holds several workflows; choose one with --workflow: {}", .0.join(", "))]
    Several(Vec<String>),
}

/// The workflow of that name, or the only one that no other one of the file calls.
pub(crate) fn choose(source: &Source, wanted: Option<&str>) -> Result<Chosen, ChoiceError> {
    let (document, prefix, mut workflows) = workflows(source)?;
    let names: Vec<String> = workflows
        .iter()
        .map(|workflow| format!("{prefix}{}", workflow.name.text))
        .collect();
    let called: HashSet<Arc<str>> = workflows.iter().flat_map(calls).cloned().collect();
    let is_meant = |place: &usize| match wanted {
        Some(wanted) => &*workflows[*place].name.text == wanted || names[*place] == wanted,
        None => !called.contains(&workflows[*place].name.text),
    };
    let meant: Vec<usize> = (0..workflows.len()).filter(is_meant).collect();
    match (<[usize; 1]>::try_from(meant), wanted) {
        (Ok([place]), _) => Ok(Chosen {
            document,
            workflow: names[place].clone(),
            spec: workflows.swap_remove(place),
        }),
        (Err(_), Some(wanted)) => Err(ChoiceError::Unknown {
            wanted: wanted.to_owned(),
            names,
        }),
        (Err(_), None) => Err(ChoiceError::Several(names)),
    }
}

fn workflows(source: &Source) -> Result<(Document, String, Vec<WorkflowSpec>), ChoiceError> {
    if let Ok(workflows) = language::parse_workflows(source.text()) {
        return Ok((Document::Workflows, String::new(), workflows));
    }
    match language::parse_workbook(source.text()) {
        Ok(book) if !book.workflows.is_empty() => Ok((
            Document::Workbook,
            format!("{}.", book.name.text),
            book.workflows,
        )),
        _ => Err(ChoiceError::None(source.name().to_owned())),
    }
}

/// The other workflows that a workflow's tasks name.
fn calls(caller: &WorkflowSpec) -> impl Iterator<Item = &Arc<str>> {
    caller
        .tasks
        .values()
        .filter(|task| task.work.kind == WorkKind::Workflow)
        .map(|task| &task.work.name.text)
        .filter(|called| **called != caller.name.text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = "
version: '2.0'
inner:
  tasks: {t: {action: std.noop}}
outer:
  tasks: {t: {workflow: inner}, u: {workflow: outer}}
";
    const BOOK: &str = "
version: '2.0'
name: book
workflows:
  a:
    tasks: {t: {action: std.noop}}
  b:
    tasks: {t: {action: std.noop}}
";

    fn chosen(text: &str, wanted: Option<&str>) -> Result<String, String> {
        let source = Source::new("file.yaml", text);
        choose(&source, wanted)
            .map(|chosen| chosen.workflow)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn the_one_that_nobody_calls() {
        assert_eq!(chosen(TWO, None), Ok("outer".to_owned()));
        assert_eq!(chosen(TWO, Some("inner")), Ok("inner".to_owned()));
    }

    #[test]
    fn a_workbook_goes_by_both_names() {
        let several =
            "the file holds several workflows; choose one with --workflow: book.a, book.b";
        assert_eq!(chosen(BOOK, None), Err(several.to_owned()));
        assert_eq!(chosen(BOOK, Some("b")), Ok("book.b".to_owned()));
        assert_eq!(chosen(BOOK, Some("book.b")), Ok("book.b".to_owned()));
    }

    #[test]
    fn nothing_to_choose() {
        let unknown = "there is no workflow 'x'; the file holds: inner, outer";
        assert_eq!(chosen(TWO, Some("x")), Err(unknown.to_owned()));
        let actions = "version: '2.0'\nhello: {base: std.echo, base-input: {output: hi}}\n";
        assert_eq!(
            chosen(actions, None),
            Err("file.yaml holds no workflow".to_owned())
        );
    }
}
