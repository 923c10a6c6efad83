//! The process dies around the arrival of events: what was accepted starts once, however
//! often its sender repeats it. A seed replays a run.

use std::collections::BTreeMap;

use engine::model::{ExecutionId, Id};
use store::Scope;
use store::query::{FireColumn, ListQuery, Projects};
use store::trigger::{Arrival, EventTrigger, FireKind, FireState, NewFire, StartRequest, Triggers};
use yaql::Dict;

use super::crashes::World;

/// Runs of a test run; `SEEDS=1000` makes it more.
const SEEDS: u64 = 30;

/// Events of a run.
const EVENTS: u64 = 40;

fn trigger(world: &mut World) -> EventTrigger {
    EventTrigger {
        id: world.ids.next_id(),
        name: None,
        project_id: "p".into(),
        scope: Scope::Private,
        workflow_id: Id::from_bytes([8; 16]),
        workflow_name: "w".into(),
        input: Dict::new(),
        params: Dict::new(),
        exchange: "e".into(),
        topic: "t".into(),
        event: "x".into(),
        secret: None,
        created_at: world.now,
        updated_at: None,
    }
}

impl World {
    /// What the receiver does with an event, with a crash before or after its commit.
    /// Tells whether the sender was answered; one that was not sends it again.
    fn arrive(&mut self, trigger: &EventTrigger, number: u64) -> bool {
        let listening = self.store.listening("e", "t", "x", &Projects::All);
        assert_eq!(listening.unwrap().len(), 1);
        let fire = NewFire {
            id: ExecutionId(self.ids.next_id()),
            kind: FireKind::Event,
            scheduled_at: self.now,
            request: Some(StartRequest {
                workflow_id: trigger.workflow_id,
                workflow_name: "w".into(),
                input: Dict::new(),
                params: Dict::new(),
                description: number.to_string().into(),
                project_id: "p".into(),
                cancel_previous: false,
            }),
            reason: None,
        };
        let arrival = Arrival {
            origin: "here".into(),
            message: Some(number.to_string().into()),
            starts: vec![(trigger.id, fire)],
        };
        if self.chance(10) {
            self.crash();
            return false;
        }
        let oldest = self.now.plus_micros(-3_600_000_000);
        let arrived = self.store.receive(self.now, oldest, vec![arrival]).unwrap();
        if self.chance(15) {
            self.crash();
            return false;
        }
        if !arrived[0].is_repeated {
            self.memory.extend(arrived[0].fires.iter().cloned());
        }
        true
    }
}

fn run(seed: u64, registry: &actions::Registry) -> u32 {
    let mut world = World::new(seed, registry);
    let row = trigger(&mut world);
    world.store.create_event_trigger(row.clone()).unwrap();
    for number in 0..EVENTS {
        let mut is_answered = false;
        while !is_answered || world.chance(10) {
            world.now = world.now.plus_seconds(1);
            is_answered |= world.arrive(&row, number);
            world.start();
        }
    }
    world.quiet();
    let fires = world
        .store
        .fires(row.id, &ListQuery::<FireColumn>::default());
    let mut started = BTreeMap::new();
    for fire in fires.unwrap().records {
        assert_eq!(fire.state, FireState::Started, "seed {seed}");
        *started.entry(fire.id).or_insert(0) += 1;
    }
    assert_eq!(started.len() as u64, EVENTS, "seed {seed}");
    assert_eq!(world.executions() as u64, EVENTS, "seed {seed}");
    world.crashes
}

#[test]
fn a_crash_around_an_arrival_neither_loses_nor_doubles_it() {
    let registry = actions::Registry::standard(&actions::Config::default());
    let seeds = std::env::var("SEEDS")
        .ok()
        .and_then(|text| text.parse().ok());
    let seeds = seeds.unwrap_or(SEEDS);
    let crashes: u32 = (0..seeds).map(|seed| run(seed, &registry)).sum();
    assert!(u64::from(crashes) > seeds, "{crashes} crashes");
    println!("{seeds} runs, {crashes} crashes");
}
