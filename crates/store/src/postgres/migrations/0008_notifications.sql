-- Who is told of changes of states, and what they were told.

-- One row for each receiver that there ever was news for. `publisher` is the entry of
-- `notify` that describes it, `seq` the number of its latest notification, `failures`
-- counts since the last success, `due_at` is when to look at it (null: nothing waits).
CREATE TABLE receivers (
    id uuid NOT NULL PRIMARY KEY,
    publisher text COLLATE "C" NOT NULL,
    seq bigint NOT NULL,
    failures bigint NOT NULL,
    due_at bigint
);

-- Whose turn it is.
CREATE INDEX receivers_due ON receivers (due_at) WHERE due_at IS NOT NULL;

-- The outbox and the log of deliveries: written with the change it tells of.
-- state: PENDING, DELIVERED, FAILED. The execution may be gone.
CREATE TABLE notifications (
    id uuid NOT NULL PRIMARY KEY,
    receiver uuid NOT NULL,
    seq bigint NOT NULL,
    execution uuid NOT NULL,
    project_id text COLLATE "C" NOT NULL,
    event text COLLATE "C" NOT NULL,
    body text COLLATE "C" NOT NULL,
    state text COLLATE "C" NOT NULL,
    attempts bigint NOT NULL,
    due_at bigint,
    created_at bigint NOT NULL,
    ended_at bigint,
    reason text COLLATE "C"
);

-- What a receiver is to get next.
CREATE INDEX notifications_waiting ON notifications (receiver, due_at) WHERE due_at IS NOT NULL;
-- What was told of an execution.
CREATE INDEX notifications_execution ON notifications (execution, id);
-- What is old.
CREATE INDEX notifications_ended ON notifications (ended_at) WHERE ended_at IS NOT NULL;
