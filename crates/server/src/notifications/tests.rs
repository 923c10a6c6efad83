//! The process dies around each change and each delivery: every change is told, none that
//! did not happen, in numbers without gaps, and twice only what was on its way when the
//! process died. A seed replays a run.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use engine::event::{Event, Outcome, WorkflowRequest};
use engine::model::{ExecutionId, Id, IdSource, Timestamp};
use engine::tree::Tree;
use store::notification::{DeliveryState, Notification, Outbox, Receiver};
use store::query::{ListQuery, NotificationColumn};
use store::{Batch, Store, TreeChanges};
use yaql::{Dict, Value, json};

use super::News;
use super::send::Trouble;
use super::verdict::{Moment, Verdict};
use crate::bare_engine::BareEngine;

/// Runs of a test run; `SEEDS=1000` makes it more.
const SEEDS: u64 = 30;

const EXECUTIONS: usize = 12;

/// Several commits each: the start, what follows, and the end after a result from outside.
const WORKFLOW: &str = "
version: '2.0'
w:
  tasks:
    first: {action: std.noop, on-success: second}
    second: {action: std.http url=http://nobody}
";

const RECEIVERS: &str = r#"[
    {"type": "webhook", "url": "http://all"},
    {"type": "chat", "url": "http://some", "event_types": ["TASK_SUCCEEDED", "WORKFLOW_SUCCEEDED"]}
]"#;

const DAY: Duration = Duration::from_secs(86_400);

struct Simulation {
    engine: BareEngine,
    news: News,
    ids: IdSource,
    now: Timestamp,
    /// What the commits that succeeded were to tell, by receiver.
    expected: BTreeMap<Id, Vec<(ExecutionId, String)>>,
    /// What receivers have got, in order of arrival.
    told: Vec<Notification>,
    /// What arrived and was not recorded: it may come once more, each time.
    unrecorded: BTreeMap<Id, usize>,
    /// Executions that have not ended.
    open: Vec<ExecutionId>,
    ended: usize,
    crashes: u32,
    is_calm: bool,
}

impl Simulation {
    fn new(seed: u64, registry: &actions::Registry) -> Self {
        let entries = json::parse(RECEIVERS).unwrap();
        let now = Timestamp::from_micros(1_800_000_000_000_000);
        Self {
            engine: BareEngine::new(registry, WORKFLOW),
            news: News::new(
                &entries
                    .as_list()
                    .unwrap()
                    .iter()
                    .cloned()
                    .collect::<Vec<_>>(),
            ),
            ids: IdSource::new(now, 0, seed),
            now,
            expected: BTreeMap::new(),
            told: Vec::new(),
            unrecorded: BTreeMap::new(),
            open: Vec::new(),
            ended: 0,
            crashes: 0,
            is_calm: false,
        }
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.ids.next_random() % 100 < percent
    }

    fn dies(&mut self) -> bool {
        let dies = !self.is_calm && self.chance(12);
        self.crashes += u32::from(dies);
        dies
    }

    fn pass(&mut self, time: Duration) {
        self.now = self.now.plus_micros(time.as_micros() as i64);
        self.ids = IdSource::new(self.now, self.ids.sequence(), self.ids.next_random());
    }

    /// A caller starts an execution, again if nobody answered.
    fn start(&mut self) {
        let id = ExecutionId(self.ids.next_id());
        let request = WorkflowRequest {
            id,
            external_id: None,
            is_new: true,
            definition: self.engine.definition.clone(),
            input: Dict::new(),
            params: Dict::new(),
            description: "".into(),
            project_id: "p".into(),
        };
        let event = Event::WorkflowRequested(Box::new(request));
        if self.step(Tree::new(id), &event) {
            self.open.push(id);
        }
    }

    /// The oldest execution goes on by a step: with what its rows say is to be done, or
    /// with the result of its second task, again as long as that does not count.
    fn go_on(&mut self) {
        let Some(&id) = self.open.first() else {
            return;
        };
        let tree = self.engine.load(id).unwrap();
        if tree.is_finished() {
            self.open.remove(0);
            self.ended += 1;
        } else if tree.has_work() {
            self.step(tree, &Event::Continued);
        } else {
            let (action, _) = tree.outside_actions()[0];
            let outcome = Outcome::Success(Value::Null);
            self.step(tree, &Event::ActionCompleted { action, outcome });
        }
    }

    /// A step and its commit, with a crash before or after; tells whether it is durable.
    fn step(&mut self, mut tree: Tree, event: &Event) -> bool {
        tree.step(event, &self.engine.world, self.now, &mut self.ids)
            .unwrap();
        let changes = tree.take_changes();
        let notifications = self.news.of(&tree, &changes, &mut self.ids);
        if self.dies() {
            return false;
        }
        for new in &notifications {
            let told = (new.execution, new.event.to_string());
            self.expected.entry(new.receiver).or_default().push(told);
        }
        let trees = vec![TreeChanges {
            root: tree.root(),
            changes,
            notifications,
        }];
        self.engine
            .store
            .commit(Batch {
                trees,
                ..Batch::default()
            })
            .unwrap();
        self.dies();
        true
    }

    /// What the courier does.
    fn deliver(&mut self) {
        for receiver in self.engine.store.due_receivers(self.now, 10).unwrap() {
            self.visit(&receiver);
        }
    }

    fn visit(&mut self, receiver: &Receiver) {
        let store = self.engine.store.clone();
        let due = store.due_notifications(receiver.id, self.now, 8).unwrap();
        let is_away = !self.is_calm && self.chance(30);
        let results: Vec<_> = due.iter().map(|one| self.send(one, is_away)).collect();
        if self.dies() {
            for (one, _) in due
                .iter()
                .zip(&results)
                .filter(|(_, result)| result.is_ok())
            {
                *self.unrecorded.entry(one.id).or_default() += 1;
            }
            return;
        }
        let moment = Moment {
            now: self.now,
            failures: receiver.failures,
            give_up_after: DAY,
        };
        let Verdict { attempts, blocked } = Verdict::of(&due, results, moment);
        store
            .attempted(self.now, receiver.id, attempts, blocked)
            .unwrap();
        self.dies();
    }

    fn send(&mut self, one: &Notification, is_away: bool) -> Result<(), Trouble> {
        if is_away {
            return Err(Trouble::Away("nobody answers".into()));
        }
        if !self.is_calm && self.chance(10) {
            return Err(Trouble::Refused("not this one".into()));
        }
        self.told.push(one.clone());
        Ok(())
    }

    /// Everything is up again, for as long as anything waits.
    fn calm_down(&mut self) {
        self.is_calm = true;
        while !self.open.is_empty() {
            self.go_on();
        }
        for _ in 0..100 {
            let Some(next) = self.engine.store.next_delivery().unwrap() else {
                return;
            };
            let rest = next.since(self.now);
            self.pass(rest);
            self.deliver();
        }
        panic!("something waits for ever");
    }

    fn check(&self, seed: u64) {
        let all = self
            .engine
            .store
            .notifications(&ListQuery::<NotificationColumn>::default());
        let all = all.unwrap().records;
        assert!(
            all.iter().all(|one| one.state == DeliveryState::Delivered),
            "seed {seed}"
        );
        assert_eq!(self.expected.len(), 2, "seed {seed}");
        for (receiver, expected) in &self.expected {
            let told = || self.told.iter().filter(|one| one.receiver == *receiver);
            let numbers: BTreeSet<_> = told().map(|one| one.seq).collect();
            assert!(
                numbers.into_iter().eq(1..=expected.len() as u64),
                "seed {seed}"
            );
            let first: BTreeMap<_, _> = told().map(|one| (one.seq, one)).collect();
            let heard: Vec<_> = first
                .values()
                .map(|one| (one.execution, one.event.to_string()))
                .collect();
            assert_eq!(heard, *expected, "seed {seed}");
        }
        let mut arrivals = BTreeMap::new();
        for one in &self.told {
            *arrivals.entry(one.id).or_insert(0) += 1;
        }
        for (id, count) in arrivals {
            let unrecorded = self.unrecorded.get(&id).copied().unwrap_or(0);
            assert_eq!(count, 1 + unrecorded, "seed {seed}: {id} came twice");
        }
    }
}

fn run(seed: u64, registry: &actions::Registry) -> u32 {
    let mut simulation = Simulation::new(seed, registry);
    while simulation.ended < EXECUTIONS {
        simulation.pass(Duration::from_millis(700));
        match simulation.ids.next_random() % 3 {
            0 if simulation.ended + simulation.open.len() < EXECUTIONS => simulation.start(),
            1 => simulation.go_on(),
            _ => simulation.deliver(),
        }
    }
    simulation.calm_down();
    simulation.check(seed);
    simulation.crashes
}

#[test]
fn a_crash_around_a_delivery_neither_loses_nor_repeats_it() {
    let registry = actions::Registry::standard(&actions::Config::default());
    let seeds = std::env::var("SEEDS").ok();
    let seeds = seeds.and_then(|text| text.parse().ok()).unwrap_or(SEEDS);
    let crashes: u32 = (0..seeds).map(|seed| run(seed, &registry)).sum();
    assert!(u64::from(crashes) > seeds, "{crashes} crashes");
    println!("{seeds} runs, {crashes} crashes");
}
