//! The process dies around each fire: no start is lost, none is doubled.
//!
//! Real rows, real engine trees and the real plan; the crash throws away all
//! memory and only the store goes on. A seed replays a run.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::event::{Event, WorkflowRequest};
use engine::model::{Id, IdSource, Timestamp};
use engine::tree::Tree;
use store::query::{FireColumn, ListQuery};
use store::sqlite::Sqlite;
use store::trigger::{CatchUp, Fire, FireState, Schedule, Triggers};
use store::{Batch, Catalog, Store};

use super::{at, look_all, pattern, plan, trigger};
use crate::bare_engine::BareEngine;

/// Runs of a test run; `SEEDS=1000` makes it more.
const SEEDS: u64 = 30;

/// Simulated time of a run, in seconds.
const SECONDS: u64 = 300;

pub(super) struct World {
    pub(super) store: Arc<Sqlite>,
    engine: BareEngine,
    pub(super) ids: IdSource,
    pub(super) now: Timestamp,
    /// What a process remembers: starts on their way to the engine.
    pub(super) memory: Vec<Fire>,
    pub(super) crashes: u32,
}

impl World {
    pub(super) fn new(seed: u64, registry: &actions::Registry) -> Self {
        let text = "version: '2.0'\nw: {tasks: {t: {action: std.noop}}}";
        let engine = BareEngine::new(registry, text);
        Self {
            store: engine.store.clone(),
            engine,
            ids: IdSource::new(at("2027-01-01T00:00:00Z"), 0, seed),
            now: at("2027-01-01T00:00:00Z"),
            memory: Vec::new(),
            crashes: 0,
        }
    }

    pub(super) fn chance(&mut self, percent: u64) -> bool {
        self.ids.next_random() % 100 < percent
    }

    /// Everything in memory is gone; the next process takes up what is ordered.
    pub(super) fn crash(&mut self) {
        self.crashes += 1;
        self.memory = self
            .store
            .waiting(FireState::Pending, None, 10_000)
            .unwrap();
    }

    /// What the scheduler does, with a crash before or after its commit.
    fn tick(&mut self) {
        let due = self.store.due(self.now, 500).unwrap();
        self.ids = IdSource::new(self.now, self.ids.sequence(), self.ids.next_random());
        let (now, ids) = (self.now, &mut self.ids);
        let firings: Vec<_> = due.iter().map(|row| plan(row, now, ids)).collect();
        if firings.is_empty() {
            return;
        }
        if self.chance(10) {
            return self.crash();
        }
        let repeated = firings.clone();
        let fires = self.store.fire(self.now, firings).unwrap();
        if self.chance(10) {
            // A second process that looked at the same rows.
            assert_eq!(self.store.fire(self.now, repeated).unwrap(), []);
        }
        if self.chance(15) {
            return self.crash();
        }
        self.memory.extend(fires);
    }

    /// What the engine does with one start, with a crash before or after its commit.
    pub(super) fn start(&mut self) {
        if self.memory.is_empty() || self.chance(20) {
            return;
        }
        let fire = self.memory.swap_remove(0);
        let known = self.store.load(fire.id).unwrap().is_some();
        let batch = self.first_step(&fire);
        if self.chance(10) {
            return self.crash();
        }
        let committed = self.store.commit(batch);
        // A start that came twice meets the execution of the first one.
        assert_eq!(committed.is_err(), known, "{committed:?}");
        if self.chance(10) {
            self.crash();
        }
    }

    fn first_step(&mut self, fire: &Fire) -> Batch {
        let mut tree = Tree::new(fire.id);
        let request = fire.request.clone().unwrap();
        let event = Event::WorkflowRequested(Box::new(WorkflowRequest {
            id: fire.id,
            external_id: None,
            is_new: true,
            definition: self.engine.definition.clone(),
            input: request.input,
            params: request.params,
            description: request.description,
            project_id: request.project_id,
        }));
        tree.step(&event, &self.engine.world, self.now, &mut self.ids)
            .unwrap();
        Batch::of(fire.id, tree.take_changes())
    }

    pub(super) fn quiet(&mut self) {
        self.memory = self
            .store
            .waiting(FireState::Pending, None, 10_000)
            .unwrap();
        while let Some(fire) = self.memory.pop() {
            let batch = self.first_step(&fire);
            self.store.commit(batch).unwrap();
        }
    }

    /// What is still due, without a crash.
    fn tick_quietly(&mut self) {
        let due = self.store.due(self.now, 500).unwrap();
        let (now, ids) = (self.now, &mut self.ids);
        let firings = due.iter().map(|row| plan(row, now, ids)).collect();
        self.store.fire(self.now, firings).unwrap();
    }

    pub(super) fn executions(&self) -> usize {
        let query = ListQuery::default();
        self.store.executions(&query).unwrap().records.len()
    }

    /// How often each time of a trigger was started.
    fn started(&self, owner: Id) -> BTreeMap<String, u32> {
        let mut times = BTreeMap::new();
        let fires = self
            .store
            .fires(owner, &ListQuery::<FireColumn>::default())
            .unwrap();
        let started = fires
            .records
            .iter()
            .filter(|fire| fire.state == FireState::Started);
        for fire in started {
            *times.entry(fire.scheduled_at.to_string()).or_insert(0) += 1;
        }
        times
    }
}

fn run(seed: u64, registry: &actions::Registry) -> u32 {
    let mut world = World::new(seed, registry);
    let catch_up = [CatchUp::All, CatchUp::Latest][seed as usize % 2];
    let schedule = Schedule {
        catch_up,
        ..pattern(["* * * * * */20", "* * * * *", "*/2 * * * * 7"][seed as usize % 3])
    };
    let row = trigger(schedule, world.now);
    world.store.create_cron_trigger(row.clone()).unwrap();
    let mut undisturbed = row.clone();
    let mut expected = Vec::new();
    for _ in 0..SECONDS {
        world.now = world.now.plus_seconds(1);
        world.tick();
        world.start();
        expected.extend(look_all(&mut undisturbed, world.now));
    }
    world.quiet();
    world.tick_quietly();
    world.quiet();
    let started = world.started(row.id);
    let counts: Vec<_> = started.values().collect();
    assert!(
        counts.iter().all(|count| **count == 1),
        "seed {seed}: {started:?}"
    );
    let times: Vec<_> = started.into_keys().collect();
    if catch_up == CatchUp::All {
        assert_eq!(times, expected, "seed {seed}");
    }
    assert_eq!(times.last(), expected.last(), "seed {seed}");
    assert_eq!(world.executions(), times.len(), "seed {seed}");
    world.crashes
}

#[test]
fn a_crash_around_a_fire_neither_loses_nor_doubles_it() {
    let registry = actions::Registry::standard(&actions::Config::default());
    let seeds = std::env::var("SEEDS")
        .ok()
        .and_then(|text| text.parse().ok());
    let seeds = seeds.unwrap_or(SEEDS);
    let crashes: u32 = (0..seeds).map(|seed| run(seed, &registry)).sum();
    assert!(
        u64::from(crashes) > seeds,
        "{crashes} crashes in {seeds} runs"
    );
    println!("{seeds} runs, {crashes} crashes");
}
