//! The outbox: numbers without gaps, turns of receivers, replays.

use engine::change::Changes;
use engine::model::{ExecutionId, Id, Timestamp};
use store::notification::{Attempt, Attempted, DeliveryState, NewNotification, Notification};
use store::query::{ListQuery, NotificationColumn};
use store::{Batch, StoreError, TreeChanges};

use crate::Database;
use crate::maker::{CREATED, Maker, dict};

fn new(maker: &mut Maker, receiver: u8, execution: ExecutionId) -> NewNotification {
    NewNotification {
        id: maker.id(),
        receiver: Id::from_bytes([receiver; 16]),
        publisher: dict([("type", "webhook"), ("url", "http://é")]),
        execution,
        project_id: "p1".into(),
        event: "TASK_FAILED".into(),
        body: "{\"a\": 1}".into(),
        at: maker.tick(),
    }
}

/// Commits an execution that tells some receivers.
fn tell(database: &dyn Database, maker: &mut Maker, receivers: &[u8]) -> ExecutionId {
    let execution = maker.execution();
    let root = execution.id;
    let notifications = receivers
        .iter()
        .map(|receiver| new(maker, *receiver, root))
        .collect();
    let mut changes = Changes::default();
    changes.executions.push((execution, CREATED));
    let trees = vec![TreeChanges {
        root,
        changes,
        notifications,
    }];
    database
        .commit(Batch {
            trees,
            ..Batch::default()
        })
        .unwrap();
    root
}

fn due(database: &dyn Database, receiver: u8, now: Timestamp) -> Vec<Notification> {
    let receiver = Id::from_bytes([receiver; 16]);
    database.due_notifications(receiver, now, 10).unwrap()
}

fn receivers(database: &dyn Database, now: Timestamp) -> Vec<(u8, u32)> {
    let due = database.due_receivers(now, 10).unwrap();
    due.iter()
        .map(|one| (one.id.as_bytes()[0], one.failures))
        .collect()
}

pub(crate) fn numbers_have_no_gaps_and_turns_are_apart(database: &dyn Database) {
    let mut maker = Maker::new();
    assert_eq!(database.next_delivery().unwrap(), None);
    let execution = tell(database, &mut maker, &[1, 2, 1]);
    tell(database, &mut maker, &[1]);
    let now = maker.tick();
    assert!(database.next_delivery().unwrap().unwrap() < now);
    assert_eq!(receivers(database, now), [(1, 0), (2, 0)]);
    let first = due(database, 1, now);
    let numbers: Vec<_> = first.iter().map(|one| one.seq).collect();
    assert_eq!(numbers, [1, 2, 3]);
    assert_eq!(first[0].execution, execution);
    assert_eq!(&*first[0].body, "{\"a\": 1}");

    // The first receiver is away: it waits, the other goes on.
    let again = Attempted::Again {
        at: now,
        reason: "away".into(),
    };
    let attempt = |one: &Notification, outcome: &Attempted| Attempt {
        id: one.id,
        outcome: outcome.clone(),
    };
    let later = now.plus_seconds(60);
    let attempts = first.iter().map(|one| attempt(one, &again)).collect();
    let blocked = Some(later);
    database
        .attempted(now, first[0].receiver, attempts, blocked)
        .unwrap();
    assert_eq!(receivers(database, now), [(2, 0)]);
    tell(database, &mut maker, &[1]);
    assert_eq!(receivers(database, now), [(2, 0)]);
    assert_eq!(receivers(database, later), [(2, 0), (1, 1)]);
    let all = due(database, 1, later);
    assert_eq!(all.len(), 4);
    let reasons: Vec<_> = all.iter().map(|one| one.attempts).collect();
    assert_eq!(reasons, [1, 1, 1, 0]);

    // Then one is delivered, one is given up, and two are tried again.
    let outcomes = [
        Attempted::Delivered,
        Attempted::GivenUp {
            reason: "never".into(),
        },
        Attempted::Again {
            at: later.plus_seconds(9),
            reason: "refused".into(),
        },
        Attempted::Again {
            at: later.plus_seconds(5),
            reason: "refused".into(),
        },
    ];
    let attempts = all.iter().zip(&outcomes);
    let attempts = attempts
        .map(|(one, outcome)| attempt(one, outcome))
        .collect();
    database
        .attempted(later, all[0].receiver, attempts, None)
        .unwrap();
    assert_eq!(receivers(database, later.plus_seconds(4)), [(2, 0)]);
    assert_eq!(receivers(database, later.plus_seconds(5)), [(2, 0), (1, 0)]);
    let state = |index: usize| {
        let found = database.notification(all[index].id).unwrap().unwrap();
        (found.state, found.ended_at, found.reason)
    };
    use DeliveryState::{Delivered, Failed, Pending};
    assert_eq!(state(0), (Delivered, Some(later), None));
    assert_eq!(state(1), (Failed, Some(later), Some("never".into())));
    assert_eq!(state(2), (Pending, None, Some("refused".into())));
}

pub(crate) fn many_are_replayed_at_once(database: &dyn Database) {
    let mut maker = Maker::new();
    tell(database, &mut maker, &[1, 2, 2]);
    let now = maker.tick();
    let mut ids = vec![maker.id()];
    for receiver in [1, 2] {
        let all = due(database, receiver, now);
        ids.extend(all.iter().map(|one| one.id));
        let given_up = |one: &Notification| Attempt {
            id: one.id,
            outcome: Attempted::GivenUp {
                reason: "away".into(),
            },
        };
        let attempts = all.iter().map(given_up).collect();
        // Who is blocked is looked at again at once, too.
        let blocked = Some(now.plus_seconds(300));
        database
            .attempted(now, all[0].receiver, attempts, blocked)
            .unwrap();
    }
    assert_eq!(receivers(database, now), []);
    assert_eq!(database.replay_all(now, ids).unwrap(), 3);
    assert_eq!(receivers(database, now), [(1, 1), (2, 1)]);
    assert_eq!(due(database, 2, now).len(), 2);
    assert_eq!(database.replay_all(now, Vec::new()).unwrap(), 0);
}

/// Tells the first receiver something, and delivers it; answers its number.
fn tell_and_deliver(database: &dyn Database, maker: &mut Maker) -> u64 {
    tell(database, maker, &[1]);
    let now = maker.tick();
    let [one] = &due(database, 1, now)[..] else {
        panic!("one is due");
    };
    let outcome = Attempted::Delivered;
    let attempts = vec![Attempt {
        id: one.id,
        outcome,
    }];
    database
        .attempted(now, one.receiver, attempts, None)
        .unwrap();
    one.seq
}

pub(crate) fn receivers_are_forgotten_after_their_log(database: &dyn Database) {
    let mut maker = Maker::new();
    let begin = maker.tick();
    assert_eq!(tell_and_deliver(database, &mut maker), 1);
    let now = maker.tick();
    // Something of it is in the log.
    assert!(!database.forget_receivers(now).unwrap());
    assert_eq!(tell_and_deliver(database, &mut maker), 2);
    let now = maker.tick();
    assert!(!database.forget_notifications(now).unwrap());
    // It was told not long ago.
    assert!(!database.forget_receivers(begin).unwrap());
    assert_eq!(tell_and_deliver(database, &mut maker), 3);
    let now = maker.tick();
    assert!(!database.forget_notifications(now).unwrap());
    assert!(!database.forget_receivers(now).unwrap());
    assert_eq!(tell_and_deliver(database, &mut maker), 1);
}

pub(crate) fn what_ended_is_replayed_and_forgotten(database: &dyn Database) {
    let mut maker = Maker::new();
    let execution = tell(database, &mut maker, &[1, 1]);
    let now = maker.tick();
    let all = due(database, 1, now);
    let done = |one: &Notification| Attempt {
        id: one.id,
        outcome: Attempted::Delivered,
    };
    let attempts = all.iter().map(done).collect();
    database
        .attempted(now, all[0].receiver, attempts, None)
        .unwrap();
    assert_eq!(database.next_delivery().unwrap(), None);
    let replayed = database.replay(now, all[0].id).unwrap();
    assert_eq!(
        (replayed.state, replayed.seq, replayed.ended_at),
        (DeliveryState::Pending, 1, None)
    );
    assert_eq!(database.next_delivery().unwrap(), Some(now));
    let unknown = database.replay(now, maker.id());
    assert!(
        matches!(unknown, Err(StoreError::NotFound { .. })),
        "{unknown:?}"
    );

    let later = now.plus_seconds(1);
    assert!(!database.forget_notifications(now).unwrap());
    assert!(!database.forget_notifications(later).unwrap());
    let of_it = format!("eq:{execution}");
    let query = ListQuery::default()
        .filter(NotificationColumn::WorkflowExecutionId, &of_it)
        .unwrap();
    let left = database.notifications(&query).unwrap().records;
    assert_eq!(left, [replayed]);
    // Numbers go on after all rows are gone.
    tell(database, &mut maker, &[1]);
    let now = maker.tick();
    assert_eq!(due(database, 1, now).last().map(|one| one.seq), Some(3));
}
