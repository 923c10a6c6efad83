//! What is wrong with a document, in the words of PyYAML.

use std::fmt;

use super::cursor::{Mark, is_break_or_end};
use crate::source::Span;

/// The stage that found the problem; the names are PyYAML's classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum YamlErrorKind {
    /// A character that YAML does not allow.
    Reader,
    /// Text that is no token.
    Scanner,
    /// Tokens in a wrong order.
    Parser,
    /// More than one document.
    Composer,
    /// A value that cannot be made.
    Constructor,
    /// The document is beyond one of the reader's limits.
    Limit,
}

/// A document could not be read. `Display` gives the whole text as the API shows it:
/// context, position, excerpt, problem, position, excerpt.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct YamlError {
    /// The stage that found it.
    pub kind: YamlErrorKind,
    /// What was being read, if that helps, and where it began.
    pub context: Option<(String, Option<Span>)>,
    /// What is wrong.
    pub problem: String,
    /// Where.
    pub span: Span,
    text: String,
}

/// An error before its text is composed.
#[derive(Debug)]
pub(super) struct Fault {
    kind: YamlErrorKind,
    context: Option<(String, Option<Mark>)>,
    problem: String,
    mark: Mark,
}

/// Boxed, as it travels through every function of the reader.
pub(super) type Fallible<T> = Result<T, Box<Fault>>;

impl Fault {
    pub(super) fn new(kind: YamlErrorKind, problem: impl Into<String>, mark: Mark) -> Box<Self> {
        Box::new(Self {
            kind,
            context: None,
            problem: problem.into(),
            mark,
        })
    }

    /// Adds what was being read and where that began.
    pub(super) fn within(mut self: Box<Self>, context: impl Into<String>, mark: Mark) -> Box<Self> {
        self.context = Some((context.into(), Some(mark)));
        self
    }

    /// Adds what was being read; the position is that of the problem.
    pub(super) fn during(mut self: Box<Self>, context: impl Into<String>) -> Box<Self> {
        self.context = Some((context.into(), None));
        self
    }

    /// Composes the text against the document.
    pub(super) fn into_error(self, text: &str) -> YamlError {
        let mut lines = Vec::new();
        if let Some((context, mark)) = &self.context {
            lines.push(context.clone());
            lines.extend(
                mark.filter(|mark| *mark != self.mark)
                    .map(|mark| Excerpt(text, mark).to_string()),
            );
        }
        lines.push(self.problem.clone());
        lines.push(match self.kind {
            YamlErrorKind::Reader => {
                format!("  in \"<unicode string>\", position {}", self.mark.index)
            }
            _ => Excerpt(text, self.mark).to_string(),
        });
        let span = |mark: Mark| Span::at(mark.offset);
        YamlError {
            kind: self.kind,
            context: self.context.map(|(words, mark)| (words, mark.map(span))),
            span: span(self.mark),
            problem: self.problem,
            text: lines.join("\n"),
        }
    }
}

/// A position with the part of its line around it and a caret below.
struct Excerpt<'t>(&'t str, Mark);

/// Characters shown on either side of the position, and what stands for more.
const REACH: usize = 36;
const ELLIPSIS: &str = " ... ";

impl fmt::Display for Excerpt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(text, mark) = self;
        let (before, after) = text.split_at(mark.offset);
        let (head, before) = clip(before.chars().rev());
        let (tail, after) = clip(after.chars());
        let before: String = before.into_iter().rev().collect();
        let after: String = after.into_iter().collect();
        let caret = 4 + head.len() + before.chars().count();
        writeln!(
            f,
            "  in \"<unicode string>\", line {}, column {}:",
            mark.line + 1,
            mark.column + 1
        )?;
        writeln!(f, "    {head}{before}{after}{tail}")?;
        write!(f, "{:caret$}^", "")
    }
}

/// The characters up to the end of the line. If they reach too far, the last
/// ones are replaced by an ellipsis.
fn clip(chars: impl Iterator<Item = char>) -> (&'static str, Vec<char>) {
    let mut line: Vec<char> = chars
        .take_while(|c| !is_break_or_end(*c))
        .take(REACH + 1)
        .collect();
    if line.len() <= REACH {
        return ("", line);
    }
    line.truncate(REACH + 1 - ELLIPSIS.len());
    (ELLIPSIS, line)
}
