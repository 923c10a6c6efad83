//! Conditions, and how an index may answer them.
//!
//! Where a database does not know how its values are spread ([`super::plan`]), each
//! condition says which index has its rows together.

use super::statement::Sql;
use super::{Fixed, Listed, condition};
use crate::query::{ColumnKind, Filter, ListQuery, Op, Projects};
use crate::sql::Dialect;

/// A condition of a list.
pub(super) struct Term<C> {
    pub(super) condition: String,
    pub(super) access: Access<C>,
    /// The number of its last parameter.
    pub(super) parameters: usize,
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
        }
    }

    /// The column whose index has its rows together.
    pub(super) fn column(&self) -> Option<C> {
        match &self.access {
            Access::Equal(column) | Access::OneOf(column, _) => Some(*column),
            Access::Range(column) | Access::Implied(column) => Some(*column),
            Access::None | Access::Tag(_) => None,
        }
    }

    /// Whether it can be what a list is read by.
    pub(super) fn can_drive(&self) -> bool {
        !matches!(self.access, Access::None | Access::Implied(_))
    }
}

/// All conditions of a query but those of its marker. Who may see a row comes last: it
/// is the least to go by.
pub(super) fn terms<C: Listed>(sql: &mut Sql, query: &ListQuery<C>, fixed: Fixed) -> Vec<Term<C>> {
    let mut terms = Vec::new();
    for filter in &query.filters {
        filtered(sql, &mut terms, filter);
    }
    for tag in &query.tags {
        terms.push(tagged(sql, tag));
    }
    for column in &query.nulls {
        let access = match C::INDEXED.contains(column) {
            true => Access::Equal(*column),
            false => Access::None,
        };
        let condition = format!("{} IS NULL", column.sql());
        terms.push(Term::new(sql, condition, access));
    }
    terms.extend(visible(sql, &query.projects, fixed));
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
    let condition = condition::filter(sql, filter);
    let mut term = Term::new(sql, condition, Access::None);
    term.access = access(sql, filter);
    terms.push(term);
    if let Some(implied) = created_before(filter) {
        let condition = condition::filter(sql, &implied);
        terms.push(Term::new(sql, condition, Access::Implied(C::CREATED_AT)));
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
            let mut operands = filter.operands.clone();
            let mut seen = Vec::new();
            operands.retain(|operand| {
                let is_new = !seen.contains(operand);
                seen.push(operand.clone());
                is_new
            });
            let walks = operands.into_iter();
            let walks =
                walks.map(|operand| condition::filter(sql, &Filter::equal(column, operand)));
            Access::OneOf(column, walks.collect())
        }
        (Op::Greater | Op::GreaterOrEqual | Op::Less | Op::LessOrEqual, 1) => Access::Range(column),
        _ => Access::None,
    }
}

/// What was last changed before a time was made before it, too: so the order of
/// creation ends early.
fn created_before<C: Listed>(filter: &Filter<C>) -> Option<Filter<C>> {
    let column = filter.column;
    if column.name() != "updated_at" || !C::INDEXED.contains(&column) {
        return None;
    }
    let op = match filter.op {
        Op::Less => Op::Less,
        Op::LessOrEqual | Op::Equal => Op::LessOrEqual,
        _ => return None,
    };
    Some(Filter {
        column: C::CREATED_AT,
        op,
        operands: filter.operands.clone(),
    })
}
