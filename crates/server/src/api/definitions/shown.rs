//! A definition as callers see it.

use store::Definition;
use yaql::{Dict, Value};

use super::Answer;
use crate::api::fields::json_string;
use crate::api::list::texts;
use crate::api::resource::Resource;

/// The attributes of a row, in their order.
pub(crate) fn shown(row: &Definition, resource: &Resource, answer: Answer) -> Dict {
    let names = resource.names();
    names
        .map(|name| (name, attribute(row, name, answer)))
        .collect()
}

fn attribute(row: &Definition, name: &str, answer: Answer) -> Value {
    let content = &row.content;
    match name {
        "id" => row.id.to_string().into(),
        "name" => content.name.clone().into(),
        "namespace" => content.namespace.clone().into(),
        "is_system" => false.into(),
        "input" => content.input.clone().into(),
        "interface" => match answer {
            Answer::Read => json_string(Some(&content.interface)),
            Answer::Write => content.interface.clone(),
        },
        "description" => content.description.clone().into(),
        "definition" => content.definition.clone().into(),
        "checksum" => row.checksum.clone().into(),
        "tags" => texts(&content.tags),
        "scope" => content.scope.as_str().into(),
        "project_id" => content.project_id.clone().into(),
        "created_at" => row.created_at.to_string().into(),
        "updated_at" => row.updated_at.map(|at| at.to_string()).into(),
        _ => Value::Null,
    }
}
