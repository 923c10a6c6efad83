//! The OpenAPI document, and the routes that it is made of.
//!
//! Invariant: a route comes into the router by [`Routes`] only, with the [`Operation`]
//! that describes it; so the document tells of every route, and of nothing else. Bodies
//! and answers are described by the tables that the handlers themselves check and
//! render by ([`Schema`](super::fields::Schema), [`Listing`](super::list::Listing),
//! [`Resource`](super::resource::Resource)).

mod document;
mod operation;
mod page;
mod routes;
mod schema;
#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use axum::body::{Body, Bytes};
use axum::response::{Html, Response};
use http::HeaderValue;
use http::header::CONTENT_TYPE;

pub(crate) use self::operation::Operation;
pub(crate) use self::routes::Routes;

/// The path of the document.
const DOCUMENT: &str = "/v2/openapi.json";

/// The path of the page that shows it.
const PAGE: &str = "/v2/docs";

/// Made when somebody asks for it first.
static SHOWN: LazyLock<Shown> = LazyLock::new(|| {
    let document = document::document(super::routes().documented());
    Shown {
        page: page::page(&document).into(),
        document: document.to_string().into(),
    }
});

struct Shown {
    document: Bytes,
    page: Bytes,
}

/// The routes of the document itself.
pub(crate) fn routes() -> Routes {
    let document = Operation::new("This document")
        .about("OpenAPI 3.1.")
        .text(200, "application/json");
    let page = Operation::new("A page that shows this document").text(200, "text/html");
    Routes::of("Service")
        .get(DOCUMENT, show, document)
        .get(PAGE, show_page, page)
}

/// `GET /v2/openapi.json`
async fn show() -> Response {
    let mut response = Response::new(Body::from(SHOWN.document.clone()));
    let kind = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

/// `GET /v2/docs`
async fn show_page() -> Html<Bytes> {
    Html(SHOWN.page.clone())
}
