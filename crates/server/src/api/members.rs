//! `/v2/workflows/{id}/members` (REST API §15). Sharing is between projects, and
//! without authentication there is one: every call is refused, as the original does.

use axum::extract::RawPathParams;

use super::error::ApiError;

/// Any call.
pub(crate) async fn refuse(parameters: RawPathParams) -> ApiError {
    let workflow = parameters.iter().find(|(name, _)| *name == "id");
    let is_uuid = workflow.is_some_and(|(_, id)| id.parse::<engine::model::Id>().is_ok());
    ApiError::bad_request(match is_uuid {
        true => "Resource sharing feature can only be supported with authentication enabled.",
        false => "Only support UUID as resource identifier in resource sharing feature.",
    })
}
