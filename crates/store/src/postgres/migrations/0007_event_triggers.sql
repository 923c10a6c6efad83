-- Workflows that start when something happens, and what happened.

-- `secret` is the key of the trigger's web hook; null as long as it has none.
CREATE TABLE event_triggers (
    id uuid NOT NULL PRIMARY KEY,
    name text COLLATE "C",
    project_id text COLLATE "C" NOT NULL,
    scope text COLLATE "C" NOT NULL,
    workflow_id uuid NOT NULL,
    workflow_name text COLLATE "C" NOT NULL,
    workflow_input text COLLATE "C" NOT NULL,
    workflow_params text COLLATE "C" NOT NULL,
    exchange text COLLATE "C" NOT NULL,
    topic text COLLATE "C" NOT NULL,
    event text COLLATE "C" NOT NULL,
    secret text COLLATE "C",
    created_at bigint NOT NULL,
    updated_at bigint
);

-- What an event starts; and no two triggers do the same.
CREATE UNIQUE INDEX event_triggers_event
    ON event_triggers (exchange, topic, event, workflow_id, project_id);
-- Whether a workflow may be deleted.
CREATE INDEX event_triggers_workflow ON event_triggers (workflow_id);

-- Events that came with an id of their own: the second one with it starts nothing.
-- `fires` are the starts that the first one ordered, with commas.
CREATE TABLE received_events (
    origin text COLLATE "C" NOT NULL,
    message text COLLATE "C" NOT NULL,
    received_at bigint NOT NULL,
    fires text COLLATE "C" NOT NULL,
    PRIMARY KEY (origin, message)
);

-- What is old.
CREATE INDEX received_events_age ON received_events (received_at);
