//! Lists: arguments in, a page and its `next` link out (REST API §2).
//!
//! A [`Listing`] says what the list of one resource accepts. Columns come from
//! the store's closed sets; no text of a caller goes further than an operand.

use axum::extract::{FromRequestParts, OriginalUri};
use http::request::Parts;
use store::StoreError;
use store::query::{Column, Direction, Filter, ListQuery, Op, Operand, Page, Projects, QueryError};
use yaql::{Dict, List, Value};

use super::caller::Caller;
use super::error::{ApiError, ApiResult};
use super::fields;
use super::path::BaseUrl;
use super::query::{self, Query, encode, means_true};
use super::reply;
use super::resource::Resource;
use super::selection::Selection;
use super::state::{App, Reading};

/// What the list of one resource accepts.
#[derive(Debug)]
pub(crate) struct Listing<C: 'static> {
    /// Key of the entries in the answer.
    pub(crate) collection: &'static str,
    /// What the entries are.
    pub(crate) resource: &'static Resource,
    /// Columns that may be filters.
    pub(crate) filters: &'static [C],
    /// Flags of this list alone, such as `include_output`.
    pub(crate) flags: &'static [&'static str],
    /// Whether `tags=` is a filter.
    pub(crate) has_tags: bool,
    /// Whether `nulls=` is a filter.
    pub(crate) has_nulls: bool,
}

/// The arguments of every list.
const COMMON: &[&str] = &["limit", "marker", "sort_keys", "sort_dirs", "fields"];

/// A request for a list, not read yet.
pub(crate) struct ListCall {
    /// The state of the server.
    pub(crate) app: App,
    /// Who asks.
    pub(crate) caller: Caller,
    /// The list's own address.
    pub(crate) address: String,
    /// What was given.
    pub(crate) arguments: Query,
}

impl FromRequestParts<App> for ListCall {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> ApiResult<Self> {
        let base = BaseUrl::from_request_parts(parts, app).await?;
        let Ok(caller) = Caller::from_request_parts(parts, app).await;
        let Ok(OriginalUri(uri)) = OriginalUri::from_request_parts(parts, app).await;
        Ok(Self {
            app: app.clone(),
            caller,
            address: base.link(uri.path()),
            arguments: Query::from_request_parts(parts, app).await?,
        })
    }
}

impl ListCall {
    /// Reads the arguments as a list accepts them.
    pub(crate) fn request<C: Column>(&self, listing: &Listing<C>) -> ApiResult<ListRequest<C>> {
        let max = self.app.config().api.max_limit;
        listing.parse(self.address.clone(), &self.arguments, &self.caller, max)
    }

    /// The answer that `work` reads.
    pub(crate) async fn answer<F>(&self, work: F) -> ApiResult
    where
        F: FnOnce(&Reading<'_>) -> ApiResult<Dict> + Send + 'static,
    {
        self.app.read(work).await.map(reply::ok)
    }
}

/// One question for a list.
#[derive(Clone, Debug)]
pub(crate) struct ListRequest<C> {
    /// For the catalog.
    pub(crate) query: ListQuery<C>,
    /// What the entries show.
    pub(crate) selection: Selection,
    collection: &'static str,
    /// What the next page's address starts with.
    address: String,
    /// Arguments that are no filters and go on to the next page.
    carried: Vec<(&'static str, String)>,
    limit: usize,
    /// How many of the filters, the last ones, come from the path.
    implied: usize,
    /// Entries carry their results, too (`include=result`, an own addition).
    pub(crate) includes_result: bool,
}

impl<C: Column> Listing<C> {
    /// Reads the arguments of a list whose own address is `address`.
    ///
    /// # Errors
    /// 400 for arguments that are unknown or do not fit; 403 for the rows of
    /// other projects.
    pub(crate) fn parse(
        &self,
        address: String,
        arguments: &Query,
        caller: &Caller,
        max_limit: u32,
    ) -> ApiResult<ListRequest<C>> {
        self.check_known(arguments)?;
        let limit = limit(arguments, max_limit)?;
        let mut query = ListQuery {
            projects: projects(arguments, caller)?,
            sort: sort(arguments)?,
            limit: Some(limit),
            marker: arguments.get("marker").map(Into::into),
            ..ListQuery::default()
        };
        self.read_filters(arguments, &mut query)?;
        Ok(ListRequest {
            query,
            selection: Selection::of_list(arguments, "id", self.resource)?,
            collection: self.collection,
            address,
            carried: self.carried(arguments),
            limit,
            implied: 0,
            includes_result: includes_result(arguments)?,
        })
    }

    fn check_known(&self, arguments: &Query) -> ApiResult<()> {
        let known = |name: &str| {
            COMMON.contains(&name)
                || self.flags.contains(&name)
                || self.filters.iter().any(|column| column.name() == name)
                || (self.has_tags && name == "tags")
                || (self.has_nulls && name == "nulls")
        };
        match arguments.iter().find(|(name, _)| !known(name)) {
            None => Ok(()),
            Some((name, _)) => Err(query::unknown(name)),
        }
    }

    fn read_filters(&self, arguments: &Query, query: &mut ListQuery<C>) -> ApiResult<()> {
        for (name, text) in arguments.iter() {
            if let Some(column) = self.filters.iter().find(|column| column.name() == name) {
                query
                    .filters
                    .push(Filter::parse(*column, text).map_err(query_error)?);
            } else if name == "tags" {
                let (_, tags) = split_operator(text);
                let tags = tags.split(',').filter(|tag| !tag.is_empty());
                query.tags.extend(tags.map(str::to_owned));
            } else if name == "nulls" {
                let columns = text.split(',').filter(|column| !column.is_empty());
                for column in columns {
                    query.nulls.push(nullable(column)?);
                }
            }
        }
        Ok(())
    }

    fn carried(&self, arguments: &Query) -> Vec<(&'static str, String)> {
        let given = |name: &&'static str| {
            let text = arguments.get(name)?;
            means_true(text).then(|| (*name, text.to_owned()))
        };
        let mut carried: Vec<_> = self.flags.iter().filter_map(given).collect();
        if let Some(nulls) = arguments.get("nulls").filter(|_| self.has_nulls) {
            carried.push(("nulls", nulls.to_owned()));
        }
        carried
    }
}

impl<C: Column> ListRequest<C> {
    /// Demands that a column equals something, because the path says so: the
    /// `next` link need not repeat it.
    pub(crate) fn restrict(&mut self, column: C, operand: Operand) {
        self.query.filters.push(Filter::equal(column, operand));
        self.implied += 1;
    }

    /// The answer of a page whose rows need no more reads. `entry` gives the id
    /// and the attributes of a row; an unknown marker is `not_found`.
    pub(crate) fn page<T>(
        &self,
        page: Result<Page<T>, StoreError>,
        not_found: impl FnOnce(&str) -> ApiError,
        entry: impl Fn(&T) -> (String, Dict),
    ) -> ApiResult<Dict> {
        let marker = self.query.marker.as_deref();
        let page = page.map_err(|error| unknown_marker(error, marker, not_found))?;
        let (ids, entries): (Vec<_>, Vec<_>) = page.records.iter().map(entry).unzip();
        Ok(self.answer(entries, page.full, ids.into_iter().next_back()))
    }

    /// The answer: the entries and the link to the next page. `full` says that
    /// there may be one, `last` is the id of the last entry.
    pub(crate) fn answer(&self, entries: Vec<Dict>, full: bool, last: Option<String>) -> Dict {
        let mut body = Dict::new();
        let entries = entries.into_iter().map(|entry| self.selection.apply(entry));
        body.insert(self.collection, entries.collect::<List>());
        if let Some(last) = last.filter(|_| full) {
            body.insert("next", self.next_link(&last));
        }
        body
    }

    fn next_link(&self, last: &str) -> String {
        let mut sort = self.query.sort.clone();
        if !sort.iter().any(|(column, _)| *column == C::ID) {
            sort.push((C::ID, Direction::Ascending));
        }
        let keys: Vec<_> = sort.iter().map(|(column, _)| column.name()).collect();
        let dirs: Vec<_> = sort.iter().map(|(_, direction)| word(*direction)).collect();
        let mut link = Link::new(&self.address);
        link.add("sort_keys", &keys.join(","));
        link.add("sort_dirs", &dirs.join(","));
        let written = self.query.filters.len() - self.implied;
        for filter in &self.query.filters[..written] {
            link.add(filter.column.name(), &filter_text(filter));
        }
        if !self.query.tags.is_empty() {
            link.add("tags", &self.query.tags.join(","));
        }
        for (name, value) in &self.carried {
            link.add(name, value);
        }
        link.add("limit", &self.limit.to_string());
        link.add("marker", last);
        if let Some(fields) = self.selection.text() {
            link.add("fields", &fields);
        }
        link.0
    }
}

/// An address with arguments.
pub(crate) struct Link(pub(crate) String);

impl Link {
    /// Without arguments yet.
    pub(crate) fn new(address: &str) -> Self {
        Self(address.to_owned())
    }

    /// Adds an argument.
    pub(crate) fn add(&mut self, name: &str, value: &str) {
        let separator = if self.0.contains('?') { '&' } else { '?' };
        self.0.push(separator);
        self.0.push_str(name);
        self.0.push('=');
        self.0.push_str(&encode(value));
    }
}

/// Whether `include` asks for results.
fn includes_result(arguments: &Query) -> ApiResult<bool> {
    match arguments.get("include").unwrap_or_default() {
        "" => Ok(false),
        "result" => Ok(true),
        other => Err(ApiError::bad_request(format!(
            "Unknown argument: include={other}; lists include 'result' only."
        ))),
    }
}

/// The `limit` argument: at most `max`, which also counts if none is given.
fn limit(arguments: &Query, max: u32) -> ApiResult<usize> {
    let limit = match checked_limit(arguments)? {
        None => i64::from(max),
        Some(limit) => limit.min(i64::from(max)),
    };
    Ok(usize::try_from(limit).unwrap_or(1))
}

/// The `limit` argument, if there is one.
pub(crate) fn checked_limit(arguments: &Query) -> ApiResult<Option<i64>> {
    match arguments.int("limit")? {
        Some(limit) if limit <= 0 => Err(ApiError::bad_request("Limit must be positive.")),
        limit => Ok(limit),
    }
}

/// `sort_keys` and `sort_dirs`, by any names.
pub(crate) fn sort_words(arguments: &Query, default: &str) -> ApiResult<Vec<(String, Direction)>> {
    let words = |name| {
        let words = arguments.get(name).unwrap_or_default().split(',');
        let words = words.map(|word| word.trim().to_lowercase());
        words.filter(|word| !word.is_empty()).collect::<Vec<_>>()
    };
    let mut keys = words("sort_keys");
    if keys.is_empty() {
        keys.push(default.to_owned());
    }
    let mut dirs = words("sort_dirs");
    if dirs.len() > keys.len() {
        let text = "Length of sort_keys must be equal or greater than sort_dirs.";
        return Err(ApiError::bad_request(text));
    }
    dirs.resize(keys.len(), "asc".to_owned());
    let mut sort: Vec<(String, Direction)> = Vec::new();
    for (key, dir) in keys.into_iter().zip(dirs) {
        let direction = direction(&dir)?;
        if !sort.iter().any(|(known, _)| *known == key) {
            sort.push((key, direction));
        }
    }
    Ok(sort)
}

fn sort<C: Column>(arguments: &Query) -> ApiResult<Vec<(C, Direction)>> {
    let words = sort_words(arguments, C::CREATED_AT.name())?;
    words
        .into_iter()
        .map(|(key, direction)| match C::by_name(&key) {
            Ok(column) => Ok((column, direction)),
            Err(_) => Err(invalid_sort_key(&key)),
        })
        .collect()
}

/// The refusal of a sort key.
pub(crate) fn invalid_sort_key(key: &str) -> ApiError {
    ApiError::bad_request(format!("Sort key supplied is invalid: {key}"))
}

fn direction(word: &str) -> ApiResult<Direction> {
    match word {
        "asc" => Ok(Direction::Ascending),
        "desc" => Ok(Direction::Descending),
        _ => {
            let text = "Unknown sort direction, must be 'desc' or 'asc'.";
            Err(ApiError::bad_request(text))
        }
    }
}

/// The name of a sort direction.
pub(crate) fn word(direction: Direction) -> &'static str {
    match direction {
        Direction::Ascending => "asc",
        Direction::Descending => "desc",
    }
}

/// Whose rows a caller sees, and asks for (REST API §17.5, §17.6). The own project is
/// nothing special to ask for.
fn projects(arguments: &Query, caller: &Caller) -> ApiResult<Projects> {
    let project = arguments.get("project_id").map(split_operator);
    let others = project.is_some_and(|project| project != ("eq", &*caller.project_id));
    if others || arguments.flag("all_projects") {
        caller.require_admin()?;
    }
    Ok(visible(caller))
}

/// Whose rows a caller sees.
pub(crate) fn visible(caller: &Caller) -> Projects {
    match caller.is_admin {
        true => Projects::All,
        false => Projects::Of(caller.project_id.clone()),
    }
}

fn nullable<C: Column>(name: &str) -> ApiResult<C> {
    let column = C::by_name(name)
        .map_err(|_| ApiError::bad_request(format!("'{name}' is not a valid field name.")))?;
    match column.is_nullable() {
        true => Ok(column),
        false => Err(query_error(QueryError::NeverNull(column.name()))),
    }
}

/// A question that the store refuses, in the words of the contract.
pub(crate) fn query_error(error: QueryError) -> ApiError {
    match error {
        QueryError::NotUuid { column, value } => query::not_a_uuid(column, &value),
        QueryError::NotJson { column, value, .. } => fields::not_an_object(column, &value),
        QueryError::NotA {
            column,
            value,
            wanted: "a number",
        } => {
            let reason = format!("invalid literal for int() with base 10: '{value}'");
            query::unconvertible(column, &value, "int", &reason)
        }
        QueryError::NotA { column, value, .. } => {
            let reason = format!("Value not an unambiguous boolean: {value}");
            query::unconvertible(column, &value, "boolean", &reason)
        }
        QueryError::NeverNull(name) => {
            ApiError::bad_request(format!("The field '{name}' can't hold None value."))
        }
        QueryError::UnknownColumn { name, .. } => invalid_sort_key(&name),
    }
}

/// A failed list, where an unknown marker reads as the resource's own 404.
pub(crate) fn unknown_marker(
    error: StoreError,
    marker: Option<&str>,
    not_found: impl FnOnce(&str) -> ApiError,
) -> ApiError {
    match (error, marker) {
        (StoreError::UnknownMarker { .. }, Some(marker)) => not_found(marker),
        (error, _) => error.into(),
    }
}

/// Splits a known operator off the value of a filter.
pub(crate) fn split_operator(text: &str) -> (&str, &str) {
    let known = ["eq", "neq", "gt", "gte", "lt", "lte", "in", "nin", "has"];
    match text.split_once(':') {
        Some((operator, value)) if known.contains(&operator) => (operator, value),
        _ => ("eq", text),
    }
}

/// A filter with its operator spelt out, as `next` repeats it.
fn filter_text<C>(filter: &Filter<C>) -> String {
    let operands: Vec<_> = filter.operands.iter().map(operand_text).collect();
    format!("{}:{}", filter.op.prefix(), operands.join(","))
}

fn operand_text(operand: &Operand) -> String {
    match operand {
        Operand::Text(text) => text.clone(),
        Operand::Id(id) => id.to_string(),
        Operand::Time(from, _) => from.to_string(),
        Operand::Bool(flag) => flag.to_string(),
        Operand::Json(value) => yaql::json::to_string(value),
        Operand::Number(number) => number.to_string(),
        Operand::Never => "never".to_owned(),
    }
}

/// A list of texts as JSON.
pub(crate) fn texts(tags: &[std::sync::Arc<str>]) -> Value {
    tags.iter().cloned().map(Value::from).collect()
}

/// Equality of a column with one of many operands.
pub(crate) fn one_of<C>(column: C, operands: Vec<Operand>) -> Filter<C> {
    Filter {
        column,
        op: Op::In,
        operands,
    }
}
