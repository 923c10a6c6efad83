//! The routes of action executions.

use super::{LISTING, RESOURCE, SCHEMA, create, delete, index, show, update};
use crate::api::openapi::{Operation, Routes};

/// The routes of this resource.
pub(crate) fn routes() -> Routes {
    let (all, one) = ("/v2/action_executions", "/v2/action_executions/{id}");
    let runs = Operation::new("Run an action")
        .about(
            "`params` may hold `run_sync` (answer when it has ended), `save_result` (store it), \
             `timeout` in seconds and `target`. An action that fails is no refusal.",
        )
        .json_body("ActionExecutionBody", &SCHEMA, &RESOURCE)
        .answers(201, &RESOURCE)
        .faults(&[404, 501]);
    let reports = Operation::new("Report the result of an action, or its state")
        .about("`state` is SUCCESS, ERROR, CANCELLED, PAUSED or RUNNING.")
        .json_body("ActionExecutionBody", &SCHEMA, &RESOURCE)
        .answers(200, &RESOURCE);
    let deletes = Operation::new("Delete an action execution")
        .about("If the service is set up to allow it.")
        .empty(204)
        .faults(&[403]);
    Routes::of("Action executions")
        .get(
            all,
            index,
            Operation::new("List action executions").list(&LISTING),
        )
        .post(all, create, runs)
        .get(one, show, single())
        .put(one, update, reports)
        .delete(one, delete, deletes)
}

/// A single get, also below a task.
pub(crate) fn single() -> Operation {
    Operation::new("An action execution")
        .fields(&RESOURCE)
        .answers(200, &RESOURCE)
}
