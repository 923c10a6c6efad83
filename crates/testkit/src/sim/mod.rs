//! A deterministic simulation of engine, store and executors under a virtual clock.
//!
//! One seed decides everything: the workflow, the order of events, what actions
//! answer, what operators do and when the process dies. After each commit the
//! [`check`] rules must hold; after the faults stop, everything must end.

mod check;
mod executor;
mod generate;
mod random;
mod store;
mod world;

use std::collections::VecDeque;
use std::sync::Arc;

use engine::event::{
    Answer, Command, Definition, Event, ExecutionUpdate, Outcome, WorkflowRequest,
};
use engine::model::{ActionId, Claim, ExecutionId, Id, IdSource, State, Timestamp};
use engine::tree::Tree;
use yaql::Dict;

pub use check::Violation;
pub use generate::workflow;
pub use random::Random;

use executor::Executor;
use store::MemoryStore;
use world::SimWorld;

/// Events after which a run that still moves counts as endless.
const EVENT_LIMIT: usize = 20_000;

/// How a simulated run ended.
#[derive(Debug)]
pub struct Outcomes {
    /// State of the root execution.
    pub state: State,
    /// How often the process died.
    pub crashes: u32,
    /// Events that were applied.
    pub events: usize,
}

/// A failed run: the rule, and what is needed to see it again.
#[derive(Debug, thiserror::Error)]
#[error("seed {seed}: {violation}\n--- workflow\n{yaml}")]
pub struct Failure {
    /// Repeats the run.
    pub seed: u64,
    /// The rule that does not hold.
    pub violation: Violation,
    /// The generated definition.
    pub yaml: String,
}

/// Generates a workflow from the seed and runs it to its end.
///
/// # Errors
/// The first rule that does not hold.
pub fn run(seed: u64) -> Result<Outcomes, Failure> {
    let mut random = Random::new(seed);
    let yaml = generate::workflow(&mut random);
    run_workflow(seed, &yaml)
}

/// Runs the workflow `main` of a definition to its end, with faults.
///
/// # Errors
/// The first rule that does not hold.
pub fn run_workflow(seed: u64, yaml: &str) -> Result<Outcomes, Failure> {
    let failure = |violation| Failure {
        seed,
        violation,
        yaml: yaml.to_owned(),
    };
    let world = SimWorld::new(yaml).map_err(|text| failure(Violation(text)))?;
    Simulation::new(seed, world).run().map_err(failure)
}

struct Simulation {
    random: Random,
    world: SimWorld,
    store: MemoryStore,
    executor: Executor,
    now: Timestamp,
    ids: IdSource,
    claim: Claim,
    root: ExecutionId,
    tree: Option<Tree>,
    queue: VecDeque<Event>,
    events: usize,
    crashes: u32,
    quiet: bool,
}

impl Simulation {
    fn new(seed: u64, world: SimWorld) -> Self {
        let now = Timestamp::from_micros(1_700_000_000_000_000);
        let mut random = Random::new(seed ^ 0x5eed);
        let mut ids = IdSource::new(now, 0, random.next());
        let root = ExecutionId(ids.next_id());
        Self {
            random,
            world,
            store: MemoryStore::default(),
            executor: Executor::default(),
            now,
            ids,
            claim: Claim(1),
            root,
            tree: None,
            queue: VecDeque::new(),
            events: 0,
            crashes: 0,
            quiet: false,
        }
    }

    fn run(mut self) -> Result<Outcomes, Violation> {
        let request = self.request();
        self.queue
            .push_back(Event::WorkflowRequested(Box::new(request)));
        while self.events < EVENT_LIMIT {
            self.quiet = self.events > 60 || self.quiet;
            if !self.queue.is_empty() {
                self.round()?;
            } else if !self.next_happening()? {
                return self.verdict();
            }
        }
        Err(Violation(format!(
            "still moving after {EVENT_LIMIT} events"
        )))
    }

    fn request(&self) -> WorkflowRequest {
        WorkflowRequest {
            id: self.root,
            external_id: None,
            is_new: true,
            definition: self.definition(),
            input: Dict::new(),
            params: Dict::new(),
            description: "".into(),
            project_id: "p".into(),
        }
    }

    fn definition(&self) -> Definition {
        self.world
            .definition("main")
            .unwrap_or_else(|| unreachable!("SimWorld::new checked it"))
    }

    /// Applies some of the queued events and commits them, unless the process dies.
    fn round(&mut self) -> Result<(), Violation> {
        let count = 1 + self.random.below(3);
        let events: Vec<_> = (0..count).filter_map(|_| self.queue.pop_front()).collect();
        self.make_hot()?;
        self.world.show(&self.store);
        let mut commands = Vec::new();
        for event in &events {
            self.events += 1;
            commands.extend(self.step(event)?);
        }
        self.claim_all(&mut commands);
        if self.dies(8) {
            self.crash();
            // Callers and executors that got no answer come again.
            self.executor.report_again(&events, &mut self.queue);
            self.ask_again(&events);
            return Ok(());
        }
        self.commit()?;
        if self.dies(8) {
            self.crash();
            return Ok(());
        }
        self.carry_out(commands);
        self.commit()
    }

    fn step(&mut self, event: &Event) -> Result<Vec<Command>, Violation> {
        self.ids = IdSource::new(self.now, self.ids.sequence(), self.random.next());
        let root = self.root;
        let tree = self.tree.get_or_insert_with(|| Tree::new(root));
        let effects = tree
            .step(event, &self.world, self.now, &mut self.ids)
            .map_err(|error| Violation(format!("{error} in {event:?}")))?;
        if let (Answer::Refused(refusal), Event::WorkflowRequested(_)) = (&effects.answer, event) {
            return Err(Violation(format!("start refused: {refusal}")));
        }
        Ok(effects.commands)
    }

    /// Claims are part of the commit that orders the run.
    fn claim_all(&mut self, commands: &mut [Command]) {
        let Some(tree) = &mut self.tree else { return };
        for command in commands {
            if let Command::RunAction(run) = command {
                tree.claim(run.action.id, Some(self.claim));
            }
        }
    }

    fn commit(&mut self) -> Result<(), Violation> {
        let Some(tree) = &mut self.tree else {
            return Ok(());
        };
        let changes = tree.take_changes();
        self.store.apply(changes)?;
        check::rows(&self.store)?;
        check::memory(tree, &self.store)
    }

    fn carry_out(&mut self, commands: Vec<Command>) {
        for command in commands {
            match command {
                Command::RunAction(run) => self.executor.start(&run, &mut self.random),
                Command::AbortAction(action) => self.executor.abort(action),
                Command::Continue => self.queue.push_back(Event::Continued),
            }
        }
    }

    fn dies(&mut self, one_in: u64) -> bool {
        !self.quiet && self.random.below(one_in) == 0
    }

    /// Everything in memory is gone; what ran outside is cut off or ends unheard.
    fn crash(&mut self) {
        self.crashes += 1;
        self.tree = None;
        self.queue.clear();
        self.executor.die();
        self.claim = Claim(self.claim.0 + 1);
    }

    /// A start that was not acknowledged is asked for again by its caller.
    fn ask_again(&mut self, events: &[Event]) {
        let starts = events
            .iter()
            .filter(|event| matches!(event, Event::WorkflowRequested(_)));
        self.queue.extend(starts.cloned());
    }

    /// Recovery: the tree from its rows, and what the rows order.
    fn make_hot(&mut self) -> Result<(), Violation> {
        if self.tree.is_some() {
            return Ok(());
        }
        let Some(snapshot) = self.store.snapshot(self.root) else {
            return Ok(());
        };
        let world = &self.world;
        let mut program =
            |execution: &engine::model::Execution| world.program(&execution.origin.program);
        let tree = Tree::restore(self.root, snapshot, &mut program);
        let mut tree = tree.map_err(|error| Violation(error.to_string()))?;
        let mut unclaimed = Vec::new();
        for (action, claim) in tree.outside_actions() {
            match claim {
                None => unclaimed.push(action),
                Some(_) => self.queue.push_back(Event::ActionInterrupted { action }),
            }
        }
        for action in unclaimed {
            tree.claim(action, Some(self.claim));
            self.executor.extend(tree.run_of(action), &mut self.random);
        }
        if tree.has_work() {
            self.queue.push_back(Event::Continued);
        }
        self.tree = Some(tree);
        Ok(())
    }

    /// Something comes from outside: a result, a timer, an operator.
    fn next_happening(&mut self) -> Result<bool, Violation> {
        self.make_hot()?;
        if !self.queue.is_empty() {
            return Ok(true);
        }
        if !self.quiet && self.random.below(6) == 0 && self.operator() {
            return Ok(true);
        }
        let results = self.executor.pending();
        let tree = self.tree.as_ref();
        let timers = tree.is_some_and(|tree| tree.timers().next().is_some());
        Ok(match (results, timers) {
            (true, true) if self.random.below(2) == 0 => self.fire_timers(),
            (true, _) => self.deliver(),
            (false, true) => self.fire_timers(),
            (false, false) => self.help(),
        })
    }

    fn deliver(&mut self) -> bool {
        let duplicates = !self.quiet;
        let events = self.executor.deliver(&mut self.random, duplicates);
        self.queue.extend(events);
        true
    }

    /// The clock moves to the next timer; some others fire early and must be ignored.
    fn fire_timers(&mut self) -> bool {
        let Some(tree) = &self.tree else { return false };
        let mut timers: Vec<_> = tree.timers().copied().collect();
        timers.sort_by_key(|timer| (timer.due_at, timer.key));
        let Some(first) = timers.first() else {
            return false;
        };
        self.now = self.now.max(first.due_at).plus_micros(1);
        let early = !self.quiet && self.random.below(4) == 0;
        for timer in timers {
            if timer.due_at <= self.now || early {
                let (key, run) = (timer.key, timer.run);
                self.queue.push_back(Event::TimerFired { key, run });
            }
        }
        true
    }

    /// A user pauses, resumes, cancels, reruns.
    fn operator(&mut self) -> bool {
        let Some(tree) = &self.tree else { return false };
        let update = |update| Event::ExecutionUpdated {
            execution: self.root,
            update,
        };
        let failed = tree.tasks().filter(|task| task.state == State::Error);
        let failed = failed.map(|task| task.id).min();
        let event = match self.random.below(10) {
            0..3 => update(ExecutionUpdate::Pause),
            3..6 => update(ExecutionUpdate::Resume { env: None }),
            6 => update(ExecutionUpdate::Stop {
                state: State::Cancelled,
                message: None,
            }),
            7 => match failed {
                Some(task) => Event::TaskSkipped { task, env: None },
                None => return false,
            },
            reset => match failed {
                Some(task) => Event::TaskRerun {
                    task,
                    reset: reset == 8,
                    env: None,
                },
                None => return false,
            },
        };
        self.queue.push_back(event);
        true
    }

    /// The quiet phase: what only people can do is done once; false if nothing is left.
    fn help(&mut self) -> bool {
        self.quiet = true;
        let Some(tree) = &self.tree else { return false };
        let waits = tree.actions().filter(|action| !action.state.is_completed());
        if let Some(action) = waits.map(|action| action.id).min() {
            let outcome = Outcome::Success(yaql::Value::Null);
            self.queue
                .push_back(Event::ActionCompleted { action, outcome });
            return true;
        }
        let paused = tree
            .executions()
            .filter(|execution| execution.state == State::Paused);
        let Some(execution) = paused.map(|execution| execution.id).min() else {
            return false;
        };
        let update = ExecutionUpdate::Resume { env: None };
        self.queue
            .push_back(Event::ExecutionUpdated { execution, update });
        true
    }

    fn verdict(self) -> Result<Outcomes, Violation> {
        let tree = self.tree.as_ref();
        let root = tree.and_then(Tree::root_execution);
        let root = root.ok_or_else(|| Violation("the execution is gone".to_owned()))?;
        if !root.state.is_completed() {
            let open = check::open_tasks(&self.store);
            return Err(Violation(format!("stuck in {}: {open}", root.state)));
        }
        self.executor.check()?;
        Ok(Outcomes {
            state: root.state,
            crashes: self.crashes,
            events: self.events,
        })
    }
}

/// The id of a definition is made from its name, so that it is the same in every run.
fn id_of(name: &str) -> Id {
    let mut bytes = [0; 16];
    for (slot, byte) in bytes.iter_mut().zip(name.bytes()) {
        *slot = byte;
    }
    Id::from_bytes(bytes)
}

type Programs = Vec<(Arc<str>, Arc<language::program::Program>)>;
type Started = std::collections::BTreeMap<ActionId, u32>;
