//! Action executions: their start, their results (workflow language §3, §8.5).

use std::sync::Arc;

use yaql::{Dict, Value};

use super::evaluation::{View, check_size};
use super::run::{StartError, Trouble, merge_deeply};
use super::{Done, Halt, OrFailed, Soon, Step};
use crate::context::Context;
use crate::event::{ActionRequest, Answer, Command, Outcome, Refusal};
use crate::model::{Action, ActionId, Base, Claim, ExecutionId, State, TaskId, Timer, TimerKey};
use crate::pure;
use crate::world::{ActionDefinition, AdHoc, NameScope};

/// Longest chain of ad-hoc actions; longer ones are taken for a cycle.
const CHAIN_LIMIT: usize = 50;

/// Pure results larger than this are made by an executor, not inside a step.
const PURE_RESULT_LIMIT: usize = 64 * 1024;

/// An action with its parameters checked.
struct Resolved {
    definition: ActionDefinition,
    base: Option<Base>,
    is_sync: bool,
}

impl Step<'_> {
    pub(super) fn start_action(
        &mut self,
        task: TaskId,
        index: u32,
        name: &Arc<str>,
        input: Dict,
        view: &View,
        item: bool,
    ) -> Result<(), StartError> {
        let name = if name.is_empty() || **name == *"None" {
            Arc::from("std.noop")
        } else {
            name.clone()
        };
        let execution = self.node(task).task.execution;
        let input = self.with_env_defaults(execution, &name, input);
        let limit = self.world.settings().field_size_limit;
        check_size(limit, "ActionExecution", "input", &input.clone().into())?;
        let origin = self.running(execution).execution.origin.clone();
        let namespace = self.running(execution).execution.namespace();
        let scope = NameScope {
            workbook: origin.workbook.as_deref(),
            namespace: &namespace,
            project_id: &origin.project_id,
        };
        let Some(definition) = self.world.action(&name, &scope)? else {
            let text = format!("Failed to find action [action_name={name}, namespace={namespace}]");
            return Err(if item {
                Trouble::Task(text)
            } else {
                Trouble::Force(text)
            }
            .into());
        };
        check_parameters(&name, &definition, &input)?;
        let (name, input) = match &definition {
            ActionDefinition::AdHoc(adhoc) => (adhoc.name.clone(), actual(adhoc, &input)),
            ActionDefinition::BuiltIn { .. } => (name, input),
        };
        let context = self.inbound(task)?;
        let resolved =
            self.resolve_chain(definition, &input, Some(&(execution, context)), &scope)?;
        self.create_action(task, index, &name, input, resolved, view)?;
        Ok(())
    }

    /// Parameters that `env.__actions.<name>` adds (workflow language §5.1).
    fn with_env_defaults(&self, execution: ExecutionId, name: &str, input: Dict) -> Dict {
        let env = self.running(execution).execution.params.get("env");
        let actions = env
            .and_then(Value::as_dict)
            .and_then(|env| env.get("__actions"));
        let defaults = actions
            .and_then(Value::as_dict)
            .and_then(|all| all.get(name));
        match defaults.filter(|defaults| defaults.as_dict().is_some()) {
            None => input,
            Some(defaults) => {
                let merged = merge_deeply(&input.clone().into(), defaults);
                merged.as_dict().cloned().unwrap_or(input)
            }
        }
    }

    /// Follows the chain of an ad-hoc action down to what really runs.
    fn resolve_chain(
        &mut self,
        definition: ActionDefinition,
        input: &Dict,
        place: Option<&(ExecutionId, Context)>,
        scope: &NameScope<'_>,
    ) -> Result<Resolved, StartError> {
        let ActionDefinition::AdHoc(top) = &definition else {
            let is_sync = definition.signature().is_sync;
            return Ok(Resolved {
                definition,
                base: None,
                is_sync,
            });
        };
        let broken = || {
            Trouble::Task(format!(
                "Failed to instantiate an action [action_desc=AdHoc action [name={}, definition={}]]",
                top.name, top.definition
            ))
        };
        // A base is named in full, also inside a workbook (workflow language §2).
        let scope = &NameScope {
            workbook: None,
            ..*scope
        };
        let mut transformers = Vec::new();
        let mut current = top.clone();
        let mut given = input.clone();
        for _ in 0..CHAIN_LIMIT {
            if current.output.is_some() {
                transformers.insert(0, current.name.clone());
            }
            let below = self.base_input(&current, &given, place)?;
            match self.world.action(&current.base, scope)? {
                None => return Err(broken().into()),
                Some(ActionDefinition::AdHoc(next)) => {
                    current = next;
                    given = below;
                }
                Some(base) => {
                    check_parameters(&current.base, &base, &below)
                        .map_err(|_| StartError::from(broken()))?;
                    let base = Base {
                        name: current.base.clone(),
                        input: below,
                        transformers,
                    };
                    let is_sync = base_is_sync(&self.world.action(&current.base, scope)?);
                    return Ok(Resolved {
                        definition,
                        base: Some(base),
                        is_sync,
                    });
                }
            }
        }
        Err(broken().into())
    }

    /// Input of an ad-hoc action's base: parameters, then the task's context (workflow language §3).
    fn base_input(
        &mut self,
        adhoc: &AdHoc,
        given: &Dict,
        place: Option<&(ExecutionId, Context)>,
    ) -> Result<Dict, Halt> {
        let actual = actual(adhoc, given);
        let view = match place {
            Some((execution, context)) => {
                let context = Context::default()
                    .publish(&context.to_dict())
                    .publish(&actual);
                self.workflow_view(*execution, &context)
            }
            None => View::alone(actual),
        };
        self.evaluate_all(&adhoc.base_input, &view)
    }

    fn create_action(
        &mut self,
        task: TaskId,
        index: u32,
        name: &Arc<str>,
        input: Dict,
        resolved: Resolved,
        view: &View,
    ) -> Result<(), Halt> {
        let image = &self.node(task).task;
        let (execution, run) = (image.execution, image.runtime.run);
        let running = self.running(execution);
        let program = running.program.clone();
        let project_id = running.execution.origin.project_id.clone();
        let spec = program.task(image.index);
        let target = match &spec.target {
            None => None,
            Some(target) => Some(self.evaluate(target, view)?),
        };
        let safe_rerun = match &spec.safe_rerun {
            None => false,
            Some(template) => self.evaluate(template, view)?.is_truthy(),
        };
        let timeout = self.action_timeout(task)?;
        let id = ActionId(self.ids.borrow_mut().next_id());
        let action = Action {
            id,
            task: Some(task),
            execution: Some(execution),
            root: self.tree.root(),
            index,
            run,
            name: name.clone(),
            input,
            base: resolved.base.map(Arc::new),
            state: State::Running,
            state_info: None,
            output: None,
            accepted: false,
            is_sync: resolved.is_sync,
            safe_rerun,
            target: target
                .filter(|t| !t.is_null())
                .map(|t| yaql::python::str(&t).into()),
            timeout,
            claim: None,
            is_started: false,
            description: Arc::from(""),
            project_id,
            created_at: self.now,
            updated_at: self.now,
        };
        self.node_mut(task).actions.insert(id);
        self.launch(action, &resolved.definition);
        Ok(())
    }

    /// Stores the action and lets it run: here if it is pure, by a timer if it only
    /// sleeps, outside otherwise.
    fn launch(&mut self, action: Action, _definition: &ActionDefinition) {
        let id = action.id;
        let (name, input) = action.real();
        let pure = match &action.target {
            None if pure::result_bytes(&name, &input) <= PURE_RESULT_LIMIT => {
                pure::run(&name, &input, Some(&id.to_string()))
            }
            _ => None,
        };
        let run = action.run;
        self.tree.add_action(action);
        self.tree.dirty.action(id).created = true;
        match pure {
            Some(pure) if pure.delay.is_zero() => {
                self.soon
                    .push_back(Soon::ActionEnded(id, pure.outcome.into()));
            }
            Some(pure) => {
                self.journal_action(id, None);
                let micros = i64::try_from(pure.delay.as_micros()).unwrap_or(i64::MAX);
                self.set_timer(Timer {
                    key: TimerKey::Sleep(id),
                    root: self.tree.root(),
                    due_at: self.now.plus_micros(micros),
                    run,
                });
            }
            None => {
                self.journal_action(id, None);
                self.order(id);
            }
        }
    }

    /// Orders a run from the executors.
    pub(super) fn order(&mut self, id: ActionId) {
        if let Some(run) = self.tree.run_of(id) {
            self.commands.push(Command::RunAction(Box::new(run)));
        }
    }

    pub(super) fn start_single_action(&mut self, request: &ActionRequest) -> Result<Answer, Halt> {
        let scope = NameScope {
            workbook: None,
            namespace: &request.namespace,
            project_id: &request.project_id,
        };
        let Some(definition) = self.world.action(&request.name, &scope)? else {
            let text = format!("Failed to find action [action_name={}]", request.name);
            return Err(Halt::invalid(text));
        };
        check_parameters(&request.name, &definition, &request.input)?;
        let resolved = match self.resolve_chain(definition, &request.input, None, &scope) {
            Ok(resolved) => resolved,
            Err(StartError::Halt(halt)) => return Err(halt),
            Err(StartError::Trouble(Trouble::Force(text) | Trouble::Task(text))) => {
                return Err(Halt::invalid(text));
            }
        };
        let action = Action {
            id: request.id,
            task: None,
            execution: None,
            root: self.tree.root(),
            index: 0,
            run: 0,
            name: request.name.clone(),
            input: request.input.clone(),
            base: resolved.base.map(Arc::new),
            state: State::Running,
            state_info: None,
            output: None,
            accepted: false,
            is_sync: resolved.is_sync,
            safe_rerun: false,
            target: request.target.clone(),
            timeout: request.timeout,
            claim: None,
            is_started: false,
            description: request.description.clone(),
            project_id: request.project_id.clone(),
            created_at: self.now,
            updated_at: self.now,
        };
        let snapshot = action.clone();
        self.launch(action, &resolved.definition);
        Ok(Answer::Action(Box::new(snapshot)))
    }

    /// An executor or somebody outside reports a result: the first one counts.
    pub(super) fn report_action(
        &mut self,
        id: ActionId,
        outcome: &Outcome,
    ) -> Result<Answer, Halt> {
        let Some(action) = self.tree.actions.get(&id) else {
            return Err(Halt::invalid(format!("Action {id} is already completed")));
        };
        if action.state.is_completed() {
            return Err(Halt::invalid(format!("Action {id} is already completed")));
        }
        self.end_action(id, outcome)?;
        let action = self.tree.actions.get(&id).cloned();
        Ok(action.map_or(Answer::Done, |action| Answer::Action(Box::new(action))))
    }

    /// The executor of an action died: run it again only if that is safe.
    pub(super) fn interrupt_action(&mut self, id: ActionId, claim: Claim) -> Result<Answer, Halt> {
        let Some(action) = self.tree.actions.get_mut(&id) else {
            return Ok(Answer::Done);
        };
        let is_elsewhere = action.is_started || action.claim != Some(claim);
        if action.state != State::Running || is_elsewhere {
            return Ok(Answer::Done);
        }
        if action.safe_rerun || pure::has_no_effect(&action.real().0) {
            action.claim = None;
            self.tree.dirty.action(id).state = true;
            self.order(id);
            return Ok(Answer::Done);
        }
        let text = format!(
            "The executor stopped while it ran this action, which can not be repeated safely: \
             the action may or may not have had its effect. Set 'safe-rerun: true' on the task \
             to have it run again [action={}].",
            action.name
        );
        self.end_action(id, &Outcome::Error(text.into()))?;
        Ok(Answer::Done)
    }

    /// The executor of an asynchronous action has started it, and has no more to do with it.
    /// What may start again anyway needs no mark.
    pub(super) fn confirm_start(&mut self, id: ActionId) -> Answer {
        if let Some(action) = self.tree.actions.get_mut(&id)
            && !action.is_sync
            && !action.is_started
            && !action.state.is_completed()
            && !pure::has_no_effect(&action.real().0)
        {
            action.is_started = true;
            self.tree.dirty.action(id).state = true;
        }
        Answer::Done
    }

    /// PAUSED and RUNNING of an asynchronous action, told by API.
    pub(super) fn report_state(&mut self, id: ActionId, state: State) -> Result<Answer, Halt> {
        let Some(action) = self.tree.actions.get_mut(&id) else {
            return Err(Halt::invalid(format!("Action {id} is already completed")));
        };
        if action.state.is_completed() {
            return Err(Halt::invalid(format!("Action {id} is already completed")));
        }
        if action.is_sync {
            return Err(Halt::invalid(format!(
                "Transition to the {state} state is only supported for asynchronous action execution."
            )));
        }
        let previous = action.state;
        if !previous.may_become(state) {
            return Err(Halt::Refused(Refusal::Invalid(format!(
                "Invalid state transition from {previous} to {state}."
            ))));
        }
        action.state = state;
        // Whoever speaks for it was started.
        action.is_started = true;
        action.updated_at = self.now;
        let (snapshot, task) = (action.clone(), action.task);
        self.tree.dirty.action(id).state = true;
        self.journal_action(id, Some(previous));
        if let Some(task) = task {
            self.child_paused_or_resumed(task, state)?;
        }
        Ok(Answer::Action(Box::new(snapshot)))
    }

    pub(super) fn end_action(&mut self, id: ActionId, outcome: &Outcome) -> Done {
        let previous = self.tree.actions.get(&id).map(|action| action.state);
        self.end_action_after(id, outcome, previous)
    }

    /// Its creation was not news yet.
    pub(super) fn end_pure_action(&mut self, id: ActionId, outcome: &Outcome) -> Done {
        self.end_action_after(id, outcome, None)
    }

    fn end_action_after(
        &mut self,
        id: ActionId,
        outcome: &Outcome,
        previous: Option<State>,
    ) -> Done {
        let Some(action) = self.tree.actions.get(&id) else {
            return Ok(());
        };
        if action.state.is_completed() {
            return Ok(());
        }
        let task = action.task;
        let current = task.is_none_or(|task| {
            let node = self.tree.tasks.get(&task);
            node.is_some_and(|node| node.task.runtime.run == action.run)
        });
        let (outcome, trouble) = match self.transformed(id, outcome).or_failed()? {
            Ok(outcome) => (outcome, None),
            Err(text) => {
                let text = self.broken_result(id, text);
                (Outcome::Error(text.clone().into()), Some(text))
            }
        };
        self.clear_timer(TimerKey::Sleep(id));
        let action = self.tree.actions.get_mut(&id).expect("looked up above");
        let (state, value) = match outcome {
            Outcome::Success(value) => (State::Success, value),
            Outcome::Error(value) => (State::Error, value),
            Outcome::Cancelled => (State::Cancelled, Value::Null),
        };
        action.state = state;
        action.output = Some(value.clone());
        action.accepted = current && (trouble.is_none() || task.is_none());
        action.updated_at = self.now;
        let (index, run) = (action.index, action.run);
        let parts = self.tree.dirty.action(id);
        parts.state = true;
        parts.output = true;
        self.journal_action(id, previous);
        let Some(task) = task else { return Ok(()) };
        if let Some(node) = self.tree.tasks.get_mut(&task) {
            node.actions.swap_remove(&id);
        }
        match trouble {
            Some(text) => self.force_fail(task, &text),
            None => self.item_ended(task, index, run, id.0, state, value),
        }
    }

    /// The result after ad-hoc output transformers, if it may be stored.
    fn transformed(&mut self, id: ActionId, outcome: &Outcome) -> Result<Outcome, Halt> {
        let action = &self.tree.actions[&id];
        let limit = self.world.settings().field_size_limit;
        let Outcome::Success(value) = outcome else {
            return Ok(outcome.clone());
        };
        let mut value = value.clone();
        if let Some(base) = action.base.clone() {
            value = self.apply_transformers(id, &base, value)?;
        }
        check_size(limit, "ActionExecution", "output", &value)?;
        Ok(Outcome::Success(value))
    }

    fn apply_transformers(
        &mut self,
        id: ActionId,
        base: &Base,
        value: Value,
    ) -> Result<Value, Halt> {
        let action = &self.tree.actions[&id];
        let execution = action.execution;
        let running = execution.map(|execution| &self.running(execution).execution);
        let namespace = running.map_or_else(|| Arc::from(""), |execution| execution.namespace());
        let project_id = action.project_id.clone();
        let scope = NameScope {
            workbook: None,
            namespace: &namespace,
            project_id: &project_id,
        };
        let mut value = value;
        for name in &base.transformers {
            let definition = self.world.action(name, &scope)?;
            if let Some(ActionDefinition::AdHoc(adhoc)) = definition
                && let Some(output) = &adhoc.output
            {
                value = self.evaluate(output, &View::of_data(execution, value))?;
            }
        }
        Ok(value)
    }

    /// What is said of a result that can't be kept (workflow language §8.4).
    fn broken_result(&self, id: ActionId, text: String) -> String {
        let action = &self.tree.actions[&id];
        let Some(task) = action.task else { return text };
        let (name, task) = (&action.name, &self.node(task).task.name);
        format!("Failed to complete action [error={text}, action={name}, task={task}]:\n{text}")
    }

    /// Stops what the actions of a task do; asynchronous ones go on (design §5).
    pub(super) fn abort_actions(&mut self, task: TaskId, outcome: &Outcome) -> Done {
        let actions: Vec<_> = self.node(task).actions.iter().copied().collect();
        for id in actions {
            if self
                .tree
                .actions
                .get(&id)
                .is_some_and(|action| action.is_sync)
            {
                self.commands.push(Command::AbortAction(id));
                self.end_action(id, outcome)?;
            }
        }
        Ok(())
    }
}

impl Action {
    /// The built-in action that really runs, and its input.
    pub fn real(&self) -> (Arc<str>, Dict) {
        match &self.base {
            Some(base) => (base.name.clone(), base.input.clone()),
            None => (self.name.clone(), self.input.clone()),
        }
    }
}

impl From<pure::Outcome> for Outcome {
    fn from(outcome: pure::Outcome) -> Self {
        match outcome {
            pure::Outcome::Success(value) => Self::Success(value),
            pure::Outcome::Error(value) => Self::Error(value),
        }
    }
}

/// The parameters of an ad-hoc action, those not given from their defaults.
fn actual(adhoc: &AdHoc, given: &Dict) -> Dict {
    let parameters = adhoc.signature.parameters.iter().map(|parameter| {
        let value = given.get(&parameter.name).or(parameter.default.as_ref());
        (parameter.name.clone(), Value::from(value.cloned()))
    });
    parameters.collect()
}

fn base_is_sync(definition: &Option<ActionDefinition>) -> bool {
    definition
        .as_ref()
        .is_none_or(|definition| definition.signature().is_sync)
}

fn check_parameters(name: &str, definition: &ActionDefinition, input: &Dict) -> Result<(), Halt> {
    let class = match definition {
        ActionDefinition::AdHoc(_) => "mistral.actions.adhoc.AdHocAction".to_owned(),
        ActionDefinition::BuiltIn { name, .. } => name.to_string(),
    };
    let checked = definition.signature().check(input);
    checked.map_err(|mismatch| Halt::Failed(mismatch.text(name, &class)))
}
