//! Filters: `column=value` and `column=op:value` (REST contract §2.2).

use engine::model::{Id, Timestamp};
use yaql::{Value, json};

use super::{Column, ColumnKind, QueryError};

/// A comparison of a column with one or more operands.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter<C> {
    /// The column.
    pub column: C,
    /// How to compare. A null column matches no operator.
    pub op: Op,
    /// One operand; any number for [`Op::In`] and [`Op::NotIn`].
    pub operands: Vec<Operand>,
}

/// The operators, by their prefixes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// `eq:`
    Equal,
    /// `neq:`
    NotEqual,
    /// `gt:`
    Greater,
    /// `gte:`
    GreaterOrEqual,
    /// `lt:`
    Less,
    /// `lte:`
    LessOrEqual,
    /// `in:`
    In,
    /// `nin:`
    NotIn,
    /// `has:`, a part of the text that the API shows, ASCII letters in any case; of
    /// JSON as it is stored: without blanks and escapes.
    Has,
}

/// What a column is compared with; its kind is that of the column.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    /// Text; the only kind for [`Op::Has`].
    Text(String),
    /// An id.
    Id(Id),
    /// From (inclusive) to (exclusive): a text names a whole second.
    Time(Timestamp, Timestamp),
    /// A flag.
    Bool(bool),
    /// A whole number.
    Number(i64),
    /// A JSON value.
    Json(Value),
    /// Something that no row equals, like a malformed time: the filter fails.
    Never,
}

impl Op {
    const PREFIXES: [(&'static str, Self); 9] = [
        ("eq", Self::Equal),
        ("neq", Self::NotEqual),
        ("gt", Self::Greater),
        ("gte", Self::GreaterOrEqual),
        ("lt", Self::Less),
        ("lte", Self::LessOrEqual),
        ("in", Self::In),
        ("nin", Self::NotIn),
        ("has", Self::Has),
    ];

    /// The prefix that stands before the colon.
    pub fn prefix(self) -> &'static str {
        let found = Self::PREFIXES.iter().find(|(_, op)| *op == self);
        found.map_or("eq", |(prefix, _)| prefix)
    }

    /// Splits the operator off; what is no operator is part of the value.
    fn split(text: &str) -> (Self, &str) {
        let known = |prefix| Self::PREFIXES.iter().find(|(text, _)| *text == prefix);
        text.split_once(':')
            .and_then(|(prefix, rest)| Some((known(prefix)?.1, rest)))
            .unwrap_or((Self::Equal, text))
    }
}

impl<C: Column> Filter<C> {
    /// Reads the value of a query argument.
    ///
    /// # Errors
    /// The operand does not fit the column.
    pub fn parse(column: C, text: &str) -> Result<Self, QueryError> {
        let (op, rest) = Op::split(text);
        let operands = match op {
            Op::Has => vec![Operand::Text(rest.to_owned())],
            // JSON has commas of its own: its list has one entry.
            Op::In | Op::NotIn if column.kind() != ColumnKind::Json => rest
                .split(',')
                .map(|part| Operand::parse(column, part))
                .collect::<Result<_, _>>()?,
            _ => vec![Operand::parse(column, rest)?],
        };
        Ok(Self {
            column,
            op,
            operands,
        })
    }

    /// Equality with an operand.
    pub fn equal(column: C, operand: Operand) -> Self {
        Self {
            column,
            op: Op::Equal,
            operands: vec![operand],
        }
    }
}

impl Operand {
    fn parse<C: Column>(column: C, text: &str) -> Result<Self, QueryError> {
        let wrong = |wanted| QueryError::NotA {
            column: column.name(),
            value: text.to_owned(),
            wanted,
        };
        Ok(match column.kind() {
            ColumnKind::Text | ColumnKind::Tags => Self::Text(text.to_owned()),
            ColumnKind::Time => time(text).map_or(Self::Never, |(from, to)| Self::Time(from, to)),
            ColumnKind::Bool => Self::Bool(flag(text).ok_or_else(|| wrong("a boolean"))?),
            ColumnKind::Number => Self::Number(text.parse().map_err(|_| wrong("a number"))?),
            ColumnKind::Json => Self::Json(object(column, text)?),
            ColumnKind::Id => Self::Id(text.parse().map_err(|_| QueryError::NotUuid {
                column: column.name(),
                value: text.to_owned(),
            })?),
        })
    }
}

fn object<C: Column>(column: C, text: &str) -> Result<Value, QueryError> {
    let wrong = |reason| QueryError::NotJson {
        column: column.name(),
        value: text.to_owned(),
        reason,
    };
    match json::parse(text) {
        Ok(value @ Value::Dict(_)) => Ok(value),
        Ok(other) => Err(wrong(format!("it is of type {}", other.type_name()))),
        Err(error) => Err(wrong(error.to_string())),
    }
}

/// The words of REST contract §1.3.
fn flag(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "1" | "t" | "true" | "on" | "y" | "yes" => Some(true),
        "0" | "f" | "false" | "off" | "n" | "no" => Some(false),
        _ => None,
    }
}

/// `YYYY-MM-DD[(T| )HH:MM[:SS[.ffffff]]][Z]`: the interval that the text names.
fn time(text: &str) -> Option<(Timestamp, Timestamp)> {
    let text = text.trim().trim_end_matches('Z');
    let (date, clock) = text.split_once(['T', ' ']).unwrap_or((text, "00:00:00"));
    let mut date = date.splitn(3, '-').map(|part| number(part, 4));
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let (clock, fraction) = match clock.split_once('.') {
        Some((clock, fraction)) => (clock, Some(fraction)),
        None => (clock, None),
    };
    let mut clock = clock.splitn(3, ':').map(|part| number(part, 2));
    let (hour, minute) = (clock.next()??, clock.next()??);
    let second = clock.next().unwrap_or(Some(0))?;
    let valid = (1..=12).contains(&month)
        && (1..=days_of(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    if !valid {
        return None;
    }
    let seconds = days_before(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
    let (micros, length) = match fraction {
        Some(digits) => (number(&format!("{digits:0<6}"), 6)?, 1),
        None => (0, 1_000_000),
    };
    let from = Timestamp::from_micros(seconds * 1_000_000 + micros);
    Some((from, from.plus_micros(length)))
}

/// A number of at most so many digits.
fn number(text: &str, digits: usize) -> Option<i64> {
    let plain =
        !text.is_empty() && text.len() <= digits && text.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_of(year: i64, month: i64) -> i64 {
    match month {
        2 => 28 + i64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to a date of the Gregorian calendar.
fn days_before(year: i64, month: i64, day: i64) -> i64 {
    let before = year - 1;
    let years = before * 365 + before / 4 - before / 100 + before / 400;
    let months: i64 = (1..month).map(|month| days_of(year, month)).sum();
    years + months + day - 1 - 719_162
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::ExecutionColumn as E;

    #[test]
    fn only_known_prefixes_are_operators() {
        for (text, op, value) in [
            ("a", Op::Equal, "a"),
            ("eq:a:b", Op::Equal, "a:b"),
            ("nope:a", Op::Equal, "nope:a"),
            ("has:", Op::Has, ""),
            ("LT:3", Op::Equal, "LT:3"),
        ] {
            let filter = Filter::parse(E::Description, text).unwrap();
            assert_eq!(filter.op, op, "{text}");
            assert_eq!(filter.operands, [Operand::Text(value.into())], "{text}");
        }
    }

    #[test]
    fn lists_are_not_trimmed() {
        let filter = Filter::parse(E::State, "in:A, B").unwrap();
        assert_eq!(
            filter.operands,
            [Operand::Text("A".into()), Operand::Text(" B".into())]
        );
    }

    #[test]
    fn times_name_a_second() {
        let second = |text: &str| {
            time(text).map(|(from, to)| (from.to_string(), to.micros() - from.micros()))
        };
        let leap = Some(("2024-02-29 12:34:56".to_owned(), 1_000_000));
        assert_eq!(second("2024-02-29 12:34:56"), leap);
        assert_eq!(second("2024-02-29T12:34:56Z"), leap);
        assert_eq!(
            second("2024-02-29 12:34:56.25"),
            Some(("2024-02-29 12:34:56".to_owned(), 1))
        );
        assert_eq!(
            second("1969-12-31 23:59"),
            Some(("1969-12-31 23:59:00".to_owned(), 1_000_000))
        );
        for bad in [
            "",
            "x",
            "2023-02-29 00:00:00",
            "2024-13-01",
            "2024-01-01 24:00:00",
            "-1-1-1",
        ] {
            assert_eq!(second(bad), None, "{bad}");
        }
        let filter = Filter::parse(E::CreatedAt, "neq:yesterday").unwrap();
        assert_eq!(filter.operands, [Operand::Never]);
    }

    #[test]
    fn operands_must_fit() {
        assert!(matches!(
            Filter::parse(E::WorkflowId, "x"),
            Err(QueryError::NotUuid {
                column: "workflow_id",
                ..
            })
        ));
        assert!(matches!(
            Filter::parse(E::Input, "[1]"),
            Err(QueryError::NotJson { .. })
        ));
        assert!(matches!(
            E::by_name("nope"),
            Err(QueryError::UnknownColumn { .. })
        ));
    }
}
