//! Choices: `switch`, `coalesce` and their like (YAQL §13.2).

use super::functions;
use crate::Value;
use crate::eval::iterator::Iter;
use crate::eval::lambda::Lambda;
use crate::eval::parameter::{Rest, Rule};
use crate::eval::{Result, Runtime, Scope};

functions! {
    /// The value of the first condition that is true, else null:
    /// `switch($ > 10 => big, $ > 1 => some)`.
    function switch(conditions) = switch;
    /// The index of the first condition that is true, else their number.
    function selectCase(args) = select_case;
    /// The indexes of all conditions that are true, lazily.
    function selectAllCases(args) = select_all_cases;
    /// For each condition whether it is true, lazily.
    function examine(args) = examine;
    /// The expression at the receiver's index; the last one for other indexes.
    method switchCase(case, args) = switch_case;
    /// The first value that is not null, else null.
    function coalesce(args) = coalesce;
}

fn switch(scope: &Scope<'_>, conditions: Rest<Rule>) -> Result<Value> {
    for Rule(condition, value) in conditions.0 {
        if condition.evaluate(scope.runtime)?.is_truthy() {
            return value.evaluate(scope.runtime);
        }
    }
    Ok(Value::Null)
}

fn select_case(scope: &Scope<'_>, args: Rest<Lambda>) -> Result<usize> {
    for (index, condition) in args.0.iter().enumerate() {
        if condition.evaluate(scope.runtime)?.is_truthy() {
            return Ok(index);
        }
    }
    Ok(args.0.len())
}

fn depth(args: &[Lambda]) -> usize {
    args.iter().map(Lambda::depth).max().unwrap_or(0)
}

fn select_all_cases(args: Rest<Lambda>) -> Iter {
    let depth = depth(&args.0);
    let mut conditions = args.0.into_iter().enumerate();
    Iter::new(depth, move |runtime: &Runtime<'_>| {
        for (index, condition) in conditions.by_ref() {
            if condition.evaluate(runtime)?.is_truthy() {
                return Ok(Some(index.into()));
            }
        }
        Ok(None)
    })
}

fn examine(args: Rest<Lambda>) -> Iter {
    let depth = depth(&args.0);
    let mut conditions = args.0.into_iter();
    Iter::new(depth, move |runtime: &Runtime<'_>| {
        match conditions.next() {
            Some(condition) => Ok(Some(condition.evaluate(runtime)?.is_truthy().into())),
            None => Ok(None),
        }
    })
}

fn switch_case(scope: &Scope<'_>, case: i64, args: Rest<Lambda>) -> Result<Value> {
    let index = usize::try_from(case).unwrap_or(usize::MAX);
    match args.0.get(index).or(args.0.last()) {
        Some(chosen) => chosen.evaluate(scope.runtime),
        None => Ok(Value::Null),
    }
}

fn coalesce(scope: &Scope<'_>, args: Rest<Lambda>) -> Result<Value> {
    for arg in &args.0 {
        let value = arg.evaluate(scope.runtime)?;
        if !value.is_null() {
            return Ok(value);
        }
    }
    Ok(Value::Null)
}
