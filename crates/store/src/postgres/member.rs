//! This process as one of several nodes: signs of life, leases, fences.
//!
//! A node says that it is alive before its time is over. Whoever finds another
//! node's time over marks it dead, and nothing makes a dead node alive: it must
//! come back with a new id. Shards of dead nodes are free to take, with a new
//! epoch. The *fence* - a lock on the lease rows with the epochs that the node
//! took - makes a commit and a takeover of the same shard exclude each other.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::address::Address;
use super::error::is_lost;
use super::migrate;
use super::session::{Door, Session};
use crate::cluster::{Beat, NodeRecord, ShardSet};
use crate::{Roles, SHARDS, Shard, StoreError};
use engine::model::Timestamp;

const JOIN: &str = "
INSERT INTO nodes (id, name, version, api, engine, executor, targets, expires_at, schema_version)
VALUES ($1, $2, $3, $4, $5, $6, $7, clock_timestamp() + $8 * interval '1 ms', $9)";

const RENEW: &str = "
UPDATE nodes n SET seen_at = clock_timestamp(), expires_at = clock_timestamp() + $2 * interval '1 ms'
FROM (SELECT id, expires_at < clock_timestamp() AS late FROM nodes WHERE id = $1 FOR UPDATE) o
WHERE n.id = o.id AND NOT n.dead
RETURNING o.late";

/// Not for a node that was late itself: then the database was away, not the others.
const BURY: &str = "
UPDATE nodes SET dead = true
WHERE id IN (SELECT id FROM nodes WHERE NOT dead AND expires_at < clock_timestamp()
    ORDER BY id FOR UPDATE SKIP LOCKED)";

const ALIVE: &str = "SELECT id, engine, executor FROM nodes WHERE NOT dead";

const OWNED: &str = "SELECT shard, epoch FROM leases WHERE owner = $1";

const TAKE: &str = "
UPDATE leases SET owner = $1, epoch = epoch + 1
WHERE shard IN (SELECT l.shard FROM leases l LEFT JOIN nodes n ON n.id = l.owner
    WHERE l.owner IS NULL OR n.id IS NULL OR n.dead
    ORDER BY l.shard LIMIT $2 FOR UPDATE OF l SKIP LOCKED)
RETURNING shard, epoch";

const RELEASE: &str = "
UPDATE leases SET owner = NULL
WHERE shard IN (SELECT shard FROM leases WHERE owner = $1 AND shard = ANY($2)
    ORDER BY shard FOR UPDATE)";

const RETIRE: &str = "UPDATE nodes SET engine = false, executor = false WHERE id = $1";

const FORGET: &str = "
DELETE FROM nodes n WHERE dead AND expires_at < clock_timestamp() - interval '1 hour'
AND NOT EXISTS (SELECT 1 FROM leases l WHERE l.owner = n.id)";

const NODES: &str = "
SELECT n.id, n.name, n.version, NOT n.dead,
    CAST(extract(epoch FROM n.started_at) * 1000000 AS bigint),
    CAST(extract(epoch FROM n.seen_at) * 1000000 AS bigint),
    ARRAY(SELECT l.shard FROM leases l WHERE l.owner = n.id),
    n.api, n.engine, n.executor, n.targets
FROM nodes n ORDER BY n.dead, n.name, n.id";

/// The fence: as many rows as there are shards, or the commit must not be.
pub(super) const FENCE: &str = "
SELECT l.shard, CAST(pg_current_xact_id() AS text) FROM leases l
JOIN (SELECT unnest(CAST($1 AS smallint[])) AS shard, unnest(CAST($2 AS bigint[])) AS epoch) AS held
    ON l.shard = held.shard AND l.epoch = held.epoch
WHERE l.owner = $3
ORDER BY l.shard FOR SHARE OF l";

/// Who this process is among the nodes.
#[derive(Clone, Debug)]
pub struct NodeInfo {
    /// Its incarnation: any number that no other one has, below 2^63.
    pub id: u64,
    /// Its name, for people.
    pub name: String,
    /// Version of the program.
    pub version: String,
    /// What it does.
    pub roles: Roles,
    /// Targets of actions that it runs, beside its name.
    pub targets: Vec<String>,
}

/// The node, and what it holds.
#[derive(Debug)]
pub(super) struct Member {
    door: Door,
    lease: Duration,
    session: Mutex<Option<Session>>,
    held: Mutex<Held>,
}

#[derive(Debug)]
struct Held {
    node: Option<NodeInfo>,
    epochs: [Option<i64>; SHARDS as usize],
    /// Until then nobody is buried: this node was late itself.
    grace: Option<Instant>,
}

/// What a commit must prove: shards with their epochs, and the owner.
#[derive(Clone, Debug)]
pub(super) struct Fence {
    pub(super) shards: Vec<i16>,
    pub(super) epochs: Vec<i64>,
    pub(super) owner: i64,
}

impl Member {
    pub(super) fn new(address: Address, lease: Duration) -> Self {
        Self::behind(door(address, lease, Loss::Allowed), lease)
    }

    /// What it writes is on disk: results and claims of actions.
    pub(super) fn durable(address: Address, lease: Duration) -> Self {
        Self::behind(door(address, lease, Loss::Forbidden), lease)
    }

    fn behind(door: Door, lease: Duration) -> Self {
        Self {
            door,
            lease,
            session: Mutex::new(None),
            held: Mutex::new(Held {
                node: None,
                epochs: [None; SHARDS as usize],
                grace: None,
            }),
        }
    }

    /// Makes the node known, to migrations too: one that it would not work beside either
    /// came before, and then it does not join, or finds it. It owns nothing yet.
    pub(super) fn join(&self, node: NodeInfo) -> Result<(), StoreError> {
        self.with_session(|session| {
            let (id, roles) = (node.id.cast_signed(), node.roles);
            session.run("BEGIN")?;
            let joined = migrate::hold(session).and_then(|()| {
                session.rows(
                    JOIN,
                    &[
                        &id,
                        &node.name,
                        &node.version,
                        &roles.api,
                        &roles.engine,
                        &roles.executor,
                        &node.targets,
                        &self.lease_ms(),
                        &migrate::KNOWN,
                    ],
                )
            });
            match joined {
                Ok(_) => session.run("COMMIT"),
                Err(error) => {
                    session.roll_back();
                    Err(error)
                }
            }
        })?;
        let mut held = self.held();
        held.epochs = [None; SHARDS as usize];
        held.node = Some(node);
        Ok(())
    }

    /// Says that the node is alive, and takes free shards if it has too few.
    ///
    /// # Errors
    /// [`StoreError::Dead`] if others gave it up.
    pub(super) fn beat(&self) -> Result<Beat, StoreError> {
        let (node, in_grace) = {
            let held = self.held();
            let in_grace = held.grace.is_some_and(|end| Instant::now() < end);
            (held.node.clone().ok_or(StoreError::Dead)?, in_grace)
        };
        let result = self.with_session(|session| self.beat_on(session, &node, in_grace));
        let (beat, epochs, was_late) = match result {
            Ok(result) => result,
            Err(error) => {
                if matches!(error, StoreError::Dead) {
                    self.held().epochs = [None; SHARDS as usize];
                }
                return Err(error);
            }
        };
        let mut held = self.held();
        held.epochs = epochs;
        if was_late {
            held.grace = Some(Instant::now() + self.lease);
        }
        Ok(beat)
    }

    fn beat_on(
        &self,
        session: &Session,
        node: &NodeInfo,
        in_grace: bool,
    ) -> Result<(Beat, [Option<i64>; SHARDS as usize], bool), StoreError> {
        let id = node.id.cast_signed();
        let renewed = session.rows(RENEW, &[&id, &self.lease_ms()])?;
        let was_late: bool = renewed.first().ok_or(StoreError::Dead)?.get(0);
        if !was_late && !in_grace {
            session.rows(BURY, &[])?;
        }
        let alive = session.rows(ALIVE, &[])?;
        let engines = alive.iter().filter(|row| row.get::<_, bool>(1)).count();
        let mut rows = session.rows(OWNED, &[&id])?;
        let share = match node.roles.engine {
            true => usize::from(SHARDS).div_ceil(engines.max(1)),
            false => 0,
        };
        let mut alive = alive;
        if rows.len() < share {
            let wanted = (share - rows.len()) as i64;
            let taken = session.rows(TAKE, &[&id, &wanted])?;
            // Whoever had them may be younger than what was read before.
            if !taken.is_empty() {
                alive = session.rows(ALIVE, &[])?;
            }
            rows.extend(taken);
        }
        let mut epochs = [None; SHARDS as usize];
        for row in &rows {
            let (shard, epoch): (i16, i64) = (row.get(0), row.get(1));
            epochs[usize::try_from(shard).unwrap_or(0) % epochs.len()] = Some(epoch);
        }
        let mut others = alive.iter().filter(|row| row.get::<_, i64>(0) != id);
        let beat = Beat {
            other_executors: others.any(|row| row.get(2)),
            alive: alive
                .iter()
                .map(|row| row.get::<_, i64>(0).cast_unsigned())
                .collect(),
            owned: owned(&epochs),
            surplus: rows.len().saturating_sub(share),
        };
        Ok((beat, epochs, was_late))
    }

    /// Hands shards over. What follows for them is refused by the fence.
    pub(super) fn release(&self, shards: ShardSet) -> Result<(), StoreError> {
        let Some(id) = self.id() else { return Ok(()) };
        self.forget(shards);
        let numbers: Vec<i16> = shards.iter().map(|shard| shard.number().into()).collect();
        self.with_session(|session| session.rows(RELEASE, &[&id, &numbers]))?;
        Ok(())
    }

    /// What follows for these shards is refused, until the next beat.
    pub(super) fn forget(&self, shards: ShardSet) {
        let mut held = self.held();
        for shard in shards.iter() {
            held.epochs[usize::from(shard.number())] = None;
        }
    }

    /// The node takes nothing any more, and should hand over all it has.
    pub(super) fn retire(&self) -> Result<(), StoreError> {
        let Some(id) = self.id() else { return Ok(()) };
        self.with_session(|session| session.rows(RETIRE, &[&id]))?;
        if let Some(node) = &mut self.held().node {
            (node.roles.engine, node.roles.executor) = (false, false);
        }
        Ok(())
    }

    /// The node ends: all it has is free at once.
    pub(super) fn leave(&self) -> Result<(), StoreError> {
        let Some(id) = self.id() else { return Ok(()) };
        self.release(ShardSet::ALL)?;
        self.held().node = None;
        self.with_session(|session| {
            session.rows("UPDATE nodes SET dead = true WHERE id = $1", &[&id])?;
            session.rows(FORGET, &[])
        })?;
        Ok(())
    }

    /// All nodes, the given-up ones of the last hour among them.
    pub(super) fn nodes(&self) -> Result<Vec<NodeRecord>, StoreError> {
        let rows = self.with_session(|session| session.rows(NODES, &[]))?;
        let record = |row: &tokio_postgres::Row| NodeRecord {
            id: row.get::<_, i64>(0).cast_unsigned(),
            name: row.get(1),
            version: row.get(2),
            roles: Roles {
                api: row.get(7),
                engine: row.get(8),
                executor: row.get(9),
            },
            targets: row.get(10),
            is_alive: row.get(3),
            started_at: Timestamp::from_micros(row.get(4)),
            seen_at: Timestamp::from_micros(row.get(5)),
            shards: row
                .get::<_, Vec<i16>>(6)
                .into_iter()
                .filter_map(|number| Shard::new(u8::try_from(number).ok()?))
                .collect(),
        };
        Ok(rows.iter().map(record).collect())
    }

    /// What a commit to these shards must prove.
    ///
    /// # Errors
    /// [`StoreError::NotOwner`] if one of them is not this node's.
    pub(super) fn fence(&self, shards: ShardSet) -> Result<Fence, StoreError> {
        let held = self.held();
        let node = held.node.as_ref().ok_or(StoreError::NotOwner)?;
        let mut fence = Fence {
            shards: Vec::with_capacity(shards.len()),
            epochs: Vec::with_capacity(shards.len()),
            owner: node.id.cast_signed(),
        };
        for shard in shards.iter() {
            let epoch = held.epochs[usize::from(shard.number())];
            fence.shards.push(shard.number().into());
            fence.epochs.push(epoch.ok_or(StoreError::NotOwner)?);
        }
        Ok(fence)
    }

    pub(super) fn owned(&self) -> ShardSet {
        owned(&self.held().epochs)
    }

    fn id(&self) -> Option<i64> {
        let held = self.held();
        held.node.as_ref().map(|node| node.id.cast_signed())
    }

    /// Runs `work` on the node's own connection.
    pub(super) fn with_session<T>(
        &self,
        work: impl Fn(&Session) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut place = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let session = match place.take().filter(|session| !session.is_closed()) {
            Some(session) => session,
            None => Session::open(&self.door)?,
        };
        let result = work(&session);
        if !result.as_ref().is_err_and(is_lost) {
            *place = Some(session);
        }
        result
    }

    #[expect(clippy::cast_precision_loss, reason = "some seconds")]
    fn lease_ms(&self) -> f64 {
        self.lease.as_millis() as f64
    }

    /// The fields stay whole whatever panicked.
    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a crash of the database may take back what was written last.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Loss {
    /// A lost sign of life is no loss: it need not be on disk.
    Allowed,
    Forbidden,
}

/// Nothing waits for longer than the node has time.
fn door(address: Address, lease: Duration, loss: Loss) -> Door {
    let limit = (lease / 2).max(Duration::from_millis(200));
    let milliseconds = limit.as_millis();
    let commits = if loss == Loss::Allowed { "off" } else { "on" };
    Door {
        address,
        setup: format!(
            "SET synchronous_commit = {commits}; SET statement_timeout = {milliseconds}; \
             SET idle_in_transaction_session_timeout = {milliseconds}"
        ),
        patience: limit.max(Duration::from_secs(1)),
    }
}

fn owned(epochs: &[Option<i64>; SHARDS as usize]) -> ShardSet {
    Shard::all()
        .filter(|shard| epochs[usize::from(shard.number())].is_some())
        .collect()
}
