//! The routes of tasks.

use super::{LISTING, LISTING_OF_EXECUTION, RESOURCE, SCHEMA};
use super::{actions, descendants, index, of_execution, show, update, workflow_executions};
use crate::api::action_executions;
use crate::api::executions;
use crate::api::openapi::{Operation, Routes};

/// The routes of this resource.
pub(crate) fn routes() -> Routes {
    let one = "/v2/tasks/{id}";
    let updates = Operation::new("Run a failed task again, or skip it")
        .about("`state` is `RUNNING`, with `reset`, or `SKIPPED`.")
        .json_body("TaskBody", &SCHEMA, &RESOURCE)
        .answers(200, &RESOURCE)
        .faults(&[403]);
    Routes::of("Tasks")
        .get(
            "/v2/tasks",
            index,
            Operation::new("List tasks").list(&LISTING),
        )
        .get(
            one,
            show,
            Operation::new("A task")
                .fields(&RESOURCE)
                .answers(200, &RESOURCE),
        )
        .put(one, update, updates)
        .get(
            "/v2/executions/{id}/tasks",
            of_execution,
            Operation::new("List the tasks of an execution").list(&LISTING_OF_EXECUTION),
        )
        .merge(below())
}

fn below() -> Routes {
    let children = Operation::new("List the executions that a task started");
    let all = Operation::new("The executions below a task, all the way down");
    let all = executions::depth(all).flag("include_output", "Entries carry their output.");
    Routes::of("Tasks")
        .get(
            "/v2/tasks/{id}/action_executions",
            actions,
            Operation::new("List the action executions of a task")
                .list(&action_executions::LISTING_OF_TASK),
        )
        .get(
            "/v2/tasks/{task}/action_executions/{id}",
            action_executions::show_of_task,
            action_executions::single(),
        )
        .get(
            "/v2/tasks/{id}/workflow_executions",
            workflow_executions,
            children.list(&executions::LISTING),
        )
        .get(
            "/v2/tasks/{id}/executions",
            descendants,
            all.answers_all(200, "executions", &executions::RESOURCE),
        )
}
