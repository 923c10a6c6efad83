//! Publishing: branch variables into the task, global ones into the execution
//! (workflow language §5.3).

use std::cell::OnceCell;
use yaql::{Dict, Value};

use super::evaluation::check_size;
use super::run::lay_over;
use super::{Done, Step};
use crate::model::{ExecutionId, State, TaskId};

impl Step<'_> {
    pub(super) fn publish(&mut self, id: TaskId) -> Done {
        let task = &self.node(id).task;
        let execution = task.execution;
        let program = self.running(execution).program.clone();
        let publishing = &program.task(task.index).publish;
        let publish = match task.state {
            State::Success => &publishing.success,
            State::Error => &publishing.error,
            State::Skipped => &publishing.skip,
            _ => return Ok(()),
        };
        // What an earlier end state published stays.
        if publish.branch.is_empty() && publish.global.is_empty() {
            return Ok(());
        }
        let view = self.task_view(id)?;
        // The branch's part counts even if the global one fails.
        let branch = self.evaluate_all(&publish.branch, &view)?;
        let limit = self.world.settings().field_size_limit;
        check_size(limit, "TaskExecution", "published", &branch.clone().into())?;
        self.set_published(id, branch);
        let global = self.evaluate_all(&publish.global, &view)?;
        if global.is_empty() {
            return Ok(());
        }
        self.publish_globally(execution, &global.into())
    }

    fn publish_globally(&mut self, execution: ExecutionId, global: &Value) -> Done {
        let context: Value = self.running(execution).execution.context.clone().into();
        let merged = lay_over(&context, global);
        check_size(None, "WorkflowExecution", "context", &merged)?;
        let merged = merged.as_dict().cloned().unwrap_or_default();
        self.change_execution(execution).context = merged;
        self.running_mut(execution).base = OnceCell::new();
        self.tree.dirty.execution(execution).context = true;
        Ok(())
    }

    fn set_published(&mut self, id: TaskId, published: Dict) {
        self.node_mut(id).set_published(published);
        self.tree.dirty.task(id).published = true;
    }
}
