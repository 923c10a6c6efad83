-- Workflows that start when something happens, and what happened.

-- `secret` is the key of the trigger's web hook; null as long as it has none.
CREATE TABLE event_triggers (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT,
    project_id TEXT NOT NULL,
    scope TEXT NOT NULL,
    workflow_id BLOB NOT NULL,
    workflow_name TEXT NOT NULL,
    workflow_input TEXT NOT NULL,
    workflow_params TEXT NOT NULL,
    exchange TEXT NOT NULL,
    topic TEXT NOT NULL,
    event TEXT NOT NULL,
    secret TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER
) STRICT, WITHOUT ROWID;

-- What an event starts; and no two triggers do the same.
CREATE UNIQUE INDEX event_triggers_event
    ON event_triggers (exchange, topic, event, workflow_id, project_id);
-- Whether a workflow may be deleted.
CREATE INDEX event_triggers_workflow ON event_triggers (workflow_id);

-- Events that came with an id of their own: the second one with it starts nothing.
-- `fires` are the starts that the first one ordered, with commas.
CREATE TABLE received_events (
    origin TEXT NOT NULL,
    message TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    fires TEXT NOT NULL,
    PRIMARY KEY (origin, message)
) STRICT, WITHOUT ROWID;

-- What is old.
CREATE INDEX received_events_age ON received_events (received_at);
