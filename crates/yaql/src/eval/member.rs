//! The dot: properties and methods.

use super::context::Context;
use super::iterator::{Cursor, Iter};
use super::types::Type;
use super::{Result, Runtime, raise};
use crate::Value;
use crate::syntax::ast::{Member, Selector, Variable};

impl Runtime<'_> {
    pub(super) fn member(&self, member: &Member, context: &Context) -> Result<Value> {
        let name = match (&member.right, member.safe) {
            (Selector::Other(_), false) => return Err(raise::no_match("#operator_.", None)),
            (Selector::Other(_), true) => return Err(raise::no_match("#operator_?.", None)),
            (Selector::Property(name), _) => Some(name),
            (Selector::Method(..), _) => None,
        };
        let left = self.evaluate(&member.left, context)?;
        if member.safe && left.is_null() {
            return Ok(Value::Null);
        }
        match (name, &member.right) {
            (Some(name), _) => self.property(&left, name, context),
            (None, Selector::Method(call, span)) => {
                let result = match self.remembered(&left) {
                    Some((receiver, inside)) => self.call_method(receiver, call, &inside),
                    None => self.call_method(left, call, context),
                };
                result.map_err(|error| error.at(*span))
            }
            _ => Ok(Value::Null),
        }
    }

    /// In the legacy library a call on a context goes to the receiver which
    /// `as` remembered, inside of that context.
    fn remembered(&self, left: &Value) -> Option<(Value, Context)> {
        match left {
            Value::Opaque(object) if self.library.is_legacy() => {
                let context = object.downcast::<Context>()?;
                let receiver = context.variable(&Variable::Named("0".into()));
                Some((receiver, context.clone()))
            }
            _ => None,
        }
    }

    /// `left.name`: of a dict its entry; of a collection that of each item,
    /// lazily; of other things a property function.
    pub(crate) fn property(&self, left: &Value, name: &Value, context: &Context) -> Result<Value> {
        if let Value::Dict(dict) = left {
            return match dict.get_value(name) {
                Some(value) => Ok(value.clone()),
                None if self.library.is_legacy() => Ok(Value::Null),
                None => Err(advise(raise::key_error(name), dict)),
            };
        }
        if Type::Iterable.accepts(left, self.options())
            && let Some(cursor) = Cursor::over(left)
        {
            let depth = left.depth().max(context.depth());
            let mut cursor = cursor.limited(self.options().limit_iterators);
            let (name, context) = (name.clone(), context.clone());
            let each = Iter::new(depth, move |runtime: &Runtime<'_>| {
                let Some(item) = cursor.next(runtime)? else {
                    return Ok(None);
                };
                runtime.property(&item, &name, &context).map(Some)
            });
            return Ok(each.into());
        }
        let function = format!("#property#{}", name.as_str().unwrap_or_default());
        self.call_named(&function, None, vec![left.clone()], Vec::new(), context)
    }
}

/// Tells which keys there are.
fn advise(error: crate::EvalError, dict: &crate::Dict) -> crate::EvalError {
    const SHOWN: usize = 8;
    let keys: Vec<&str> = dict
        .keys()
        .filter_map(Value::as_str)
        .take(SHOWN + 1)
        .collect();
    if keys.is_empty() {
        return error.with_help("the dict has no such keys; get(key, default) does not fail");
    }
    let more = if keys.len() > SHOWN { ", …" } else { "" };
    let shown = keys[..keys.len().min(SHOWN)].join(", ");
    error.with_help(format!("the dict has the keys {shown}{more}"))
}
