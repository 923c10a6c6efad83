-- The executor of an asynchronous action confirmed that it started it: it is waited for,
-- even when the executor is gone.
ALTER TABLE actions ADD COLUMN started smallint NOT NULL DEFAULT 0;
-- Until now a claim counted as a start.
UPDATE actions SET started = 1
WHERE is_sync = 0 AND claim IS NOT NULL AND state IN ('RUNNING', 'PAUSED');
-- An executor claimed the offer.
UPDATE actions SET started = 1
WHERE is_sync = 0 AND started = 0 AND state IN ('RUNNING', 'PAUSED')
AND id IN (SELECT action FROM offers WHERE claim IS NOT NULL);
