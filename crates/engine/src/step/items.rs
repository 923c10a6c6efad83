//! with-items: one child per item, counted, never scanned (workflow language §5.2, §10.4).

use std::sync::Arc;

use yaql::Value;

use super::run::{StartError, Trouble};
use super::{Done, Halt, Step};
use crate::model::{Id, Items, State, Task, TaskId};
use crate::tree::{ItemResult, Results, weight};

impl Step<'_> {
    /// Evaluates the lists, once per run of the task, and starts the first items.
    pub(super) fn prepare_items(&mut self, id: TaskId) -> Result<(), StartError> {
        if self.keeps_good_items(id) {
            let items = self.node(id).task.runtime.items.as_ref();
            return match items.and_then(Items::end) {
                None => {
                    self.plan_items(id);
                    Ok(())
                }
                Some((state, info)) => {
                    let done = self.complete_task(id, state, info.map(Arc::from));
                    done.map_err(StartError::Halt)
                }
            };
        }
        let lists = self.item_lists(id)?;
        let count = lists
            .first()
            .and_then(|(_, list)| list.as_list())
            .map_or(0, |list| list.len());
        let limit = self.world.settings().items_limit;
        if count > limit {
            let text = format!("with-items has {count} items, the limit is {limit}");
            return Err(Trouble::Force(text).into());
        }
        let count32 = u32::try_from(count).unwrap_or(u32::MAX);
        let node = self.node_mut(id);
        node.items = Some(lists.into());
        node.results = Results::Items(vec![ItemResult::Pending; count]);
        Arc::make_mut(&mut node.task.runtime).items = Some(Items::of(count32));
        self.tree.dirty.items(id);
        if count == 0 {
            let done = self.complete_task(id, State::Success, None);
            return done.map_err(StartError::Halt);
        }
        self.plan_items(id);
        Ok(())
    }

    /// A rerun without reset goes on with the lists and good results it has.
    fn keeps_good_items(&self, id: TaskId) -> bool {
        let node = self.node(id);
        node.task.runtime.keep_good_items && node.items.is_some()
    }

    fn item_lists(&mut self, id: TaskId) -> Result<Vec<(Arc<str>, Value)>, Halt> {
        let view = self.task_view(id)?;
        let task = &self.node(id).task;
        let program = self.running(task.execution).program.clone();
        let mut lists: Vec<(Arc<str>, Value)> = Vec::new();
        let mut given = yaql::Dict::new();
        for spec in &program.task(task.index).with_items {
            let value = self.evaluate(&spec.list, &view)?;
            let list = iterated(&spec.variable, &value)?;
            lists.retain(|(variable, _)| *variable != spec.variable);
            lists.push((spec.variable.clone(), list));
            given.insert(spec.variable.clone(), value);
        }
        let length = |value: &Value| value.as_list().map_or(0, |list| list.len());
        let same = lists
            .windows(2)
            .all(|pair| length(&pair[0].1) == length(&pair[1].1));
        if same {
            return Ok(lists);
        }
        Err(Halt::Failed(format!(
            "Wrong input format for: {}. All arrays must have the same length.",
            yaql::python::str(&given.into())
        )))
    }

    /// Starts items while the task may have more at once and the step may do more.
    pub(super) fn start_items(&mut self, id: TaskId) -> Done {
        while self.may_start_item(id) {
            if self.budget == 0 {
                self.plan_items(id);
                return Ok(());
            }
            self.budget -= 1;
            let started = self.start_next_item(id);
            self.after_start(id, started)?;
        }
        Ok(())
    }

    fn may_start_item(&self, id: TaskId) -> bool {
        let Some(node) = self.tree.tasks.get(&id) else {
            return false;
        };
        let workflow = self.running(node.task.execution).execution.state;
        let Some(items) = &node.task.runtime.items else {
            return false;
        };
        let most = node.task.runtime.concurrency.unwrap_or(u32::MAX);
        let free = items.running < most.min(self.world.settings().items_at_once);
        node.task.state == State::Running
            && workflow == State::Running
            && items.next < items.count
            && free
    }

    fn start_next_item(&mut self, id: TaskId) -> Result<(), StartError> {
        let node = self.node_mut(id);
        let runtime = Arc::make_mut(&mut node.task.runtime);
        let Some(items) = runtime.items.as_mut() else {
            return Ok(());
        };
        let index = items.next;
        items.next += 1;
        let Results::Items(results) = &mut node.results else {
            return Ok(());
        };
        let slot = &mut results[index as usize];
        if !matches!(slot, ItemResult::Pending) {
            return Ok(());
        }
        *slot = ItemResult::Running;
        items.running += 1;
        let variables = node.item(index);
        let view = self.item_view(id, variables)?;
        let started = self.start_child(id, index, &view, true);
        if started.is_err() {
            self.item_not_started(id, index);
        }
        started
    }

    /// There is no child that could end.
    fn item_not_started(&mut self, id: TaskId, index: u32) {
        let node = self.node_mut(id);
        if let Results::Items(results) = &mut node.results
            && let Some(slot) = results.get_mut(index as usize)
        {
            *slot = ItemResult::Pending;
        }
        if let Some(items) = Arc::make_mut(&mut node.task.runtime).items.as_mut() {
            items.running = items.running.saturating_sub(1);
        }
    }

    /// An action or sub-workflow of a task ended.
    pub(super) fn item_ended(
        &mut self,
        id: TaskId,
        index: u32,
        run: u32,
        child: Id,
        state: State,
        value: Value,
    ) -> Done {
        let Some(node) = self.tree.tasks.get(&id) else {
            return Ok(());
        };
        if node.task.runtime.run != run {
            return Ok(());
        }
        if node.task.runtime.items.is_none() {
            return self.plain_ended(id, child, state, value);
        }
        self.count_item(id, index, state, value);
        if is_late(&self.node(id).task) {
            return Ok(());
        }
        let Some(items) = self.node(id).task.runtime.items.clone() else {
            return Ok(());
        };
        if state == State::Cancelled {
            let info = "One or more actions was cancelled.";
            return self.complete_task(id, State::Cancelled, Some(info.into()));
        }
        match items.end() {
            None if self.node(id).task.state == State::Paused => return self.child_gone(id),
            None if items.next < items.count => self.plan_items(id),
            None => {}
            Some((state, info)) => return self.complete_task(id, state, info.map(Arc::from)),
        }
        Ok(())
    }

    fn count_item(&mut self, id: TaskId, index: u32, state: State, value: Value) {
        let most = self.world.settings().kept_item_bytes;
        let node = self.node_mut(id);
        node.keep_item(index, state, value, most);
        if let Some(items) = Arc::make_mut(&mut node.task.runtime).items.as_mut() {
            items.running = items.running.saturating_sub(1);
            match state {
                State::Success => items.succeeded += 1,
                State::Cancelled => items.cancelled += 1,
                _ => items.failed += 1,
            }
        }
    }

    fn plain_ended(&mut self, id: TaskId, _child: Id, state: State, value: Value) -> Done {
        let info = error_info(state, &value);
        if let Results::Plain(values) = &mut self.node_mut(id).results {
            values.push(value);
        }
        if is_late(&self.node(id).task) {
            return Ok(());
        }
        self.complete_task(id, state, info)
    }
}

impl crate::tree::TaskNode {
    /// Remembers how an item ended, and its data as long as there is room.
    pub(crate) fn keep_item(&mut self, index: u32, state: State, value: Value, most: usize) {
        let Results::Items(results) = &mut self.results else {
            return;
        };
        let Some(slot) = results.get_mut(index as usize) else {
            return;
        };
        // What a slot takes anyway costs nothing more.
        let bytes = weight(&value).saturating_sub(8);
        if self.kept_bytes + bytes > most {
            *slot = ItemResult::Stored(state);
            return;
        }
        self.kept_bytes += bytes;
        *slot = ItemResult::Ended(state, value);
    }

    /// The iteration variables of one item.
    fn item(&self, index: u32) -> Vec<(Arc<str>, Value)> {
        let lists = self.items.iter().flat_map(|lists| lists.iter());
        let item = |list: &Value| {
            list.as_list()
                .and_then(|list| list.get(index as usize).cloned())
        };
        lists
            .filter_map(|(name, list)| Some((name.clone(), item(list)?)))
            .collect()
    }
}

impl Items {
    /// Nothing started of so many.
    pub(crate) fn of(count: u32) -> Self {
        Self {
            count,
            next: 0,
            running: 0,
            succeeded: 0,
            failed: 0,
            cancelled: 0,
        }
    }

    /// Items that ended, and all of them.
    pub(crate) fn progress(&self) -> (u32, u32) {
        (self.succeeded + self.failed + self.cancelled, self.count)
    }

    /// The end state of the task, once all items ended.
    fn end(&self) -> Option<(State, Option<&'static str>)> {
        let (done, count) = self.progress();
        if done < count {
            return None;
        }
        Some(match (self.cancelled, self.failed) {
            (0, 0) => (State::Success, None),
            (0, _) => (State::Error, Some("One or more actions had failed.")),
            _ => (State::Cancelled, Some("One or more actions was cancelled.")),
        })
    }
}

/// The task already ended (by a timeout, a stop): results are kept, nothing follows.
fn is_late(task: &Task) -> bool {
    task.state.is_completed() || task.is_delayed()
}

/// Text of an error result, if it says anything (workflow language §8.3).
fn error_info(state: State, value: &Value) -> Option<Arc<str>> {
    let says = state == State::Error && value.is_truthy();
    says.then(|| yaql::python::str(value).into())
}

/// The items of a value: a list's, a text's characters, a dict's keys.
fn iterated(variable: &str, value: &Value) -> Result<Value, Halt> {
    if value.as_list().is_some() {
        return Ok(value.clone());
    }
    if let Some(text) = value.as_str() {
        return Ok(text.chars().map(|c| Value::from(c.to_string())).collect());
    }
    if let Some(dict) = value.as_dict() {
        return Ok(dict.keys().cloned().collect());
    }
    let shown: yaql::Dict = [(variable, value.clone())].into_iter().collect();
    Err(Halt::Failed(format!(
        "Wrong input format for: {}. Iterable type is expected for each value.",
        yaql::python::str(&shown.into())
    )))
}
