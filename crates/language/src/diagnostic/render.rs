//! The plain text form: message, place, the lines with carets below, help.
//!
//! There are no colours here; [`Rendered`] gives the parts apart for those who
//! want to paint them.

use std::fmt;

use super::{Diagnostic, Severity};
use crate::source::{Position, Source, Span};

/// A diagnostic with its places looked up in the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered<'d> {
    /// What is rendered.
    pub diagnostic: &'d Diagnostic,
    /// Name of the source.
    pub file: &'d str,
    /// Position of the first label.
    pub position: Position,
    /// The lines that labels point at.
    pub excerpt: Excerpt,
}

/// Lines of the source with marks below them, in the order of the text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Excerpt {
    /// The lines.
    pub lines: Vec<ExcerptLine>,
}

/// A line of the source and a mark below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExcerptLine {
    /// Line number, from 1.
    pub number: usize,
    /// Its text, with tabs as spaces and cut to a window around the mark.
    pub text: String,
    /// Characters before the mark.
    pub indent: usize,
    /// Characters that are marked, at least one.
    pub width: usize,
    /// Words beside the mark.
    pub note: String,
    /// The problem itself, or another place.
    pub primary: bool,
}

/// Longer lines are cut.
const WIDTH: usize = 120;

impl Diagnostic {
    /// Looks up the places in the source.
    pub fn render<'d>(&'d self, source: &'d Source) -> Rendered<'d> {
        let mut lines: Vec<_> = self
            .labels
            .iter()
            .enumerate()
            .map(|(index, label)| excerpt_line(source, label.span, &label.text, index == 0))
            .collect();
        lines.sort_by_key(|line| (line.number, line.indent));
        Rendered {
            diagnostic: self,
            file: source.name(),
            position: source.position(self.span().start),
            excerpt: Excerpt { lines },
        }
    }
}

fn excerpt_line(source: &Source, span: Span, note: &str, primary: bool) -> ExcerptLine {
    let start = source.position(span.start);
    let line = source.line_span(start.line);
    let mark = &source.text()
        [span.start.min(line.end)..span.end.clamp(span.start.min(line.end), line.end)];
    let mut indent = start.column - 1;
    let mut chars: Vec<char> = source.line(start.line).chars().map(visible).collect();
    if chars.len() > WIDTH {
        let from = indent.saturating_sub(WIDTH / 2).min(chars.len() - WIDTH);
        chars = chars[from..from + WIDTH].to_vec();
        indent -= from;
    }
    let room = chars.len().saturating_sub(indent);
    ExcerptLine {
        number: start.line,
        width: mark.trim_end().chars().count().clamp(1, room.max(1)),
        text: chars.into_iter().collect(),
        indent,
        note: note.to_owned(),
        primary,
    }
}

/// A character of the same width that prints.
fn visible(c: char) -> char {
    if c.is_control() { ' ' } else { c }
}

impl fmt::Display for Rendered<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Diagnostic {
            code,
            severity,
            message,
            help,
            ..
        } = self.diagnostic;
        let Position { line, column } = self.position;
        writeln!(f, "{severity}[{code}]: {message}")?;
        let last = self.excerpt.lines.last().map_or(line, |line| line.number);
        let gutter = last.to_string().len();
        writeln!(f, "{:gutter$}--> {}:{line}:{column}", "", self.file)?;
        writeln!(f, "{:gutter$} |", "")?;
        let mut shown = 0;
        for line in &self.excerpt.lines {
            if line.number != shown {
                let text = format!("{:gutter$} | {}", line.number, line.text);
                writeln!(f, "{}", text.trim_end())?;
                shown = line.number;
            }
            let mark = if line.primary { "^" } else { "-" }.repeat(line.width);
            let below = format!("{:indent$}{mark} {}", "", line.note, indent = line.indent);
            writeln!(f, "{:gutter$} | {}", "", below.trim_end())?;
        }
        match help {
            Some(help) => writeln!(f, "{:gutter$} = help: {help}", ""),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Code;
    use super::*;

    #[test]
    fn text_form() {
        let source = Source::new("shop.yaml", "tasks:\n  pay:\n\tü: actoin: x\n");
        let diagnostic =
            Diagnostic::error(Code::UnknownKey, "unknown key 'actoin'", Span::new(19, 25))
                .mark("not a key of a task")
                .label(Span::new(9, 12), "of this task")
                .help("did you mean 'action'?");
        assert_eq!(
            diagnostic.render(&source).to_string(),
            "error[unknown-key]: unknown key 'actoin'\n\
             \x20--> shop.yaml:3:5\n\
             \x20 |\n\
             2 |   pay:\n\
             \x20 |   --- of this task\n\
             3 |  ü: actoin: x\n\
             \x20 |     ^^^^^^ not a key of a task\n\
             \x20 = help: did you mean 'action'?\n"
        );
    }

    #[test]
    fn json_form() {
        let source = Source::new("a.yaml", "é: 1");
        let diagnostic = Diagnostic::warning(Code::NoEffect, "no effect", Span::new(4, 5));
        assert_eq!(
            serde_json::to_string(&diagnostic.to_json(&source)).unwrap(),
            r#"{"file":"a.yaml","line":1,"column":4,"code":"no-effect","severity":"warning","message":"no effect","help":null}"#
        );
    }

    #[test]
    fn places_at_the_end_and_in_long_lines() {
        let source = Source::new("a", format!("{}x{}", "é".repeat(500), "y".repeat(500)));
        let diagnostic = Diagnostic::error(Code::Yaml, "m", Span::new(1000, 1001));
        let rendered = diagnostic.render(&source);
        let line = &rendered.excerpt.lines[0];
        assert_eq!(line.text.chars().nth(line.indent), Some('x'));
        assert_eq!(line.text.chars().count(), WIDTH);
        let empty = Source::new("a", "");
        let text = Diagnostic::error(Code::Yaml, "m", Span::at(0))
            .render(&empty)
            .to_string();
        assert_eq!(text, "error[yaml]: m\n --> a:1:1\n  |\n1 |\n  | ^\n");
    }
}
