//! The handlers of all kinds of definitions.

use axum::extract::State;
use store::query::{Column, DefinitionColumn};
use store::{Definition, DefinitionChange};

use super::uploads::{self, Written};
use super::{Answer, Defined, Purpose, Upload};
use crate::api::body::DefinitionBody;
use crate::api::caller::Caller;
use crate::api::error::{ApiError, ApiResult};
use crate::api::list::{self, ListCall};
use crate::api::path::Segments;
use crate::api::query::Query;
use crate::api::reply;
use crate::api::selection::Selection;
use crate::api::state::{App, Reading};

/// `GET /v2/{plural}`
pub(crate) async fn index<D: Defined>(call: ListCall) -> ApiResult {
    let listing = D::listing();
    let mut request = call.request(&listing)?;
    let wide = DefinitionColumn::wide().filter(|column| {
        listing.resource.has(column.name()) && request.selection.shows(column.name())
    });
    request.query.wide = wide.collect();
    call.answer(move |reading| {
        let page = reading.catalog.definitions(D::KIND, &request.query);
        let not_found = |marker: &str| D::not_found(Purpose::Marker, marker, "");
        request.page(page, not_found, |row| {
            (row.id.to_string(), D::shown(row, Answer::Read))
        })
    })
    .await
}

/// `GET /v2/{plural}/{identifier}`
pub(crate) async fn show<D: Defined>(
    State(app): State<App>,
    caller: Caller,
    Segments(identifier): Segments<String>,
    arguments: Query,
) -> ApiResult {
    let namespace = arguments.namespace().to_owned();
    single::<D>(&app, caller, identifier, namespace, &arguments).await
}

/// `GET /v2/{plural}/{identifier}/{namespace}`
pub(crate) async fn show_in<D: Defined>(
    State(app): State<App>,
    caller: Caller,
    Segments((identifier, namespace)): Segments<(String, String)>,
    arguments: Query,
) -> ApiResult {
    single::<D>(&app, caller, identifier, namespace, &arguments).await
}

async fn single<D: Defined>(
    app: &App,
    caller: Caller,
    identifier: String,
    namespace: String,
    arguments: &Query,
) -> ApiResult {
    arguments.check_known(&["namespace", "fields"])?;
    let selection = Selection::of_lenient_get(arguments);
    let shown = app.read(move |reading| {
        let projects = list::visible(&caller);
        D::single(reading, &identifier, &namespace, &projects)
    });
    Ok(reply::ok(selection.apply(shown.await?)))
}

/// `POST /v2/{plural}`
pub(crate) async fn create<D: Defined>(
    State(app): State<App>,
    caller: Caller,
    arguments: Query,
    body: DefinitionBody,
) -> ApiResult {
    let owner = uploads::owner(&arguments, &caller)?;
    let maker = app.clone();
    let changes = app.read(move |reading| {
        let languages = reading.definitions.languages();
        let upload = D::parse(&body.0, &owner, languages)?;
        uploads::log_doubts(&body.0, languages);
        for document in &upload.own {
            D::admit(reading, document)?;
        }
        let Upload { own, members } = upload;
        let own = own
            .into_iter()
            .map(|document| uploads::create(&maker, document));
        Ok(Changes::new(own.collect(), members, &maker))
    });
    write::<D>(&app, changes.await?, Written::Created, false).await
}

/// `PUT /v2/{plural}`: all of them must exist.
pub(crate) async fn update<D: Defined>(
    State(app): State<App>,
    caller: Caller,
    arguments: Query,
    body: DefinitionBody,
) -> ApiResult {
    replace::<D>(&app, caller, None, &arguments, body).await
}

/// `PUT /v2/{plural}/{identifier}`: exactly one, whose name may change.
pub(crate) async fn update_one<D: Defined>(
    State(app): State<App>,
    caller: Caller,
    Segments(identifier): Segments<String>,
    arguments: Query,
    body: DefinitionBody,
) -> ApiResult {
    replace::<D>(&app, caller, Some(identifier), &arguments, body).await
}

async fn replace<D: Defined>(
    app: &App,
    caller: Caller,
    identifier: Option<String>,
    arguments: &Query,
    body: DefinitionBody,
) -> ApiResult {
    let owner = uploads::owner(arguments, &caller)?;
    let named = identifier.is_some();
    let maker = app.clone();
    let changes = app.read(move |reading| {
        let languages = reading.definitions.languages();
        let upload = D::parse(&body.0, &owner, languages)?;
        uploads::log_doubts(&body.0, languages);
        if let Some(identifier) = identifier.as_ref().filter(|_| upload.own.len() != 1) {
            return Err(more_than_one(D::PLURAL, identifier));
        }
        let Upload { own, members } = upload;
        let own = own.into_iter().map(|document| {
            let name = identifier.as_deref().unwrap_or(&document.content.name);
            let row = own_row::<D>(reading, Purpose::Update, name, &owner.namespace, &caller)?;
            Ok(uploads::replace(&row, document))
        });
        Ok(Changes::new(
            own.collect::<ApiResult<_>>()?,
            members,
            &maker,
        ))
    });
    write::<D>(app, changes.await?, Written::Updated, named).await
}

fn more_than_one(plural: &str, identifier: &str) -> ApiError {
    ApiError::bad_request(format!(
        "More than one {plural} are not supported for update with identifier. \
         [identifier: {identifier}]"
    ))
}

/// The changes of an upload; the first `own` of them are what was asked for.
struct Changes {
    own: usize,
    all: Vec<DefinitionChange>,
}

impl Changes {
    fn new(
        own: Vec<DefinitionChange>,
        members: Vec<crate::definitions::Document>,
        app: &App,
    ) -> Self {
        let count = own.len();
        let members = members.into_iter().map(|member| DefinitionChange::Put {
            id: app.new_id(),
            content: member.content,
            source: member.source,
        });
        Self {
            own: count,
            all: own.into_iter().chain(members).collect(),
        }
    }
}

async fn write<D: Defined>(
    app: &App,
    changes: Changes,
    written: Written,
    named: bool,
) -> ApiResult {
    let mut rows = uploads::store(app, changes.all).await?;
    rows.truncate(changes.own);
    Ok(reply::definition(
        written.status(),
        D::written(&rows, named),
    ))
}

/// `DELETE /v2/{plural}/{identifier}`
pub(crate) async fn delete<D: Defined>(
    State(app): State<App>,
    caller: Caller,
    Segments(identifier): Segments<String>,
    arguments: Query,
) -> ApiResult {
    let namespace = arguments.namespace().to_owned();
    remove::<D>(&app, caller, identifier, namespace, &arguments).await
}

/// `DELETE /v2/{plural}/{identifier}/{namespace}`
pub(crate) async fn delete_in<D: Defined>(
    State(app): State<App>,
    caller: Caller,
    Segments((identifier, namespace)): Segments<(String, String)>,
    arguments: Query,
) -> ApiResult {
    remove::<D>(&app, caller, identifier, namespace, &arguments).await
}

async fn remove<D: Defined>(
    app: &App,
    caller: Caller,
    identifier: String,
    namespace: String,
    arguments: &Query,
) -> ApiResult {
    arguments.check_known(&["namespace"])?;
    let shown = identifier.clone();
    let row = app.read(move |reading| {
        own_row::<D>(reading, Purpose::Delete, &identifier, &namespace, &caller)
    });
    let row = row.await?;
    let delete = DefinitionChange::Delete {
        id: row.id,
        kind: D::KIND,
    };
    uploads::delete(app, delete, &row, shown).await?;
    Ok(reply::no_content())
}

/// `POST /v2/{plural}/validate`
pub(crate) async fn validate<D: Defined>(
    State(app): State<App>,
    body: DefinitionBody,
) -> ApiResult {
    uploads::validate(&app, body.0, |text, owner, app| {
        D::parse(text, owner, app.definitions().languages()).map(drop)
    })
    .await
}

/// A row that the caller may change.
fn own_row<D: Defined>(
    reading: &Reading<'_>,
    purpose: Purpose,
    identifier: &str,
    namespace: &str,
    caller: &Caller,
) -> ApiResult<Definition> {
    let row = D::find(reading, identifier, namespace, &list::visible(caller))?;
    let row = row.ok_or_else(|| D::not_found(purpose, identifier, namespace))?;
    uploads::check_own(&row, caller)?;
    Ok(row)
}
