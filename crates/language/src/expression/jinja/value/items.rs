//! Iterating over a value without a copy of all its items.

use yaql::Value as Plain;

use super::Value;

/// The items of a value, one by one.
pub(in super::super) struct Items<'v>(Source<'v>);

enum Source<'v> {
    Data(std::slice::Iter<'v, Plain>),
    Values(std::slice::Iter<'v, Value>),
    Owned(std::vec::IntoIter<Value>),
}

impl<'v> Items<'v> {
    pub(in super::super) fn empty() -> Self {
        Self::of_values(&[])
    }

    pub(super) fn of_data(items: &'v [Plain]) -> Self {
        Self(Source::Data(items.iter()))
    }

    pub(super) fn of_values(items: &'v [Value]) -> Self {
        Self(Source::Values(items.iter()))
    }

    pub(super) fn owned(items: Vec<Value>) -> Self {
        Self(Source::Owned(items.into_iter()))
    }

    /// What is read from the next item. Data is read where it stands, if
    /// `borrowed` finds something; otherwise `whole` reads the item itself.
    pub(in super::super) fn read<T>(
        &mut self,
        borrowed: impl FnOnce(&'v Plain) -> Option<T>,
        whole: impl FnOnce(Value) -> T,
    ) -> Option<T> {
        match &mut self.0 {
            Source::Data(items) => {
                let item = items.next()?;
                Some(borrowed(item).unwrap_or_else(|| whole(item.into())))
            }
            _ => self.next().map(whole),
        }
    }
}

impl Iterator for Items<'_> {
    type Item = Value;

    fn next(&mut self) -> Option<Value> {
        match &mut self.0 {
            Source::Data(items) => items.next().map(Value::from),
            Source::Values(items) => items.next().cloned(),
            Source::Owned(items) => items.next(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match &self.0 {
            Source::Data(items) => items.size_hint(),
            Source::Values(items) => items.size_hint(),
            Source::Owned(items) => items.size_hint(),
        }
    }
}

impl ExactSizeIterator for Items<'_> {}
