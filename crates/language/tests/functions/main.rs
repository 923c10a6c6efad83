//! The function reference, `docs/functions.md`: made from what the libraries say
//! about themselves, and from examples that are evaluated here. Results of YAQL's
//! and Jinja's examples are those of the original.
//!
//! `make docs` writes the file anew.

mod examples;
mod render;

use std::path::Path;

use examples::Examples;
use language::expression::{jinja_reference, workflow_functions};

#[test]
fn the_examples_are_true() {
    for examples in [Examples::yaql(), Examples::workflow(), Examples::jinja()] {
        for example in examples.all() {
            assert_eq!(example.evaluate(), example.result, "{}", example.text);
        }
    }
}

#[test]
fn examples_belong_to_something() {
    let yaql: Vec<_> = yaql::reference()
        .into_iter()
        .map(|f| (f.subject, f.name))
        .collect();
    for example in Examples::yaql().all() {
        let place = (&*example.section, &*example.name);
        assert!(yaql.contains(&place), "{place:?}");
    }
    let jinja: Vec<_> = jinja_reference()
        .into_iter()
        .flat_map(|c| c.entries)
        .map(|e| e.name)
        .collect();
    for example in Examples::jinja().all() {
        assert!(jinja.contains(&&*example.name), "{}", example.name);
    }
    for function in workflow_functions() {
        assert!(
            Examples::workflow().of("", function.name).next().is_some(),
            "{}",
            function.name
        );
    }
}

#[test]
fn the_reference_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/functions.md");
    let wanted = render::document();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &wanted).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == wanted,
        "docs/functions.md is out of date; `make docs` writes it anew"
    );
}
