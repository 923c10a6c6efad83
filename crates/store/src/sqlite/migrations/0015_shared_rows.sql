-- Entries of an execution that were written together may share a row: what it does not say
-- of those before its own, which is the last one.
ALTER TABLE journal ADD COLUMN earlier BLOB;
