-- Python modules, and the actions that are classes in them.
CREATE TABLE code_sources (
    id uuid NOT NULL PRIMARY KEY,
    name text COLLATE "C" NOT NULL,
    namespace text COLLATE "C" NOT NULL,
    project_id text COLLATE "C" NOT NULL,
    scope text COLLATE "C" NOT NULL,
    version integer NOT NULL,
    content text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint
);

CREATE UNIQUE INDEX code_sources_name ON code_sources (name, namespace, project_id);

CREATE TABLE dynamic_actions (
    id uuid NOT NULL PRIMARY KEY,
    name text COLLATE "C" NOT NULL,
    namespace text COLLATE "C" NOT NULL,
    project_id text COLLATE "C" NOT NULL,
    scope text COLLATE "C" NOT NULL,
    class_name text COLLATE "C" NOT NULL,
    code_source uuid NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint
);

CREATE UNIQUE INDEX dynamic_actions_name ON dynamic_actions (name, namespace, project_id);
-- Go with their code.
CREATE INDEX dynamic_actions_code ON dynamic_actions (code_source);

-- What the operator told the service, across restarts.
CREATE TABLE service_state (
    name text COLLATE "C" NOT NULL PRIMARY KEY,
    value text COLLATE "C" NOT NULL
);
