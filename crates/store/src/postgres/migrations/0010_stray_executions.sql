-- Executions that changed more than a minute after they were made: where the order of
-- creation and that of the last change part. The others are never in it.
CREATE INDEX executions_strays ON executions (updated_at, created_at, id)
    WHERE updated_at - created_at > 60000000;
