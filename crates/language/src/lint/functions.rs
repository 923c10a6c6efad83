//! Doubts about functions: names that the expression languages do not have.

use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::expression::{Language, NameKind, Unknown, names};
use crate::yaml::Node;

/// Tells of a name in a node's text.
pub(super) fn warn(node: &Node, unknown: &Unknown, found: &mut Vec<Diagnostic>) {
    let Unknown {
        language,
        kind,
        reference,
    } = unknown;
    let name = &*reference.name;
    let message = format!("{language} has no {} '{name}'", kind.noun());
    let span = node.locate(reference.range.clone());
    let near = did_you_mean(name, names(*language, *kind));
    let help = trap(*language, *kind, name).or(near);
    found.push(Diagnostic::warning(Code::UnknownFunction, message, span).maybe_help(help));
}

/// Names that exist as something else.
fn trap(language: Language, kind: NameKind, name: &str) -> Option<String> {
    let exists = |kind| names(language, kind).contains(&name);
    match (language, kind) {
        (Language::Yaql, NameKind::Function) if name == "not" => {
            Some("'not' is an operator: leave a blank before the '('".to_owned())
        }
        (Language::Yaql, _) if ["length", "size"].contains(&name) => {
            Some("did you mean 'len'?".to_owned())
        }
        (Language::Jinja, NameKind::Function) if name == "len" => {
            Some("write value | length".to_owned())
        }
        (Language::Yaql, NameKind::Function) if exists(NameKind::Method) => {
            Some(format!("it is a method: write value.{name}(…)"))
        }
        (Language::Yaql, NameKind::Method) if exists(NameKind::Function) => {
            Some(format!("it is a function: write {name}(…)"))
        }
        (Language::Jinja, NameKind::Function) if exists(NameKind::Filter) => {
            Some(format!("it is a filter: write value | {name}"))
        }
        (Language::Jinja, NameKind::Filter) if exists(NameKind::Function) => {
            Some(format!("it is a function: write {name}(…)"))
        }
        _ => None,
    }
}
