//! Sorting by keys, stably, where a comparison may fail.
//!
//! Keys of one simple type (integers, texts) always have an order: they are
//! sorted without a look at Python's rules.

use super::super::failure::Outcome;
use super::operators;
use super::run::Run;
use super::value::Value;

/// Items and what they are sorted by.
pub(super) struct Keyed {
    items: Vec<Value>,
    /// As many for each item as `parts` says.
    keys: Vec<Value>,
    parts: Option<usize>,
}

impl Keyed {
    /// For items with one key each.
    pub(super) fn by_key() -> Self {
        Self {
            items: Vec::new(),
            keys: Vec::new(),
            parts: None,
        }
    }

    /// For items with so many keys each; those behind count if the first are equal.
    pub(super) fn by_parts(parts: usize) -> Self {
        Self {
            parts: Some(parts),
            ..Self::by_key()
        }
    }

    pub(super) fn push(&mut self, keys: impl IntoIterator<Item = Value>, item: Value) {
        self.keys.extend(keys);
        self.items.push(item);
    }

    /// The items in the order of their keys; a reversed order is stable too.
    pub(super) fn sorted(mut self, run: &mut Run<'_>, reverse: bool) -> Outcome<Vec<Value>> {
        let order = self.order(run, reverse)?;
        let take = |at: usize| std::mem::replace(&mut self.items[at], Value::NONE);
        Ok(order.into_iter().map(take).collect())
    }

    /// Items whose keys are equal stand together; the first of them tells the key.
    pub(super) fn grouped(mut self, run: &mut Run<'_>) -> Outcome<Vec<(Value, Vec<Value>)>> {
        let order = self.order(run, false)?;
        let mut groups: Vec<(Value, Vec<Value>)> = Vec::new();
        for at in order {
            let item = std::mem::replace(&mut self.items[at], Value::NONE);
            match groups.last_mut() {
                Some((known, items)) if operators::equal(known, &self.keys[at])? => {
                    items.push(item);
                }
                _ => groups.push((self.keys[at].clone(), vec![item])),
            }
        }
        Ok(groups)
    }

    /// The positions of the items in their order.
    fn order(&self, run: &mut Run<'_>, reverse: bool) -> Outcome<Vec<usize>> {
        let count = self.items.len();
        let levels = count.checked_ilog2().unwrap_or(0) as usize + 1;
        run.steps(count * levels)?;
        let mut order: Vec<usize> = (0..count).collect();
        if reverse {
            order.reverse();
        }
        if let Some(numbers) = self.simple(Value::as_i64) {
            sort_simple(&mut order, &numbers);
        } else if let Some(texts) = self.simple(Value::as_str) {
            sort_simple(&mut order, &texts);
        } else {
            merge_sort(&mut order, &mut Vec::new(), &|a, b| self.less(a, b))?;
        }
        if reverse {
            order.reverse();
        }
        Ok(order)
    }

    /// The keys, if there is one for each item and all are of one simple type.
    fn simple<'a, T>(&'a self, read: fn(&'a Value) -> Option<T>) -> Option<Vec<T>> {
        match self.parts {
            None | Some(1) => self.keys.iter().map(read).collect(),
            _ => None,
        }
    }

    fn less(&self, a: usize, b: usize) -> Outcome<bool> {
        match self.parts {
            None => operators::less(&self.keys[a], &self.keys[b]),
            Some(parts) => {
                let of = |at: usize| &self.keys[at * parts..(at + 1) * parts];
                operators::less_items(of(a), of(b))
            }
        }
    }
}

/// Keys stand beside the positions while they are sorted: a look elsewhere for
/// each comparison costs more than the comparison.
fn sort_simple<K: Ord + Copy>(order: &mut [usize], keys: &[K]) {
    let mut pairs: Vec<(K, usize)> = order.iter().map(|at| (keys[*at], *at)).collect();
    pairs.sort_by_key(|(key, _)| *key);
    for (place, (_, at)) in order.iter_mut().zip(pairs) {
        *place = at;
    }
}

/// The recursion is as deep as the number of items has bits.
fn merge_sort(
    order: &mut [usize],
    merged: &mut Vec<usize>,
    less: &impl Fn(usize, usize) -> Outcome<bool>,
) -> Outcome<()> {
    if order.len() < 2 {
        return Ok(());
    }
    let middle = order.len() / 2;
    let (left, right) = order.split_at_mut(middle);
    merge_sort(left, merged, less)?;
    merge_sort(right, merged, less)?;
    merged.clear();
    let (mut left, mut right) = (left.iter().peekable(), right.iter().peekable());
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        let next = match less(**b, **a)? {
            true => right.next(),
            false => left.next(),
        };
        merged.extend(next);
    }
    merged.extend(left);
    merged.extend(right);
    order.copy_from_slice(merged);
    Ok(())
}
