//! Words for humans about failed calls: what was found, what would fit, which
//! name was probably meant.

use super::Runtime;
use super::overload::{Argument, Overload};
use crate::host::HostFunction;
use crate::syntax::ast::Arg;
use crate::{EvalError, Value};

/// About a name that does not exist.
pub(super) fn unknown(
    error: EvalError,
    runtime: &Runtime<'_>,
    name: &str,
    is_method: bool,
) -> EvalError {
    if let Some(property) = name.strip_prefix("#property#") {
        return error.with_help(format!(
            "`.{property}` needs a dict or a list of dicts on its left; `?.` passes over null"
        ));
    }
    let (same, other) = match is_method {
        true => (
            runtime.methods(name).is_some(),
            runtime.functions(name).is_some(),
        ),
        false => (
            runtime.functions(name).is_some(),
            runtime.methods(name).is_some(),
        ),
    };
    if other && !same {
        return error.with_help(match is_method {
            true => format!("`{name}` is a function: write {name}(…)"),
            false => format!("`{name}` is a method: write value.{name}(…)"),
        });
    }
    if !is_method && name == "not" {
        return error.with_help("`not` is an operator: leave a blank before the `(`");
    }
    if let Some(near) = nearest(runtime, name, is_method) {
        return error.with_help(format!("did you mean `{near}`?"));
    }
    match (nearest(runtime, name, !is_method), is_method) {
        (Some(near), true) => error.with_help(format!("did you mean the function {near}(…)?")),
        (Some(near), false) => error.with_help(format!("did you mean value.{near}(…)?")),
        (None, _) => error,
    }
}

/// The known name with the fewest differences, if there are few.
fn nearest(runtime: &Runtime<'_>, name: &str, is_method: bool) -> Option<String> {
    let mut names = runtime.library.names(is_method);
    if let Some(host) = runtime.environment.host.filter(|_| !is_method) {
        names.extend(host.functions().iter().map(|function| function.name));
    }
    let folded = fold(name);
    let scored = names
        .into_iter()
        .map(|known| (distance(&folded, &fold(known)), known));
    let (score, known) = scored.min()?;
    let allowed = (name.chars().count() / 3).clamp(1, 3);
    (score <= allowed).then(|| known.into())
}

/// Without case and underscores, so that `group_by` is near to `groupBy`.
fn fold(name: &str) -> Vec<char> {
    let chars = name.chars().filter(|c| *c != '_').take(40);
    chars.flat_map(char::to_lowercase).collect()
}

/// Levenshtein distance.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let change = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = change.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

/// About arguments that no overload takes.
pub(super) fn no_match(
    error: EvalError,
    runtime: &Runtime<'_>,
    name: &str,
    found: &[&str],
    receiver: Option<&Value>,
) -> EvalError {
    let layers = match receiver {
        Some(_) => runtime.methods(name),
        None => runtime.functions(name),
    };
    let overloads = layers.unwrap_or_default().iter().flatten();
    let expected: Vec<String> = match operator(name) {
        Some(operator) => overloads.map(|o| operation(operator, o)).collect(),
        None => overloads.map(|o| o.signature()).collect(),
    };
    let mut help = String::new();
    if !found.is_empty() {
        help = format!("found {}; ", found.join(", "));
    }
    if expected.is_empty() {
        return error;
    }
    error.with_help(format!("{help}expected {}", expected.join(" or ")))
}

/// The types of evaluated arguments.
pub(super) fn found(args: &[Argument]) -> Vec<&'static str> {
    let names = args.iter().map(|arg| match arg {
        Argument::Value(value) => value.type_name(),
        Argument::Rule(_) => "key => value",
        _ => "expression",
    });
    names.collect()
}

/// The types of arguments as far as the source tells them.
pub(super) fn found_in_source(args: &[Arg], receiver: Option<&Value>) -> Vec<&'static str> {
    let names = args.iter().map(|arg| match arg {
        Arg::Positional(node) => node.constant().map_or("expression", Value::type_name),
        Arg::Skipped => "nothing",
        Arg::Mapping(..) => "key => value",
    });
    receiver
        .map(Value::type_name)
        .into_iter()
        .chain(names)
        .collect()
}

/// The symbol that calls an internal function.
fn operator(name: &str) -> Option<&str> {
    match name {
        "*equal" => Some("="),
        "*not_equal" => Some("!="),
        _ => name
            .strip_prefix("#operator_")
            .or_else(|| name.strip_prefix("#unary_operator_")),
    }
}

fn operation(symbol: &str, overload: &Overload) -> String {
    let types: Vec<&str> = overload
        .params
        .iter()
        .map(|param| param.ty.name())
        .collect();
    match types[..] {
        [left, right] => format!("{left} {symbol} {right}"),
        _ => format!("{symbol} {}", types.join(" ")),
    }
}

/// The signature of a host's function.
pub(super) fn host(function: &HostFunction) -> String {
    let parameters = function
        .parameters
        .iter()
        .map(|parameter| match parameter.optional {
            true => format!("{}?", parameter.name),
            false => parameter.name.to_string(),
        });
    let parameters: Vec<String> = parameters.collect();
    format!("expected {}({})", function.name, parameters.join(", "))
}
