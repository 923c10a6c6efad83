//! An action as callers see it (REST API §7.1). Built-in ones have no dates
//! and no owner; their id is their name.

use ::actions::Action;
use engine::world::AdHoc;
use store::Definition;
use yaql::{Dict, Value};

use super::preinstalled;
use crate::api::list::texts;
use crate::api::state::Reading;

/// A built-in or preinstalled action by its name.
pub(super) fn built_in_by_name(reading: &Reading<'_>, name: &str) -> Option<Dict> {
    if let Some(action) = reading.definitions.registry().get(name) {
        return Some(built_in(&**action));
    }
    preinstalled(reading)
        .find(|adhoc| *adhoc.name == *name)
        .map(with_server)
}

/// All built-in and preinstalled actions.
pub(super) fn all_built_in(reading: &Reading<'_>) -> Vec<Dict> {
    let registry = reading.definitions.registry();
    let built_in = registry.iter().map(|action| built_in(&**action));
    built_in
        .chain(preinstalled(reading).map(with_server))
        .collect()
}

fn built_in(action: &dyn Action) -> Dict {
    system(
        action.name(),
        &action.signature().text(),
        action.description(),
        "",
    )
}

fn with_server(adhoc: &AdHoc) -> Dict {
    let description = format!("An ad-hoc action on {} that every server has.", adhoc.base);
    system(
        &adhoc.name,
        &adhoc.signature.text(),
        &description,
        &adhoc.definition,
    )
}

fn system(name: &str, input: &str, description: &str, definition: &str) -> Dict {
    let mut shown = Dict::with_capacity(12);
    shown.insert("id", name);
    shown.insert("name", name);
    shown.insert("is_system", true);
    shown.insert("input", input);
    shown.insert("description", description);
    shown.insert("tags", Value::Null);
    shown.insert("definition", definition);
    shown.insert("scope", Value::Null);
    shown.insert("project_id", Value::Null);
    shown.insert("created_at", "");
    shown.insert("updated_at", "");
    shown.insert("namespace", "");
    shown
}

/// An ad-hoc action.
pub(super) fn adhoc(row: &Definition) -> Dict {
    let content = &row.content;
    let mut shown = Dict::with_capacity(12);
    shown.insert("id", row.id.to_string());
    shown.insert("name", content.name.clone());
    shown.insert("is_system", false);
    shown.insert("input", content.input.clone());
    shown.insert("description", content.description.clone());
    shown.insert("tags", texts(&content.tags));
    shown.insert("definition", content.definition.clone());
    shown.insert("scope", content.scope.as_str());
    shown.insert("project_id", content.project_id.clone());
    shown.insert("created_at", row.created_at.to_string());
    shown.insert(
        "updated_at",
        row.updated_at
            .map_or(Value::Null, |at| at.to_string().into()),
    );
    shown.insert("namespace", content.namespace.clone());
    shown
}

/// An ad-hoc action in the answer of a write, where no input is null.
pub(super) fn written(row: &Definition) -> Dict {
    let mut shown = adhoc(row);
    if row.content.input.is_empty() {
        shown.insert("input", Value::Null);
    }
    shown
}
