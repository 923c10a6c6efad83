//! Conditions, and how an index may answer them.
//!
//! Where a database does not know how its values are spread ([`super::plan`]), each
//! condition says which index has its rows together.

use std::cmp::Ordering;

use super::statement::Sql;
use super::times::{self, Band};
use super::{Fixed, Listed, condition};
use crate::query::{ColumnKind, Filter, ListQuery, Op, Operand, Projects};
use crate::sql::Dialect;

/// A condition of a list.
pub(super) struct Term<C> {
    pub(super) condition: String,
    pub(super) access: Access<C>,
    /// The number of its last parameter.
    pub(super) parameters: usize,
    /// Which end of an interval it is.
    side: Option<Side>,
    /// It is of a band.
    is_band: bool,
}

/// An end of an interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    From,
    Until,
}

/// How an index finds the rows of a condition.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Access<C> {
    /// Not at all.
    None,
    /// A column has one value; its rows are in the order of creation.
    Equal(C),
    /// A column has one of these values, each with its condition.
    OneOf(C, Vec<String>),
    /// The column is in an interval; its rows are in its order.
    Range(C),
    /// As a range; it follows from another condition.
    Implied(C),
    /// A tag, at that parameter; its rows are in the order of creation.
    Tag(String),
    /// A column has one of many values, or none of some. An index serves it by these
    /// parts, in no order, so the rows must be few.
    Spread(C, Vec<String>),
}

/// A walk for each value is merged; more of them are not worth it.
const MAX_WALKS: usize = 16;

impl<C: Listed> Term<C> {
    fn new(sql: &Sql, condition: String, access: Access<C>) -> Self {
        let parameters = match condition.contains('?') {
            true => sql.values.len(),
            false => 0,
        };
        Self {
            condition,
            access,
            parameters,
            side: None,
            is_band: false,
        }
    }

    /// A condition that no index serves.
    pub(super) fn plain(sql: &Sql, condition: String) -> Self {
        Self::new(sql, condition, Access::None)
    }

    /// Whether a band has the same end of the same interval. Only one of them can be where
    /// a walk begins or ends, and the band knows better.
    pub(super) fn is_in_band(&self, terms: &[Self]) -> bool {
        let same = |band: &Self| {
            let is_range = matches!(band.access, Access::Range(_));
            is_range && band.is_band && band.side == self.side && band.column() == self.column()
        };
        self.side.is_some() && !self.is_band && terms.iter().any(same)
    }

    /// The column whose index has its rows together.
    pub(super) fn column(&self) -> Option<C> {
        match &self.access {
            Access::Equal(column) | Access::OneOf(column, _) => Some(*column),
            Access::Spread(column, _) => Some(*column),
            Access::Range(column) | Access::Implied(column) => Some(*column),
            Access::None | Access::Tag(_) => None,
        }
    }

    /// Whether it can be what a list is read by.
    pub(super) fn can_drive(&self) -> bool {
        !matches!(self.access, Access::None | Access::Implied(_))
    }
}

/// All conditions of a query but those of its marker. Who may see a row comes after what
/// was asked for: it is the least to go by. Then come the conditions of a band.
pub(super) fn terms<C: Listed>(
    sql: &mut Sql,
    query: &ListQuery<C>,
    band: &Band<C>,
    fixed: Fixed,
) -> Vec<Term<C>> {
    let mut terms = Vec::new();
    for filter in &query.filters {
        filtered(sql, &mut terms, filter);
    }
    for tag in &query.tags {
        terms.push(tagged(sql, tag));
    }
    let together = |column: &C| C::NULL_TOGETHER.contains(column);
    let others = C::NULL_TOGETHER
        .iter()
        .filter(|_| query.nulls.iter().any(together));
    let others = others.filter(|column| !query.nulls.contains(column));
    for column in query.nulls.iter().chain(others) {
        let access = match C::INDEXED.contains(column) {
            true => Access::Equal(*column),
            false => Access::None,
        };
        let condition = format!("{} IS NULL", column.sql());
        terms.push(Term::new(sql, condition, access));
    }
    terms.extend(visible(sql, &query.projects, fixed));
    let own = terms.len();
    for filter in &band.filters {
        filtered(sql, &mut terms, filter);
    }
    for term in &mut terms[own..] {
        term.is_band = true;
    }
    terms
}

/// Only rows that the caller may see.
pub(super) fn visible<C: Listed>(sql: &mut Sql, projects: &Projects, fixed: Fixed) -> Vec<Term<C>> {
    let mut terms = Vec::new();
    if let Some((expression, value)) = fixed {
        let value = sql.bind(value.to_owned());
        let condition = format!("{expression} = {value}");
        terms.push(Term::new(sql, condition, Access::None));
    }
    if let Projects::Of(project) = projects {
        let project = sql.bind(project.to_string());
        let own = format!("{} = {project}", C::PROJECT);
        let owner = C::INDEXED.iter().find(|column| column.sql() == C::PROJECT);
        terms.push(match (C::SCOPE, owner) {
            (Some(scope), _) => {
                let condition = format!("({own} OR {scope} = 'public')");
                Term::new(sql, condition, Access::None)
            }
            (None, Some(column)) => Term::new(sql, own, Access::Equal(*column)),
            (None, None) => Term::new(sql, own, Access::None),
        });
    }
    terms
}

fn filtered<C: Listed>(sql: &mut Sql, terms: &mut Vec<Term<C>>, filter: &Filter<C>) {
    if let Some(tags) = condition::tags_of(filter) {
        match tags {
            Some(tags) => terms.extend(tags.iter().map(|tag| tagged(sql, tag))),
            None => terms.push(Term::new(sql, condition::NOTHING.into(), Access::None)),
        }
        return;
    }
    let filter = &simple(filter);
    let mut term = match others(sql, filter) {
        Some(intervals) => {
            let condition = format!("({})", intervals.join(" OR "));
            Term::new(sql, condition, Access::Spread(filter.column, intervals))
        }
        None => {
            let condition = condition::filter(sql, filter);
            let mut term = Term::new(sql, condition, Access::None);
            term.access = access(sql, filter);
            term
        }
    };
    term.side = side(filter.op);
    terms.push(term);
    if let Some(implied) = times::implied(filter) {
        let condition = condition::filter(sql, &implied);
        let mut term = Term::new(sql, condition, Access::Implied(implied.column));
        term.side = side(implied.op);
        terms.push(term);
    }
}

/// The same filter, said so that an index can serve it.
fn simple<C: Listed>(filter: &Filter<C>) -> Filter<C> {
    let mut filter = match C::STATE == Some(filter.column) {
        true => condition::states(filter),
        false => filter.clone(),
    };
    let one = filter.operands.len() == 1 && filter.column.kind() != ColumnKind::Time;
    if filter.op == Op::In && one {
        filter.op = Op::Equal;
    }
    filter
}

fn tagged<C: Listed>(sql: &mut Sql, tag: &str) -> Term<C> {
    let (condition, place) = condition::tag::<C>(sql, tag);
    let access = match C::TAG_TABLE {
        true => place.map_or(Access::None, Access::Tag),
        false => Access::None,
    };
    Term::new(sql, condition, access)
}

fn access<C: Listed>(sql: &mut Sql, filter: &Filter<C>) -> Access<C> {
    let column = filter.column;
    if !C::INDEXED.contains(&column) {
        return Access::None;
    }
    let is_time = column.kind() == ColumnKind::Time;
    match (filter.op, filter.operands.len()) {
        (Op::Equal, 1) if is_time => Access::Range(column),
        (Op::Equal, 1) => Access::Equal(column),
        (Op::In, 2..=MAX_WALKS) if !is_time && sql.dialect == Dialect::Sqlite => {
            let walks = distinct(&filter.operands).into_iter();
            let walks =
                walks.map(|operand| condition::filter(sql, &Filter::equal(column, operand)));
            Access::OneOf(column, walks.collect())
        }
        (Op::In, 1..) if !is_time => Access::Spread(column, Vec::new()),
        (Op::Greater | Op::GreaterOrEqual | Op::Less | Op::LessOrEqual, 1) => Access::Range(column),
        _ => Access::None,
    }
}

fn side(op: Op) -> Option<Side> {
    match op {
        Op::Greater | Op::GreaterOrEqual => Some(Side::From),
        Op::Less | Op::LessOrEqual => Some(Side::Until),
        _ => None,
    }
}

fn distinct(operands: &[Operand]) -> Vec<Operand> {
    let mut kept: Vec<Operand> = Vec::new();
    for operand in operands {
        if !kept.contains(operand) {
            kept.push(operand.clone());
        }
    }
    kept
}

/// That a column has none of some values, as the intervals between them: an index serves
/// them, but not a "not".
fn others<C: Listed>(sql: &mut Sql, filter: &Filter<C>) -> Option<Vec<String>> {
    let column = filter.column;
    let mut bounds = distinct(&filter.operands);
    let is_plain = |operand: &Operand| matches!(operand, Operand::Text(_) | Operand::Id(_));
    let is_served = sql.dialect == Dialect::Sqlite
        && matches!(filter.op, Op::NotEqual | Op::NotIn)
        && C::INDEXED.contains(&column)
        && (1..=MAX_WALKS).contains(&bounds.len())
        && bounds.iter().all(is_plain);
    if !is_served {
        return None;
    }
    bounds.sort_by(|one, other| match (one, other) {
        (Operand::Id(one), Operand::Id(other)) => one.cmp(other),
        (Operand::Text(one), Operand::Text(other)) => one.cmp(other),
        _ => Ordering::Equal,
    });
    let mut intervals = Vec::with_capacity(bounds.len() + 1);
    let mut lower: Option<String> = None;
    for bound in bounds {
        let mut side = |op| {
            let operands = vec![bound.clone()];
            condition::filter(
                sql,
                &Filter {
                    column,
                    op,
                    operands,
                },
            )
        };
        let (below, above) = (side(Op::Less), side(Op::Greater));
        intervals.push(match lower.replace(above) {
            Some(lower) => format!("{lower} AND {below}"),
            None => below,
        });
    }
    intervals.extend(lower);
    Some(intervals)
}
