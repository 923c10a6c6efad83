//! Large values: a text in the blob table, or a text made of others there.
//!
//! What many rows hold is mostly a part of what each of them holds: an action's
//! `{"result": X}`, a task's `{"x": X}`, an output `{"x": X, "y": …}`. So the text of a
//! large value is cut where long parts of it begin and end; long pieces have rows of
//! their own, once per tree, and the value's row lists the pieces. All is decided by
//! the text alone: equal values have equal rows, under the hash of the whole text.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

use yaql::{Value, json};

use super::damaged;
use crate::StoreError;

/// The shortest piece, in bytes of text, that has a row of its own.
pub(crate) const PART_LIMIT: usize = 8192;

/// The first character of a row that lists pieces. No piece of JSON begins with it.
const LIST: char = '#';

/// A value whose text does not stay in the row that holds the value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Large {
    /// Of the whole text: the key in the blob table.
    pub(crate) hash: [u8; 32],
    text: String,
    /// The long parts.
    spans: Vec<Range<usize>>,
}

/// A piece of a large value's text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Piece {
    /// Short text.
    Text(String),
    /// A value, in a row of its own.
    Value([u8; 32]),
    /// Long text that is no value, in a row of its own.
    Run([u8; 32]),
}

/// What a row of the blob table holds.
pub(crate) enum Row<'t> {
    /// The text itself.
    Text(&'t str),
    /// Pieces, which are all texts.
    List(Vec<Piece>),
}

impl Large {
    pub(crate) fn new(text: String, spans: Vec<Range<usize>>) -> Self {
        Self {
            hash: hash(&text),
            text,
            spans,
        }
    }

    /// The text of the value's own row, and the rows that it lists.
    pub(crate) fn rows(&self) -> (Cow<'_, str>, Vec<([u8; 32], &str)>) {
        let spans = self.spans.iter().map(|span| (span.start, span.end));
        let spans: BTreeSet<_> = spans.collect();
        let ends = spans.iter().flat_map(|(start, end)| [*start, *end]);
        let cuts: BTreeSet<_> = ends.chain([0, self.text.len()]).collect();
        let mut rows = Vec::new();
        let mut pieces = Vec::new();
        for (&start, &end) in cuts.iter().zip(cuts.iter().skip(1)) {
            let text = &self.text[start..end];
            if text.len() < PART_LIMIT {
                push_text(&mut pieces, text);
                continue;
            }
            let hash = hash(text);
            rows.push((hash, text));
            pieces.push(match spans.contains(&(start, end)) {
                true => Piece::Value(hash),
                false => Piece::Run(hash),
            });
        }
        match pieces.len() {
            1 => (Cow::Borrowed(&self.text), Vec::new()),
            _ => (write(&pieces).into(), rows),
        }
    }
}

fn hash(text: &str) -> [u8; 32] {
    blake3::hash(text.as_bytes()).into()
}

fn push_text(pieces: &mut Vec<Piece>, text: &str) {
    match pieces.last_mut() {
        Some(Piece::Text(before)) => before.push_str(text),
        _ => pieces.push(Piece::Text(text.to_owned())),
    }
}

/// A JSON list of texts, which the databases can read, too: `=` and text, `v` or `r` and
/// the hash of a value or a run.
fn write(pieces: &[Piece]) -> String {
    let hex = |hash: &[u8; 32]| blake3::Hash::from(*hash).to_hex();
    let texts = pieces.iter().map(|piece| match piece {
        Piece::Text(text) => format!("={text}"),
        Piece::Value(hash) => format!("v{}", hex(hash)),
        Piece::Run(hash) => format!("r{}", hex(hash)),
    });
    let list: Value = texts.map(Value::from).collect();
    format!("{LIST}{}", json::to_string(&list))
}

/// Reads a row of the blob table.
pub(crate) fn read_row(text: &str) -> Result<Row<'_>, StoreError> {
    let Some(list) = text.strip_prefix(LIST) else {
        return Ok(Row::Text(text));
    };
    let list = json::parse(list).map_err(|error| damaged(&format!("pieces: {error}")))?;
    let list = list
        .as_list()
        .ok_or_else(|| damaged("pieces are no list"))?;
    list.iter()
        .map(piece)
        .collect::<Result<_, _>>()
        .map(Row::List)
}

fn piece(value: &Value) -> Result<Piece, StoreError> {
    let text = value.as_str().unwrap_or_default();
    let hash = |hex: &str| {
        let hash = blake3::Hash::from_hex(hex);
        hash.map(Into::into)
            .map_err(|_| damaged("a piece with a hash of the wrong length"))
    };
    match text.split_at_checked(1) {
        Some(("=", text)) => Ok(Piece::Text(text.to_owned())),
        Some(("v", hex)) => hash(hex).map(Piece::Value),
        Some(("r", hex)) => hash(hex).map(Piece::Run),
        _ => Err(damaged("a piece of an unknown kind")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn large(value: &Value) -> Large {
        let (text, spans) = json::to_string_with_spans(value, PART_LIMIT);
        Large::new(text, spans)
    }

    /// The value again, as [`crate::sql::read::Values`] makes it.
    fn whole(own: &str, rows: &[([u8; 32], &str)]) -> String {
        let text = |hash| rows.iter().find(|row| row.0 == hash).unwrap().1;
        match read_row(own).unwrap() {
            Row::Text(text) => text.to_owned(),
            Row::List(pieces) => pieces
                .into_iter()
                .map(|piece| match piece {
                    Piece::Text(text) => text,
                    Piece::Value(hash) | Piece::Run(hash) => text(hash).to_owned(),
                })
                .collect(),
        }
    }

    fn dict<const N: usize>(entries: [(&str, Value); N]) -> Value {
        entries.into_iter().collect::<yaql::Dict>().into()
    }

    #[test]
    fn what_has_no_long_part_is_one_row() {
        for value in [
            Value::from("x".repeat(PART_LIMIT)),
            (0..PART_LIMIT as i64).map(Value::from).collect(),
        ] {
            let large = large(&value);
            let (own, rows) = large.rows();
            assert_eq!(own, json::to_string(&value));
            assert!(rows.is_empty());
        }
    }

    #[test]
    fn long_parts_have_rows_under_any_name() {
        let long = Value::from("é\"\\".repeat(PART_LIMIT));
        let one = large(&dict([("result", long.clone())]));
        let other = large(&dict([("a", 1.into()), ("x", long.clone()), ("z", long)]));
        let (own, rows) = one.rows();
        assert!(own.len() < 100, "{own}");
        assert_eq!(whole(&own, &rows), one.text);
        let (other_own, other_rows) = other.rows();
        assert_eq!(whole(&other_own, &other_rows), other.text);
        assert!(other_rows.iter().all(|row| *row == rows[0]));
    }

    /// A long list with one long item: the rest of it is not copied, either.
    #[test]
    fn runs_between_long_parts_have_rows() {
        let short = "y".repeat(1000);
        let list: Value = (0..40)
            .map(|at| match at {
                20 => Value::from("x".repeat(PART_LIMIT)),
                at => format!("{at}{short}").into(),
            })
            .collect();
        let bare = large(&list);
        let (own, rows) = bare.rows();
        assert_eq!(rows.len(), 3);
        assert_eq!(whole(&own, &rows), bare.text);
        let wrapped = large(&dict([("x", list)]));
        let (own, again) = wrapped.rows();
        assert!(own.len() < 400, "{own}");
        assert_eq!(again, rows);
        assert_eq!(whole(&own, &again), wrapped.text);
    }

    #[test]
    fn damaged_rows_are_errors() {
        for text in [
            "#",
            "#{}",
            "#[1]",
            "#[\"\"]",
            "#[\"é\"]",
            "#[\"v12\"]",
            "#[\"?x\"]",
        ] {
            assert!(read_row(text).is_err(), "{text}");
        }
    }
}
