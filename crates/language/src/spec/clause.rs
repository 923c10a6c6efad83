//! Reading on-clauses: targets, guards, publishing (workflow language §5.5).

use std::sync::Arc;

use yaql::Dict;

use super::call::unreadable;
use super::inline::{self, is_word};
use super::model::{ClauseSpec, ClausesSpec, Name, ScopesSpec, TransitionSpec};
use super::python;
use super::report::{At, Path, Shape, invalid};
use super::shape::first_duplicate;
use crate::diagnostic::{Code, Diagnostic};
use crate::program::EngineCommand;
use crate::source::Span;
use crate::yaml::{Content, Mapping, Node};

const SHAPES: &str = "a task, a command, a list of them, or a dict with publish and next";

/// Reads the four clauses of a task or of `task-defaults`.
pub(crate) fn read<'n>(
    shape: &mut Shape<'n>,
    mapping: &'n Mapping,
    path: &Path<'_>,
) -> ClausesSpec {
    let mut clause =
        |key| shape.any_of(mapping, path, key, |shape, at| Some(read_clause(shape, at)));
    ClausesSpec {
        on_complete: clause("on-complete"),
        on_success: clause("on-success"),
        on_error: clause("on-error"),
        on_skip: clause("on-skip"),
    }
}

fn read_clause<'n>(shape: &mut Shape<'n>, at: At<'n, '_>) -> ClauseSpec {
    match &at.node.content {
        Content::Mapping(mapping) if is_advanced(mapping) => advanced(shape, at, mapping),
        Content::Mapping(mapping) if mapping.entries.len() == 1 => {
            let warning = upstream(at.node.span, "drops this transition");
            shape.push_late(warning);
            ClauseSpec {
                publish: None,
                next: guarded(shape, at, mapping).into_iter().collect(),
            }
        }
        _ => ClauseSpec {
            publish: None,
            next: targets(shape, at, at.node),
        },
    }
}

fn is_advanced(mapping: &Mapping) -> bool {
    mapping.get("publish").is_some() || mapping.get("next").is_some()
}

fn upstream(span: Span, what: &str) -> Diagnostic {
    let message = format!("Mistral {what} without a word, as it is not in a list");
    Diagnostic::warning(Code::DifferentUpstream, message, span)
        .help("write it as a list item: [{task: <% condition %>}]")
}

/// `{publish: …, next: …}`
fn advanced<'n>(shape: &mut Shape<'n>, at: At<'n, '_>, mapping: &'n Mapping) -> ClauseSpec {
    for (key, value) in &mapping.entries {
        if !matches!(key.as_str(), Some("publish" | "next")) {
            let api = none_of_text(value);
            let message = format!("unknown key {} of an on-clause", python::repr(key));
            let diagnostic = invalid(Code::UnknownKey, message, key.span, api);
            shape.push(at.path, diagnostic.help("it may have 'publish' and 'next'"));
        }
    }
    let publish = shape.field(mapping, at.path, "publish", scopes);
    let next = mapping.get("next").map(|node| next(shape, at, node));
    ClauseSpec {
        publish,
        next: next.unwrap_or_default(),
    }
}

fn next<'n>(shape: &mut Shape<'n>, clause: At<'n, '_>, node: &'n Node) -> Vec<TransitionSpec> {
    let path = Path::Key(clause.path, "next");
    match &node.content {
        Content::Mapping(mapping) if mapping.entries.len() == 1 => {
            shape.push_late(upstream(node.span, "drops this condition"));
            guarded(shape, At { node, path: &path }, mapping)
                .into_iter()
                .collect()
        }
        // A wrong `next` is reported as a wrong clause.
        _ => {
            let at = At { node, path: &path };
            targets(shape, at, clause.node)
        }
    }
}

/// A target or a list of them. What is none is reported as `shown`.
fn targets<'n>(shape: &mut Shape<'n>, at: At<'n, '_>, shown: &Node) -> Vec<TransitionSpec> {
    if let Some(text) = at.node.as_str() {
        let good = is_target(text);
        if !good {
            shape.push(at.path, bad_target(at.node, text, shown));
        }
        return target(shape, at.node, good).into_iter().collect();
    }
    let Some(items) = at.node.as_items() else {
        let message = format!("expected {SHAPES}");
        let api = none_of_text(shown);
        shape.push(
            at.path,
            invalid(Code::BadTransition, message, at.node.span, api),
        );
        return Vec::new();
    };
    if items.is_empty() {
        let api = none_of_text(shown);
        let message = "the list must not be empty";
        shape.push(
            at.path,
            invalid(Code::EmptyValue, message, at.node.span, api),
        );
    }
    if let Some(again) = first_duplicate(items) {
        let api = none_of_text(shown);
        let message = format!("{} is in the list twice", python::repr(again));
        shape.push(
            at.path,
            invalid(Code::DuplicateItem, message, again.span, api),
        );
    }
    let transitions = items.iter().enumerate().filter_map(|(index, node)| {
        let path = Path::Index(at.path, index);
        item(shape, At { node, path: &path })
    });
    transitions.collect()
}

fn item<'n>(shape: &mut Shape<'n>, at: At<'n, '_>) -> Option<TransitionSpec> {
    if let Some(text) = at.node.as_str() {
        let good = is_target(text);
        if !good {
            shape.push(at.path, bad_target(at.node, text, at.node));
        }
        return target(shape, at.node, good);
    }
    match at.node.as_mapping() {
        Some(mapping) if mapping.entries.len() == 1 => guarded(shape, at, mapping),
        _ => {
            let message = "expected a task, a command, or one of them with its condition";
            let api = none_of_text(at.node);
            let diagnostic = invalid(Code::BadTransition, message, at.node.span, api);
            shape.push(
                at.path,
                diagnostic.help("write one list item for each target"),
            );
            None
        }
    }
}

/// `{target: condition}`
fn guarded<'n>(
    shape: &mut Shape<'n>,
    at: At<'n, '_>,
    mapping: &'n Mapping,
) -> Option<TransitionSpec> {
    let (key, condition) = mapping.entries.first()?;
    let Some(name) = key.as_str() else {
        let api = format!("{} is not of type 'string'", python::repr(key));
        let diagnostic = invalid(Code::BadKey, "a target must be a text", key.span, api);
        shape.push(at.path, diagnostic.help("put quotes around it"));
        return None;
    };
    let path = Path::Key(at.path, name);
    let guard = shape.expr(At {
        node: condition,
        path: &path,
    });
    let transition = target(shape, key, true)?;
    Some(TransitionSpec {
        guard,
        ..transition
    })
}

/// Reads the name and the parameters of a target.
fn target<'n>(shape: &mut Shape<'n>, node: &'n Node, good: bool) -> Option<TransitionSpec> {
    let text = node.as_str().filter(|_| good)?;
    let Some(call) = command_without_blank(text).or_else(|| inline::parse(text)) else {
        shape.push_late(unreadable(node, text));
        return None;
    };
    for parameter in &call.parameters {
        if let Some(value) = parameter.value.as_str() {
            shape.unchecked_expression_in(node, parameter.range.start, value);
        }
    }
    let parameters = call.dict();
    if let Some(warning) = unused_parameters(&call.name, &parameters, node.span) {
        shape.push_late(warning);
    }
    Some(TransitionSpec {
        target: Name {
            span: node.locate(0..call.name.len()),
            text: call.name,
        },
        parameters,
        guard: None,
    })
}

/// `fail(msg="x")` without any blank, which the original takes for a task.
fn command_without_blank(text: &str) -> Option<inline::InlineCall> {
    let (name, _) = text.split_once('(').filter(|_| !text.contains(' '))?;
    EngineCommand::by_name(name)?;
    // A blank makes it readable; it stands behind all places.
    let call = inline::parse(&format!("{text} "))?;
    (!call.parameters.is_empty()).then_some(call)
}

fn unused_parameters(name: &Arc<str>, parameters: &Dict, span: Span) -> Option<Diagnostic> {
    let takes_message = matches!(&**name, "fail" | "succeed" | "pause");
    let unused = |key: &&yaql::Value| !(takes_message && key.as_str() == Some("msg"));
    let key = parameters.keys().find(unused)?;
    let message = format!("the parameter '{key}' of '{name}' has no effect");
    let help = if takes_message {
        format!("'{name}' takes 'msg' only")
    } else {
        "only fail, succeed and pause take a parameter".to_owned()
    };
    Some(Diagnostic::warning(Code::NoEffect, message, span).help(help))
}

fn none_of_text(node: &Node) -> String {
    format!(
        "{} is not valid under any of the given schemas",
        python::repr(node)
    )
}

fn bad_target(node: &Node, text: &str, shown: &Node) -> Diagnostic {
    let message = if text.is_empty() {
        "the name of a task is missing".to_owned()
    } else {
        format!(
            "cannot read the transition '{}'",
            python::cut(text.to_owned())
        )
    };
    let help = if text.starts_with("<%") || text.starts_with("{{") {
        "the target of a transition cannot be an expression; write {task: <% condition %>}"
    } else {
        "write a task name without blanks, or a command like fail(msg=\"text\")"
    };
    invalid(Code::BadTransition, message, node.span, none_of_text(shown)).help(help)
}

/// `^\S+$`, `^\w+ \w+=(.*)$` or `^\w+\(\w+=(.*)\)$`
fn is_target(text: &str) -> bool {
    if text.is_empty() {
        return false;
    }
    if !text.contains(char::is_whitespace) {
        return true;
    }
    let name = text.trim_start_matches(is_word);
    if name.len() == text.len() || text.contains('\n') {
        return false;
    }
    let assignment = |text: &str| {
        let value = text.trim_start_matches(is_word);
        value.len() < text.len() && value.starts_with('=')
    };
    let parenthesised = name
        .strip_prefix('(')
        .and_then(|rest| rest.strip_suffix(')'));
    name.strip_prefix(' ').is_some_and(assignment) || parenthesised.is_some_and(assignment)
}

/// The `publish` of an on-clause.
fn scopes<'n>(shape: &mut Shape<'n>, at: At<'n, '_>) -> Option<ScopesSpec> {
    let Some(mapping) = at.node.as_mapping() else {
        shape.none_of(at, "a dict with branch or global");
        return None;
    };
    let known = |key: &Node| matches!(key.as_str(), Some("branch" | "global" | "atomic"));
    for (key, _) in mapping.entries.iter().filter(|(key, _)| !known(key)) {
        let shown = python::repr(key);
        let message = format!("unknown scope {shown}");
        let diagnostic = invalid(Code::UnknownKey, message, key.span, none_of_text(at.node));
        let help = format!(
            "variables stand in a scope: publish: {{branch: {{{key}: …}}}}",
            key = key.as_str().unwrap_or("name")
        );
        shape.push(at.path, diagnostic.help(help));
    }
    if mapping.entries.is_empty() {
        let message = "publish needs one of 'branch' and 'global'";
        shape.push_late(
            Diagnostic::error(Code::EmptyValue, message, at.node.span)
                .api("Either 'branch', 'global' or 'atomic' must be specified: "),
        );
    }
    let mut scope = |key| shape.field(mapping, at.path, key, Shape::templates);
    let (branch, global, atomic) = (scope("branch"), scope("global"), scope("atomic"));
    if let (Some(_), Some((key, _))) = (atomic, mapping.entry("atomic")) {
        let message = "variables under 'atomic' are not published";
        let warning = Diagnostic::warning(Code::NoEffect, message, key.span);
        shape.push_late(warning.help("use 'global'"));
    }
    Some(ScopesSpec { branch, global })
}
