//! The routes of executions, and what their own additions answer.

use super::{LISTING, RESOURCE, SCHEMA};
use super::{create, delete, descendants, graph, index, report, show, timeline, update, wait, why};
use crate::api::openapi::{Operation, Routes};
use crate::api::resource::{EXECUTION_STATES, Field, Form, Resource, STATES};

/// The routes of this resource.
pub(crate) fn routes() -> Routes {
    let (all, one) = ("/v2/executions", "/v2/executions/{id}");
    let starts = Operation::new("Start a workflow")
        .about(
            "With an `id` that an execution has already, that execution is answered and nothing \
             is started.",
        )
        .json_body("ExecutionBody", &SCHEMA, &RESOURCE)
        .answers(201, &RESOURCE)
        .faults(&[404]);
    let updates = Operation::new("Pause, resume or stop an execution, or describe it")
        .about("What counts is `state`, `description`, `params.env` and `state_info`.")
        .json_body("ExecutionBody", &SCHEMA, &RESOURCE)
        .answers(200, &RESOURCE)
        .faults(&[403]);
    let deletes = Operation::new("Delete an execution with all below it")
        .flag("force", "Also one that has not ended.")
        .empty(204)
        .faults(&[403]);
    Routes::of("Executions")
        .get(all, index, Operation::new("List executions").list(&LISTING))
        .post(all, create, starts)
        .get(
            one,
            show,
            Operation::new("An execution")
                .fields(&RESOURCE)
                .answers(200, &RESOURCE),
        )
        .put(one, update, updates)
        .delete(one, delete, deletes)
        .merge(of_trees())
        .merge(additions())
}

/// The arguments of those that show a whole tree.
pub(crate) fn depth(operation: Operation) -> Operation {
    operation
        .flag("errors_only", "Go down through failed tasks only.")
        .integer("max_depth", -1, "How deep to go; -1 is all the way.")
}

fn of_trees() -> Routes {
    let below = depth(Operation::new("An execution and those below it"))
        .flag("include_output", "Entries carry their output.")
        .answers_all(200, "executions", &RESOURCE);
    let reports = depth(Operation::new("The tree of an execution with its states"))
        .flag("statistics_only", "Without the tree.")
        .answers(200, &REPORT);
    Routes::of("Executions")
        .get("/v2/executions/{id}/executions", descendants, below)
        .get("/v2/executions/{id}/report", report, reports)
}

fn additions() -> Routes {
    let waits = Operation::new("An execution, as soon as it has ended")
        .integer("timeout", 0, "Seconds; 30 unless given, 300 at most.")
        .answers(200, &RESOURCE);
    let times = Operation::new("What ran when in the whole tree")
        .integer("limit", 1, "The largest number of entries.")
        .text_argument("marker", "The id of the last entry of the page before.")
        .answers_pages("entries", &SPAN);
    let shape =
        Operation::new("The definition's tasks with their latest runs, and the ways between")
            .answers(200, &GRAPH);
    let reasons = Operation::new("What an execution waits for").answers_all(200, "waits", &WAIT);
    Routes::of("Executions")
        .get("/v2/executions/{id}/wait", wait, waits)
        .get("/v2/executions/{id}/graph", graph, shape)
        .get("/v2/executions/{id}/timeline", timeline, times)
        .get("/v2/executions/{id}/why", why, reasons)
}

static REPORT: Resource = Resource {
    name: "Report",
    about: "",
    fields: &[
        Field::new("statistics", Form::One(&STATISTICS), ""),
        Field::new(
            "root_workflow_execution",
            Form::One(&REPORTED_EXECUTION),
            "Not with `statistics_only`.",
        )
        .or_none(),
    ],
    is_partial: false,
};

static STATISTICS: Resource = Resource {
    name: "Statistics",
    about: "How many tasks are in each state.",
    fields: &[
        Field::integer("total_tasks_count", "The sum of the others."),
        Field::integer("running_tasks_count", ""),
        Field::integer("success_tasks_count", ""),
        Field::integer("error_tasks_count", ""),
        Field::integer("idle_tasks_count", ""),
        Field::integer("paused_tasks_count", ""),
        Field::number(
            "estimated_time",
            "Seconds until the end, if it takes as long as earlier ones; -1 if there were none.",
        ),
    ],
    is_partial: false,
};

static REPORTED_EXECUTION: Resource = Resource {
    name: "ReportedExecution",
    about: "",
    fields: &[
        Field::text("id", ""),
        Field::text("name", "Of the workflow."),
        Field::time("created_at", ""),
        Field::time("updated_at", "").or_null(),
        Field::word("state", EXECUTION_STATES, ""),
        Field::text("state_info", "").or_null(),
        Field::new(
            "task_executions",
            Form::Many(&REPORTED_TASK),
            "Not below `max_depth`.",
        )
        .or_none(),
    ],
    is_partial: false,
};

static REPORTED_TASK: Resource = Resource {
    name: "ReportedTask",
    about: "",
    fields: &[
        Field::new("action_executions", Form::Many(&REPORTED_ACTION), ""),
        Field::new("workflow_executions", Form::Many(&REPORTED_EXECUTION), ""),
        Field::integer("retry_count", "With a retry policy only.").or_none(),
        Field::text("id", ""),
        Field::text("name", ""),
        Field::time("created_at", ""),
        Field::time("updated_at", "").or_null(),
        Field::word("state", STATES, ""),
        Field::text("state_info", "").or_null(),
    ],
    is_partial: false,
};

static REPORTED_ACTION: Resource = Resource {
    name: "ReportedAction",
    about: "",
    fields: &[
        Field::flag("accepted", ""),
        Field::time("last_heartbeat", "").or_null(),
        Field::text("id", ""),
        Field::text("name", ""),
        Field::time("created_at", ""),
        Field::time("updated_at", "").or_null(),
        Field::word("state", STATES, ""),
        Field::text("state_info", "").or_null(),
    ],
    is_partial: false,
};

static GRAPH: Resource = Resource {
    name: "Graph",
    about: "A definition's graph with what became of it.",
    fields: &[
        Field::new("nodes", Form::Many(&NODE), ""),
        Field::new("edges", Form::Many(&EDGE), ""),
    ],
    is_partial: false,
};

static NODE: Resource = Resource {
    name: "Node",
    about: "A task of the definition, and its latest run.",
    fields: &[
        Field::text(
            "id",
            "Of the latest run; the task's name before there is one.",
        ),
        Field::text("name", ""),
        Field::word("type", &["ACTION", "WORKFLOW"], ""),
        Field::word("state", STATES, "Null before there is a run.").or_null(),
        Field::instant("started_at", "").or_null(),
        Field::instant("finished_at", "").or_null(),
    ],
    is_partial: false,
};

static EDGE: Resource = Resource {
    name: "Edge",
    about: "A way from one task to another.",
    fields: &[
        Field::text("from", "The id of a node."),
        Field::text("to", "The id of a node."),
        Field::word(
            "on",
            &[
                "on-success",
                "on-error",
                "on-complete",
                "on-skip",
                "requires",
            ],
            "",
        ),
        Field::flag("taken", "Whether a run went this way."),
    ],
    is_partial: false,
};

static SPAN: Resource = Resource {
    name: "Span",
    about: "From its creation to its end.",
    fields: &[
        Field::text("id", ""),
        Field::text("name", ""),
        Field::word("kind", &["execution", "task", "action"], ""),
        Field::word("state", STATES, ""),
        Field::instant("from", ""),
        Field::instant("to", "Null until it has ended.").or_null(),
    ],
    is_partial: false,
};

static WAIT: Resource = Resource {
    name: "Wait",
    about: "Something that an execution waits for.",
    fields: &[
        Field::text("execution_id", "The execution itself, or one below it."),
        Field::new("task", Form::One(&NAMED), "").or_null(),
        Field::word("kind", super::why::KINDS, ""),
        Field::any("for", "What is waited for: names, or an id and a name."),
        Field::time("since", ""),
        Field::time("until", "").or_null(),
    ],
    is_partial: false,
};

static NAMED: Resource = Resource {
    name: "Named",
    about: "",
    fields: &[Field::text("id", ""), Field::text("name", "")],
    is_partial: false,
};
