//! One expression for people: its value on standard output, or what is wrong
//! with carets below the place.

use std::io::Read;
use std::path::Path;

use anyhow::Context;
use language::diagnostic::Code;
use language::expression::{Fault, Languages, Standalone, YaqlSetup, syntax_check};
use language::{Diagnostic, Source, Span};
use yaql::{Dict, Value, json};

use super::arguments::Eval;
use super::evaluator::Evaluator;
use super::tagged;
use crate::exit::Exit;
use crate::problems::Painted;

pub(super) fn show(text: &str, arguments: &Eval, evaluator: &Evaluator) -> anyhow::Result<Exit> {
    let data = arguments.data.as_deref().map_or(Ok(Value::Null), read)?;
    match parse(text, arguments).and_then(|e| evaluator.evaluate(&e, data, &Dict::new())) {
        Ok(value) => {
            print(&value);
            Ok(Exit::Success)
        }
        Err(fault) => {
            complain(text, fault);
            Ok(Exit::Failure)
        }
    }
}

/// Text with delimiters is taken as definitions have it, anything else as a bare expression.
fn parse(text: &str, arguments: &Eval) -> Result<Standalone, Fault> {
    let setup = YaqlSetup::default();
    if !["<%", "{{", "{%"].iter().any(|open| text.contains(open)) {
        return Standalone::bare(text, arguments.lang.into(), &setup);
    }
    match syntax_check(text, &Languages::default()).into_iter().next() {
        Some(error) => Err(error.into()),
        None => Standalone::inline(text, &setup),
    }
}

fn read(file: &Path) -> anyhow::Result<Value> {
    let (name, text) = match file.to_str() {
        Some("-") => ("standard input".to_owned(), stdin()),
        _ => (file.display().to_string(), std::fs::read_to_string(file)),
    };
    let text = text.with_context(|| format!("cannot read {name}"))?;
    json::parse(&text).with_context(|| format!("{name} is not JSON"))
}

fn stdin() -> std::io::Result<String> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    Ok(text)
}

fn print(value: &Value) {
    println!("{}", tagged::pretty(value));
    if let Err(unstorable) = json::check_storable(value) {
        anstream::eprintln!("note: in a workflow this is an error: {unstorable}");
    }
}

fn complain(text: &str, fault: Fault) {
    let source = Source::new("expression", text);
    let range = fault.range.unwrap_or(0..text.len());
    let span = Span::new(range.start, range.end);
    let diagnostic = Diagnostic::error(Code::BadExpression, headline(fault.message), span)
        .mark(fault.class)
        .maybe_help(fault.help);
    let painted = Painted {
        diagnostic: &diagnostic,
        source: &source,
    };
    anstream::eprint!("{painted}");
}

/// Some errors of Python have no text.
fn headline(message: String) -> String {
    match message.is_empty() {
        true => "the expression failed".to_owned(),
        false => message,
    }
}
