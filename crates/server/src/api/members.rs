//! `/v2/workflows/{id}/members` (REST API §15). Sharing is between projects, and
//! without authentication there is one: every call is refused, as the original does.

use axum::extract::RawPathParams;

use super::error::ApiError;
use super::openapi::{Operation, Routes};

/// The routes of this resource.
pub(super) fn routes() -> Routes {
    let all = "/v2/workflows/{id}/members";
    let one = "/v2/workflows/{id}/members/{member}";
    let operation = |summary| Operation::new(summary).about("Refused: there is one project.");
    Routes::of("Members")
        .get(
            all,
            refuse,
            operation("List whom a workflow is shared with"),
        )
        .post(all, refuse, operation("Share a workflow with a project"))
        .delete(all, refuse, operation("Share a workflow with nobody"))
        .get(
            one,
            refuse,
            operation("A project that a workflow is shared with"),
        )
        .put(one, refuse, operation("Accept or reject a workflow"))
        .delete(one, refuse, operation("Share a workflow no longer"))
}

/// Any call.
async fn refuse(parameters: RawPathParams) -> ApiError {
    let workflow = parameters.iter().find(|(name, _)| *name == "id");
    let is_uuid = workflow.is_some_and(|(_, id)| id.parse::<engine::model::Id>().is_ok());
    ApiError::bad_request(match is_uuid {
        true => "Resource sharing feature can only be supported with authentication enabled.",
        false => "Only support UUID as resource identifier in resource sharing feature.",
    })
}
