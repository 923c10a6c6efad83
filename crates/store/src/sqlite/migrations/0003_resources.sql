-- Python modules, and the actions that are classes in them.
CREATE TABLE code_sources (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    namespace TEXT NOT NULL,
    project_id TEXT NOT NULL,
    scope TEXT NOT NULL,
    version INTEGER NOT NULL,
    content TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX code_sources_name ON code_sources (name, namespace, project_id);

CREATE TABLE dynamic_actions (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    namespace TEXT NOT NULL,
    project_id TEXT NOT NULL,
    scope TEXT NOT NULL,
    class_name TEXT NOT NULL,
    code_source BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX dynamic_actions_name ON dynamic_actions (name, namespace, project_id);
-- Go with their code.
CREATE INDEX dynamic_actions_code ON dynamic_actions (code_source);

-- What the operator told the service, across restarts.
CREATE TABLE service_state (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
