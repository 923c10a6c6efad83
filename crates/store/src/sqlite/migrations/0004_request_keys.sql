-- Requests that callers may repeat by their key, and what was answered; no status as
-- long as they are at work.
CREATE TABLE request_keys (
    project_id TEXT NOT NULL,
    name TEXT NOT NULL,
    fingerprint BLOB NOT NULL,      -- of method, path and body
    claim INTEGER NOT NULL,         -- the incarnation of the server that is at work
    created_at INTEGER NOT NULL,
    status INTEGER,
    content_type TEXT,
    body TEXT,
    PRIMARY KEY (project_id, name)
) STRICT, WITHOUT ROWID;

-- What is too old goes.
CREATE INDEX request_keys_age ON request_keys (created_at);
