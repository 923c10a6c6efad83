//! Collects problems in the order in which the original would find them.
//!
//! The original stops at its first error, so what the API answers depends on the
//! order of its checks: for each object first the shape (and of several wrong
//! places the shallowest, then the one whose path sorts last), then the
//! expressions, then the parts inside, then what needs the whole.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic};
use crate::expression::{Languages, syntax_check};
use crate::source::Span;
use crate::yaml::{Content, Mapping, Node};

/// The problems found so far.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) found: Vec<Diagnostic>,
    /// What was found where; the same twice is told once.
    known: HashSet<(Code, Span, Option<String>)>,
    languages: Languages,
}

/// Steps from the object that is checked to a value in it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Path<'a> {
    Root,
    Key(&'a Path<'a>, &'a str),
    Index(&'a Path<'a>, usize),
}

/// A step, for sorting.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Index(usize),
    Key(String),
}

/// A value with its path.
#[derive(Clone, Copy)]
pub(crate) struct At<'n, 'p> {
    pub(crate) node: &'n Node,
    pub(crate) path: &'p Path<'p>,
}

/// The check of the shape of one object: problems with their paths, and the
/// texts that may hold expressions.
pub(crate) struct Shape<'n> {
    problems: Vec<(Vec<Step>, Diagnostic)>,
    late: Vec<Late<'n>>,
}

/// What is looked at only when the shape is right.
enum Late<'n> {
    Problem(Diagnostic),
    /// All texts of a value.
    Expressions(&'n Node),
    /// All texts of a value that the original does not look at.
    Unchecked(&'n Node),
    /// A text in a text, and its offset there; whether the original checks it.
    Text(&'n Node, usize, Arc<str>, bool),
}

impl Path<'_> {
    fn steps(&self) -> Vec<Step> {
        match self {
            Path::Root => Vec::new(),
            Path::Key(outer, key) => {
                let mut steps = outer.steps();
                steps.push(Step::Key((*key).to_owned()));
                steps
            }
            Path::Index(outer, index) => {
                let mut steps = outer.steps();
                steps.push(Step::Index(*index));
                steps
            }
        }
    }
}

impl<'n> Shape<'n> {
    pub(crate) fn new() -> Self {
        Self {
            problems: Vec::new(),
            late: Vec::new(),
        }
    }

    pub(crate) fn push(&mut self, path: &Path<'_>, diagnostic: Diagnostic) {
        self.problems.push((path.steps(), diagnostic));
    }

    /// Adds a problem that the original finds only when the shape is right.
    pub(crate) fn push_late(&mut self, diagnostic: Diagnostic) {
        self.late.push(Late::Problem(diagnostic));
    }

    /// Notes that a value may hold expressions.
    pub(crate) fn expression(&mut self, node: &'n Node) {
        self.late.push(Late::Expressions(node));
    }

    /// Notes that a value may hold expressions that nobody checks before they are
    /// evaluated.
    pub(crate) fn unchecked_expression(&mut self, node: &'n Node) {
        self.late.push(Late::Unchecked(node));
    }

    /// Notes that a part of a text, at an offset of it, may hold expressions.
    pub(crate) fn expression_in(&mut self, node: &'n Node, offset: usize, text: &str) {
        self.late.push(Late::Text(node, offset, text.into(), true));
    }

    /// The same for a text that nobody checks before it is evaluated.
    pub(crate) fn unchecked_expression_in(&mut self, node: &'n Node, offset: usize, text: &str) {
        self.late.push(Late::Text(node, offset, text.into(), false));
    }

    /// Reads the value of a key, if it is there.
    pub(crate) fn field<T>(
        &mut self,
        mapping: &'n Mapping,
        path: &Path<'_>,
        key: &str,
        read: impl FnOnce(&mut Self, At<'n, '_>) -> Option<T>,
    ) -> Option<T> {
        let node = mapping.get(key)?;
        let path = Path::Key(path, key);
        read(self, At { node, path: &path })
    }

    /// Reads the value of a key that may have one of several shapes. Of what is wrong
    /// inside of it the original tells the deepest, and of several the first by path.
    pub(crate) fn any_of<T>(
        &mut self,
        mapping: &'n Mapping,
        path: &Path<'_>,
        key: &str,
        read: impl FnOnce(&mut Self, At<'n, '_>) -> Option<T>,
    ) -> Option<T> {
        let start = self.problems.len();
        let result = self.field(mapping, path, key, read);
        let mut inside = self.problems.split_off(start);
        inside.sort_by(|(a, _), (b, _)| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        let steps = Path::Key(path, key).steps();
        let inside = inside
            .into_iter()
            .map(|(_, problem)| (steps.clone(), problem));
        self.problems.extend(inside);
        result
    }

    /// The problems in order, without those that come late.
    pub(crate) fn into_problems(mut self) -> impl Iterator<Item = Diagnostic> {
        self.problems
            .sort_by(|(a, _), (b, _)| a.len().cmp(&b.len()).then_with(|| b.cmp(a)));
        self.problems.into_iter().map(|(_, problem)| problem)
    }

    /// Ends the check of this object.
    pub(crate) fn finish(mut self, report: &mut Report) {
        let late = std::mem::take(&mut self.late);
        self.into_problems()
            .for_each(|problem| report.push(problem));
        for late in late {
            match late {
                Late::Problem(problem) => report.push(problem),
                Late::Expressions(node) => report.check_expressions(node),
                Late::Unchecked(node) => report.check_part(node, false),
                Late::Text(node, offset, text, checked) => {
                    report.check_text(node, offset, &text, checked);
                }
            }
        }
    }
}

impl Report {
    pub(crate) fn new(languages: Languages) -> Self {
        Self {
            found: Vec::new(),
            known: HashSet::new(),
            languages,
        }
    }

    /// Adds a problem, unless one of the same kind is known at the same place.
    pub(crate) fn push(&mut self, diagnostic: Diagnostic) {
        // What is missing has no place of its own.
        let missing = diagnostic.code == Code::MissingKey;
        let words = missing.then(|| diagnostic.message.clone());
        if self
            .known
            .insert((diagnostic.code, diagnostic.span(), words))
        {
            self.found.push(diagnostic);
        }
    }

    /// Whether there are errors after that many problems.
    pub(crate) fn has_errors_since(&self, start: usize) -> bool {
        self.found[start..].iter().any(Diagnostic::is_error)
    }

    /// Checks the texts of a value: the text itself, the items of a list, the
    /// values of a dict. Deeper texts fail only when they are evaluated, so for
    /// them a warning is all there is to say (workflow language §1.5).
    fn check_expressions(&mut self, node: &Node) {
        match &node.content {
            Content::Scalar(_) => self.check_node(node, true),
            Content::Sequence(sequence) => {
                sequence
                    .items
                    .iter()
                    .for_each(|item| self.check_part(item, true));
            }
            Content::Mapping(mapping) => {
                let values = mapping.entries.iter().map(|(_, value)| value);
                values.for_each(|value| self.check_part(value, true));
            }
            Content::Set(_) => {}
        }
    }

    fn check_part(&mut self, node: &Node, checked_upstream: bool) {
        match &node.content {
            Content::Scalar(_) => self.check_node(node, checked_upstream),
            Content::Sequence(sequence) => {
                sequence
                    .items
                    .iter()
                    .for_each(|item| self.check_part(item, false));
            }
            Content::Mapping(mapping) => {
                let values = mapping.entries.iter().map(|(_, value)| value);
                values.for_each(|value| self.check_part(value, false));
            }
            Content::Set(_) => {}
        }
    }

    fn check_node(&mut self, node: &Node, is_error: bool) {
        if let Some(text) = node.as_str() {
            self.check_text(node, 0, text, is_error);
        }
    }

    /// Checks a part of a text that starts at an offset of it.
    pub(crate) fn check_text(&mut self, node: &Node, offset: usize, text: &str, is_error: bool) {
        for error in syntax_check(text, &self.languages) {
            let range = offset + error.range.start..offset + error.range.end;
            let span = node.locate(range);
            let diagnostic = if is_error {
                let message = format!("the expression cannot be read: {}", error.detail);
                let diagnostic = Diagnostic::error(Code::BadExpression, message, span);
                diagnostic.api(error.message).maybe_help(error.help)
            } else {
                let message = format!("the expression will fail: {}", error.detail);
                Diagnostic::warning(Code::BadNestedExpression, message, span).help(
                    "Mistral does not check expressions here; they fail when they are evaluated",
                )
            };
            self.push(diagnostic);
        }
    }
}

/// A schema error in the words of the API.
pub(crate) fn invalid(
    code: Code,
    message: impl Into<String>,
    span: Span,
    api: impl fmt::Display,
) -> Diagnostic {
    Diagnostic::error(code, message, span).api(format!("Invalid DSL: {api}"))
}
