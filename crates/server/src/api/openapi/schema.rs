//! JSON Schemas of resources and bodies.

use serde_json::{Map, Value, json};

use crate::api::fields::{Attribute, Kind, Schema};
use crate::api::resource::{Field, Form, Resource};

/// How attributes that hold JSON are sent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// As text, as the contract wants it.
    Text,
    /// As what they are (`Accept: application/vnd.ostro.v2+json`).
    Plain,
}

impl Dialect {
    /// The name of a resource's schema.
    pub(super) fn name_of(self, resource: &Resource) -> String {
        match self == Self::Plain && has_json_text(resource) {
            true => format!("{}Plain", resource.name),
            false => resource.name.to_owned(),
        }
    }

    /// A reference to a resource's schema.
    pub(super) fn reference(self, resource: &Resource) -> Value {
        reference("schemas", &self.name_of(resource))
    }
}

/// A reference to a component.
pub(super) fn reference(kind: &str, name: &str) -> Value {
    json!({ "$ref": format!("#/components/{kind}/{name}") })
}

/// Whether the two dialects differ for a resource.
pub(super) fn has_json_text(resource: &Resource) -> bool {
    resource.fields.iter().any(|field| {
        matches!(
            field.form,
            Form::ObjectText | Form::JsonText | Form::Interface
        )
    })
}

/// The resources within a resource.
pub(super) fn parts(resource: &Resource) -> impl Iterator<Item = &'static Resource> {
    resource.fields.iter().filter_map(|field| match field.form {
        Form::One(part) | Form::Many(part) => Some(part),
        _ => None,
    })
}

/// The schema of a resource.
pub(super) fn of_resource(resource: &Resource, dialect: Dialect) -> Value {
    let fields = resource.fields.iter();
    let properties: Map<_, _> = fields
        .map(|field| (field.name.to_owned(), of_field(field, dialect)))
        .collect();
    let always = |field: &&Field| match resource.is_partial {
        true => field.name == "id",
        false => !field.is_optional,
    };
    let required: Vec<_> = resource.fields.iter().filter(always).collect();
    let mut schema = json!({ "type": "object" });
    describe(&mut schema, resource.about);
    if !required.is_empty() {
        let names = required.iter().map(|field| field.name);
        schema["required"] = names.collect();
    }
    schema["properties"] = Value::Object(properties);
    schema
}

fn of_field(field: &Field, dialect: Dialect) -> Value {
    let is_plain = dialect == Dialect::Plain;
    let mut schema = match field.form {
        Form::Text => json!({ "type": "string" }),
        Form::Time => json!({ "type": "string", "examples": ["2026-11-21 12:00:00"] }),
        Form::Instant => json!({ "type": "string", "format": "date-time" }),
        Form::Flag => json!({ "type": "boolean" }),
        Form::Integer => json!({ "type": "integer" }),
        Form::Number => json!({ "type": "number" }),
        Form::Word(words) => json!({ "type": "string", "enum": words }),
        Form::Texts => json!({ "type": "array", "items": { "type": "string" } }),
        Form::ObjectText | Form::Interface if is_plain => json!({ "type": "object" }),
        Form::JsonText if is_plain => json!({}),
        Form::ObjectText | Form::JsonText => text_of_json(),
        Form::Interface => json!({ "type": ["string", "object"] }),
        Form::Any => json!({}),
        Form::One(resource) => dialect.reference(resource),
        Form::Many(resource) => json!({ "type": "array", "items": dialect.reference(resource) }),
    };
    if field.is_nullable {
        schema = or_null(schema);
    }
    describe(&mut schema, field.about);
    schema
}

fn text_of_json() -> Value {
    json!({ "type": "string", "contentMediaType": "application/json" })
}

/// The same, or null.
fn or_null(mut schema: Value) -> Value {
    if let Some(words) = schema.get_mut("enum").and_then(Value::as_array_mut) {
        words.push(Value::Null);
    }
    if schema.get("$ref").is_some() {
        return json!({ "oneOf": [schema, { "type": "null" }] });
    }
    if let Some(kind) = schema.get_mut("type") {
        *kind = json!([kind.take(), "null"]);
    }
    schema
}

/// Adds a description.
pub(super) fn describe(schema: &mut Value, about: &str) {
    if !about.is_empty() {
        schema["description"] = about.into();
    }
}

/// The schema of a body; the resource explains the attributes.
pub(super) fn of_body(schema: &Schema, resource: &Resource) -> Value {
    let given = schema.attributes.iter().filter(|given| !given.read_only);
    let properties: Map<_, _> = given
        .map(|given| {
            let about = resource.field(given.name).map_or("", |field| field.about);
            (given.name.to_owned(), of_attribute(given, about))
        })
        .collect();
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
    })
}

fn of_attribute(attribute: &Attribute, about: &str) -> Value {
    let mut schema = match attribute.kind {
        Kind::Text => json!({ "type": ["string", "null"] }),
        Kind::Bool => json!({ "type": ["boolean", "null"] }),
        Kind::Choice(words) => or_null(json!({ "type": "string", "enum": words })),
        Kind::TextList => json!({ "type": ["array", "null"], "items": { "type": "string" } }),
        Kind::Json => json!({
            "type": ["object", "string", "null"],
            "contentMediaType": "application/json",
        }),
        Kind::AnyJson => json!({}),
        Kind::Integer(smallest) => json!({ "type": ["integer", "null"], "minimum": smallest }),
        Kind::Word => json!({ "type": ["string", "integer", "null"] }),
    };
    describe(&mut schema, about);
    schema
}
