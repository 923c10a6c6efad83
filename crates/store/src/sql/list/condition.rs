//! Filters as conditions.

use engine::model::{State, Timestamp};

use super::Listed;
use super::statement::Sql;
use crate::codec::{Encoded, encode};
use crate::query::{ColumnKind, Filter, Op, Operand};
use crate::sql::{Dialect, Value};

/// A filter that is not about tags. A null column satisfies none.
pub(super) fn filter<C: Listed>(sql: &mut Sql, filter: &Filter<C>) -> String {
    let column = filter.column;
    match (filter.op, filter.operands.as_slice()) {
        (Op::In, operands) => one_of(sql, column, operands, false),
        (Op::NotIn, operands) => one_of(sql, column, operands, true),
        (Op::Has, [operand]) => has(sql, column, operand),
        (op, [operand]) => compare(sql, column, op, operand),
        // Nothing, or several, to compare with.
        _ => NOTHING.to_owned(),
    }
}

/// That a row has a tag, and the place of the tag. Letters are compared in ASCII's way.
pub(super) fn tag<C: Listed>(sql: &mut Sql, tag: &str) -> (String, Option<String>) {
    let column = C::ALL
        .iter()
        .find(|column| column.kind() == ColumnKind::Tags);
    let Some(column) = column else {
        return (NOTHING.to_owned(), None);
    };
    let place = sql.bind(tag.to_ascii_lowercase());
    let condition = match C::TAG_TABLE {
        // Not EXISTS: PostgreSQL would join, and take the conditions of the join for rare.
        true => format!(
            "(SELECT 1 FROM execution_tags y WHERE y.tag = {place} \
             AND y.created_at = {} AND y.execution = {}) IS NOT NULL",
            C::CREATED_AT.sql(),
            C::ID.sql()
        ),
        false => format!(
            "EXISTS (SELECT 1 FROM {} WHERE {} = {place})",
            sql.dialect.each_tag(column.sql()),
            sql.dialect.lower("tag.value")
        ),
    };
    (condition, Some(place))
}

/// The tags of a filter that is about tags; no such tags if it makes no sense.
/// Operators are ignored (REST contract §2.2): all must be there.
pub(super) fn tags_of<C: Listed>(filter: &Filter<C>) -> Option<Option<Vec<&str>>> {
    (filter.column.kind() == ColumnKind::Tags).then(|| {
        let operands = filter.operands.iter();
        let tags = operands.map(|operand| match operand {
            Operand::Text(list) => Some(list.split(',')),
            _ => None,
        });
        let tags: Option<Vec<_>> = tags.collect();
        tags.map(|tags| tags.into_iter().flatten().collect())
    })
}

/// A filter by state as the states that pass: there are few, and an index finds each.
pub(super) fn states<C: Listed>(filter: &Filter<C>) -> Filter<C> {
    let operands: Vec<_> = filter.operands.iter().map(text_of).collect();
    let passes = |state: &State| {
        let name = state.as_str();
        match (filter.op, operands.as_slice()) {
            (Op::In, operands) => operands.contains(&name),
            (Op::NotIn, operands) => !operands.contains(&name),
            (Op::Equal, [operand]) => name == *operand,
            (Op::NotEqual, [operand]) => name != *operand,
            (Op::Greater, [operand]) => name > *operand,
            (Op::GreaterOrEqual, [operand]) => name >= *operand,
            (Op::Less, [operand]) => name < *operand,
            (Op::LessOrEqual, [operand]) => name <= *operand,
            (Op::Has, [part]) => {
                let part = part.to_ascii_uppercase();
                name.contains(&part)
            }
            _ => false,
        }
    };
    let states = State::ALL.into_iter().filter(passes);
    Filter {
        column: filter.column,
        op: Op::In,
        operands: states
            .map(|state| Operand::Text(state.as_str().to_owned()))
            .collect(),
    }
}

fn text_of(operand: &Operand) -> &str {
    match operand {
        Operand::Text(text) => text,
        _ => "",
    }
}

/// The text of a column as the API shows it.
pub(super) fn text<C: Listed>(dialect: Dialect, column: C) -> String {
    let sql = column.sql();
    match column.kind() {
        ColumnKind::Text | ColumnKind::Tags => sql.to_owned(),
        ColumnKind::Bool => format!("CASE {sql} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END"),
        ColumnKind::Number => format!("CAST({sql} AS TEXT)"),
        ColumnKind::Time => dialect.time(sql),
        ColumnKind::Id => dialect.uuid(sql),
        ColumnKind::Json => dialect.wide_text(sql, C::ROOT),
    }
}

pub(super) const NOTHING: &str = "1 = 0";

fn has<C: Listed>(sql: &mut Sql, column: C, operand: &Operand) -> String {
    let Operand::Text(part) = operand else {
        return NOTHING.to_owned();
    };
    let part = sql.bind(part.to_ascii_lowercase());
    let text = sql.dialect.lower(&text(sql.dialect, column));
    sql.dialect.has(&text, &part)
}

fn compare<C: Listed>(sql: &mut Sql, column: C, op: Op, operand: &Operand) -> String {
    match operand {
        Operand::Time(from, to) => compare_time(sql, column.sql(), op, *from, *to),
        Operand::Json(json) => compare_json(sql, column, op, json),
        Operand::Never => NOTHING.to_owned(),
        scalar => {
            let place = sql.bind(scalar_value(scalar));
            format!("{} {} {place}", column.sql(), symbol(op))
        }
    }
}

/// A point is equal to an interval if it is in it.
fn compare_time(sql: &mut Sql, column: &str, op: Op, from: Timestamp, to: Timestamp) -> String {
    let mut place = |time: Timestamp| sql.bind(time.micros());
    match op {
        Op::NotEqual => format!("({column} < {} OR {column} >= {})", place(from), place(to)),
        Op::Greater => format!("{column} >= {}", place(to)),
        Op::GreaterOrEqual => format!("{column} >= {}", place(from)),
        Op::Less => format!("{column} < {}", place(from)),
        Op::LessOrEqual => format!("{column} < {}", place(to)),
        _ => format!("({column} >= {} AND {column} < {})", place(from), place(to)),
    }
}

/// Equality looks at what is stored, text or hash; order at the text.
fn compare_json<C: Listed>(sql: &mut Sql, column: C, op: Op, json: &yaql::Value) -> String {
    let Some(json) = column.stored(json) else {
        return match op {
            Op::NotEqual => format!("{} IS NOT NULL", column.sql()),
            _ => NOTHING.to_owned(),
        };
    };
    if matches!(op, Op::Equal | Op::NotEqual) {
        let place = sql.bind(stored(&json));
        return format!("{} {} {place}", column.sql(), symbol(op));
    }
    let place = sql.bind(yaql::json::to_string(&json));
    format!("{} {} {place}", text(sql.dialect, column), symbol(op))
}

fn stored(json: &yaql::Value) -> Value {
    match encode(json) {
        Encoded::Inline(text) => Value::Text(text),
        Encoded::Large(large) => Value::Hash(large.hash),
    }
}

fn one_of<C: Listed>(sql: &mut Sql, column: C, operands: &[Operand], negated: bool) -> String {
    let mut values = Vec::new();
    let mut seconds = Vec::new();
    for operand in operands {
        match operand {
            Operand::Time(from, to) if to.micros() - from.micros() == SECOND => {
                seconds.push(sql.bind(from.micros() / SECOND));
            }
            Operand::Json(json) => {
                values.extend(column.stored(json).map(|json| sql.bind(stored(&json))));
            }
            Operand::Never => {}
            scalar => values.push(sql.bind(scalar_value(scalar))),
        }
    }
    let (expression, negation) = (column.sql(), if negated { "NOT " } else { "" });
    let whole = format!("{expression} / {SECOND} IN ({})", seconds.join(", "));
    let exact = format!("{expression} IN ({})", values.join(", "));
    let among = match (values.is_empty(), seconds.is_empty()) {
        // Alone, so that the database need not look at any row.
        (true, true) if !negated => return NOTHING.to_owned(),
        (true, true) => format!("({NOTHING})"),
        (false, true) => exact,
        (true, false) => format!("({whole})"),
        (false, false) => format!("({exact} OR {whole})"),
    };
    format!("({expression} IS NOT NULL AND {negation}{among})")
}

/// Microseconds of a second.
const SECOND: i64 = 1_000_000;

fn scalar_value(operand: &Operand) -> Value {
    match operand {
        Operand::Text(text) => Value::Text(text.clone()),
        Operand::Id(id) => Value::Blob(id.as_bytes().to_vec()),
        Operand::Bool(flag) => Value::Integer((*flag).into()),
        Operand::Number(number) => Value::Integer(*number),
        Operand::Time(from, _) => Value::Integer(from.micros()),
        Operand::Json(json) => stored(json),
        Operand::Never => Value::Null,
    }
}

fn symbol(op: Op) -> &'static str {
    match op {
        Op::NotEqual => "<>",
        Op::Greater => ">",
        Op::GreaterOrEqual => ">=",
        Op::Less => "<",
        Op::LessOrEqual => "<=",
        Op::Equal | Op::In | Op::NotIn | Op::Has => "=",
    }
}
