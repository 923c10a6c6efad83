-- What starts workflows by itself, and the starts it ordered.

-- Times are microseconds; `due_at` is when the scheduler must look at it, null for
-- a trigger that is switched off or has nothing left to do. `version` counts the
-- changes: whoever changes a row says which version he saw.
CREATE TABLE cron_triggers (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    project_id TEXT NOT NULL,
    scope TEXT NOT NULL,
    workflow_id BLOB NOT NULL,
    workflow_name TEXT NOT NULL,
    workflow_input TEXT NOT NULL,
    workflow_params TEXT NOT NULL,
    pattern TEXT,
    remaining INTEGER,
    first_at INTEGER,
    next_at INTEGER,
    due_at INTEGER,
    timezone TEXT,
    catch_up TEXT NOT NULL,
    overlap TEXT NOT NULL,
    enabled INTEGER NOT NULL,
    jitter INTEGER NOT NULL,
    likeness BLOB,                  -- hash of what no two triggers may share
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX cron_triggers_name ON cron_triggers (name, project_id);
CREATE UNIQUE INDEX cron_triggers_likeness ON cron_triggers (likeness, project_id)
    WHERE likeness IS NOT NULL;
-- What is due next.
CREATE INDEX cron_triggers_due ON cron_triggers (due_at) WHERE due_at IS NOT NULL;
-- Whether a workflow may be deleted.
CREATE INDEX cron_triggers_workflow ON cron_triggers (workflow_id);

-- The starts that triggers ordered: a durable inbox of the engine, and their
-- history. The id is that of the execution, which is made with it: the commit
-- that creates the execution makes the row STARTED, so none starts twice.
-- state: PENDING, BUFFERED, STARTED, REFUSED, SKIPPED, MISSED.
CREATE TABLE fires (
    id BLOB NOT NULL PRIMARY KEY,
    owner BLOB NOT NULL,            -- the trigger; it may be gone
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    scheduled_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    reason TEXT,
    request TEXT                    -- null when nothing is left to do
) STRICT, WITHOUT ROWID;

-- The history of a trigger.
CREATE INDEX fires_owner ON fires (owner, id);
-- What goes on after a restart.
CREATE INDEX fires_waiting ON fires (state, id) WHERE state IN ('PENDING', 'BUFFERED');
-- What is old.
CREATE INDEX fires_created ON fires (created_at);
