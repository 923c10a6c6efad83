//! The `env` of an execution's params: an object, or the name of a stored
//! environment (REST API §9.2).

use store::query::Projects;
use yaql::{Dict, Value};

use crate::api::error::{ApiError, ApiResult};
use crate::api::fields::{python_class, shown, shown_value};
use crate::api::state::Reading;

/// The variables that an `env` stands for; nothing and the empty text are none.
///
/// # Errors
/// 400 for an unknown name, or something that is neither.
pub(crate) fn resolve(
    reading: &Reading<'_>,
    env: Option<&Value>,
    projects: &Projects,
) -> ApiResult<Dict> {
    match env {
        None | Some(Value::Null) => Ok(Dict::new()),
        Some(Value::Dict(variables)) => Ok(variables.clone()),
        Some(Value::String(name)) if name.is_empty() => Ok(Dict::new()),
        Some(Value::String(name)) => {
            let found = reading.catalog.environment(name, projects)?;
            found
                .map(|environment| environment.variables)
                .ok_or_else(|| {
                    ApiError::bad_request(format!("Environment is not found: {}", shown(name)))
                })
        }
        Some(other) => Err(ApiError::bad_request(format!(
            "Unexpected value type for environment [env={}, type=<class '{}'>]",
            shown_value(other),
            python_class(other)
        ))),
    }
}
