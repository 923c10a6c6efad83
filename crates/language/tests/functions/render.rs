//! The document.

use std::fmt::Write;

use language::expression::{Described, jinja_reference, workflow_functions};
use yaql::FunctionInfo;

use super::examples::{DATA, Example, Examples};

/// The subjects of YAQL's library, in the order of the document.
const SUBJECTS: [(&str, &str); 20] = [
    ("system", "Variables, functions and contexts"),
    ("boolean", "Truth"),
    ("branching", "Choices"),
    ("queries", "Collections: choosing, ordering, joining"),
    ("folds", "Collections: one value from many"),
    ("grouping", "Collections: groups"),
    ("partition", "Collections: parts"),
    ("combine", "Collections: several at once"),
    ("generate", "Collections made by rules"),
    ("collections", "Collections of any kind"),
    ("lists", "Lists"),
    ("dicts", "Dicts"),
    ("sets", "Sets"),
    ("strings", "Texts"),
    ("characters", "Characters"),
    ("regex", "Regular expressions"),
    ("math", "Numbers"),
    ("order", "Order"),
    ("time", "Points in time"),
    ("timespans", "Lengths of time"),
];

const INTRODUCTION: &str = "# Functions in expressions

This file is written by `make docs`; do not edit it.

Expressions stand in definitions: YAQL between `<%` and `%>`, Jinja between `{{` and `}}` or `{%` and `%}`.
`ostro expr eval '$.list.sum()' --data FILE` tries one out. The examples below are evaluated by a test; they see these
data as `$` in YAQL and `_` in Jinja:

";

const YAQL: &str = "## YAQL

How it is called: a *function* as `name(a, b)`, a *method* as `a.name(b)`, where `a` is the first parameter. `?` marks
parameters that can be left out, `*` any number of them, `**` any number with names. An *expression* parameter is
evaluated for each item, which is `$` in it. *Lazily* means that items are made when they are asked for.
";

pub(crate) fn document() -> String {
    let mut out = String::from(INTRODUCTION);
    let _ = writeln!(out, "```json\n{DATA}\n```\n");
    workflow(&mut out);
    yaql(&mut out);
    jinja(&mut out);
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

fn workflow(out: &mut String) {
    out.push_str(
        "## Functions of the workflow language\n\nBoth languages have them: YAQL with `name => value` for named \
         arguments, Jinja with `name=value` and\nthe names in parentheses.\n\n",
    );
    let examples = Examples::workflow();
    for function in workflow_functions() {
        described(out, &function, examples.of("", function.name));
    }
}

fn yaql(out: &mut String) {
    out.push_str(YAQL);
    let library = yaql::reference();
    let examples = Examples::yaql();
    for (subject, title) in SUBJECTS {
        let _ = writeln!(out, "\n### {title}\n");
        let functions: Vec<_> = library.iter().filter(|f| f.subject == subject).collect();
        for overloads in functions.chunk_by(|a, b| a.name == b.name) {
            overloads.iter().for_each(|f| overload(out, f));
            shown(out, examples.of(subject, overloads[0].name));
        }
    }
    let known = |f: &FunctionInfo| SUBJECTS.iter().any(|(subject, _)| *subject == f.subject);
    let unknown = library.iter().find(|f| !known(f));
    assert!(
        unknown.is_none(),
        "{unknown:?} is about something without a title"
    );
    out.push('\n');
}

fn overload(out: &mut String, function: &FunctionInfo) {
    let form = match (function.is_function, function.is_method) {
        (true, true) => "function and method",
        (true, false) => "function",
        _ => "method",
    };
    let _ = writeln!(
        out,
        "- `{}` ({form}): {}",
        function.signature,
        sentence(function.doc)
    );
}

fn jinja(out: &mut String) {
    out.push_str("## Jinja\n");
    let examples = Examples::jinja();
    for chapter in jinja_reference() {
        let _ = writeln!(out, "\n### Jinja: {}\n", chapter.title);
        let section = chapter.title.split(' ').next().unwrap_or_default();
        for entry in &chapter.entries {
            described(out, entry, examples.of(section, entry.name));
        }
    }
}

fn described<'e>(out: &mut String, entry: &Described, examples: impl Iterator<Item = &'e Example>) {
    let _ = writeln!(out, "- `{}`: {}", entry.signature, entry.doc);
    shown(out, examples);
}

fn shown<'e>(out: &mut String, examples: impl Iterator<Item = &'e Example>) {
    let mut examples = examples.peekable();
    if examples.peek().is_none() {
        return;
    }
    out.push_str("\n  ```text\n");
    for example in examples {
        let _ = writeln!(out, "  {}  →  {}", example.text, example.result);
    }
    out.push_str("  ```\n\n");
}

/// A doc comment in one line.
fn sentence(doc: &str) -> String {
    doc.split_whitespace().collect::<Vec<_>>().join(" ")
}
