//! Sequences and trees that are made step by step (YAQL §13.6).

use std::collections::VecDeque;

use super::functions;
use crate::Value;
use crate::eval::gauge::Seen;
use crate::eval::iterator::{Cursor, Iter};
use crate::eval::lambda::{Lambda, Repeated};
use crate::eval::types::Type;
use crate::eval::{Result, Runtime, raise};

functions! {
    /// `initial`, what the producer makes of it, and so on, while the predicate is
    /// true, lazily; with `decycle` up to the first repetition.
    function generate(initial, predicate, producer, selector, decycle = false) = generate;
    /// `initial`, all that the producer makes of it, and so on, lazily.
    function generateMany(initial, producer, selector, decycle = false, depthFirst = false) = generate_many;
}

/// What was there before, when repetitions count.
struct Past(Option<Seen>);

impl Past {
    fn new(decycle: bool) -> Self {
        Past(decycle.then(Seen::default))
    }

    /// Whether an item was there before; it is noted.
    fn knows(&mut self, runtime: &Runtime<'_>, item: &Value) -> Result<bool> {
        match &mut self.0 {
            None => Ok(false),
            Some(seen) => Ok(!seen.insert(runtime, item)?),
        }
    }
}

fn selected(runtime: &Runtime<'_>, selector: &mut Option<Repeated>, item: &Value) -> Result<Value> {
    match selector {
        Some(selector) => selector.call(runtime, item),
        None => Ok(item.clone()),
    }
}

fn depth(initial: &Value, lambdas: [Option<&Lambda>; 3]) -> usize {
    let lambdas = lambdas.into_iter().flatten().map(Lambda::depth);
    lambdas.max().unwrap_or(0).max(initial.depth())
}

fn generate(
    initial: Value,
    predicate: Lambda,
    producer: Lambda,
    selector: Option<Lambda>,
    decycle: bool,
) -> Iter {
    let lambdas = [Some(&predicate), Some(&producer), selector.as_ref()];
    let depth = depth(&initial, lambdas);
    let mut predicate = predicate.repeated();
    let mut producer = producer.repeated();
    let mut selector = selector.map(Lambda::repeated);
    let mut past = Past::new(decycle);
    let mut current = initial;
    let mut first = true;
    Iter::new(depth, move |runtime: &Runtime<'_>| {
        if !first {
            current = producer.call(runtime, &current)?;
        }
        first = false;
        if !predicate.call(runtime, &current)?.is_truthy() || past.knows(runtime, &current)? {
            return Ok(None);
        }
        selected(runtime, &mut selector, &current).map(Some)
    })
}

fn generate_many(
    initial: Value,
    producer: Lambda,
    selector: Option<Lambda>,
    decycle: bool,
    depth_first: bool,
) -> Iter {
    let depth = depth(&initial, [Some(&producer), selector.as_ref(), None]);
    let mut producer = producer.repeated();
    let mut selector = selector.map(Lambda::repeated);
    let mut past = Past::new(decycle);
    let mut queue = VecDeque::from([initial]);
    // The item that was given last; its children come when more is asked for.
    let mut parent: Option<Value> = None;
    Iter::new(depth, move |runtime: &Runtime<'_>| {
        if let Some(parent) = parent.take() {
            let children = children(runtime, &mut producer, &parent)?;
            runtime.reserve((queue.len() + children.len()) * size_of::<Value>())?;
            match depth_first {
                true => children.into_iter().rev().for_each(|c| queue.push_front(c)),
                false => queue.extend(children),
            }
        }
        while let Some(item) = queue.pop_front() {
            if past.knows(runtime, &item)? {
                continue;
            }
            parent = Some(item.clone());
            return selected(runtime, &mut selector, &item).map(Some);
        }
        Ok(None)
    })
}

fn children(runtime: &Runtime<'_>, producer: &mut Repeated, item: &Value) -> Result<Vec<Value>> {
    let options = runtime.options();
    let produced = producer.call(runtime, item)?;
    let cursor = Cursor::over(&produced).filter(|_| Type::Iterable.accepts(&produced, options));
    match cursor {
        Some(cursor) => cursor.limited(options.limit_iterators).drain(runtime),
        None => {
            let found = raise::python_type(&produced);
            Err(raise::type_error(format!(
                "'{found}' object is not iterable"
            )))
        }
    }
}
