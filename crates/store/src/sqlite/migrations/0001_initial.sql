-- Ids are 16 bytes (BLOB), times microseconds since 1970 (INTEGER), states their
-- names. A column of type ANY is a value: TEXT is its JSON, BLOB the hash of a
-- large one in `blobs`. Tables are clustered by id, which sorts by creation.

-- What changes at every step, with the few short columns that never change.
CREATE TABLE executions (
    id BLOB NOT NULL PRIMARY KEY,
    root BLOB,                      -- null for a root
    external_id TEXT,
    parent_execution BLOB,
    parent_task BLOB,
    parent_index INTEGER,
    workflow_id BLOB NOT NULL,
    workflow_name TEXT NOT NULL,
    workflow_namespace TEXT NOT NULL,
    workbook TEXT,
    program BLOB NOT NULL,
    project_id TEXT NOT NULL,
    tags TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    state TEXT NOT NULL,
    state_info TEXT,
    description TEXT NOT NULL,
    backlog TEXT,
    open INTEGER NOT NULL,
    unhandled INTEGER NOT NULL,
    cancelled INTEGER NOT NULL,
    total INTEGER NOT NULL,
    unprocessed INTEGER NOT NULL,
    accepted INTEGER NOT NULL,      -- as a result of parent_task
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- An execution by the id its creator chose; nobody may choose one twice.
CREATE UNIQUE INDEX executions_external ON executions (external_id)
    WHERE external_id IS NOT NULL;
-- Lists in their default order. (Tasks and actions need none: their ids are
-- always made here, from the time.)
CREATE INDEX executions_created ON executions (created_at, id);
-- The sub-executions of a tree: load, delete.
CREATE INDEX executions_root ON executions (root) WHERE root IS NOT NULL;
-- The sub-executions of a task: its results, lists by task_execution_id.
CREATE INDEX executions_task ON executions (parent_task) WHERE parent_task IS NOT NULL;
-- What goes on after a restart.
CREATE INDEX executions_open ON executions (ifnull(root, id))
    WHERE state NOT IN ('SUCCESS', 'ERROR', 'CANCELLED', 'SKIPPED');

-- Wide columns; one row each, none for `{}`.
-- part: 0 input, 1 params, 2 context, 3 output.
CREATE TABLE execution_values (
    execution BLOB NOT NULL,
    part INTEGER NOT NULL,
    value ANY NOT NULL,
    PRIMARY KEY (execution, part)
) STRICT, WITHOUT ROWID;

CREATE TABLE tasks (
    id BLOB NOT NULL PRIMARY KEY,
    execution BLOB NOT NULL,
    node INTEGER NOT NULL,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    state TEXT NOT NULL,
    state_info TEXT,
    processed INTEGER NOT NULL,
    error_handled INTEGER NOT NULL,
    next TEXT NOT NULL,
    parents BLOB NOT NULL,
    runtime TEXT NOT NULL,
    inbound ANY,                    -- a part of runtime
    updated_at INTEGER NOT NULL,
    started_at INTEGER,
    finished_at INTEGER
) STRICT, WITHOUT ROWID;

-- The tasks of an execution: load, lists, delete.
CREATE INDEX tasks_execution ON tasks (execution);

CREATE TABLE task_published (
    task BLOB NOT NULL PRIMARY KEY,
    value ANY NOT NULL
) STRICT, WITHOUT ROWID;

-- The evaluated lists of with-items tasks.
CREATE TABLE task_items (
    task BLOB NOT NULL PRIMARY KEY,
    value ANY NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE actions (
    id BLOB NOT NULL PRIMARY KEY,
    task BLOB,
    execution BLOB,
    item INTEGER NOT NULL,
    run INTEGER NOT NULL,
    name TEXT NOT NULL,
    is_sync INTEGER NOT NULL,
    safe_rerun INTEGER NOT NULL,
    target TEXT,
    timeout INTEGER,
    description TEXT NOT NULL,
    project_id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    state TEXT NOT NULL,
    state_info TEXT,
    accepted INTEGER NOT NULL,
    claim INTEGER,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The actions of a task: load, results, lists by task_execution_id, delete.
CREATE INDEX actions_task ON actions (task) WHERE task IS NOT NULL;
-- Actions on their own that go on after a restart.
CREATE INDEX actions_open ON actions (id)
    WHERE task IS NULL AND state NOT IN ('SUCCESS', 'ERROR', 'CANCELLED', 'SKIPPED');

-- part: 0 input, 1 base, 2 output. No row for an input of `{}`.
CREATE TABLE action_values (
    action BLOB NOT NULL,
    part INTEGER NOT NULL,
    value ANY NOT NULL,
    PRIMARY KEY (action, part)
) STRICT, WITHOUT ROWID;

-- kind: 0 delay of a task, 1 timeout of a task, 2 sleep of an action.
CREATE TABLE timers (
    owner BLOB NOT NULL,
    kind INTEGER NOT NULL,
    root BLOB NOT NULL,
    due_at INTEGER NOT NULL,
    run INTEGER NOT NULL,
    PRIMARY KEY (owner, kind)
) STRICT, WITHOUT ROWID;

-- The timers of a tree: load, what goes on after a restart, delete.
CREATE INDEX timers_root ON timers (root);

-- Large values, once per tree however many rows refer to them.
CREATE TABLE blobs (
    root BLOB NOT NULL,
    hash BLOB NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (root, hash)
) STRICT, WITHOUT ROWID;

-- position: shard * 2^48 + number in the shard.
-- kind: 0 execution, 1 task, 2 action.
CREATE TABLE journal (
    position INTEGER PRIMARY KEY,
    root BLOB NOT NULL,
    at INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    id BLOB NOT NULL,
    execution BLOB,                 -- null if it is `id`, too
    task BLOB,                      -- null if it is `id`, too
    name TEXT NOT NULL,
    previous TEXT,
    state TEXT NOT NULL,
    done INTEGER,
    total INTEGER
) STRICT;

-- The timeline of a tree; delete.
CREATE INDEX journal_root ON journal (root);

-- Journal numbers that outlive their entries: `next` is never given twice, all
-- deleted numbers are at most `gone`.
CREATE TABLE journal_heads (
    shard INTEGER PRIMARY KEY,
    next INTEGER NOT NULL,
    gone INTEGER NOT NULL
) STRICT;

-- Executions of deleted trees whose other rows are still to be deleted.
CREATE TABLE doomed (
    root BLOB NOT NULL,
    execution BLOB NOT NULL,
    PRIMARY KEY (root, execution)
) STRICT, WITHOUT ROWID;

CREATE TABLE definitions (
    id BLOB NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    namespace TEXT NOT NULL,
    project_id TEXT NOT NULL,
    scope TEXT NOT NULL,
    input TEXT NOT NULL,
    description TEXT,
    tags TEXT NOT NULL,
    checksum TEXT,
    workbook_name TEXT,
    program BLOB,
    created_at INTEGER NOT NULL,
    updated_at INTEGER
) STRICT, WITHOUT ROWID;

-- Names are unique in a project; a definition by name.
CREATE UNIQUE INDEX definitions_name ON definitions (kind, name, namespace, project_id);

CREATE TABLE definition_texts (
    definition BLOB NOT NULL PRIMARY KEY,
    text TEXT NOT NULL,
    interface TEXT NOT NULL,
    spec TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What programs are made of. Executions hold the hash, so rows stay when the
-- definition changes or goes.
CREATE TABLE programs (
    hash BLOB NOT NULL PRIMARY KEY,
    text BLOB NOT NULL,             -- hash in program_texts
    member TEXT NOT NULL,
    workbook TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE program_texts (
    hash BLOB NOT NULL PRIMARY KEY,
    text TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE environments (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    project_id TEXT NOT NULL,
    scope TEXT NOT NULL,
    description TEXT,
    variables TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER
) STRICT, WITHOUT ROWID;

-- Names are unique in a project; an environment by name.
CREATE UNIQUE INDEX environments_name ON environments (name, project_id);
