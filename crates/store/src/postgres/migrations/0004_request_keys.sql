-- Requests that callers may repeat by their key, and what was answered; no status as
-- long as they are at work.
CREATE TABLE request_keys (
    project_id text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    fingerprint bytea NOT NULL,     -- of method, path and body
    claim bigint NOT NULL,          -- the incarnation of the server that is at work
    created_at bigint NOT NULL,
    status integer,
    content_type text COLLATE "C",
    body text COLLATE "C",
    PRIMARY KEY (project_id, name)
);

-- What is too old goes.
CREATE INDEX request_keys_age ON request_keys (created_at);
