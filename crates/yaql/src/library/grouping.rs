//! `groupBy` (YAQL §13.6).

use indexmap::IndexMap;
use smallvec::smallvec;

use super::functions;
use super::queries::ready;
use crate::eval::gauge::Gauge;
use crate::eval::iterator::Iter;
use crate::eval::lambda::Lambda;
use crate::eval::parameter::Iterable;
use crate::eval::raise::{INDEX_ERROR, NO_MATCHING_FUNCTION, NO_MATCHING_METHOD};
use crate::eval::{Result, Runtime, Scope, check_hashable};
use crate::{List, Value};

functions! {
    /// Lists of a key and the values that have it, in the order of first keys; with
    /// an aggregator lists of a key and what it makes of the values.
    method groupBy(collection, keySelector, valueSelector, aggregator) = group_by;
}

fn group_by(
    scope: &Scope<'_>,
    collection: Iterable,
    key_selector: Lambda,
    value_selector: Option<Lambda>,
    aggregator: Option<Lambda>,
) -> Result<Iter> {
    let runtime = scope.runtime;
    let mut cursor = collection.cursor(scope);
    let mut key_selector = key_selector.repeated();
    let mut value_selector = value_selector.map(Lambda::repeated);
    let mut gauge = Gauge::default();
    let mut groups: IndexMap<Value, Vec<Value>> = IndexMap::new();
    while let Some(item) = cursor.next(runtime)? {
        let key = key_selector.call(runtime, &item)?;
        check_hashable(&key)?;
        let value = match &mut value_selector {
            Some(selector) => selector.call(runtime, &item)?,
            None => item,
        };
        gauge.add(runtime, &value)?;
        groups.entry(key).or_default().push(value);
    }
    let groups = groups
        .into_iter()
        .map(|(key, values)| (key, Value::from(List::mutable(values))));
    Ok(match aggregator {
        None => ready(
            groups
                .map(|(key, values)| vec![key, values].into())
                .collect(),
        ),
        Some(aggregator) => aggregate(groups.collect(), aggregator),
    })
}

fn aggregate(groups: Vec<(Value, Value)>, aggregator: Lambda) -> Iter {
    let values = groups.iter().map(|(_, values)| values.depth());
    let depth = values.max().unwrap_or(0).max(aggregator.depth()) + 1;
    let mut groups = groups.into_iter();
    let mut may_be_old = true;
    Iter::new(depth, move |runtime: &Runtime<'_>| {
        let Some((key, values)) = groups.next() else {
            return Ok(None);
        };
        let error = match aggregator.call(runtime, smallvec![values.clone()]) {
            Ok(result) => {
                may_be_old = false;
                return Ok(Some(vec![key, result].into()));
            }
            Err(error) => error,
        };
        let suspicious = [NO_MATCHING_FUNCTION, NO_MATCHING_METHOD, INDEX_ERROR];
        if !may_be_old || !error.is_any(&suspicious) {
            return Err(error);
        }
        // Aggregators of old get the pair and return a pair.
        let pair = Value::from(vec![key, values]);
        match aggregator.call(runtime, smallvec![pair]) {
            Ok(Value::List(result)) if result.len() == 2 => Ok(Some(result.into())),
            _ => Err(error),
        }
    })
}
