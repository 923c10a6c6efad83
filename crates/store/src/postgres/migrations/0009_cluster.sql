-- Processes that share the database. An id is an incarnation: a node that was given
-- up comes back with a new one. Actions are claimed by it.
CREATE TABLE nodes (
    id bigint NOT NULL PRIMARY KEY,
    name text NOT NULL,
    version text NOT NULL,
    engine boolean NOT NULL,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL,
    -- Set by another node, never taken back: its shards and actions are free.
    dead boolean NOT NULL DEFAULT false
);

-- Who writes which shard. The epoch counts the owners.
CREATE TABLE leases (
    shard smallint NOT NULL PRIMARY KEY,
    owner bigint,
    epoch bigint NOT NULL
);
INSERT INTO leases SELECT number, NULL, 0 FROM generate_series(0, 63) AS number;

-- Events for shards that another node owns, and orders to the node that runs an
-- action. The owner deletes a row in the transaction that applies it.
CREATE TABLE inbox (
    id uuid NOT NULL PRIMARY KEY,
    shard smallint,
    node bigint,
    sender bigint NOT NULL,
    sent_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    letter text NOT NULL
);
CREATE INDEX inbox_shard ON inbox (shard) WHERE shard IS NOT NULL;
CREATE INDEX inbox_node ON inbox (node) WHERE node IS NOT NULL;

-- What became of events, until their senders read it.
CREATE TABLE answers (
    id uuid NOT NULL PRIMARY KEY,
    node bigint NOT NULL,
    answered_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    answer text NOT NULL
);
CREATE INDEX answers_node ON answers (node);
