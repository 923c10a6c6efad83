//! `GET /v2/actions`: a list of two sources, so it is sorted, filtered and cut
//! into pages here (REST API §7.4).

use std::cmp::Ordering;

use store::DefinitionKind;
use store::query::{DefinitionColumn, Direction, ListQuery, Projects};
use yaql::{Dict, List, Value, python};

use super::{Actions, render};
use crate::api::definitions::{Answer, Defined};
use crate::api::dynamic_actions;
use crate::api::error::ApiResult;
use crate::api::list::{
    Link, ListCall, checked_limit, invalid_sort_key, sort_words, split_operator, visible, word,
};
use crate::api::openapi::Operation;
use crate::api::query::{Query, means_true, unknown};
use crate::api::state::Reading;

/// Arguments that are no filters.
const COMMON: &[&str] = &["limit", "marker", "sort_keys", "sort_dirs", "fields"];

/// How many ad-hoc actions are read at a time.
const PORTION: usize = 1_000;

/// The description of [`index`].
pub(crate) fn listed() -> Operation {
    let filters = Actions::RESOURCE.names().filter(|name| *name != "id");
    let listed = Operation::new(Actions::WORDS.list)
        .about("Those of the default namespace, unless another one is given.")
        .pages()
        .fields(Actions::RESOURCE);
    filters
        .fold(listed, Operation::filter)
        .answers_pages(Actions::PLURAL, Actions::RESOURCE)
}

/// A page of all actions. Without a `namespace` only the default one is listed;
/// without a `limit` there is one page.
pub(crate) async fn index(call: ListCall) -> ApiResult {
    let wanted = Wanted::parse(call.address.clone(), &call.arguments)?;
    let projects = visible(&call.caller);
    call.answer(move |reading| {
        let mut all = render::all_built_in(reading);
        let dynamic = dynamic_actions::visible(reading, projects.clone())?;
        all.extend(dynamic.iter().map(render::dynamic));
        all.extend(adhoc(reading, projects)?);
        Ok(wanted.page(all))
    })
    .await
}

fn adhoc(reading: &Reading<'_>, projects: Projects) -> ApiResult<Vec<Dict>> {
    let mut query: ListQuery<DefinitionColumn> = ListQuery {
        projects,
        limit: Some(PORTION),
        ..ListQuery::default()
    };
    let mut found = Vec::new();
    loop {
        let page = reading
            .catalog
            .definitions(DefinitionKind::Action, &query)?;
        found.extend(
            page.records
                .iter()
                .map(|row| Actions::shown(row, Answer::Read)),
        );
        match page.records.last() {
            Some(last) if page.full => query.marker = Some(last.id.to_string().into()),
            _ => return Ok(found),
        }
    }
}

/// What a caller wants to see.
struct Wanted {
    address: String,
    sort: Vec<(String, Direction)>,
    /// Attribute, operator, operand.
    filters: Vec<(String, String, String)>,
    limit: Option<usize>,
    marker: Option<String>,
    /// Accepted, repeated in `next`, and without an effect.
    fields: Option<String>,
}

impl Wanted {
    fn parse(address: String, arguments: &Query) -> ApiResult<Self> {
        let sort = sort_words(arguments, "name")?;
        if let Some((key, _)) = sort.iter().find(|(key, _)| !Actions::RESOURCE.has(key)) {
            return Err(invalid_sort_key(key));
        }
        let limit = checked_limit(arguments)?;
        Ok(Self {
            address,
            sort,
            filters: filters(arguments)?,
            limit: limit.and_then(|limit| usize::try_from(limit).ok()),
            marker: arguments.get("marker").map(str::to_owned),
            fields: arguments.get("fields").map(str::to_owned),
        })
    }

    fn page(&self, all: Vec<Dict>) -> Dict {
        let mut all: Vec<_> = all
            .into_iter()
            .filter(|action| self.passes(action))
            .collect();
        all.sort_by(|a, b| self.compare(a, b));
        let start = self
            .marker
            .as_ref()
            .and_then(|marker| position(&all, marker));
        let rest = all.into_iter().skip(start.map_or(0, |at| at + 1));
        let actions: Vec<Dict> = match self.limit {
            None => rest.collect(),
            Some(limit) => rest.take(limit).collect(),
        };
        let full = self.limit == Some(actions.len());
        let next = actions
            .last()
            .filter(|_| full)
            .map(|last| self.next_link(&text(last, "name")));
        let mut body = Dict::new();
        body.insert("actions", actions.into_iter().collect::<List>());
        if let Some(next) = next {
            body.insert("next", next);
        }
        body
    }

    fn passes(&self, action: &Dict) -> bool {
        self.filters
            .iter()
            .all(|(name, operator, operand)| match action.get(name) {
                // What no action has is not compared.
                None => true,
                Some(Value::Null) => matches!(&**operator, "neq" | "nin"),
                Some(Value::List(tags)) => {
                    let has = |tag: &str| tags.iter().any(|t| same(&python::str(t), tag));
                    operand.split(',').all(has)
                }
                Some(Value::Bool(flag)) => {
                    let is_named = operand.split(',').any(|word| means_true(word) == *flag);
                    is_named != matches!(&**operator, "neq" | "nin")
                }
                Some(value) => matches(&python::str(value), operator, operand),
            })
    }

    fn compare(&self, a: &Dict, b: &Dict) -> Ordering {
        let by = |key: &str| text(a, key).cmp(&text(b, key));
        let keys = self.sort.iter().map(|(key, direction)| match direction {
            Direction::Ascending => by(key),
            Direction::Descending => by(key).reverse(),
        });
        keys.chain([by("name"), by("id")])
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    }

    fn next_link(&self, last: &str) -> String {
        let keys: Vec<_> = self.sort.iter().map(|(key, _)| &**key).collect();
        let dirs: Vec<_> = self
            .sort
            .iter()
            .map(|(_, direction)| word(*direction))
            .collect();
        let mut link = Link::new(&self.address);
        link.add("sort_keys", &keys.join(","));
        link.add("sort_dirs", &dirs.join(","));
        for (name, operator, operand) in &self.filters {
            link.add(name, &format!("{operator}:{operand}"));
        }
        if let Some(limit) = self.limit {
            link.add("limit", &limit.to_string());
        }
        link.add("marker", last);
        if let Some(fields) = &self.fields {
            link.add("fields", fields);
        }
        link.0
    }
}

fn filters(arguments: &Query) -> ApiResult<Vec<(String, String, String)>> {
    let mut filters = Vec::new();
    for (name, value) in arguments.iter().filter(|(name, _)| !COMMON.contains(name)) {
        if !Actions::RESOURCE.has(name) || name == "id" {
            return Err(unknown(name));
        }
        let (operator, operand) = split_operator(value);
        filters.push((name.to_owned(), operator.to_owned(), operand.to_owned()));
    }
    if arguments.get("namespace").is_none() {
        filters.push(("namespace".to_owned(), "eq".to_owned(), String::new()));
    }
    Ok(filters)
}

fn matches(value: &str, operator: &str, operand: &str) -> bool {
    let order = value.cmp(operand);
    match operator {
        "neq" => order.is_ne(),
        "gt" => order.is_gt(),
        "gte" => order.is_ge(),
        "lt" => order.is_lt(),
        "lte" => order.is_le(),
        "in" => operand.split(',').any(|part| part == value),
        "nin" => operand.split(',').all(|part| part != value),
        "has" => value
            .to_ascii_lowercase()
            .contains(&operand.to_ascii_lowercase()),
        _ => order.is_eq(),
    }
}

/// Where the action with that name or id is.
fn position(actions: &[Dict], marker: &str) -> Option<usize> {
    actions
        .iter()
        .position(|action| text(action, "name") == marker || text(action, "id") == marker)
}

fn text(action: &Dict, key: &str) -> String {
    match action.get(key) {
        None | Some(Value::Null) => String::new(),
        Some(value) => python::str(value),
    }
}

fn same(a: &str, b: &str) -> bool {
    a.to_lowercase() == b.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actions() -> Vec<Dict> {
        let action = |name: &str, id: &str, created_at: &str, namespace: &str| -> Dict {
            [
                ("name", name),
                ("id", id),
                ("created_at", created_at),
                ("namespace", namespace),
            ]
            .into_iter()
            .collect()
        };
        vec![
            action("std.b", "std.b", "", ""),
            action("mine", "1-2-3", "2026-01-01 00:00:00", ""),
            action("std.a", "std.a", "", ""),
            action("other", "4-5-6", "2026-01-02 00:00:00", "ns"),
        ]
    }

    fn page(query: &str) -> (Vec<String>, Option<String>) {
        let arguments = Query::parse(query).unwrap();
        let wanted = Wanted::parse("http://h/v2/actions".into(), &arguments).unwrap();
        let body = wanted.page(actions());
        let listed = body.get("actions").unwrap().as_list().unwrap().clone();
        let names = listed
            .iter()
            .map(|action| text(action.as_dict().unwrap(), "name"));
        (names.collect(), body.get("next").map(python::str))
    }

    #[test]
    fn sorted_by_name_within_the_default_namespace() {
        assert_eq!(page("").0, ["mine", "std.a", "std.b"]);
        assert_eq!(page("namespace=ns").0, ["other"]);
        assert_eq!(
            page("sort_keys=created_at&sort_dirs=asc").0,
            ["std.a", "std.b", "mine"]
        );
        assert_eq!(page("sort_dirs=desc").0, ["std.b", "std.a", "mine"]);
    }

    #[test]
    fn pages_start_behind_the_marker() {
        let (names, next) = page("limit=1");
        assert_eq!(names, ["mine"]);
        assert_eq!(
            next.unwrap(),
            "http://h/v2/actions?sort_keys=name&sort_dirs=asc&namespace=eq:&limit=1&marker=mine"
        );
        assert_eq!(
            page("limit=5&marker=1-2-3"),
            (vec!["std.a".into(), "std.b".into()], None)
        );
        assert_eq!(page("marker=unknown").0.len(), 3);
    }

    #[test]
    fn filters() {
        assert_eq!(page("name=has:std").0, ["std.a", "std.b"]);
        assert_eq!(page("name=in:mine,std.a").0, ["mine", "std.a"]);
        assert_eq!(page("created_at=gt:2025").0, ["mine"]);
    }
}
