//! Cron triggers and the starts they order.

use engine::model::{ExecutionId, Id, Timestamp};
use store::query::{CronTriggerColumn, FireColumn, ListQuery, Projects};
use store::trigger::{
    CronTrigger, Fire, FireKind, FireState, Firing, NewFire, Overlap, Schedule, StartRequest,
};
use store::{Scope, StoreError};

use crate::Database;
use crate::maker::{CREATED, Maker, dict};

fn trigger(maker: &mut Maker, name: &str) -> CronTrigger {
    let now = maker.tick();
    CronTrigger {
        id: maker.id(),
        name: name.into(),
        project_id: "p1".into(),
        scope: Scope::Private,
        workflow_id: maker.id(),
        workflow_name: "w".into(),
        input: dict([("a", "é")]),
        params: dict([]),
        schedule: Schedule {
            pattern: Some("* * * * *".into()),
            timezone: Some("Europe/Vienna".into()),
            ..Schedule::default()
        },
        remaining: Some(2),
        next_at: Some(now),
        due_at: Some(now),
        version: 0,
        created_at: now,
        updated_at: None,
    }
}

fn order(maker: &mut Maker, trigger: &CronTrigger) -> NewFire {
    NewFire {
        id: ExecutionId(maker.id()),
        kind: FireKind::Schedule,
        scheduled_at: trigger.created_at,
        request: Some(StartRequest {
            workflow_id: trigger.workflow_id,
            workflow_name: "w".into(),
            input: trigger.input.clone(),
            params: dict([("b", "2")]),
            description: "text".into(),
            project_id: "p1".into(),
            cancel_previous: false,
        }),
        reason: None,
    }
}

fn firing(maker: &mut Maker, trigger: &CronTrigger, overlap: Overlap) -> Firing {
    let next = maker.tick();
    Firing {
        owner: trigger.id,
        version: trigger.version,
        overlap,
        fires: vec![order(maker, trigger)],
        remaining: trigger.remaining.map(|left| left - 1),
        next_at: Some(next),
        due_at: Some(next),
    }
}

fn states(database: &dyn Database, owner: Id) -> Vec<FireState> {
    let query = ListQuery::<FireColumn>::default();
    let fires = database.fires(owner, &query).unwrap().records;
    fires.iter().map(|fire| fire.state).collect()
}

pub(crate) fn cron_triggers_change(database: &dyn Database) {
    let mut maker = Maker::new();
    let mut row = trigger(&mut maker, "nightly");
    let lost = database.create_cron_trigger(row.clone());
    assert!(matches!(lost, Err(StoreError::NotFound { .. })), "{lost:?}");
    row.workflow_id = maker.workflow(database);
    assert_eq!(database.next_due().unwrap(), None);
    let made = database.create_cron_trigger(row.clone()).unwrap();
    assert_eq!(database.cron_trigger(row.id).unwrap(), Some(made.clone()));
    let named = |projects| database.cron_trigger_by_name("nightly", &projects).unwrap();
    assert_eq!(named(Projects::All), Some(made.clone()));
    assert_eq!(named(Projects::Of("p2".into())), None);
    let mut twin = trigger(&mut maker, "nightly");
    twin.workflow_id = row.workflow_id;
    let refused = database.create_cron_trigger(twin);
    assert!(
        matches!(refused, Err(StoreError::Duplicate { .. })),
        "{refused:?}"
    );

    let query = ListQuery::default()
        .filter(CronTriggerColumn::RemainingExecutions, "gte:2")
        .unwrap();
    let listed = database.cron_triggers(&query).unwrap().records;
    assert_eq!(listed, std::slice::from_ref(&made));
    let mut changed = made;
    changed.schedule.enabled = false;
    (changed.next_at, changed.due_at) = (None, None);
    let now = maker.tick();
    let stored = database
        .update_cron_trigger(now, changed.clone())
        .unwrap()
        .unwrap();
    assert_eq!((stored.version, stored.updated_at), (1, Some(now)));
    assert_eq!(database.update_cron_trigger(now, changed).unwrap(), None);
    assert_eq!(database.due(now, 10).unwrap(), []);
    database.delete_cron_trigger(row.id).unwrap();
    let gone = database.delete_cron_trigger(row.id);
    assert!(matches!(gone, Err(StoreError::NotFound { .. })), "{gone:?}");
}

pub(crate) fn fires_go_with_the_trigger(database: &dyn Database) {
    let mut maker = Maker::new();
    let mut row = trigger(&mut maker, "t");
    row.workflow_id = maker.workflow(database);
    database.create_cron_trigger(row.clone()).unwrap();
    let now = maker.tick();
    assert_eq!(database.next_due().unwrap(), row.due_at);
    let due = database.due(now, 10).unwrap();
    assert_eq!(due, std::slice::from_ref(&row));
    let first = firing(&mut maker, &row, Overlap::Allow);
    let fires = database.fire(now, vec![first.clone()]).unwrap();
    assert_eq!(fires.len(), 1);
    assert_eq!(fires[0].request, first.fires[0].request);
    assert_eq!(
        database.waiting(FireState::Pending, None, 10).unwrap(),
        fires
    );
    assert_eq!(
        database
            .waiting(FireState::Pending, Some(fires[0].id), 10)
            .unwrap(),
        []
    );
    // Somebody else looked at the same version.
    assert_eq!(database.fire(now, vec![first]).unwrap(), []);

    let row = database.cron_trigger(row.id).unwrap().unwrap();
    assert_eq!((row.version, row.remaining), (1, Some(1)));
    let last = firing(&mut maker, &row, Overlap::Allow);
    assert_eq!(database.fire(now, vec![last]).unwrap().len(), 1);
    assert_eq!(database.cron_trigger(row.id).unwrap(), None);
    database.refuse(fires[0].id, "because").unwrap();
    let fire = database.fire_by_id(fires[0].id).unwrap().unwrap();
    assert_eq!((fire.state, fire.request), (FireState::Refused, None));
    assert_eq!(fire.reason.as_deref(), Some("because"));
}

pub(crate) fn fires_of_triggers_that_are_gone_go(database: &dyn Database) {
    let mut maker = Maker::new();
    let mut make = |name: &str, remaining| {
        let mut row = trigger(&mut maker, name);
        row.remaining = Some(remaining);
        row.workflow_id = maker.workflow(database);
        database.create_cron_trigger(row.clone()).unwrap();
        let new = firing(&mut maker, &row, Overlap::Allow);
        let at = maker.tick();
        let mut fires = database.fire(at, vec![new]).unwrap();
        (at, fires.remove(0).id)
    };
    let (_, stays) = make("stays", 5);
    let (_, waits) = make("waits", 1);
    let (at, gone) = make("gone", 1);
    database.refuse(gone, "because").unwrap();
    database.refuse(stays, "because").unwrap();
    let found = |id| database.fire_by_id(id).unwrap().is_some();
    assert_eq!(database.forget_fires(None, at).unwrap(), None);
    assert!(found(gone), "it is not old");
    let before = at.plus_seconds(1);
    let after = Some((at, gone));
    assert_eq!(database.forget_fires(after, before).unwrap(), None);
    assert!(found(gone), "it is before the slice");
    assert_eq!(database.forget_fires(None, before).unwrap(), None);
    assert!(!found(gone) && found(waits) && found(stays));
}

pub(crate) fn overlaps_are_decided_by_rows(database: &dyn Database) {
    let mut maker = Maker::new();
    let mut row = trigger(&mut maker, "t");
    row.remaining = None;
    row.workflow_id = maker.workflow(database);
    database.create_cron_trigger(row.clone()).unwrap();
    let mut fire = |overlap, at: Timestamp| -> Vec<Fire> {
        let row = database.cron_trigger(row.id).unwrap().unwrap();
        let firing = firing(&mut maker, &row, overlap);
        database.fire(at, vec![firing]).unwrap()
    };
    let first = fire(Overlap::Skip, row.created_at);
    assert!(fire(Overlap::Skip, row.created_at).is_empty());
    let held = fire(Overlap::BufferOne, row.created_at);
    assert_eq!(held[0].state, FireState::Buffered);
    let newer = fire(Overlap::BufferOne, row.created_at);
    let cancelling = fire(Overlap::CancelPrevious, row.created_at);
    assert!(cancelling[0].request.as_ref().unwrap().cancel_previous);
    use FireState::{Buffered, Pending, Skipped};
    assert_eq!(
        states(database, row.id),
        [Pending, Skipped, Skipped, Buffered, Pending]
    );
    assert_eq!(
        database.running(row.id, newer[0].id).unwrap(),
        [first[0].id]
    );
    assert_eq!(database.release(newer[0].id).unwrap(), None);
    database.refuse(first[0].id, "gone").unwrap();
    let released = database.release(newer[0].id).unwrap().unwrap();
    assert_eq!((released.id, released.state), (newer[0].id, Pending));
}

pub(crate) fn an_execution_ends_its_order(database: &dyn Database) {
    let mut maker = Maker::new();
    let row = trigger(&mut maker, "t");
    let new = order(&mut maker, &row);
    let ordered = database
        .order(row.created_at, row.id, vec![new.clone()])
        .unwrap();
    assert_eq!(ordered[0].state, FireState::Pending);
    let mut execution = maker.execution();
    execution.id = new.id;
    let mut origin = (*execution.origin).clone();
    origin.root = new.id;
    execution.origin = origin.into();
    let mut changes = engine::change::Changes::default();
    changes.executions.push((execution, CREATED));
    database.commit(store::Batch::of(new.id, changes)).unwrap();
    let fire = database.fire_by_id(new.id).unwrap().unwrap();
    assert_eq!((fire.state, fire.request), (FireState::Started, None));
    assert!(fire.started_at.is_some());
    assert_eq!(database.waiting(FireState::Pending, None, 10).unwrap(), []);
    let later = ExecutionId(maker.id());
    assert_eq!(database.running(row.id, later).unwrap(), [new.id]);
}
