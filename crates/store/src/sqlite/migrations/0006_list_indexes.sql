-- Lists of executions: each index is in the order of its column and then of
-- creation, so that a filter or a sort by that column needs no sorting.
CREATE INDEX executions_updated ON executions (updated_at, created_at, id);
CREATE INDEX executions_state ON executions (state, created_at, id);
CREATE INDEX executions_workflow_name ON executions (workflow_name, created_at, id);
CREATE INDEX executions_workflow_id ON executions (workflow_id, created_at, id);
CREATE INDEX executions_project ON executions (project_id, created_at, id);
-- Also the sub-executions of a tree: load, delete.
DROP INDEX executions_root;
CREATE INDEX executions_root ON executions (root, created_at, id);
-- Also the sub-executions of a task: its results.
DROP INDEX executions_task;
CREATE INDEX executions_task ON executions (parent_task, created_at, id);

-- The tags of executions, in small ASCII letters; they never change.
CREATE TABLE execution_tags (
    tag TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    execution BLOB NOT NULL,
    PRIMARY KEY (tag, created_at, execution)
) STRICT, WITHOUT ROWID;

INSERT INTO execution_tags (tag, created_at, execution)
SELECT DISTINCT lower(t.value), e.created_at, e.id FROM executions e, json_each(e.tags) t;
