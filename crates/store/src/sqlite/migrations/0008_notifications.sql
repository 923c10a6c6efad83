-- Who is told of changes of states, and what they were told.

-- One row for each receiver that there ever was news for. `publisher` is the entry of
-- `notify` that describes it, `seq` the number of its latest notification, `failures`
-- counts since the last success, `due_at` is when to look at it (null: nothing waits).
CREATE TABLE receivers (
    id BLOB NOT NULL PRIMARY KEY,
    publisher TEXT NOT NULL,
    seq INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    due_at INTEGER
) STRICT, WITHOUT ROWID;

-- Whose turn it is.
CREATE INDEX receivers_due ON receivers (due_at) WHERE due_at IS NOT NULL;

-- The outbox and the log of deliveries: written with the change it tells of.
-- state: PENDING, DELIVERED, FAILED. The execution may be gone.
CREATE TABLE notifications (
    id BLOB NOT NULL PRIMARY KEY,
    receiver BLOB NOT NULL,
    seq INTEGER NOT NULL,
    execution BLOB NOT NULL,
    project_id TEXT NOT NULL,
    event TEXT NOT NULL,
    body TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    due_at INTEGER,
    created_at INTEGER NOT NULL,
    ended_at INTEGER,
    reason TEXT
) STRICT, WITHOUT ROWID;

-- What a receiver is to get next.
CREATE INDEX notifications_waiting ON notifications (receiver, due_at) WHERE due_at IS NOT NULL;
-- What was told of an execution.
CREATE INDEX notifications_execution ON notifications (execution, id);
-- What is old.
CREATE INDEX notifications_ended ON notifications (ended_at) WHERE ended_at IS NOT NULL;
