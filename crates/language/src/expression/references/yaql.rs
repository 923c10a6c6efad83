//! References in YAQL expressions.

use std::ops::Range;

use yaql::{ArgumentSite, CallSite, Expression, Read, Value};

use super::{Reference, References};

/// Collects from an expression that starts at `offset` of its string.
pub(super) fn collect(source: &str, offset: usize, found: &mut References) {
    let Ok(expression) = Expression::parse(source) else {
        return;
    };
    let place = |range: Range<usize>| offset + range.start..offset + range.end;
    for read in expression.reads() {
        if let Some(name) = data_name(&read) {
            found
                .variables
                .push(Reference::new(name, place(read.span.range())));
        }
    }
    for call in expression.calls() {
        if call.is_method {
            continue;
        }
        let start = call.span.range().start;
        let name = place(start..start + call.name.len());
        found.functions.push(Reference::new(&call.name, name));
        if let Some((task, range)) = task_name(&call) {
            found.tasks.push(Reference::new(task, place(range)));
        }
    }
}

/// `a` of `$.a.b`.
fn data_name(read: &Read) -> Option<&str> {
    match read.variable {
        None => read.path.first().map(|name| &**name),
        Some(_) => None,
    }
}

/// The literal name in `task(name)`.
fn task_name(call: &CallSite) -> Option<(&str, Range<usize>)> {
    let ArgumentSite {
        keyword,
        literal,
        span,
    } = call.arguments.first()?;
    let by_name = keyword
        .as_deref()
        .is_none_or(|keyword| keyword == "taskName");
    match literal {
        Some(Value::String(name)) if &*call.name == "task" && by_name => Some((name, span.range())),
        _ => None,
    }
}
