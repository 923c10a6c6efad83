//! The table of resources: where they are, how they are named, and what of them people see.

/// How a cell is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// As it is; JSON as one line.
    Plain,
    /// A state: coloured.
    State,
    /// Only the first line of a text.
    FirstLine,
}

/// A column of a list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    pub(crate) field: &'static str,
    pub(crate) form: Form,
    /// Whether it is left out first where there is no room.
    pub(crate) is_extra: bool,
}

impl Column {
    const fn extra(self) -> Self {
        Self {
            is_extra: true,
            ..self
        }
    }
}

/// What stands for an object in a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    Id,
    NameOrId,
    Name,
}

/// A kind of objects.
#[derive(Debug)]
pub(crate) struct Resource {
    /// The noun of its commands.
    pub(crate) noun: &'static str,
    /// What one of them is called in a sentence.
    pub(crate) singular: &'static str,
    /// Its collection: in the path, and the key of lists.
    pub(crate) collection: &'static str,
    pub(crate) key: Key,
    pub(crate) columns: &'static [Column],
    /// Fields whose text is JSON (REST API §1.3).
    pub(crate) json: &'static [&'static str],
    /// Long texts that have a command of their own.
    pub(crate) long: &'static [&'static str],
    /// Whether the newest ones come first unless the caller says otherwise.
    pub(crate) newest_first: bool,
    /// Whether a list may be asked for the shown fields alone: where it may not, the
    /// original answers wrong values (REST API §2.2) or all of them.
    pub(crate) can_choose_fields: bool,
}

const fn plain(field: &'static str) -> Column {
    Column {
        field,
        form: Form::Plain,
        is_extra: false,
    }
}

const fn extra(field: &'static str) -> Column {
    plain(field).extra()
}

const ID: Column = plain("id");
const NAME: Column = plain("name");
const SCOPE: Column = extra("scope");
const CREATED: Column = plain("created_at");
const UPDATED: Column = extra("updated_at");
const STATE: Column = Column {
    field: "state",
    form: Form::State,
    is_extra: false,
};
const STATUS: Column = Column {
    field: "status",
    form: Form::State,
    is_extra: false,
};
const DESCRIPTION: Column = Column {
    field: "description",
    form: Form::FirstLine,
    is_extra: false,
};
const STATE_INFO: Column = Column {
    field: "state_info",
    form: Form::FirstLine,
    is_extra: false,
};

pub(crate) const WORKBOOKS: Resource = Resource {
    noun: "workbook",
    singular: "workbook",
    collection: "workbooks",
    key: Key::Name,
    columns: &[
        NAME,
        extra("namespace"),
        extra("tags"),
        SCOPE,
        CREATED,
        UPDATED,
    ],
    json: &[],
    long: &["definition"],
    newest_first: false,
    can_choose_fields: true,
};

pub(crate) const WORKFLOWS: Resource = Resource {
    noun: "workflow",
    singular: "workflow",
    collection: "workflows",
    key: Key::NameOrId,
    columns: &[
        ID,
        NAME,
        extra("namespace"),
        extra("tags"),
        CREATED,
        UPDATED,
        plain("input"),
    ],
    json: &["interface"],
    long: &["definition"],
    newest_first: false,
    can_choose_fields: true,
};

pub(crate) const ACTIONS: Resource = Resource {
    noun: "action",
    singular: "action",
    collection: "actions",
    key: Key::NameOrId,
    columns: &[
        NAME,
        extra("is_system"),
        extra("created_at"),
        plain("input"),
        DESCRIPTION,
    ],
    json: &[],
    long: &["definition"],
    newest_first: false,
    can_choose_fields: false,
};

pub(crate) const EXECUTIONS: Resource = Resource {
    noun: "execution",
    singular: "execution",
    collection: "executions",
    key: Key::Id,
    columns: &[
        ID,
        plain("workflow_name"),
        STATE,
        CREATED,
        UPDATED,
        DESCRIPTION.extra(),
        STATE_INFO,
    ],
    json: &["input", "output", "params", "published_global"],
    long: &[],
    newest_first: true,
    can_choose_fields: true,
};

pub(crate) const TASKS: Resource = Resource {
    noun: "task",
    singular: "task",
    collection: "tasks",
    key: Key::Id,
    columns: &[
        ID,
        NAME,
        STATE,
        extra("workflow_name"),
        extra("workflow_execution_id"),
        plain("started_at"),
        extra("finished_at"),
        STATE_INFO,
    ],
    json: &["result", "published", "published_global", "runtime_context"],
    long: &[],
    newest_first: true,
    can_choose_fields: true,
};

pub(crate) const ACTION_EXECUTIONS: Resource = Resource {
    noun: "action-execution",
    singular: "action execution",
    collection: "action_executions",
    key: Key::Id,
    columns: &[
        ID,
        NAME,
        STATE,
        extra("accepted"),
        extra("workflow_name"),
        plain("task_name"),
        CREATED,
        UPDATED,
        STATE_INFO,
    ],
    json: &["input", "output"],
    long: &[],
    newest_first: true,
    can_choose_fields: false,
};

pub(crate) const CRON_TRIGGERS: Resource = Resource {
    noun: "cron",
    singular: "cron trigger",
    collection: "cron_triggers",
    key: Key::NameOrId,
    columns: &[
        NAME,
        plain("workflow_name"),
        plain("pattern"),
        extra("timezone"),
        plain("enabled"),
        plain("next_execution_time"),
        extra("remaining_executions"),
        CREATED.extra(),
    ],
    json: &["workflow_input", "workflow_params"],
    long: &[],
    newest_first: false,
    can_choose_fields: false,
};

pub(crate) const EVENT_TRIGGERS: Resource = Resource {
    noun: "event-trigger",
    singular: "event trigger",
    collection: "event_triggers",
    key: Key::Id,
    columns: &[
        ID,
        NAME,
        plain("exchange"),
        plain("topic"),
        plain("event"),
        extra("workflow_id"),
        CREATED.extra(),
    ],
    json: &["workflow_input", "workflow_params"],
    long: &[],
    newest_first: false,
    can_choose_fields: false,
};

pub(crate) const NOTIFICATIONS: Resource = Resource {
    noun: "notification",
    singular: "notification",
    collection: "notifications",
    key: Key::Id,
    columns: &[
        ID,
        plain("event"),
        STATE,
        plain("sequence"),
        plain("attempts"),
        extra("workflow_execution_id"),
        CREATED.extra(),
        plain("reason"),
    ],
    json: &["body"],
    long: &[],
    newest_first: true,
    can_choose_fields: false,
};

pub(crate) const ENVIRONMENTS: Resource = Resource {
    noun: "env",
    singular: "environment",
    collection: "environments",
    key: Key::Name,
    columns: &[NAME, SCOPE, CREATED, UPDATED, DESCRIPTION],
    json: &["variables"],
    long: &[],
    newest_first: false,
    can_choose_fields: false,
};

pub(crate) const MEMBERS: Resource = Resource {
    noun: "member",
    singular: "member",
    collection: "members",
    key: Key::Id,
    columns: &[
        plain("resource_id"),
        extra("resource_type"),
        extra("project_id"),
        plain("member_id"),
        STATUS,
        CREATED.extra(),
    ],
    json: &[],
    long: &[],
    newest_first: false,
    can_choose_fields: false,
};

pub(crate) const CODE_SOURCES: Resource = Resource {
    noun: "code-source",
    singular: "code source",
    collection: "code_sources",
    key: Key::NameOrId,
    columns: &[
        ID,
        NAME,
        extra("namespace"),
        plain("version"),
        SCOPE,
        CREATED,
        UPDATED,
    ],
    json: &[],
    long: &["content"],
    newest_first: false,
    can_choose_fields: false,
};

pub(crate) const DYNAMIC_ACTIONS: Resource = Resource {
    noun: "dynamic-action",
    singular: "dynamic action",
    collection: "dynamic_actions",
    key: Key::NameOrId,
    columns: &[
        ID,
        NAME,
        extra("namespace"),
        plain("class_name"),
        plain("code_source_name"),
        SCOPE,
        CREATED.extra(),
    ],
    json: &[],
    long: &[],
    newest_first: false,
    can_choose_fields: false,
};

/// The starts of a cron trigger; an addition of Ostro.
pub(crate) const FIRES: Resource = Resource {
    noun: "cron fires",
    singular: "fire",
    collection: "fires",
    key: Key::Id,
    columns: &[
        plain("scheduled_time"),
        plain("kind"),
        STATE,
        plain("execution_id"),
        extra("started_at"),
        plain("reason"),
    ],
    json: &[],
    long: &[],
    newest_first: false,
    can_choose_fields: false,
};

/// What opening a web hook shows.
pub(crate) const HOOKS: Resource = Resource {
    noun: "web hook",
    singular: "web hook",
    collection: "hooks",
    key: Key::Id,
    columns: &[plain("url"), plain("secret"), plain("header")],
    json: &[],
    long: &[],
    newest_first: false,
    can_choose_fields: false,
};

/// What an event started.
pub(crate) const STARTED: Resource = Resource {
    noun: "event starts",
    singular: "start",
    collection: "started",
    key: Key::Id,
    columns: &[
        plain("event_trigger_id"),
        plain("execution_id"),
        plain("reason"),
    ],
    json: &[],
    long: &[],
    newest_first: false,
    can_choose_fields: false,
};

pub(crate) const SERVICES: Resource = Resource {
    noun: "service",
    singular: "service",
    collection: "services",
    key: Key::Name,
    columns: &[NAME, plain("type")],
    json: &[],
    long: &[],
    newest_first: false,
    can_choose_fields: false,
};

pub(crate) const NODES: Resource = Resource {
    noun: "node",
    singular: "node",
    collection: "nodes",
    key: Key::Name,
    columns: &[
        NAME,
        STATE,
        plain("roles"),
        extra("targets"),
        plain("shard_count"),
        plain("version"),
        plain("seen_at"),
        extra("started_at"),
        extra("id"),
    ],
    json: &[],
    long: &[],
    newest_first: false,
    can_choose_fields: false,
};

/// All of them.
pub(crate) const ALL: &[&Resource] = &[
    &WORKBOOKS,
    &WORKFLOWS,
    &ACTIONS,
    &EXECUTIONS,
    &TASKS,
    &ACTION_EXECUTIONS,
    &CRON_TRIGGERS,
    &EVENT_TRIGGERS,
    &NOTIFICATIONS,
    &ENVIRONMENTS,
    &MEMBERS,
    &CODE_SOURCES,
    &DYNAMIC_ACTIONS,
    &SERVICES,
    &NODES,
];
