//! The attributes of the language's objects: their names, their types, and what they
//! are for. The readers refuse other names, and the JSON Schema is made of the same
//! tables (workflow language §2–§5).

/// An attribute of an object.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attribute {
    pub(crate) name: &'static str,
    pub(crate) kind: Type,
    /// For people who write it: a sentence or two.
    pub(crate) about: &'static str,
}

/// What the value of an attribute may be (workflow language §1.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    /// Whatever JSON can hold.
    Any,
    /// *nstr*
    Text,
    /// *ulist*
    Texts,
    /// *plist*
    Parameters,
    /// *ndict* whose values may be expressions.
    Templates,
    /// *expr*
    Expr,
    /// *expr-or-int*
    ExprOrInt,
    /// *expr-or-bool*
    ExprOrBool,
    /// A name with inline parameters.
    Call,
    /// The input of a task: parameter by parameter, or one expression.
    Input,
    /// `variable in list`, or several of them.
    WithItems,
    Retry,
    Join,
    Clause,
    /// A task, or several.
    Requires,
    /// `direct` or `reverse`
    WorkflowKind,
    TaskDefaults,
    Tasks,
    /// Of a list, and of what is in it.
    Version,
    WorkbookVersion,
    Actions,
    Workflows,
}

const fn attribute(name: &'static str, kind: Type, about: &'static str) -> Attribute {
    Attribute { name, kind, about }
}

const DESCRIPTION: Attribute = attribute("description", Type::Text, "Free text, for people.");
const TAGS: Attribute = attribute(
    "tags",
    Type::Texts,
    "Words to find it by. Those of workflows and tasks are copied to executions.",
);
const RETRY_POLICY: Attribute = attribute(
    "retry",
    Type::Retry,
    "Runs the task again after an error: {count: 3, delay: 10}, or 'count=3 delay=10'.",
);
const WAIT_BEFORE: Attribute = attribute(
    "wait-before",
    Type::ExprOrInt,
    "Seconds to wait before the task starts.",
);
const WAIT_AFTER: Attribute = attribute(
    "wait-after",
    Type::ExprOrInt,
    "Seconds to wait after the task's work, before its end state and what follows.",
);
const TIMEOUT: Attribute = attribute(
    "timeout",
    Type::ExprOrInt,
    "Seconds after which the task is stopped and becomes ERROR; 0 is no limit.",
);
const CONCURRENCY: Attribute = attribute(
    "concurrency",
    Type::ExprOrInt,
    "How many items of 'with-items' may run at once; 0 is no limit.",
);
const PAUSE_BEFORE: Attribute = attribute(
    "pause-before",
    Type::ExprOrBool,
    "Whether to pause the workflow before the task; it starts when the workflow is resumed.",
);
const FAIL_ON: Attribute = attribute(
    "fail-on",
    Type::ExprOrBool,
    "Turns a success into an error if it is true: <% task().result.status != 'ok' %>.",
);
const SAFE_RERUN: Attribute = attribute(
    "safe-rerun",
    Type::ExprOrBool,
    "Whether an action that was cut off, by a crash say, may simply run again.",
);
const ON_SUCCESS: Attribute = attribute(
    "on-success",
    Type::Clause,
    "What follows a success: tasks and commands, each with or without a condition.",
);
const ON_ERROR: Attribute = attribute(
    "on-error",
    Type::Clause,
    "What follows an error. With it the error is handled; 'noop' does only that.",
);
const ON_COMPLETE: Attribute = attribute(
    "on-complete",
    Type::Clause,
    "What follows a success or an error, after the clauses for these.",
);
const ON_SKIP: Attribute = attribute(
    "on-skip",
    Type::Clause,
    "What follows when an operator has skipped the failed task; without it, 'on-success'.",
);
const REQUIRES: Attribute = attribute(
    "requires",
    Type::Requires,
    "The tasks that must have succeeded before (reverse workflows).",
);

/// Of every task.
pub(crate) const TASK: &[Attribute] = &[
    attribute(
        "action",
        Type::Call,
        "The action to run, with inline parameters or without: std.echo output=\"hi\". \
         Without an action and a workflow the task does nothing.",
    ),
    attribute(
        "workflow",
        Type::Call,
        "The workflow to run as a sub-workflow, with inline parameters or without.",
    ),
    attribute(
        "input",
        Type::Input,
        "Parameters of the action or input of the sub-workflow; values may be expressions. \
         Inline parameters win over these.",
    ),
    attribute(
        "with-items",
        Type::WithItems,
        "Runs the action once for each item: 'host in <% $.hosts %>'. Several of them go in step.",
    ),
    attribute(
        "publish",
        Type::Templates,
        "Variables for the tasks that follow, after a success: {name: <% task().result %>}.",
    ),
    attribute(
        "publish-on-error",
        Type::Templates,
        "Variables for the tasks that follow, after an error.",
    ),
    attribute(
        "publish-on-skip",
        Type::Templates,
        "Variables for the tasks that follow, after the task was skipped.",
    ),
    attribute(
        "keep-result",
        Type::ExprOrBool,
        "Whether the result is kept after publishing; true unless given.",
    ),
    SAFE_RERUN,
    attribute(
        "target",
        Type::Text,
        "The name of the executor that must run the action; may be an expression.",
    ),
    RETRY_POLICY,
    WAIT_BEFORE,
    WAIT_AFTER,
    TIMEOUT,
    CONCURRENCY,
    PAUSE_BEFORE,
    FAIL_ON,
    DESCRIPTION,
    TAGS,
];

/// Of the tasks of direct workflows only.
pub(crate) const DIRECT: &[Attribute] = &[
    attribute(
        "join",
        Type::Join,
        "Waits for the tasks that lead here: all of them, one, or so many.",
    ),
    ON_SUCCESS,
    ON_ERROR,
    ON_COMPLETE,
    ON_SKIP,
];

/// Of the tasks of reverse workflows only.
pub(crate) const REVERSE: &[Attribute] = &[REQUIRES];

/// Of `task-defaults`.
pub(crate) const DEFAULTS: &[Attribute] = &[
    RETRY_POLICY,
    WAIT_BEFORE,
    WAIT_AFTER,
    TIMEOUT,
    PAUSE_BEFORE,
    CONCURRENCY,
    FAIL_ON,
    ON_COMPLETE,
    ON_SUCCESS,
    ON_ERROR,
    ON_SKIP,
    SAFE_RERUN,
    REQUIRES,
    DESCRIPTION,
    attribute("tags", Type::Texts, "They have no effect here."),
    attribute("name", Type::Text, "It has no effect here."),
    attribute("version", Type::Version, "It has no effect here."),
];

/// Of workflows.
pub(crate) const WORKFLOW: &[Attribute] = &[
    attribute(
        "type",
        Type::WorkflowKind,
        "How tasks follow each other: 'direct' by transitions, 'reverse' by what they require.",
    ),
    attribute("description", Type::Any, "Free text, for people."),
    TAGS,
    attribute(
        "input",
        Type::Parameters,
        "What the workflow is started with: names, or {name: default}. Others are refused.",
    ),
    attribute(
        "vars",
        Type::Templates,
        "Variables of the whole workflow, evaluated once at the start.",
    ),
    attribute(
        "output",
        Type::Templates,
        "The result of the workflow; without it, all published variables.",
    ),
    attribute(
        "output-on-error",
        Type::Templates,
        "What is laid over {result: …} when the workflow fails.",
    ),
    attribute(
        "task-defaults",
        Type::TaskDefaults,
        "What tasks have if they say nothing else.",
    ),
    attribute("tasks", Type::Tasks, "The tasks, by their names."),
];

/// Of ad-hoc actions.
pub(crate) const ACTION: &[Attribute] = &[
    attribute(
        "base",
        Type::Call,
        "The action it calls, by its full name, with inline parameters or without.",
    ),
    attribute(
        "base-input",
        Type::Templates,
        "Parameters of the base; the action's own parameters are variables here.",
    ),
    attribute(
        "input",
        Type::Parameters,
        "The action's own parameters: names, or {name: default}.",
    ),
    attribute(
        "output",
        Type::Any,
        "What to make of the base's result, which is '$' here.",
    ),
    DESCRIPTION,
    TAGS,
];

/// Of workbooks.
pub(crate) const WORKBOOK: &[Attribute] = &[
    attribute("version", Type::WorkbookVersion, "Always '2.0'."),
    attribute(
        "name",
        Type::Text,
        "The name; its members are stored as 'name.member'.",
    ),
    DESCRIPTION,
    TAGS,
    attribute(
        "actions",
        Type::Actions,
        "Ad-hoc actions, by their short names.",
    ),
    attribute(
        "workflows",
        Type::Workflows,
        "Workflows, by their short names.",
    ),
];

/// Of `retry` in its long form.
pub(crate) const RETRY: &[Attribute] = &[
    attribute(
        "count",
        Type::ExprOrInt,
        "How often the task is run again, at most.",
    ),
    attribute("delay", Type::ExprOrInt, "Seconds between two runs."),
    attribute(
        "break-on",
        Type::Expr,
        "Stops the repetition after an error if it is true.",
    ),
    attribute(
        "continue-on",
        Type::Expr,
        "Repeats only as long as it is true, after a success too.",
    ),
];

/// What the original adds to the objects itself, and accepts from others.
pub(crate) const TOLERATED_IN_TASKS: &[&str] = &["name", "version", "type"];
pub(crate) const TOLERATED_IN_ACTIONS: &[&str] = &["name", "version"];
