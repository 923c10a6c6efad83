//! Ad-hoc actions: the form in which they are stored, and the compiled one.

use std::sync::Arc;

use engine::signature::{Parameter, Signature};
use engine::world::AdHoc;
use language::expression::{Languages, Template};
use language::spec::{ActionSpec, InputSpec};
use store::Definition;
use yaql::{Dict, List, Value};

use super::DefinitionError;

/// The ad-hoc actions that every server has.
pub(super) fn preinstalled(languages: &Languages) -> Result<Vec<Arc<AdHoc>>, DefinitionError> {
    let specs = super::document::actions(actions::WAIT_SSH_DEFINITION, languages)?;
    let compiled = specs.iter().map(|spec| {
        build(
            spec.name.text.clone(),
            spec.definition.clone(),
            &stored_spec(spec),
            languages,
        )
    });
    Ok(compiled.map(Arc::new).collect())
}

/// The compiled form of a stored action.
pub(super) fn compile(
    row: &Definition,
    languages: &Languages,
) -> Result<Arc<AdHoc>, DefinitionError> {
    let content = &row.content;
    let Some(spec) = content.spec.as_dict() else {
        return Err(DefinitionError::lost(&content.name));
    };
    let built = build(
        content.name.clone(),
        content.definition.clone(),
        spec,
        languages,
    );
    Ok(Arc::new(built))
}

/// What is stored of an action besides its text: enough to compile it, with the
/// inline parameters of its base laid over the others.
pub(super) fn stored_spec(spec: &ActionSpec) -> Dict {
    let mut stored = Dict::new();
    stored.insert("name", spec.name.text.clone());
    stored.insert("base", spec.base.text.clone());
    stored.insert("base-input", spec.base_input.clone());
    stored.insert(
        "input",
        spec.input.iter().map(stored_input).collect::<List>(),
    );
    if let Some(output) = &spec.output {
        stored.insert("output", output.clone());
    }
    stored
}

fn stored_input(input: &InputSpec) -> Dict {
    let mut stored = Dict::new();
    stored.insert("name", input.name.clone());
    if let Some(default) = &input.default {
        stored.insert("default", default.clone());
    }
    stored
}

fn build(name: Arc<str>, definition: Arc<str>, spec: &Dict, languages: &Languages) -> AdHoc {
    let text = |key| spec.get(key).and_then(Value::as_str).unwrap_or_default();
    let base_input = spec
        .get("base-input")
        .and_then(Value::as_dict)
        .cloned()
        .unwrap_or_default();
    let inputs = spec
        .get("input")
        .and_then(Value::as_list)
        .cloned()
        .unwrap_or_default();
    AdHoc {
        name,
        definition,
        base: text("base").into(),
        signature: Signature::new(inputs.iter().filter_map(parameter)),
        base_input: base_input
            .iter()
            .filter_map(|(key, value)| {
                Some((key.as_str()?.into(), Template::lenient(value, languages)))
            })
            .collect(),
        output: spec
            .get("output")
            .map(|output| Template::lenient(output, languages)),
    }
}

fn parameter(stored: &Value) -> Option<Parameter> {
    let stored = stored.as_dict()?;
    Some(Parameter {
        name: stored.get("name")?.as_str()?.into(),
        default: stored.get("default").cloned(),
    })
}
