-- Receivers that nobody tells any more are forgotten. `told_at` is when there was news for
-- one last; for those that are there already it counts from now on.
ALTER TABLE receivers ADD COLUMN told_at INTEGER NOT NULL DEFAULT 0;

UPDATE receivers SET told_at = unixepoch() * 1000000;

-- Who is to be forgotten.
CREATE INDEX receivers_told ON receivers (told_at);
-- What a receiver was told; whether anything of that is left.
CREATE INDEX notifications_receiver ON notifications (receiver, id);
