//! Contexts, calls by name and assertions (YAQL §13.1).

use super::functions;
use crate::eval::context::Context;
use crate::eval::iterator::Cursor;
use crate::eval::lambda::Lambda;
use crate::eval::parameter::{Given, Iterable, Keyword, Named, Rest, Text};
use crate::eval::{Result, Scope, raise};
use crate::syntax::is_word;
use crate::value::ObjectKind;
use crate::{Dict, EvalError, List, Value};

functions! {
    /// A context with `$1`, `$2`, … and `$name` for each `name => value`.
    function let(args, kwargs) = let_;
    /// A context with `$1`, `$2`, … for the arguments.
    function with(args) = with;
    /// A context with a function whose body sees its arguments as `$`, `$2`, `$name`.
    function def(name, func) = def;
    /// A context with the items of a list as `$1`, `$2`, … or under the names.
    method unpack(sequence, names) = unpack;
    /// What the right side gives in the context on the left.
    function "#operator_->"(context, expr) = within;
    /// The value, if the condition is true for it; else an error with the message.
    method assert(obj, condition, message = "Assertion failed") = assert;
    /// What a function gives for a list and a dict of arguments.
    function call(name, args, kwargs, receiver) = call;
    /// The entry of a dict.
    function "#operator_."(receiver, name) = property;
    /// The value of the right side.
    function "#operator_."(receiver, expr) = method;
}

fn let_(scope: &Scope<'_>, args: Rest<Value>, named: Named) -> Context {
    scope.context.with_variables(args.0.into(), named.0)
}

fn with(scope: &Scope<'_>, args: Rest<Value>) -> Context {
    scope.context.with_positional(args.0.into())
}

fn within(scope: &Scope<'_>, context: Context, expr: Lambda) -> Result<Value> {
    expr.evaluate_in(scope.runtime, &context)
}

/// Calls in the source do not come here: only `call('#operator_.', …)`.
fn property(scope: &Scope<'_>, receiver: Value, name: Keyword) -> Result<Value> {
    let name = name.0.into();
    scope.runtime.property(&receiver, &name, scope.context)
}

/// As `property`: a value instead of a method call is the result.
fn method(scope: &Scope<'_>, _receiver: Value, expr: Lambda) -> Result<Value> {
    expr.evaluate(scope.runtime)
}

fn def(scope: &Scope<'_>, name: Text, func: Lambda) -> Context {
    scope.context.with_function(name, func.node())
}

fn unpack(scope: &Scope<'_>, sequence: Iterable, names: Rest<Text>) -> Result<Context> {
    let is_iterator = sequence.size().is_none();
    let mut cursor = sequence.cursor(scope);
    if names.0.is_empty() {
        if is_iterator {
            // The original loses one item while it looks at the length.
            cursor.next(scope.runtime)?;
        }
        let items = cursor.drain(scope.runtime)?;
        return Ok(scope.context.with_positional(items.into()));
    }
    let items = at_most(scope, cursor, names.0.len() + 1)?;
    if items.len() != names.0.len() {
        let (found, wanted) = (items.len(), names.0.len());
        let text = format!("Cannot unpack {found} elements into {wanted}");
        return Err(raise::value_error(text));
    }
    let named = names.0.into_iter().zip(items).collect();
    Ok(scope.context.with_variables(Default::default(), named))
}

fn at_most(scope: &Scope<'_>, mut cursor: Cursor, count: usize) -> Result<Vec<Value>> {
    let mut items = Vec::new();
    while items.len() < count
        && let Some(item) = cursor.next(scope.runtime)?
    {
        items.push(item);
    }
    Ok(items)
}

fn assert(scope: &Scope<'_>, obj: Value, condition: Lambda, message: Text) -> Result<Value> {
    let obj = super::collections::remember(scope, obj);
    let holds = condition.call(scope.runtime, [obj.clone()].into_iter().collect())?;
    match holds.is_truthy() {
        true => Ok(obj),
        false => Err(EvalError::new("AssertionError", &*message)),
    }
}

fn call(scope: &Scope<'_>, name: Text, args: List, kwargs: Dict, receiver: Given) -> Result<Value> {
    let mut named = Vec::new();
    for (key, value) in &kwargs {
        match key {
            Value::String(key) if is_word(key) => named.push((key.clone(), value.clone())),
            _ => return Err(raise::no_match(&name, receiver.0.as_ref())),
        }
    }
    let args = args.into_vec();
    scope
        .runtime
        .call_named(&name, receiver.0, args, named, scope.context)
}

/// Expressions as values: `lambda(…)` and calls of expressions.
pub(super) mod delegates {
    use smallvec::SmallVec;

    use super::{Given, Lambda, Named, ObjectKind, Rest, Result, Scope, Value, functions, raise};
    use crate::Opaque;
    use crate::eval::lambda::Callable;

    functions! {
        /// The expression as a value that can be called.
        function lambda(func) = |func: Lambda| Value::from(Opaque::new(Callable(func)));
        /// Calls an expression that is a value.
        function "#call"(callable, args, kwargs) = call;
    }

    fn call(scope: &Scope<'_>, callable: Given, args: Rest<Value>, named: Named) -> Result<Value> {
        let callable = callable.0.unwrap_or_default();
        match &callable {
            Value::Opaque(object) if object.object().kind() == ObjectKind::Lambda => {
                let lambda = Lambda::constant(callable, scope.context);
                lambda.call_with(scope.runtime, SmallVec::from_vec(args.0), named.0)
            }
            _ => Err(raise::no_match("#call", None)),
        }
    }
}
