//! `ostro lint`: all problems of definition files, for people or for programs.

use std::path::Path;

use actions::Registry;
use anyhow::Context;
use language::{Diagnostic, KnownActions, Source};

use crate::arguments::{Lint, LintFormat};
use crate::exit::Exit;
use crate::problems::Painted;

/// A file and what is wrong with it.
struct Checked {
    source: Source,
    problems: Vec<Diagnostic>,
}

pub(crate) fn lint(arguments: &Lint) -> anyhow::Result<Exit> {
    let known = known_actions();
    let checked: Vec<Checked> = arguments
        .files
        .iter()
        .map(|file| check(file, &known))
        .collect::<anyhow::Result<_>>()?;
    match arguments.format {
        LintFormat::Text => print_text(&checked),
        LintFormat::Json => print_json(&checked)?,
    }
    let failed = checked
        .iter()
        .flat_map(|file| &file.problems)
        .any(Diagnostic::is_error);
    Ok(if failed { Exit::Failure } else { Exit::Success })
}

/// Reads a text file for its problems to be shown under its name.
pub(crate) fn read(file: &Path) -> anyhow::Result<Source> {
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let text = String::from_utf8(bytes)
        .with_context(|| format!("{} is not UTF-8 text", file.display()))?;
    Ok(Source::new(file.display().to_string(), text))
}

fn check(file: &Path, known: &KnownActions) -> anyhow::Result<Checked> {
    let source = read(file)?;
    let problems = language::lint(&source, known);
    Ok(Checked { source, problems })
}

/// What every server has; ad-hoc actions of other files are not known here.
fn known_actions() -> KnownActions {
    let standard = Registry::standard(&actions::Config::default());
    let names = standard.iter().map(|action| action.name().to_owned());
    KnownActions::only(names.chain(["std.wait_ssh".to_owned()]))
}

fn print_text(checked: &[Checked]) {
    let (mut errors, mut warnings) = (0, 0);
    for Checked { source, problems } in checked {
        for diagnostic in problems {
            anstream::println!("{}", Painted { diagnostic, source });
            match diagnostic.is_error() {
                true => errors += 1,
                false => warnings += 1,
            }
        }
    }
    if errors + warnings > 0 {
        anstream::eprintln!("{}, {}", count(errors, "error"), count(warnings, "warning"));
    }
}

fn count(number: usize, what: &str) -> String {
    match number {
        1 => format!("1 {what}"),
        n => format!("{n} {what}s"),
    }
}

fn print_json(checked: &[Checked]) -> anyhow::Result<()> {
    let all: Vec<_> = checked
        .iter()
        .flat_map(|Checked { source, problems }| problems.iter().map(|p| p.to_json(source)))
        .collect();
    println!("{}", serde_json::to_string_pretty(&all)?);
    Ok(())
}
