//! The document against the router, and against the file that holds it.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::{DOCUMENT, PAGE, document, page};
use crate::api::plain;
use crate::api::tests::Server;

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "DELETE", "PATCH"];

fn made() -> Value {
    document::document(crate::api::routes().documented())
}

/// All operations: path, method and what the document says.
fn operations(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    paths.iter().flat_map(|(path, methods)| {
        let methods = methods.as_object().unwrap();
        methods
            .iter()
            .map(move |(method, operation)| (&**path, &**method, operation))
    })
}

#[test]
fn the_file_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    let wanted = serde_json::to_string_pretty(&made()).unwrap() + "\n";
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &wanted).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == wanted,
        "docs/openapi.json is not what the routes say; `make docs` writes it anew"
    );
}

#[test]
fn operations_have_names_of_their_own() {
    let document = made();
    let names: Vec<_> = operations(&document)
        .map(|(_, _, operation)| operation["operationId"].as_str().unwrap())
        .collect();
    let different: BTreeSet<_> = names.iter().collect();
    assert_eq!(different.len(), names.len(), "{names:?}");
}

#[test]
fn every_reference_leads_somewhere() {
    let document = made();
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"#").skip(1) {
        let pointer = reference.split('"').next().unwrap();
        assert!(document.pointer(pointer).is_some(), "{pointer}");
    }
}

#[test]
fn every_operation_answers_something_or_says_why_not() {
    let document = made();
    for (path, method, operation) in operations(&document) {
        let responses = operation["responses"].as_object().unwrap();
        let is_refused = path.contains("/members");
        let answers = responses
            .keys()
            .any(|status| status.starts_with(['2', '3']));
        assert!(answers != is_refused, "{method} {path}");
    }
}

/// The attributes that are sent as JSON to those who want it are those that the
/// tables call JSON as text.
#[test]
fn plain_json_is_for_the_attributes_that_hold_json() {
    let document = made();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let resources = schemas
        .iter()
        .filter(|(name, _)| schemas.contains_key(&format!("{name}Plain")));
    let mut names = BTreeSet::new();
    for (name, schema) in resources {
        let plain = &schemas[&format!("{name}Plain")]["properties"];
        let properties = schema["properties"].as_object().unwrap();
        names.extend(
            properties
                .iter()
                .filter(|(name, property)| plain[name.as_str()] != **property)
                .map(|(name, _)| name.as_str()),
        );
    }
    // Of the body of a rerun; it is in no answer.
    names.remove("env");
    let listed: BTreeSet<_> = plain::ATTRIBUTES.iter().copied().collect();
    assert_eq!(names, listed);
}

#[tokio::test]
async fn the_router_knows_the_methods_of_the_document_and_no_others() {
    let server = Server::new();
    let document = made();
    let paths = document["paths"].as_object().unwrap();
    for (path, methods) in paths {
        let documented: BTreeSet<_> = methods
            .as_object()
            .unwrap()
            .keys()
            .map(|method| method.to_uppercase())
            .collect();
        let address = path.replace(['{', '}'], "");
        for method in METHODS
            .iter()
            .filter(|method| !documented.contains(**method))
        {
            let reply = server.call(method, &address, "").await.expect(405);
            let allowed = reply.headers["allow"].to_str().unwrap();
            let allowed: BTreeSet<_> = allowed.split(", ").map(str::to_owned).collect();
            assert_eq!(allowed, documented, "{path}");
        }
    }
}

#[tokio::test]
async fn both_are_served() {
    let server = Server::new();
    let served = server.get(DOCUMENT).await.expect(200);
    assert_eq!(served.headers["content-type"], "application/json");
    assert_eq!(serde_json::from_str::<Value>(&served.text).unwrap(), made());
    let shown = server.get(PAGE).await.expect(200);
    assert_eq!(shown.headers["content-type"], "text/html; charset=utf-8");
}

#[test]
fn the_page_shows_all_and_needs_nothing_from_elsewhere() {
    let document = made();
    let page = page::page(&document);
    for (path, method, operation) in operations(&document) {
        let name = operation["operationId"].as_str().unwrap();
        assert!(page.contains(&format!("id=\"{name}\"")), "{method} {path}");
        assert!(page.contains(&format!("<code>{path}</code>")), "{path}");
    }
    for link in page.split("href=\"#").skip(1) {
        let anchor = link.split('"').next().unwrap();
        assert!(page.contains(&format!("id=\"{anchor}\"")), "{anchor}");
    }
    for foreign in ["<script", "src=", "@import", "url(", "http:", "https:"] {
        assert!(!page.contains(foreign), "{foreign}");
    }
}
