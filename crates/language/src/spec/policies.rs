//! Reading policies: retry, waits, timeout and so on (workflow language §5.8).

use yaql::Value;

use super::call::unreadable;
use super::inline;
use super::model::{PoliciesSpec, RetrySpec};
use super::python;
use super::report::{At, Path, Report, Shape, invalid};
use super::shape::Keys;
use crate::diagnostic::Code;
use crate::yaml::{Content, Data, Mapping, Node, Origins, Scalar, Style};

const RETRY: Keys = Keys {
    of: "'retry'",
    known: &["count", "delay", "break-on", "continue-on"],
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
        retry: shape.field(mapping, path, "retry", read_retry),
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
            shape.nstr(at)?;
            None
        }
        _ => {
            shape.none_of(at, "a dict with count and delay, or count=N delay=N");
            None
        }
    }
}

fn retry_object<'n>(shape: &mut Shape<'n>, at: At<'n, '_>, mapping: &'n Mapping) -> Option<RetrySpec> {
    let missing: Vec<_> = ["count", "delay"].into_iter().filter(|key| mapping.get(key).is_none()).collect();
    shape.known_keys(mapping, at.path, &RETRY);
    if missing.len() == 2 {
        let api = format!("{} is not valid under any of the given schemas", python::repr(at.node));
        let message = "the keys 'count' and 'delay' are missing";
        shape.push(at.path, invalid(Code::MissingKey, message, at.node.span, api));
        return None;
    }
    for key in missing {
        shape.missing(key, at.node.span, at.path);
    }
    let count = shape.field(mapping, at.path, "count", Shape::expr_or_int);
    let delay = shape.field(mapping, at.path, "delay", Shape::expr_or_int);
    let mut condition = |key| shape.field(mapping, at.path, key, Shape::expr).map(Value::from);
    let (break_on, continue_on) = (condition("break-on"), condition("continue-on"));
    Some(RetrySpec {
        count: count?,
        delay: delay?,
        break_on,
        continue_on,
    })
}

/// Reads the one-line form of `retry`, if it has that form. The word that should be
/// a name is ignored; parameters are looked for in the whole text.
pub(crate) fn read_one_line_retry(report: &mut Report, mapping: &Mapping) -> Option<RetrySpec> {
    let node = mapping.get("retry")?;
    let text = node.as_str().filter(|text| !text.is_empty())?;
    let Some(call) = inline::parse(text) else {
        report.push(unreadable(node, text));
        return None;
    };
    let entries = call.parameters.iter().map(|parameter| {
        let span = node.locate(parameter.range.clone());
        let key = scalar(span.start, node, Value::from(parameter.name.clone()));
        let mut value = scalar(span.start, node, parameter.value.clone());
        value.span = span;
        (key, value)
    });
    let mut written = Mapping {
        entries: Vec::new(),
        overridden: Vec::new(),
        flow: true,
    };
    for (key, value) in entries {
        match written.entries.iter_mut().find(|(known, _)| known.as_str() == key.as_str()) {
            Some((_, old)) => *old = value,
            None => written.entries.push((key, value)),
        }
    }
    let object = Node {
        span: node.span,
        content: Content::Mapping(written),
    };
    let mut shape = Shape::new();
    let root = At {
        node: &object,
        path: &Path::Root,
    };
    let retry = retry_object(&mut shape, root, object.as_mapping()?);
    shape.finish(report);
    retry
}

/// A value that stands inside of a text, as a node of its own.
fn scalar(offset: usize, whole: &Node, value: Value) -> Node {
    Node {
        span: whole.span,
        content: Content::Scalar(Scalar {
            data: Data::Value(value),
            style: Style::Plain,
            origins: Origins::verbatim(offset),
        }),
    }
}
