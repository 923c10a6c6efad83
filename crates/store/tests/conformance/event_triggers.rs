//! Event triggers, and events that are accepted once.

use engine::model::{ExecutionId, Id};
use store::query::{EventTriggerColumn, ListQuery, Projects};
use store::trigger::{Arrival, EventTrigger, FireKind, FireState, NewFire, StartRequest};
use store::{DefinitionChange, DefinitionKind, Resource, Scope, StoreError};

use crate::Database;
use crate::maker::{Maker, dict};

fn trigger(maker: &mut Maker, workflow: Id, project: &str) -> EventTrigger {
    EventTrigger {
        id: maker.id(),
        name: Some("booted".into()),
        project_id: project.into(),
        scope: Scope::Private,
        workflow_id: workflow,
        workflow_name: "w".into(),
        input: dict([("a", "é")]),
        params: dict([]),
        exchange: "nova".into(),
        topic: "notifications".into(),
        event: "compute.instance.create.end".into(),
        secret: Some("s".into()),
        created_at: maker.tick(),
        updated_at: None,
    }
}

fn arrival(maker: &mut Maker, trigger: &EventTrigger, message: Option<&str>) -> Arrival {
    let fire = NewFire {
        id: ExecutionId(maker.id()),
        kind: FireKind::Event,
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
    };
    Arrival {
        origin: "here".into(),
        message: message.map(Into::into),
        starts: vec![(trigger.id, fire)],
    }
}

pub(crate) fn event_triggers_change(database: &dyn Database) {
    let mut maker = Maker::new();
    let workflow = maker.workflow(database);
    let lost = maker.id();
    let lost = trigger(&mut maker, lost, "p1");
    let refused = database.create_event_trigger(lost);
    let of = |error: &StoreError| {
        matches!(
            error,
            StoreError::NotFound {
                resource: Resource::Workflow,
                ..
            }
        )
    };
    assert!(refused.as_ref().is_err_and(of), "{refused:?}");

    let row = trigger(&mut maker, workflow, "p1");
    assert_eq!(database.create_event_trigger(row.clone()).unwrap(), row);
    assert_eq!(database.event_trigger(row.id).unwrap(), Some(row.clone()));
    let twin = trigger(&mut maker, workflow, "p1");
    let refused = database.create_event_trigger(twin);
    assert!(
        matches!(refused, Err(StoreError::Duplicate { .. })),
        "{refused:?}"
    );
    let mut theirs = trigger(&mut maker, workflow, "p2");
    theirs.name = None;
    database.create_event_trigger(theirs.clone()).unwrap();

    let event = ("nova", "notifications", "compute.instance.create.end");
    let listening = |projects: Projects| -> Vec<Id> {
        let found = database.listening(event.0, event.1, event.2, &projects);
        found.unwrap().iter().map(|row| row.id).collect()
    };
    assert_eq!(listening(Projects::All), [row.id, theirs.id]);
    assert_eq!(listening(Projects::Of("p1".into())), [row.id]);
    theirs.scope = Scope::Public;
    let now = maker.tick();
    let stored = database.update_event_trigger(now, theirs.clone()).unwrap();
    assert_eq!(stored.updated_at, Some(now));
    assert_eq!(listening(Projects::Of("p1".into())), [row.id, theirs.id]);
    let others = database.listening("nova", "notifications", "other", &Projects::All);
    assert_eq!(others.unwrap(), []);

    assert_eq!(
        database.places().unwrap(),
        [("nova".into(), "notifications".into())]
    );
    let query = ListQuery::default()
        .filter(EventTriggerColumn::Name, "booted")
        .unwrap();
    let listed = database.event_triggers(&query).unwrap().records;
    assert_eq!(listed, std::slice::from_ref(&row));
    database.delete_event_trigger(row.id).unwrap();
    for gone in [
        database.delete_event_trigger(row.id),
        database.update_event_trigger(now, row).map(drop),
    ] {
        assert!(matches!(gone, Err(StoreError::NotFound { .. })), "{gone:?}");
    }
}

pub(crate) fn an_event_is_accepted_once(database: &dyn Database) {
    let mut maker = Maker::new();
    let workflow = maker.workflow(database);
    let row = trigger(&mut maker, workflow, "p1");
    database.create_event_trigger(row.clone()).unwrap();
    let (long_ago, now) = (maker.tick(), maker.tick());
    let mut receive = |at, oldest, message| {
        let arrival = arrival(&mut maker, &row, message);
        let arrived = database.receive(at, oldest, vec![arrival]).unwrap();
        let [arrived] = <[_; 1]>::try_from(arrived).unwrap();
        (arrived.is_repeated, arrived.fires)
    };
    let (repeated, first) = receive(now, long_ago, Some("m-1"));
    assert!(!repeated && first[0].state == FireState::Pending);
    assert_eq!(receive(now, long_ago, Some("m-1")), (true, first.clone()));
    let (repeated, second) = receive(now, long_ago, Some("m-2"));
    assert!(!repeated && second[0].id != first[0].id);
    for _ in 0..2 {
        assert!(!receive(now, long_ago, None).0);
    }
    assert_eq!(
        database
            .waiting(FireState::Pending, None, 10)
            .unwrap()
            .len(),
        4
    );
    let later = now.plus_seconds(10);
    assert!(!receive(later, later, Some("m-1")).0);
    let mut failing = arrival(&mut maker, &row, Some("m-3"));
    failing.starts[0].1.request = None;
    failing.starts[0].1.reason = Some("because".into());
    let arrived = database.receive(now, long_ago, vec![failing]).unwrap();
    assert_eq!(arrived[0].fires[0].state, FireState::Refused);
    assert_eq!(arrived[0].fires[0].reason.as_deref(), Some("because"));

    let late = arrival(&mut maker, &row, Some("m-4"));
    database.delete_event_trigger(row.id).unwrap();
    let arrived = database.receive(now, long_ago, vec![late]).unwrap();
    assert_eq!(arrived[0].fires, []);
}

pub(crate) fn a_workflow_that_triggers_need_stays(database: &dyn Database) {
    let mut maker = Maker::new();
    let workflow = maker.workflow(database);
    let row = trigger(&mut maker, workflow, "p1");
    database.create_event_trigger(row.clone()).unwrap();
    let now = maker.tick();
    let delete = || {
        let change = DefinitionChange::Delete {
            id: workflow,
            kind: DefinitionKind::Workflow,
        };
        database.define(now, vec![change])
    };
    match delete() {
        Err(StoreError::Needed { by, ids, .. }) => {
            assert_eq!((by, &*ids), (Resource::EventTrigger, &[row.id][..]));
        }
        other => panic!("{other:?}"),
    }
    database.delete_event_trigger(row.id).unwrap();
    delete().unwrap();
}
