//! Python's slices: indices count from the end when negative, and are clamped.

/// The number of characters.
pub(super) fn chars(text: &str) -> i64 {
    let count = match text.is_ascii() {
        true => text.len(),
        false => text.chars().count(),
    };
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A slice's ends within a sequence of `size`.
pub(super) fn clamp(size: usize, start: i64, end: i64) -> (usize, usize) {
    let signed = i64::try_from(size).unwrap_or(i64::MAX);
    let index = |i: i64| {
        let from_start = if i < 0 { i.saturating_add(signed) } else { i };
        usize::try_from(from_start.clamp(0, signed)).unwrap_or(0)
    };
    let (start, end) = (index(start), index(end));
    (start, end.max(start))
}

/// The byte at which the character `index` starts.
fn offset(text: &str, index: usize) -> usize {
    if text.is_ascii() {
        return index.min(text.len());
    }
    let mut starts = text.char_indices().map(|(i, _)| i);
    starts.nth(index).unwrap_or(text.len())
}

/// `text[start:end]`
pub(super) fn slice(text: &str, start: i64, end: i64) -> &str {
    let size = usize::try_from(chars(text)).unwrap_or(0);
    let (start, end) = clamp(size, start, end);
    &text[offset(text, start)..offset(text, end)]
}

/// Where `sub` is within `text[start:end]`, as an index of `text`, or -1.
fn search(
    text: &str,
    sub: &str,
    ends: (i64, Option<i64>),
    at: fn(&str, &str) -> Option<usize>,
) -> i64 {
    let size = chars(text);
    let (start, end) = (ends.0, ends.1.unwrap_or(size));
    if start > size {
        return -1;
    }
    let from = if start < 0 {
        (start + size).max(0)
    } else {
        start
    };
    let to = if end < 0 { end + size } else { end };
    if to < from {
        return -1;
    }
    let part = slice(text, start, end);
    match at(part, sub) {
        Some(offset) => from + chars(&part[..offset]),
        None => -1,
    }
}

/// `text.find(sub, start, end)`
pub(super) fn find(text: &str, sub: &str, start: i64, end: Option<i64>) -> i64 {
    search(text, sub, (start, end), |text, sub| text.find(sub))
}

/// `text.rfind(sub, start, end)`
pub(super) fn find_last(text: &str, sub: &str, start: i64, end: Option<i64>) -> i64 {
    search(text, sub, (start, end), |text, sub| text.rfind(sub))
}
