//! Going on from a task of another execution: what that one has achieved apart from the
//! task and all that followed from it is taken over, the task runs anew.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use language::program::{Program, TaskIndex};
use yaql::Dict;

use super::dispatch::Next;
use super::start::{Start, complete_input};
use super::{Halt, Soon, Step};
use crate::event::{Answer, WorkflowRequest};
use crate::model::{Action, ActionId, ExecutionId, Runtime, State, Task, TaskId};
use crate::tree::TaskNode;
use crate::world::{Child, Source};

/// A task that is taken over, with what counts of its actions and sub-workflows.
struct Taken {
    task: Task,
    index: TaskIndex,
    results: Vec<Child>,
}

impl Step<'_> {
    pub(super) fn take_up(
        &mut self,
        request: &WorkflowRequest,
        source: ExecutionId,
        name: &str,
    ) -> Result<Answer, Halt> {
        if let Some(root) = self.tree.root_execution() {
            return Ok(Answer::Execution(Box::new(root.clone())));
        }
        let program = request.definition.program.clone();
        let found = self
            .world
            .source(source)?
            .ok_or_else(|| Halt::not_found(format!("WorkflowExecution not found [id={source}]")))?;
        let taken = self.taken_over(&found, &program, name)?;
        let input = complete_input(&program, &request.input)?;
        let mut params = request.params.clone();
        params.insert("namespace", request.definition.namespace.clone());
        self.enter_execution(Start {
            id: request.id,
            external_id: request.external_id.clone(),
            parent: None,
            definition: request.definition.clone(),
            input,
            params,
            description: request.description.clone(),
            project_id: request.project_id.clone(),
            depth: 0,
        })?;
        self.take_context(request.id, &found.execution.context);
        let commands = self.insert_taken(request.id, taken, &found.program);
        self.dispatch_first(request.id, commands)?;
        let snapshot = self.running(request.id).execution.clone();
        Ok(Answer::Execution(Box::new(snapshot)))
    }

    /// What is taken over: good ends that are neither the task nor follow from it.
    fn taken_over(
        &self,
        source: &Source,
        program: &Program,
        name: &str,
    ) -> Result<Vec<Taken>, Halt> {
        if !program.task_names.contains_key(name) {
            let workflow = &program.name;
            return Err(Halt::invalid(format!(
                "There is no task '{name}' to go on from [workflow={workflow}]"
            )));
        }
        let again = source.tasks.iter().filter(|task| *task.name == *name);
        let again = again.map(|task| task.id).max().ok_or_else(|| {
            let id = source.execution.id;
            Halt::invalid(format!(
                "Task '{name}' did not run in the source execution: nothing to go on from [id={id}]"
            ))
        })?;
        let after = following(&source.tasks, again);
        let mut taken = Vec::new();
        for task in &source.tasks {
            let index = program.task_names.get(&*task.name).copied();
            if let Some(index) = index.filter(|_| !after.contains(&task.id) && is_good(task)) {
                let mut results = self.world.children(task)?;
                results.retain(|child| child.accepted);
                taken.push(Taken {
                    task: task.clone(),
                    index,
                    results,
                });
            }
        }
        Ok(taken)
    }

    /// Variables that were published globally go on.
    fn take_context(&mut self, id: ExecutionId, context: &Dict) {
        let running = self.running_mut(id);
        let mine = &mut running.execution.context;
        mine.extend(context.iter().map(|(k, v)| (k.clone(), v.clone())));
        running.base.take();
    }

    /// Writes the copies and gives what is still to follow from them.
    fn insert_taken(&mut self, id: ExecutionId, taken: Vec<Taken>, old: &Program) -> Vec<Next> {
        let mut ids = HashMap::new();
        for copy in &taken {
            ids.insert(copy.task.id, TaskId(self.ids.borrow_mut().next_id()));
        }
        let copied = taken.iter().map(|copy| copy.index).collect();
        let program = self.running(id).program.clone();
        let mut copies: Vec<Task> = Vec::with_capacity(taken.len());
        for one in taken {
            let task = copy_of(&one, id, (&ids, &copied), old, &program);
            self.insert_copy(&task, &program);
            for child in one.results {
                self.insert_result(&task, child);
            }
            copies.push(task);
        }
        self.tree.count_joined(id);
        copies.sort_by_key(|task| (task.finished_at, task.updated_at, task.id));
        for task in &copies {
            let next = |to: TaskIndex| task.next.iter().any(|(next, _)| *next == to);
            let graph = &mut self.running_mut(id).graph;
            graph.completed(&program, task.index, task.id, next);
        }
        due(&copies, &program)
    }

    fn insert_copy(&mut self, task: &Task, program: &Program) {
        let (id, index) = (task.id, task.index);
        self.tree.add_task(TaskNode::restored(task.clone()));
        self.tree.dirty.task(id).created = true;
        let running = self.running_mut(task.execution);
        running.execution.counters.total += 1;
        running.graph.started(program, index, id);
        if program.task(index).join.is_some() {
            running.joins.insert(index, id);
        }
        if task.next.is_empty() {
            running.ends.insert(id);
        }
        if task.state == State::Error {
            running.failed.insert(id);
        }
        self.journal_task(id, None);
    }

    /// A result, as an action that ended long ago: sub-workflows stay where they are.
    fn insert_result(&mut self, task: &Task, child: Child) {
        let id = ActionId(self.ids.borrow_mut().next_id());
        let project_id = self
            .running(task.execution)
            .execution
            .origin
            .project_id
            .clone();
        let action = Action {
            id,
            task: Some(task.id),
            execution: Some(task.execution),
            root: self.tree.root(),
            index: child.index,
            run: task.runtime.run,
            name: child.name,
            input: Dict::new(),
            base: None,
            state: child.state,
            state_info: None,
            output: Some(child.value),
            accepted: true,
            is_sync: true,
            safe_rerun: false,
            target: None,
            timeout: None,
            claim: None,
            is_started: false,
            description: Arc::from("taken over"),
            project_id,
            created_at: self.now,
            updated_at: self.now,
        };
        self.tree.add_action(action);
        self.tree.dirty.action(id).created = true;
        self.journal_action(id, None);
    }

    fn dispatch_first(&mut self, id: ExecutionId, commands: Vec<Next>) -> Result<(), Halt> {
        if self.running(id).program.kind == language::program::Kind::Reverse {
            self.dispatch_reverse(id)?;
        } else {
            self.dispatch(id, commands)?;
        }
        self.soon.push_back(Soon::CheckEnd(id));
        Ok(())
    }
}

/// Ends that may be taken over: others run again.
fn is_good(task: &Task) -> bool {
    let good = match task.state {
        State::Success | State::Skipped => true,
        State::Error => task.error_handled,
        _ => false,
    };
    good && task.processed
}

/// A task and all that followed from it.
fn following(tasks: &[Task], first: TaskId) -> HashSet<TaskId> {
    let mut children: HashMap<TaskId, Vec<TaskId>> = HashMap::new();
    for task in tasks {
        for parent in task.parents.iter() {
            children.entry(*parent).or_default().push(task.id);
        }
    }
    let mut found = HashSet::new();
    let mut open = vec![first];
    while let Some(id) = open.pop() {
        if found.insert(id) {
            open.extend(children.get(&id).into_iter().flatten());
        }
    }
    found
}

/// The task in its new execution; nodes go by name, for the definition may have changed.
fn copy_of(
    taken: &Taken,
    execution: ExecutionId,
    (ids, copied): (&HashMap<TaskId, TaskId>, &HashSet<TaskIndex>),
    old: &Program,
    program: &Program,
) -> Task {
    let task = &taken.task;
    let node = |index: &TaskIndex| {
        let known = old.tasks.get(index.0 as usize)?;
        program.task_names.get(&*known.name).copied()
    };
    let next = task.next.iter();
    let runtime = &*task.runtime;
    let triggers = runtime.triggered_by.as_ref().map(|triggers| {
        let triggers = triggers.iter();
        triggers
            .filter_map(|(id, trigger)| Some((*ids.get(id)?, *trigger)))
            .collect()
    });
    Task {
        id: ids[&task.id],
        execution,
        index: taken.index,
        next: next
            .filter_map(|(to, trigger)| Some((node(to)?, *trigger)))
            .collect(),
        parents: task
            .parents
            .iter()
            .filter_map(|id| ids.get(id))
            .copied()
            .collect(),
        runtime: Arc::new(Runtime {
            triggered_by: triggers,
            joined: runtime
                .joined
                .iter()
                .filter_map(|(join, generation)| Some((node(join)?, *generation)))
                .filter(|(join, _)| copied.contains(join))
                .collect(),
            ..runtime.clone()
        }),
        ..task.clone()
    }
}

/// What followed from the copies and was not taken over itself.
fn due(copies: &[Task], program: &Program) -> Vec<Next> {
    let nodes: HashSet<TaskIndex> = copies.iter().map(|task| task.index).collect();
    let led: HashSet<(TaskId, TaskIndex)> = copies
        .iter()
        .flat_map(|task| task.parents.iter().map(|parent| (*parent, task.index)))
        .collect();
    let starts = program.starts.iter().filter(|task| !nodes.contains(task));
    let mut due: Vec<_> = starts.map(|task| Next::start(*task)).collect();
    for task in copies {
        for &(to, trigger) in task.next.iter() {
            let is_done = match program.task(to).join {
                Some(_) => nodes.contains(&to),
                None => led.contains(&(task.id, to)),
            };
            if !is_done {
                due.push(Next::Task {
                    task: to,
                    from: Some(task.id),
                    trigger: Some(trigger),
                });
            }
        }
    }
    due
}
