//! References in YAQL expressions.

use std::ops::Range;
use std::sync::LazyLock;

use yaql::{ArgumentSite, CallSite, Expression, Read, Value};

use super::super::error::Language;
use super::super::functions::Function;
use super::{NameKind, Reference, References};

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
    let calls = expression.calls();
    // What `def` makes can be called by any name, also as a method of a context.
    let defines = calls.iter().any(|call| &*call.name == "def");
    for call in calls {
        let start = call.span.range().start;
        let reference = Reference::new(&call.name, place(start..start + call.name.len()));
        let kind = match call.is_method {
            true => NameKind::Method,
            false => NameKind::Function,
        };
        if !defines {
            found.check(Language::Yaql, kind, reference.clone());
        }
        if call.is_method {
            continue;
        }
        found.functions.push(reference);
        if let Some((task, range)) = task_name(&call) {
            found.tasks.push(Reference::new(task, place(range)));
        }
    }
}

/// The names that an expression can call.
pub(super) fn names(kind: NameKind) -> Vec<&'static str> {
    static KNOWN: LazyLock<[Vec<&'static str>; 2]> = LazyLock::new(|| {
        let library = yaql::reference();
        let functions = library.iter().filter(|function| function.is_function);
        let methods = library.iter().filter(|function| function.is_method);
        let workflow = Function::ALL.into_iter().map(Function::name);
        [
            functions.map(|f| f.name).chain(workflow).collect(),
            methods.map(|method| method.name).collect(),
        ]
    });
    match kind {
        NameKind::Function => KNOWN[0].clone(),
        NameKind::Method => KNOWN[1].clone(),
        NameKind::Filter | NameKind::Test => Vec::new(),
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
