-- The newest migration that the program of a node knows: a migration that needs more
-- waits until the node is gone.
ALTER TABLE nodes ADD COLUMN schema_version bigint NOT NULL DEFAULT 12;
