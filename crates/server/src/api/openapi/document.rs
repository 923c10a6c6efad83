//! The document, from the routes.

use std::collections::{BTreeMap, BTreeSet};

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::operation::{Answer, Argument, ArgumentForm, Body, Content, Operation};
use super::routes::Documented;
use super::schema::{self, Dialect, describe, reference};
use crate::api::plain::PLAIN;
use crate::api::resource::Resource;

/// What every operation may refuse with.
const ALWAYS: [u16; 5] = [400, 414, 415, 500, 503];

/// What operations with a body may refuse with, too.
const WITH_BODY: [u16; 2] = [408, 413];

/// What a POST may refuse with because of its `Idempotency-Key`.
const OF_KEYS: [u16; 3] = [409, 413, 422];

/// While the service is paused.
const PAUSED: u16 = 423;

/// The document as JSON.
pub(super) fn document(routes: &[Documented]) -> Value {
    let mut components = Components::default();
    let mut paths: Map<String, Value> = Map::new();
    for route in routes {
        let operation = components.operation(route);
        let path = paths.entry(route.path.clone()).or_insert_with(|| json!({}));
        path[route.method] = operation;
    }
    json!({
        "openapi": "3.1.0",
        "info": info(),
        "servers": [{ "url": "/" }],
        "tags": tags(routes),
        "paths": paths,
        "components": components.render(),
    })
}

fn info() -> Value {
    json!({
        "title": "Ostro",
        "version": env!("CARGO_PKG_VERSION"),
        "description": "Workflows: the workflow service's REST API v2, with additions. Attributes \
            that hold JSON are JSON as text; ask for `application/vnd.ostro.v2+json` to get them \
            as what they are. A slash at the end of a path does not matter. Filters of lists are \
            `VALUE` or `OPERATOR:VALUE`; the operators are eq, neq, gt, gte, lt, lte, in and nin \
            (values with commas), and has (a part of the text). A filter may be given twice: both \
            must hold.",
        "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
    })
}

fn tags(routes: &[Documented]) -> Value {
    let mut names: Vec<&str> = Vec::new();
    for route in routes {
        if !names.contains(&route.tag) {
            names.push(route.tag);
        }
    }
    names.iter().map(|name| json!({ "name": name })).collect()
}

/// What operations refer to.
#[derive(Default)]
struct Components {
    schemas: BTreeMap<String, Value>,
    parameters: BTreeMap<String, Value>,
    faults: BTreeSet<u16>,
}

impl Components {
    fn operation(&mut self, route: &Documented) -> Value {
        let operation = &route.operation;
        let mut shown = json!({
            "tags": [route.tag],
            "summary": operation.summary,
            "operationId": id_of(route),
        });
        describe(&mut shown, operation.about);
        let parameters = parameters(route).into_iter();
        let parameters: Vec<_> = parameters.map(|shown| self.shared(shown)).collect();
        if !parameters.is_empty() {
            shown["parameters"] = parameters.into();
        }
        if let Some(body) = &operation.body {
            shown["requestBody"] = self.body(body, operation.needs_body);
        }
        let mut responses: BTreeMap<u16, Value> = BTreeMap::new();
        for answer in &operation.answers {
            responses.insert(answer.status, self.answer(answer, operation));
        }
        if operation.is_tagged {
            responses.insert(304, json!({ "description": "Not modified" }));
        }
        for status in faults(route) {
            self.faults.insert(status);
            responses.insert(status, reference("responses", &fault_name(status)));
        }
        let responses = responses.into_iter();
        let responses: Map<_, _> = responses
            .map(|(at, shown)| (at.to_string(), shown))
            .collect();
        shown["responses"] = responses.into();
        shown
    }

    /// Most parameters are the same wherever they are; those that are not stay in place.
    fn shared(&mut self, parameter: Value) -> Value {
        let name = parameter["name"].as_str().unwrap_or_default().to_owned();
        if name == "fields" {
            return parameter;
        }
        let known = self.parameters.entry(name.clone());
        match *known.or_insert_with(|| parameter.clone()) == parameter {
            true => reference("parameters", &name),
            false => parameter,
        }
    }

    fn body(&mut self, body: &Body, is_needed: bool) -> Value {
        let content = match body {
            Body::Json {
                name,
                schema,
                resource,
            } => {
                let body = schema::of_body(schema, resource);
                self.schemas.insert((*name).to_owned(), body);
                json!({ "application/json": { "schema": reference("schemas", name) } })
            }
            Body::Text(about) => json!({
                "text/plain": { "schema": { "type": "string", "description": about } }
            }),
        };
        json!({ "required": is_needed, "content": content })
    }

    fn answer(&mut self, answer: &Answer, operation: &Operation) -> Value {
        let mut shown = json!({ "description": reason(answer.status) });
        let content = match answer.content {
            Content::Nothing => None,
            Content::Text(kind) => Some(json!({ kind: {} })),
            Content::Json => {
                Some(json!({ "application/json": { "schema": { "type": "object" } } }))
            }
            Content::Resource(resource) => {
                Some(self.dialects(resource, |dialect| dialect.reference(resource)))
            }
            Content::List {
                collection,
                entry,
                has_pages,
            } => Some(self.dialects(entry, |dialect| list(collection, entry, has_pages, dialect))),
        };
        if let Some(content) = content {
            shown["content"] = content;
        }
        if operation.is_tagged {
            shown["headers"] = json!({ "ETag": { "schema": { "type": "string" } } });
        }
        shown
    }

    /// The media types of an answer that is made of a resource.
    fn dialects(&mut self, resource: &Resource, shown: impl Fn(Dialect) -> Value) -> Value {
        self.add(resource, Dialect::Text);
        let mut content = json!({ "application/json": { "schema": shown(Dialect::Text) } });
        if schema::has_json_text(resource) {
            self.add(resource, Dialect::Plain);
            content[PLAIN] = json!({ "schema": shown(Dialect::Plain) });
        }
        content
    }

    /// Adds the schema of a resource, and those of its parts. A resource may be a part
    /// of itself.
    fn add(&mut self, resource: &Resource, dialect: Dialect) {
        let name = dialect.name_of(resource);
        if self.schemas.contains_key(&name) {
            return;
        }
        self.schemas
            .insert(name, schema::of_resource(resource, dialect));
        for part in schema::parts(resource) {
            self.add(part, dialect);
        }
    }

    fn render(mut self) -> Value {
        self.schemas.insert("Fault".to_owned(), fault_schema());
        let faults = self.faults.iter();
        let responses: Map<_, _> = faults
            .map(|status| (fault_name(*status), fault(*status)))
            .collect();
        json!({
            "schemas": self.schemas,
            "parameters": self.parameters,
            "responses": responses,
        })
    }
}

fn list(collection: &str, entry: &Resource, has_pages: bool, dialect: Dialect) -> Value {
    let mut properties = json!({
        collection: { "type": "array", "items": dialect.reference(entry) },
    });
    if has_pages {
        let about = "The address of the next page; there is none after the last one.";
        properties["next"] = json!({ "type": "string", "description": about });
    }
    json!({ "type": "object", "required": [collection], "properties": properties })
}

fn parameters(route: &Documented) -> Vec<Value> {
    let operation = &route.operation;
    let in_path = path_parameters(&route.path).map(|name| {
        json!({
            "name": name,
            "in": "path",
            "required": true,
            "schema": { "type": "string", "minLength": 1 },
        })
    });
    let in_query = operation.arguments.iter().map(argument);
    let mut parameters: Vec<_> = in_path.chain(in_query).collect();
    if route.method == "post" {
        parameters.push(header(
            "Idempotency-Key",
            "Makes the request safe to repeat: a repetition gets the first answer.",
        ));
    }
    if operation.is_tagged {
        parameters.push(header(
            "If-None-Match",
            "The `ETag` of what the caller has already.",
        ));
    }
    parameters
}

/// The names within braces.
fn path_parameters(path: &str) -> impl Iterator<Item = &str> {
    path.split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

fn header(name: &str, about: &str) -> Value {
    json!({
        "name": name,
        "in": "header",
        "description": about,
        "schema": { "type": "string" },
    })
}

fn argument(argument: &Argument) -> Value {
    let texts = |items: Value| json!({ "type": "array", "items": items });
    let schema = match argument.form {
        ArgumentForm::Text => json!({ "type": "string" }),
        ArgumentForm::Flag => json!({ "type": "boolean" }),
        ArgumentForm::Integer(smallest) => json!({ "type": "integer", "minimum": smallest }),
        ArgumentForm::Names(resource) => {
            let names: Vec<_> = resource.names().collect();
            texts(json!({ "type": "string", "enum": names }))
        }
        ArgumentForm::Texts => texts(json!({ "type": "string" })),
        ArgumentForm::Word(words) => json!({ "type": "string", "enum": words }),
    };
    let mut shown = json!({ "name": argument.name, "in": "query" });
    describe(&mut shown, argument.about);
    if schema["type"] == "array" {
        shown["style"] = "form".into();
        shown["explode"] = false.into();
    }
    shown["schema"] = schema;
    shown
}

/// The refusals of an operation.
fn faults(route: &Documented) -> BTreeSet<u16> {
    let operation = &route.operation;
    let mut faults = operation.faults.clone();
    faults.extend(ALWAYS);
    if operation.body.is_some() {
        faults.extend(WITH_BODY);
    }
    if route.method != "get" {
        faults.insert(PAUSED);
    }
    if route.method == "post" {
        faults.extend(OF_KEYS);
    }
    if path_parameters(&route.path).next().is_some() {
        faults.insert(404);
    }
    faults
}

/// The name of an operation: its method and the words of its path.
fn id_of(route: &Documented) -> String {
    let words = route.path.split(['/', '.']).filter(|word| !word.is_empty());
    let words = words.map(|word| match word.strip_prefix('{') {
        Some(name) => format!("by_{}", name.trim_end_matches('}')),
        None => word.to_owned(),
    });
    let words: Vec<_> = words.collect();
    match (&*route.path, words.is_empty()) {
        ("/v2/", _) => format!("{}_v2_version", route.method),
        (_, true) => format!("{}_versions", route.method),
        _ => format!("{}_{}", route.method, words.join("_")),
    }
}

fn reason(status: u16) -> String {
    let status = StatusCode::from_u16(status).ok();
    let reason = status.and_then(|status| status.canonical_reason());
    reason.unwrap_or_default().to_owned()
}

fn fault_name(status: u16) -> String {
    reason(status).replace([' ', '-'], "")
}

fn fault(status: u16) -> Value {
    json!({
        "description": reason(status),
        "content": { "application/json": { "schema": reference("schemas", "Fault") } },
    })
}

fn fault_schema() -> Value {
    json!({
        "type": "object",
        "description": "Why a request was refused.",
        "required": ["faultcode", "faultstring", "debuginfo"],
        "properties": {
            "faultcode": { "type": "string", "enum": ["Client", "Server"] },
            "faultstring": { "type": "string" },
            "debuginfo": { "type": "null" },
        },
    })
}
