//! What expressions can call, for a function reference.
//!
//! YAQL's own library describes itself, see [`yaql::reference`].

use super::functions::{Function, Parameter};
use super::jinja;

/// Things of one kind that expressions can call.
#[derive(Clone, Debug)]
pub struct Chapter {
    /// What they are: `filters`, `methods of text`, …
    pub title: String,
    /// The things.
    pub entries: Vec<Described>,
}

/// A function, a filter, a test or a method.
#[derive(Clone, Debug)]
pub struct Described {
    /// Its name.
    pub name: &'static str,
    /// How it is called; Jinja's way where the languages differ.
    pub signature: String,
    /// What it gives, in a sentence.
    pub doc: &'static str,
}

impl Described {
    fn new((signature, doc): &(&'static str, &'static str)) -> Self {
        let name = signature
            .split_once('(')
            .map_or(*signature, |(name, _)| name);
        Self {
            name,
            signature: (*signature).to_owned(),
            doc,
        }
    }
}

/// The functions of the workflow language, which both languages have.
pub fn workflow_functions() -> Vec<Described> {
    let describe = |function: Function| Described {
        name: function.name(),
        signature: signature(function),
        doc: function.doc(),
    };
    Function::ALL.into_iter().map(describe).collect()
}

fn signature(function: Function) -> String {
    let parameter = |parameter: &Parameter| match (parameter.required, parameter.yaql) {
        (true, name) => name.to_owned(),
        (false, name) if name == parameter.jinja => format!("{name}?"),
        (false, name) => format!("{name}? ({}?)", parameter.jinja),
    };
    let parameters: Vec<_> = function.parameters().iter().map(parameter).collect();
    format!("{}({})", function.name(), parameters.join(", "))
}

/// What Jinja has besides these functions.
pub fn jinja_reference() -> Vec<Chapter> {
    jinja::reference()
        .into_iter()
        .map(|(title, table)| Chapter {
            title,
            entries: table.iter().map(Described::new).collect(),
        })
        .collect()
}
