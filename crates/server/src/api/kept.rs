//! What code sources and dynamic actions have in common: rows with a label, for
//! administrators, found by id, or by name within exactly a namespace (REST API §8).

use axum::extract::State;
use engine::model::Id;
use store::query::{Column, ListQuery, Page, Projects};
use store::{Store, StoreError};
use yaql::Dict;

use super::caller::Caller;
use super::error::{ApiError, ApiResult};
use super::list::{self, ListCall, Listing};
use super::path::Segments;
use super::query::Query;
use super::reply;
use super::selection::Selection;
use super::state::{App, Reading};

/// The longest name.
pub(super) const MAX_NAME_LENGTH: usize = 255;

/// One of the two kinds.
pub(super) trait Kept: Sized + Send + 'static {
    /// The columns of its list.
    type Column: Column + Send;
    /// What may be done to it.
    type Change: Send + 'static;

    /// For texts.
    const NAME: &'static str;
    /// Its list.
    const LISTING: Listing<Self::Column>;

    /// By id.
    fn by_id(reading: &Reading<'_>, id: Id) -> Result<Option<Self>, StoreError>;

    /// By name, within exactly a namespace.
    fn by_name(
        reading: &Reading<'_>,
        name: &str,
        namespace: &str,
        projects: &Projects,
    ) -> Result<Option<Self>, StoreError>;

    /// Some of them.
    fn page(
        reading: &Reading<'_>,
        query: &ListQuery<Self::Column>,
    ) -> Result<Page<Self>, StoreError>;

    /// Makes a change; answers the row as it is now, or was.
    fn change(store: &dyn Store, change: Self::Change) -> Result<Self, StoreError>;

    /// The change that deletes.
    fn deletion(id: Id) -> Self::Change;

    /// The refusal of what is there already.
    fn duplicate(name: &str, namespace: &str) -> String;

    /// Its id.
    fn id(&self) -> Id;

    /// As callers see it.
    fn render(&self) -> Dict;
}

/// `GET` of all.
pub(super) async fn index<K: Kept>(call: ListCall) -> ApiResult {
    call.caller.require_admin()?;
    let mut request = call.request(&K::LISTING)?;
    let shown = K::Column::wide().filter(|column| request.selection.shows(column.name()));
    request.query.wide = shown.collect();
    call.answer(move |reading| {
        request.page(
            K::page(reading, &request.query),
            |marker| not_found::<K>(marker, ""),
            |row| (row.id().to_string(), row.render()),
        )
    })
    .await
}

/// `GET` of one.
pub(super) async fn show<K: Kept>(
    State(app): State<App>,
    caller: Caller,
    Segments(identifier): Segments<String>,
    arguments: Query,
) -> ApiResult {
    caller.require_admin()?;
    arguments.check_known(&["namespace", "fields"])?;
    let selection = Selection::of_lenient_get(&arguments);
    let row: K = existing(&app, &caller, identifier, arguments.namespace()).await?;
    Ok(reply::ok(selection.apply(row.render())))
}

/// `DELETE` of one.
pub(super) async fn delete<K: Kept>(
    State(app): State<App>,
    caller: Caller,
    Segments(identifier): Segments<String>,
    arguments: Query,
) -> ApiResult {
    caller.require_admin()?;
    arguments.check_known(&["namespace"])?;
    let row: K = existing(&app, &caller, identifier, arguments.namespace()).await?;
    apply::<K>(&app, K::deletion(row.id())).await?;
    Ok(reply::no_content())
}

/// One that a caller sees.
pub(super) async fn existing<K: Kept>(
    app: &App,
    caller: &Caller,
    identifier: String,
    namespace: &str,
) -> ApiResult<K> {
    let (projects, namespace) = (list::visible(caller), namespace.to_owned());
    app.read(move |reading| find(reading, &identifier, &namespace, &projects))
        .await
}

/// By id, or by name within exactly a namespace.
pub(super) fn find<K: Kept>(
    reading: &Reading<'_>,
    identifier: &str,
    namespace: &str,
    projects: &Projects,
) -> ApiResult<K> {
    let by_id = match identifier.parse() {
        Ok(id) => K::by_id(reading, id)?,
        Err(_) => None,
    };
    let found = match by_id {
        None => K::by_name(reading, identifier, namespace, projects)?,
        found => found,
    };
    found.ok_or_else(|| not_found::<K>(identifier, namespace))
}

/// Makes a change.
pub(super) async fn apply<K: Kept>(app: &App, change: K::Change) -> ApiResult<K> {
    app.write(move |store| {
        K::change(store, change).map_err(|error| match error {
            StoreError::Duplicate {
                name, namespace, ..
            } => ApiError::conflict(K::duplicate(&name, &namespace)),
            StoreError::NotFound { key, .. } => not_found::<K>(&key, ""),
            error => error.into(),
        })
    })
    .await
}

fn not_found<K: Kept>(identifier: &str, namespace: &str) -> ApiError {
    let kind = K::NAME;
    ApiError::not_found(format!(
        "{kind} not found [name={identifier},namespace={namespace}]"
    ))
}
