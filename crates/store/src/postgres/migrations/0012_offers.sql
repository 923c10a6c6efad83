-- What a node does, and for which targets beside its name it runs actions. Nodes of
-- earlier versions do everything.
ALTER TABLE nodes ADD COLUMN api boolean NOT NULL DEFAULT true;
ALTER TABLE nodes ADD COLUMN executor boolean NOT NULL DEFAULT true;
ALTER TABLE nodes ADD COLUMN targets text[] NOT NULL DEFAULT '{}';

-- Actions that any fitting executor may run: those that found no place where they were
-- made, that have a target, or that were made where none run. The owner of the shard
-- makes and deletes a row in its commits; an executor claims it.
CREATE TABLE offers (
    action uuid NOT NULL PRIMARY KEY,
    root uuid NOT NULL,
    shard smallint NOT NULL,
    target text COLLATE "C",
    claim bigint
);
-- What is next for an executor.
CREATE INDEX offers_open ON offers (target, action) WHERE claim IS NULL;
-- Whose executor is gone; what an executor has.
CREATE INDEX offers_claim ON offers (claim) WHERE claim IS NOT NULL;
-- A tree comes to another node.
CREATE INDEX offers_root ON offers (root);
