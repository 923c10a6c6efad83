-- Entries of an execution that were written together may share a row: what it does not say
-- of those before its own, which is the last one. Older programs would not see them.
ALTER TABLE journal ADD COLUMN earlier bytea;
