//! A round as the runner does it: events in, one transaction, effects out - unless the
//! process dies somewhere between.

use engine::event::{Answer, Command, Event};
use engine::model::{Claim, IdSource};
use engine::tree::Tree;
use engine::world::World;

use super::{Simulation, Violation, check, joins};

/// Events after which only some states are looked at: looks cost more as a run grows.
const MANY_EVENTS: usize = 2_000;

impl Simulation {
    /// Applies some of the queued events and commits them, unless the process dies.
    pub(super) fn round(&mut self) -> Result<(), Violation> {
        let count = 1 + self.random.below(3);
        let events: Vec<_> = (0..count).filter_map(|_| self.queue.pop_front()).collect();
        self.make_hot()?;
        let mut commands = Vec::new();
        for (position, event) in events.iter().enumerate() {
            self.events += 1;
            self.world.fails(!self.quiet && self.random.below(60) == 0);
            match self.step(event)? {
                Some(found) => commands.extend(found),
                None => return self.try_again(&events[..], position),
            }
        }
        self.world.fails(false);
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

    /// One event; `None` if the world did not answer and the tree must go.
    fn step(&mut self, event: &Event) -> Result<Option<Vec<Command>>, Violation> {
        match event {
            Event::WorkflowRequested(request) if self.verbose => {
                eprintln!("{} start of {}", self.now, request.id);
            }
            Event::WorkflowTakenUp { request, task, .. } if self.verbose => {
                eprintln!("{} {} goes on from {task}", self.now, request.id);
            }
            event if self.verbose => eprintln!("{} {event:?}", self.now),
            _ => {}
        }
        self.ids = IdSource::new(self.now, self.ids.sequence(), self.random.next());
        let root = self.root;
        let tree = self.tree.get_or_insert_with(|| Tree::new(root));
        let Ok(effects) = tree.step(event, &self.world, self.now, &mut self.ids) else {
            return Ok(None);
        };
        if let (Answer::Refused(refusal), true) = (&effects.answer, starts(event)) {
            return Err(Violation(format!("start refused: {refusal}")));
        }
        Ok(Some(effects.commands))
    }

    /// What the events did is gone with the tree; they come again.
    fn try_again(&mut self, events: &[Event], failed: usize) -> Result<(), Violation> {
        self.world.fails(false);
        self.tree = None;
        self.unclaimed.clear();
        for event in events[..=failed].iter().rev() {
            if !matches!(event, Event::Continued) {
                self.queue.push_front(event.clone());
            }
        }
        self.queue.extend(events[failed + 1..].iter().cloned());
        self.make_hot()
    }

    /// Claims are part of the commit that orders the run.
    fn claim_all(&mut self, commands: &mut Vec<Command>) {
        let Some(tree) = &mut self.tree else { return };
        let waiting = std::mem::take(&mut self.unclaimed);
        let waiting = waiting.into_iter().filter_map(|action| tree.run_of(action));
        commands.extend(waiting.map(|run| Command::RunAction(Box::new(run))));
        for command in commands {
            if let Command::RunAction(run) = command {
                tree.claim(run.action.id, Some(self.claim));
            }
        }
    }

    pub(super) fn commit(&mut self) -> Result<(), Violation> {
        let Some(tree) = &mut self.tree else {
            return Ok(());
        };
        let changes = tree.take_changes();
        if self.verbose {
            check::tell(&changes);
        }
        self.store.borrow_mut().apply(changes, self.claim)?;
        let compares = self.random.below(4) == 0;
        if self.events > MANY_EVENTS && !self.events.is_multiple_of(32) {
            return Ok(());
        }
        let store = self.store.borrow();
        check::rows(&store)?;
        check::memory(tree, &store)?;
        joins::decided(tree, &store, &self.world)?;
        drop(store);
        match compares {
            true => self.compare_with_rows(),
            false => Ok(()),
        }
    }

    /// What is derived in memory is what a restart would derive.
    fn compare_with_rows(&mut self) -> Result<(), Violation> {
        let snapshot = self.store.borrow().snapshot(self.root);
        let (Some(tree), Some(snapshot)) = (&self.tree, snapshot) else {
            return Ok(());
        };
        let world = &self.world;
        let mut program =
            |execution: &engine::model::Execution| world.program(&execution.origin.program);
        let restored = Tree::restore(self.root, snapshot, &mut program);
        let restored = restored.map_err(|error| Violation(error.to_string()))?;
        check::same(tree, &restored, world)
    }

    fn carry_out(&mut self, commands: Vec<Command>) {
        for command in commands {
            match command {
                Command::RunAction(run) => {
                    let tree = self.tree.as_ref();
                    let wanted = tree.and_then(|tree| tree.run_of(run.action.id));
                    let started = self.executor.extend(wanted, &mut self.random);
                    self.queue.extend(started);
                }
                Command::AbortAction(action) => self.executor.abort(action),
                Command::Continue => self.queue.push_back(Event::Continued),
            }
        }
    }

    fn dies(&mut self, one_in: u64) -> bool {
        !self.quiet && self.random.below(one_in) == 0
    }

    /// Everything in memory is gone; what ran outside is cut off, or ends unheard and
    /// tells of it much later. A process that only seemed dead still writes: in vain.
    fn crash(&mut self) {
        self.crashes += 1;
        let ghost = self.tree.take();
        self.queue.clear();
        self.unclaimed.clear();
        self.executor.die(&mut self.random);
        let old = self.claim;
        self.claim = Claim(old.0 + 1);
        self.store.borrow_mut().take_over(self.claim);
        if let Some(mut ghost) = ghost {
            let refused = self.store.borrow_mut().apply(ghost.take_changes(), old);
            debug_assert!(refused.is_ok(), "a fenced write is dropped, not a failure");
        }
    }

    /// A start that was not acknowledged is asked for again by its caller.
    fn ask_again(&mut self, events: &[Event]) {
        let again = events.iter().filter(|event| starts(event));
        self.queue.extend(again.cloned());
    }

    /// Recovery: the tree from its rows, and what the rows order.
    pub(super) fn make_hot(&mut self) -> Result<(), Violation> {
        if self.tree.is_some() {
            return Ok(());
        }
        let Some(snapshot) = self.store.borrow().snapshot(self.root) else {
            return Ok(());
        };
        let world = &self.world;
        let mut program =
            |execution: &engine::model::Execution| world.program(&execution.origin.program);
        let tree = Tree::restore(self.root, snapshot, &mut program);
        let tree = tree.map_err(|error| Violation(error.to_string()))?;
        for (action, claim) in tree.outside_actions() {
            match claim {
                None => self.unclaimed.push(action),
                Some(claim) if claim == self.claim => {}
                Some(claim) => {
                    let interrupted = Event::ActionInterrupted { action, claim };
                    self.queue.push_back(interrupted);
                }
            }
        }
        // Claims of what waits are part of the next commit.
        if tree.has_work() || !self.unclaimed.is_empty() {
            self.queue.push_back(Event::Continued);
        }
        self.tree = Some(tree);
        Ok(())
    }
}

/// The event creates an execution.
fn starts(event: &Event) -> bool {
    matches!(
        event,
        Event::WorkflowRequested(_) | Event::WorkflowTakenUp { .. }
    )
}
