//! Built-in and dynamic actions as callers see them (REST API §7.1): without dates,
//! their id is their name.

use ::actions::Action;
use engine::world::AdHoc;
use store::DynamicAction;
use yaql::{Dict, Value};

use super::preinstalled;
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

/// A dynamic action. What its class takes is known to Python alone.
pub(super) fn dynamic(row: &DynamicAction) -> Dict {
    let description = format!("The class {} in {}.", row.class_name, row.code_source_name);
    let mut shown = system(&row.label.name, "", &description, "");
    shown.insert("is_system", false);
    shown.insert("scope", row.label.scope.as_str());
    shown.insert("project_id", row.label.project_id.clone());
    shown.insert("namespace", row.label.namespace.clone());
    shown
}
