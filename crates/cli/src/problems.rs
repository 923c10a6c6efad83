//! Problems of a definition on a terminal: rustc's form, in colours.

use std::fmt::{self, Display};

use anstyle::{AnsiColor, Style};
use language::diagnostic::{ExcerptLine, Severity};
use language::{Diagnostic, KnownActions, Source};

const BOLD: Style = Style::new().bold();
const FRAME: Style = AnsiColor::Blue.on_default().bold();

/// Shows the errors of a definition on standard error, if there are any.
pub(crate) fn has_errors(source: &Source) -> bool {
    let problems = language::lint(source, &KnownActions::any());
    let errors = problems.iter().filter(|problem| problem.is_error());
    let shown = errors.inspect(|diagnostic: &&Diagnostic| {
        anstream::eprintln!("{}", Painted { diagnostic, source });
    });
    shown.count() > 0
}

/// Shows a problem with its place, the lines it concerns, and the hint.
pub(crate) struct Painted<'d> {
    pub(crate) diagnostic: &'d Diagnostic,
    pub(crate) source: &'d Source,
}

impl Display for Painted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rendered = self.diagnostic.render(self.source);
        let lines = &rendered.excerpt.lines;
        let position = rendered.position;
        let gutter = lines.last().map_or(1, |line| line.number.to_string().len());
        let margin = " ".repeat(gutter);
        self.headline(f)?;
        writeln!(
            f,
            "{margin}{FRAME}-->{FRAME:#} {}:{}:{}",
            rendered.file, position.line, position.column
        )?;
        writeln!(f, "{margin} {FRAME}|{FRAME:#}")?;
        let mut shown = 0;
        for line in lines {
            if line.number != shown {
                let head = format!("{:gutter$} |", line.number);
                writeln!(f, "{FRAME}{head}{FRAME:#} {}", line.text)?;
                shown = line.number;
            }
            writeln!(f, "{margin} {FRAME}|{FRAME:#} {}", self.mark(line))?;
        }
        match &self.diagnostic.help {
            Some(help) => writeln!(f, "{margin} {FRAME}={FRAME:#} {BOLD}help{BOLD:#}: {help}"),
            None => Ok(()),
        }
    }
}

impl Painted<'_> {
    fn headline(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Diagnostic {
            severity,
            code,
            message,
            ..
        } = self.diagnostic;
        let style = self.style();
        writeln!(
            f,
            "{style}{severity}[{code}]{style:#}{BOLD}: {message}{BOLD:#}"
        )
    }

    fn mark(&self, line: &ExcerptLine) -> String {
        let (style, sign) = match line.primary {
            true => (self.style(), "^"),
            false => (FRAME, "-"),
        };
        let indent = " ".repeat(line.indent);
        let mark = format!("{} {}", sign.repeat(line.width), line.note);
        format!("{indent}{style}{}{style:#}", mark.trim_end())
    }

    fn style(&self) -> Style {
        match self.diagnostic.severity {
            Severity::Error => AnsiColor::Red.on_default().bold(),
            Severity::Warning => AnsiColor::Yellow.on_default().bold(),
        }
    }
}
