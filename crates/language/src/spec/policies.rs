//! Reading policies: retry, waits, timeout and so on (workflow language §5.8).

use yaql::Value;

use super::attributes;
use super::call::unreadable;
use super::inline;
use super::model::{PoliciesSpec, RetrySpec};
use super::python;
use super::report::{At, Path, Shape, invalid};
use super::shape::Keys;
use crate::diagnostic::Code;
use crate::source::Span;
use crate::yaml::{Content, Data, Mapping, Node, Origins, Scalar, Style};

const RETRY: Keys = Keys {
    of: "'retry'",
    known: &[attributes::RETRY],
    tolerated: &[],
    elsewhere: (&[], ""),
};

/// Reads the policies of a task or of `task-defaults`.
pub(crate) fn read<'n>(
    shape: &mut Shape<'n>,
    mapping: &'n Mapping,
    path: &Path<'_>,
) -> PoliciesSpec {
    let mut number = |key| shape.field(mapping, path, key, Shape::expr_or_int);
    let wait_before = number("wait-before");
    let wait_after = number("wait-after");
    let timeout = number("timeout");
    let concurrency = number("concurrency");
    let mut boolean = |key| shape.field(mapping, path, key, Shape::expr_or_bool);
    let pause_before = boolean("pause-before");
    let fail_on = boolean("fail-on");
    PoliciesSpec {
        retry: shape.any_of(mapping, path, "retry", read_retry),
        wait_before,
        wait_after,
        timeout,
        pause_before,
        concurrency,
        fail_on,
    }
}

fn read_retry<'n>(shape: &mut Shape<'n>, at: At<'n, '_>) -> Option<RetrySpec> {
    match &at.node.content {
        Content::Mapping(mapping) => retry_object(shape, at, mapping),
        _ if at.node.as_str().is_some() => {
            let text = shape.nstr(at)?.text;
            one_line_retry(shape, at.node, &text)
        }
        _ => {
            shape.none_of(at, "a dict with count and delay, or count=N delay=N");
            None
        }
    }
}

fn retry_object<'n>(
    shape: &mut Shape<'n>,
    at: At<'n, '_>,
    mapping: &'n Mapping,
) -> Option<RetrySpec> {
    let missing: Vec<_> = ["count", "delay"]
        .into_iter()
        .filter(|key| mapping.get(key).is_none())
        .collect();
    if missing.len() == 2 {
        let api = format!(
            "{} is not valid under any of the given schemas",
            python::repr(at.node)
        );
        let message = "the keys 'count' and 'delay' are missing";
        shape.push(
            at.path,
            invalid(Code::MissingKey, message, at.node.span, api),
        );
    } else {
        for key in missing {
            shape.missing(key, at.node.span, at.path);
        }
    }
    shape.known_keys(mapping, at.path, &RETRY);
    let count = shape.field(mapping, at.path, "count", Shape::expr_or_int);
    let delay = shape.field(mapping, at.path, "delay", Shape::expr_or_int);
    let mut condition = |key| {
        shape
            .field(mapping, at.path, key, Shape::expr)
            .map(Value::from)
    };
    let (break_on, continue_on) = (condition("break-on"), condition("continue-on"));
    Some(RetrySpec {
        count: count?,
        delay: delay?,
        break_on,
        continue_on,
    })
}

/// `count=3 delay=1`: the word that should be a name is ignored; parameters are looked
/// for in the whole text.
fn one_line_retry<'n>(shape: &mut Shape<'n>, node: &'n Node, text: &str) -> Option<RetrySpec> {
    let Some(call) = inline::parse(text) else {
        shape.push_late(unreadable(node, text));
        return None;
    };
    let mut written = Mapping {
        entries: Vec::new(),
        overridden: Vec::new(),
        flow: true,
    };
    for parameter in &call.parameters {
        let span = node.locate(parameter.range.clone());
        let key = scalar(span, Value::from(parameter.name.clone()));
        let value = scalar(span, parameter.value.clone());
        let entries = &mut written.entries;
        entries.retain(|(known, _)| known.as_str() != key.as_str());
        entries.push((key, value));
        if let Some(text) = parameter.value.as_str() {
            shape.expression_in(node, parameter.range.start, text);
        }
    }
    let object = Node {
        span: node.span,
        content: Content::Mapping(written),
    };
    let mut inner = Shape::new();
    let root = At {
        node: &object,
        path: &Path::Root,
    };
    let retry = retry_object(&mut inner, root, object.as_mapping()?);
    inner
        .into_problems()
        .for_each(|problem| shape.push_late(problem));
    retry
}

/// A value that stands inside of a text, as a node of its own.
fn scalar(span: Span, value: Value) -> Node {
    Node {
        span,
        content: Content::Scalar(Scalar {
            data: Data::Value(value),
            style: Style::Plain,
            origins: Origins::verbatim(span.start),
        }),
    }
}
