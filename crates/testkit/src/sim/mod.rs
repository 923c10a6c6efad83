//! A deterministic simulation of engine, store and executors under a virtual clock.
//!
//! One seed decides everything: the workflow, the order of events, what actions
//! answer, what operators do and when the process dies. After each commit the
//! [`check`] rules must hold; after the faults stop, everything must end.

mod check;
mod executor;
mod generate;
mod helper;
mod joins;
mod operator;
mod outside;
mod random;
mod round;
mod store;
mod world;

use std::collections::VecDeque;
use std::sync::Arc;

use engine::event::{Event, WorkflowRequest};
use engine::model::{ActionId, Claim, ExecutionId, Id, IdSource, State, Timestamp};
use engine::tree::Tree;
use yaql::Dict;

pub use check::Violation;
pub use generate::workflow;
pub use random::Random;

use executor::Executor;
use store::Shared;
use world::SimWorld;

/// Events after which a run that still moves counts as endless.
const EVENT_LIMIT: usize = 20_000;

/// Events after which the faults stop.
const FAULTY_EVENTS: usize = 80;

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
    start(seed, &yaml, false)
}

/// The same, and tells each event and each change of a state on standard error.
///
/// # Errors
/// The first rule that does not hold.
pub fn run_verbosely(seed: u64) -> Result<Outcomes, Failure> {
    let mut random = Random::new(seed);
    let yaml = generate::workflow(&mut random);
    eprintln!("{yaml}");
    start(seed, &yaml, true)
}

/// Runs the workflow `main` of a definition to its end, with faults.
///
/// # Errors
/// The first rule that does not hold.
pub fn run_workflow(seed: u64, yaml: &str) -> Result<Outcomes, Failure> {
    start(seed, yaml, false)
}

fn start(seed: u64, yaml: &str, verbose: bool) -> Result<Outcomes, Failure> {
    let failure = |violation| Failure {
        seed,
        violation,
        yaml: yaml.to_owned(),
    };
    let world = SimWorld::new(yaml).map_err(|text| failure(Violation(text)))?;
    let mut simulation = Simulation::new(seed, world);
    simulation.verbose = verbose;
    simulation.run().map_err(failure)
}

struct Simulation {
    random: Random,
    world: SimWorld,
    store: Shared,
    executor: Executor,
    now: Timestamp,
    ids: IdSource,
    claim: Claim,
    root: ExecutionId,
    tree: Option<Tree>,
    queue: VecDeque<Event>,
    /// Actions that nobody runs yet.
    unclaimed: Vec<ActionId>,
    events: usize,
    crashes: u32,
    quiet: bool,
    verbose: bool,
    /// Another execution took over what the first one had achieved.
    second: bool,
}

impl Simulation {
    fn new(seed: u64, world: SimWorld) -> Self {
        let now = Timestamp::from_micros(1_700_000_000_000_000);
        let mut random = Random::new(seed ^ 0x5eed);
        let mut ids = IdSource::new(now, 0, random.next());
        let root = ExecutionId(ids.next_id());
        world.settle(&mut random);
        Self {
            random,
            store: world.store(),
            world,
            executor: Executor::default(),
            now,
            ids,
            claim: Claim(1),
            root,
            tree: None,
            queue: VecDeque::new(),
            unclaimed: Vec::new(),
            events: 0,
            crashes: 0,
            quiet: false,
            verbose: false,
            second: false,
        }
    }

    fn run(mut self) -> Result<Outcomes, Violation> {
        let request = self.request();
        self.queue
            .push_back(Event::WorkflowRequested(Box::new(request)));
        while self.events < EVENT_LIMIT {
            self.quiet = self.events > FAULTY_EVENTS || self.quiet;
            if !self.queue.is_empty() {
                self.round()?;
            } else if !self.next_happening()? && !self.go_on_from_a_task() {
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
            definition: self
                .world
                .definition("main")
                .unwrap_or_else(|| unreachable!("SimWorld::new checked it")),
            input: Dict::new(),
            params: Dict::new(),
            description: "".into(),
            project_id: "p".into(),
        }
    }

    /// Once all has ended, some run is taken up by a new one, with faults again.
    fn go_on_from_a_task(&mut self) -> bool {
        if self.second || !self.random.chance(25) {
            return false;
        }
        let store = self.store.borrow();
        let tasks = store.tasks.values();
        let names: Vec<_> = tasks
            .filter(|task| task.execution == self.root)
            .map(|task| task.name.clone())
            .collect();
        drop(store);
        if names.is_empty() {
            return false;
        }
        let task = self.random.pick(&names).clone();
        let source = std::mem::replace(&mut self.root, ExecutionId(self.ids.next_id()));
        let request = Box::new(self.request());
        self.queue.push_back(Event::WorkflowTakenUp {
            request,
            source,
            task,
        });
        self.second = true;
        self.tree = None;
        self.quiet = false;
        self.events = 0;
        true
    }

    fn verdict(self) -> Result<Outcomes, Violation> {
        let store = self.store.borrow();
        let root = store.executions.get(&self.root);
        let root = root.ok_or_else(|| Violation("the execution is gone".to_owned()))?;
        let mut executions = store.executions.values();
        if let Some(open) = executions.find(|execution| !execution.state.is_completed()) {
            let tasks = check::open_tasks(&store);
            return Err(Violation(format!("stuck in {}: {tasks}", open.state)));
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
