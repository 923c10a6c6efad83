//! Whole trees, for the engine to go on.

use std::sync::Arc;

use crate::sql::Connection;
use engine::change::Snapshot;
use engine::model::{Action, Execution, ExecutionId, Origin, Task, TaskId};

use super::values::{Values, Wide};
use super::{all, one, rows};
use crate::StoreError;
use crate::codec::{read_base, read_dict, read_items};
use crate::sql::fields::Key;
use crate::sql::write::{ActionPart, ExecutionPart};

/// Reads a tree as [`Snapshot`] says.
pub(crate) fn load(
    connection: &Connection,
    root: ExecutionId,
) -> Result<Option<Snapshot>, StoreError> {
    let mut tree = Tree::new(connection, root);
    if tree.executions()? {
        tree.tasks()?;
    } else if !tree.own_action()? {
        return Ok(None);
    }
    tree.timers()?;
    Ok(Some(tree.snapshot))
}

/// Reads some executions of a tree, without timers.
pub(crate) fn load_part(
    connection: &Connection,
    root: ExecutionId,
    executions: &[ExecutionId],
) -> Result<Snapshot, StoreError> {
    let mut tree = Tree::new(connection, root);
    let sql = format!(
        "SELECT {} FROM executions WHERE id = ?1 AND root = ?2",
        rows::EXECUTION
    );
    for id in executions {
        let keys = (Key(id.0), Key(root.0));
        if let Some((image, origin)) = one(connection, &sql, keys, rows::execution)? {
            let image = tree.with_values(image, origin)?;
            tree.snapshot.executions.push(image);
        }
    }
    tree.tasks()?;
    Ok(tree.snapshot)
}

struct Tree<'c> {
    connection: &'c Connection<'c>,
    values: Values<'c>,
    root: ExecutionId,
    snapshot: Snapshot,
}

impl<'c> Tree<'c> {
    fn new(connection: &'c Connection, root: ExecutionId) -> Self {
        Self {
            connection,
            values: Values::new(connection),
            root,
            snapshot: Snapshot::default(),
        }
    }

    /// Tells whether the root is an execution.
    fn executions(&mut self) -> Result<bool, StoreError> {
        let own = format!(
            "SELECT {} FROM executions WHERE id = ?1 AND root IS NULL",
            rows::EXECUTION
        );
        let root = (Key(self.root.0),);
        let Some(first) = one(self.connection, &own, root, rows::execution)? else {
            return Ok(false);
        };
        let below = format!(
            "SELECT {} FROM executions WHERE root = ?1 ORDER BY id",
            rows::EXECUTION
        );
        let others = all(self.connection, &below, root, rows::execution)?;
        for (image, origin) in std::iter::once(first).chain(others) {
            let image = self.with_values(image, origin)?;
            self.snapshot.executions.push(image);
        }
        Ok(true)
    }

    fn with_values(&mut self, image: Execution, origin: Origin) -> Result<Execution, StoreError> {
        let id = image.id;
        let mut read = |part| self.values.execution(self.root, id, part);
        Ok(Execution {
            origin: Arc::new(Origin {
                input: read(ExecutionPart::Input)?,
                ..origin
            }),
            params: read(ExecutionPart::Params)?,
            context: read(ExecutionPart::Context)?,
            output: read(ExecutionPart::Output)?,
            ..image
        })
    }

    fn tasks(&mut self) -> Result<(), StoreError> {
        let sql = format!(
            "SELECT {}, t.inbound, p.value, i.value FROM tasks t \
             LEFT JOIN task_published p ON p.task = t.id \
             LEFT JOIN task_items i ON i.task = t.id \
             WHERE t.execution = ?1",
            rows::TASK
        );
        let mut found = Vec::new();
        for execution in &self.snapshot.executions {
            let key = (Key(execution.id.0),);
            found.extend(all(self.connection, &sql, key, |fields| {
                let task = rows::task(fields)?;
                let wide = [(); 3].map(|()| fields.optional_wide());
                Ok((task, wide))
            })?);
        }
        found.sort_unstable_by_key(|(task, _)| task.id);
        for (task, [inbound, published, items]) in found {
            self.task(task, inbound?, published?, items?)?;
        }
        self.late_actions()
    }

    /// Actions that outlive their task: it timed out, or its workflow was stopped.
    fn late_actions(&mut self) -> Result<(), StoreError> {
        let sql = format!(
            "SELECT {} FROM actions WHERE task IN (SELECT id FROM tasks \
             WHERE execution = ?1 AND state IN ('SUCCESS', 'ERROR', 'CANCELLED', 'SKIPPED')) \
             AND state NOT IN ('SUCCESS', 'ERROR', 'CANCELLED', 'SKIPPED') ORDER BY id",
            rows::ACTION
        );
        let executions = self
            .snapshot
            .executions
            .iter()
            .map(|execution| execution.id);
        for execution in executions.collect::<Vec<_>>() {
            let root = self.root;
            let late = all(self.connection, &sql, (Key(execution.0),), |fields| {
                rows::action(fields, Some(root))
            })?;
            late.into_iter().try_for_each(|action| self.push(action))?;
        }
        Ok(())
    }

    fn task(
        &mut self,
        mut task: Task,
        inbound: Option<Wide>,
        published: Option<Wide>,
        items: Option<Wide>,
    ) -> Result<(), StoreError> {
        let mut read = |wide: Option<Wide>| {
            let value = wide.map(|wide| self.values.resolve(self.root, wide));
            value.transpose()
        };
        task.published = read(published)?.map(read_dict).transpose()?;
        if let Some(inbound) = read(inbound)? {
            Arc::make_mut(&mut task.runtime).inbound = Some(inbound);
        }
        if !task.state.is_completed() {
            if let Some(items) = read(items)? {
                self.snapshot.items.push((task.id, read_items(&items)?));
            }
            self.actions(task.id)?;
        }
        self.snapshot.tasks.push(task);
        Ok(())
    }

    fn actions(&mut self, task: TaskId) -> Result<(), StoreError> {
        let sql = format!(
            "SELECT {} FROM actions WHERE task = ?1 ORDER BY id",
            rows::ACTION
        );
        let root = self.root;
        let actions = all(self.connection, &sql, (Key(task.0),), |fields| {
            rows::action(fields, Some(root))
        })?;
        actions.into_iter().try_for_each(|action| self.push(action))
    }

    /// Tells whether the root is an action on its own.
    fn own_action(&mut self) -> Result<bool, StoreError> {
        let sql = format!(
            "SELECT {} FROM actions WHERE id = ?1 AND task IS NULL",
            rows::ACTION
        );
        let action = one(self.connection, &sql, (Key(self.root.0),), |fields| {
            rows::action(fields, None)
        })?;
        let found = action.is_some();
        action
            .into_iter()
            .try_for_each(|action| self.push(action))?;
        Ok(found)
    }

    fn push(&mut self, mut action: Action) -> Result<(), StoreError> {
        fill(&mut action, &mut self.values)?;
        self.snapshot.actions.push(action);
        Ok(())
    }

    fn timers(&mut self) -> Result<(), StoreError> {
        let sql = format!(
            "SELECT {} FROM timers WHERE root = ?1 ORDER BY owner, kind",
            rows::TIMER
        );
        self.snapshot.timers = all(self.connection, &sql, (Key(self.root.0),), rows::timer)?;
        Ok(())
    }
}

/// Reads the wide columns of an action.
pub(super) fn fill(action: &mut Action, values: &mut Values<'_>) -> Result<(), StoreError> {
    for (part, value) in values.all_of_action(action.root, action.id.0)? {
        match part {
            ActionPart::Input => action.input = read_dict(value)?,
            ActionPart::Base => action.base = Some(Arc::new(read_base(&value)?)),
            ActionPart::Output => action.output = Some(value),
        }
    }
    Ok(())
}
