-- The tables of SQLite's schema, with PostgreSQL's types: ids are uuid, times
-- microseconds since 1970, flags 0 or 1, texts in byte order. A wide column is the
-- JSON of a value, or `#` and the hash of a large one in `blobs`. Rows that change
-- at every step leave room in their pages for it.

-- What changes at every step, with the few short columns that never change.
CREATE TABLE executions (
    id uuid NOT NULL PRIMARY KEY,
    root uuid,                      -- null for a root
    external_id text COLLATE "C",
    parent_execution uuid,
    parent_task uuid,
    parent_index integer,
    workflow_id uuid NOT NULL,
    workflow_name text COLLATE "C" NOT NULL,
    workflow_namespace text COLLATE "C" NOT NULL,
    workbook text COLLATE "C",
    program bytea NOT NULL,
    project_id text COLLATE "C" NOT NULL,
    tags text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    state text COLLATE "C" NOT NULL,
    state_info text COLLATE "C",
    description text COLLATE "C" NOT NULL,
    backlog text COLLATE "C",
    open integer NOT NULL,
    unhandled integer NOT NULL,
    cancelled integer NOT NULL,
    total integer NOT NULL,
    unprocessed integer NOT NULL,
    accepted smallint NOT NULL,      -- as a result of parent_task
    updated_at bigint NOT NULL
);

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
CREATE INDEX executions_open ON executions ((coalesce(root, id)))
    WHERE state NOT IN ('SUCCESS', 'ERROR', 'CANCELLED', 'SKIPPED');

-- Wide columns; one row each, none for `{}`.
-- part: 0 input, 1 params, 2 context, 3 output.
CREATE TABLE execution_values (
    execution uuid NOT NULL,
    part smallint NOT NULL,
    value text COLLATE "C" NOT NULL,
    PRIMARY KEY (execution, part)
);

CREATE TABLE tasks (
    id uuid NOT NULL PRIMARY KEY,
    execution uuid NOT NULL,
    node integer NOT NULL,
    name text COLLATE "C" NOT NULL,
    type text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    state text COLLATE "C" NOT NULL,
    state_info text COLLATE "C",
    processed smallint NOT NULL,
    error_handled smallint NOT NULL,
    next text COLLATE "C" NOT NULL,
    parents bytea NOT NULL,
    runtime text COLLATE "C" NOT NULL,
    inbound text COLLATE "C",                    -- a part of runtime
    updated_at bigint NOT NULL,
    started_at bigint,
    finished_at bigint
);

-- The tasks of an execution: load, lists, delete.
CREATE INDEX tasks_execution ON tasks (execution);

CREATE TABLE task_published (
    task uuid NOT NULL PRIMARY KEY,
    value text COLLATE "C" NOT NULL
);

-- The evaluated lists of with-items tasks.
CREATE TABLE task_items (
    task uuid NOT NULL PRIMARY KEY,
    value text COLLATE "C" NOT NULL
);

CREATE TABLE actions (
    id uuid NOT NULL PRIMARY KEY,
    task uuid,
    execution uuid,
    item integer NOT NULL,
    run integer NOT NULL,
    name text COLLATE "C" NOT NULL,
    is_sync smallint NOT NULL,
    safe_rerun smallint NOT NULL,
    target text COLLATE "C",
    timeout bigint,
    description text COLLATE "C" NOT NULL,
    project_id text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    state text COLLATE "C" NOT NULL,
    state_info text COLLATE "C",
    accepted smallint NOT NULL,
    claim bigint,
    updated_at bigint NOT NULL
);

-- The actions of a task: load, results, lists by task_execution_id, delete.
CREATE INDEX actions_task ON actions (task) WHERE task IS NOT NULL;
-- Actions on their own that go on after a restart.
CREATE INDEX actions_open ON actions (id)
    WHERE task IS NULL AND state NOT IN ('SUCCESS', 'ERROR', 'CANCELLED', 'SKIPPED');

-- part: 0 input, 1 base, 2 output. No row for an input of `{}`.
CREATE TABLE action_values (
    action uuid NOT NULL,
    part smallint NOT NULL,
    value text COLLATE "C" NOT NULL,
    PRIMARY KEY (action, part)
);

-- kind: 0 delay of a task, 1 timeout of a task, 2 sleep of an action.
CREATE TABLE timers (
    owner uuid NOT NULL,
    kind smallint NOT NULL,
    root uuid NOT NULL,
    due_at bigint NOT NULL,
    run integer NOT NULL,
    PRIMARY KEY (owner, kind)
);

-- The timers of a tree: load, what goes on after a restart, delete.
CREATE INDEX timers_root ON timers (root);

-- Large values, once per tree however many rows refer to them.
CREATE TABLE blobs (
    root uuid NOT NULL,
    hash bytea NOT NULL,
    value text COLLATE "C" NOT NULL,
    PRIMARY KEY (root, hash)
);

-- position: shard * 2^48 + number in the shard.
-- kind: 0 execution, 1 task, 2 action.
CREATE TABLE journal (
    position bigint PRIMARY KEY,
    root uuid NOT NULL,
    at bigint NOT NULL,
    kind smallint NOT NULL,
    id uuid NOT NULL,
    execution uuid,                 -- null if it is `id`, too
    task uuid,                      -- null if it is `id`, too
    name text COLLATE "C" NOT NULL,
    previous text COLLATE "C",
    state text COLLATE "C" NOT NULL,
    done integer,
    total integer
);

-- The timeline of a tree; delete.
CREATE INDEX journal_root ON journal (root);

-- Journal numbers that outlive their entries: `next` is never given twice, all
-- deleted numbers are at most `gone`.
CREATE TABLE journal_heads (
    shard smallint PRIMARY KEY,
    next bigint NOT NULL,
    gone bigint NOT NULL
);

-- Executions of deleted trees whose other rows are still to be deleted.
CREATE TABLE doomed (
    root uuid NOT NULL,
    execution uuid NOT NULL,
    PRIMARY KEY (root, execution)
);

CREATE TABLE definitions (
    id uuid NOT NULL PRIMARY KEY,
    kind text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    namespace text COLLATE "C" NOT NULL,
    project_id text COLLATE "C" NOT NULL,
    scope text COLLATE "C" NOT NULL,
    input text COLLATE "C" NOT NULL,
    description text COLLATE "C",
    tags text COLLATE "C" NOT NULL,
    checksum text COLLATE "C",
    workbook_name text COLLATE "C",
    program bytea,
    created_at bigint NOT NULL,
    updated_at bigint
);

-- Names are unique in a project; a definition by name.
CREATE UNIQUE INDEX definitions_name ON definitions (kind, name, namespace, project_id);

CREATE TABLE definition_texts (
    definition uuid NOT NULL PRIMARY KEY,
    text text COLLATE "C" NOT NULL,
    interface text COLLATE "C" NOT NULL,
    spec text COLLATE "C" NOT NULL
);

-- What programs are made of. Executions hold the hash, so rows stay when the
-- definition changes or goes.
CREATE TABLE programs (
    hash bytea NOT NULL PRIMARY KEY,
    text bytea NOT NULL,             -- hash in program_texts
    member text COLLATE "C" NOT NULL,
    workbook text COLLATE "C"
);

CREATE TABLE program_texts (
    hash bytea NOT NULL PRIMARY KEY,
    text text COLLATE "C" NOT NULL
);

CREATE TABLE environments (
    id uuid NOT NULL PRIMARY KEY,
    name text COLLATE "C" NOT NULL,
    project_id text COLLATE "C" NOT NULL,
    scope text COLLATE "C" NOT NULL,
    description text COLLATE "C",
    variables text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint
);

-- Names are unique in a project; an environment by name.
CREATE UNIQUE INDEX environments_name ON environments (name, project_id);
