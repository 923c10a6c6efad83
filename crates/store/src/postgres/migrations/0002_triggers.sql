-- What starts workflows by itself, and the starts it ordered.

-- Times are microseconds; `due_at` is when the scheduler must look at it, null for
-- a trigger that is switched off or has nothing left to do. `version` counts the
-- changes: whoever changes a row says which version he saw.
CREATE TABLE cron_triggers (
    id uuid NOT NULL PRIMARY KEY,
    name text COLLATE "C" NOT NULL,
    project_id text COLLATE "C" NOT NULL,
    scope text COLLATE "C" NOT NULL,
    workflow_id uuid NOT NULL,
    workflow_name text COLLATE "C" NOT NULL,
    workflow_input text COLLATE "C" NOT NULL,
    workflow_params text COLLATE "C" NOT NULL,
    pattern text COLLATE "C",
    remaining bigint,
    first_at bigint,
    next_at bigint,
    due_at bigint,
    timezone text COLLATE "C",
    catch_up text COLLATE "C" NOT NULL,
    overlap text COLLATE "C" NOT NULL,
    enabled bigint NOT NULL,
    jitter bigint NOT NULL,
    likeness bytea,                  -- hash of what no two triggers may share
    version bigint NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint
);

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
    id uuid NOT NULL PRIMARY KEY,
    owner uuid NOT NULL,            -- the trigger; it may be gone
    kind text COLLATE "C" NOT NULL,
    state text COLLATE "C" NOT NULL,
    scheduled_at bigint NOT NULL,
    created_at bigint NOT NULL,
    started_at bigint,
    reason text COLLATE "C",
    request text COLLATE "C"                    -- null when nothing is left to do
);

-- The history of a trigger.
CREATE INDEX fires_owner ON fires (owner, id);
-- What goes on after a restart.
CREATE INDEX fires_waiting ON fires (state, id) WHERE state IN ('PENDING', 'BUFFERED');
-- What is old.
CREATE INDEX fires_created ON fires (created_at);
