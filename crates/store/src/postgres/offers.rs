//! Actions that any fitting executor may run.
//!
//! Invariant: of the two that write an offer each has its part. The owner of the tree
//! makes it and deletes it, behind the fence of its commits; an executor sets the
//! claim, once, and nobody takes it away but with the offer or after the executor died.

use engine::event::Run;
use engine::model::{ActionId, Claim, ExecutionId};

use super::Postgres;
use crate::cluster::{LostOffer, Offer, ShardSet, Withdrawal};
use crate::sql::fields::Key;
use crate::sql::read;
use crate::sql::write::Tx;
use crate::sql::{Fields, RowRef};
use crate::{Batch, Shard, StoreError};

/// Whoever had it is dead, if it is there already.
const OFFER: &str = "
INSERT INTO offers (action, root, shard, target) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (action) DO UPDATE SET claim = NULL";

const WITHDRAW: &str = "DELETE FROM offers WHERE action = ?1";

/// A claim that comes first gets the order; one that comes later finds nothing.
const ABORT: &str = "
WITH gone AS (DELETE FROM offers WHERE action = ?1 RETURNING action, claim)
INSERT INTO inbox (id, node, sender, letter)
SELECT gen_random_uuid(), claim, 0, CAST(action AS text) FROM gone WHERE claim IS NOT NULL";

const TAKE: &str = "
WITH aimed AS (
    SELECT action FROM offers WHERE claim IS NULL AND target = ANY($2)
    ORDER BY action LIMIT $3 FOR UPDATE SKIP LOCKED
), free AS (
    SELECT action FROM offers WHERE claim IS NULL AND target IS NULL
    ORDER BY action LIMIT $3 - (SELECT count(*) FROM aimed) FOR UPDATE SKIP LOCKED
)
UPDATE offers SET claim = $1
WHERE action IN (SELECT action FROM aimed UNION ALL SELECT action FROM free)
AND EXISTS (SELECT 1 FROM nodes WHERE id = $1 AND executor AND NOT dead)
RETURNING action, root";

const TAKEN: &str = "SELECT action, root FROM offers WHERE claim = $1 ORDER BY action";

/// What an executor wrote of an action before it died comes first.
const LOST: &str = "
SELECT o.action, o.root, o.claim FROM offers o
WHERE o.claim IS NOT NULL AND o.shard = ANY($1)
AND NOT EXISTS (SELECT 1 FROM nodes n WHERE n.id = o.claim AND NOT n.dead)
AND NOT EXISTS (SELECT 1 FROM inbox i
    WHERE i.shard = o.shard AND position(CAST(o.action AS text) IN i.letter) > 0)
ORDER BY o.action LIMIT $2";

const WAITING: &str = "SELECT count(*) FROM offers WHERE claim IS NULL AND shard = ANY($1)";

const OF_TREE: &str = "SELECT action FROM offers WHERE root = ?1";

const STARTED: &str = "
SELECT a.id, a.is_sync FROM offers o JOIN actions a ON a.id = o.action
WHERE o.root = ?1 AND o.claim IS NOT NULL";

const HINT: &str = "NOTIFY ostro, 'offers'";
const ORDERED: &str = "NOTIFY ostro";

/// How many lost offers are looked at at a time.
const LIMIT: i64 = 1_000;

/// An action and the top of its tree.
pub type Place = (ActionId, ExecutionId);

/// What a batch offers and withdraws.
pub(super) fn write(tx: &mut Tx<'_>, batch: &Batch) -> Result<(), StoreError> {
    for Withdrawal { action, abort } in &batch.withdrawn {
        let sql = if *abort { ABORT } else { WITHDRAW };
        tx.send(sql, (Key(action.0),))?;
    }
    for offer in &batch.offers {
        let Offer {
            action,
            root,
            target,
        } = offer;
        let shard = Shard::of(*root).number();
        tx.send(OFFER, (Key(action.0), Key(root.0), shard, target.clone()))?;
    }
    if !batch.offers.is_empty() {
        tx.send(HINT, ())?;
    }
    if batch.withdrawn.iter().any(|withdrawal| withdrawal.abort) {
        tx.send(ORDERED, ())?;
    }
    Ok(())
}

impl Postgres {
    /// Takes up to `limit` offers for a node: first those for one of its targets, then
    /// those for everybody, the oldest first. A node that was given up or retires gets none.
    /// After an error they may be taken all the same: [`Postgres::taken`] tells.
    ///
    /// # Errors
    /// What the database says.
    pub fn take(
        &self,
        node: u64,
        targets: &[String],
        limit: usize,
    ) -> Result<Vec<Place>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = self
            .taker
            .with_session(|session| session.rows(TAKE, &[&node.cast_signed(), &targets, &limit]))?;
        let mut taken = places(&rows)?;
        taken.sort_unstable();
        Ok(taken)
    }

    /// All offers that a node took, until they are withdrawn.
    ///
    /// # Errors
    /// What the database says.
    pub fn taken(&self, node: u64) -> Result<Vec<Place>, StoreError> {
        let rows = self
            .taker
            .with_session(|session| session.rows(TAKEN, &[&node.cast_signed()]))?;
        places(&rows)
    }

    /// What an executor needs to run actions; those that ended are left out.
    ///
    /// # Errors
    /// What the database says.
    pub fn runs(&self, actions: &[Place]) -> Result<Vec<Run>, StoreError> {
        self.loaders.read(|connection| {
            let runs = actions.iter();
            let runs = runs.map(|(action, root)| read::run(connection, *root, *action));
            runs.filter_map(Result::transpose).collect()
        })
    }

    /// Offers of shards that were taken by nodes that are gone.
    ///
    /// # Errors
    /// What the database says.
    pub fn lost_offers(&self, shards: ShardSet) -> Result<Vec<LostOffer>, StoreError> {
        let rows = self
            .member
            .with_session(|session| session.rows(LOST, &[&numbers(shards), &LIMIT]))?;
        let lost = rows.iter().map(|row| {
            let mut fields = Fields::new(RowRef::Postgres(row));
            Ok(LostOffer {
                action: fields.action()?,
                root: fields.execution()?,
                claim: Claim(fields.integer()?.cast_unsigned()),
            })
        });
        lost.collect()
    }

    /// How many offers of shards nobody took yet.
    ///
    /// # Errors
    /// What the database says.
    pub fn waiting_offers(&self, shards: ShardSet) -> Result<usize, StoreError> {
        let rows = self
            .member
            .with_session(|session| session.rows(WAITING, &[&numbers(shards)]))?;
        let count: i64 = rows.first().map_or(0, |row| row.get(0));
        Ok(usize::try_from(count).unwrap_or_default())
    }

    /// The actions of a tree that are offered, taken or not.
    ///
    /// # Errors
    /// What the database says.
    pub fn offered(&self, root: ExecutionId) -> Result<Vec<ActionId>, StoreError> {
        self.loaders.read(|connection| {
            read::all(connection, OF_TREE, (Key(root.0),), |fields| {
                fields.action()
            })
        })
    }

    /// The offered actions of a tree that somebody took, and whether they are synchronous.
    ///
    /// # Errors
    /// What the database says.
    pub fn started(&self, root: ExecutionId) -> Result<Vec<(ActionId, bool)>, StoreError> {
        self.readers.read(|connection| {
            read::all(connection, STARTED, (Key(root.0),), |fields| {
                Ok((fields.action()?, fields.flag()?))
            })
        })
    }
}

fn numbers(shards: ShardSet) -> Vec<i16> {
    shards.iter().map(|shard| shard.number().into()).collect()
}

fn places(rows: &[tokio_postgres::Row]) -> Result<Vec<Place>, StoreError> {
    let places = rows.iter().map(|row| {
        let mut fields = Fields::new(RowRef::Postgres(row));
        Ok((fields.action()?, fields.execution()?))
    });
    places.collect()
}
