//! One action, for an executor that does not have its tree.

use std::sync::Arc;

use engine::event::Run;
use engine::model::{ActionId, ExecutionId};

use super::snapshot::fill;
use super::values::Values;
use super::{one, rows};
use crate::StoreError;
use crate::sql::Connection;
use crate::sql::fields::Key;

const WORKFLOW: &str = "SELECT workflow_name FROM executions WHERE id = ?1";

/// What an executor needs to run an action; `None` if it has ended.
pub(crate) fn run(
    connection: &Connection,
    root: ExecutionId,
    id: ActionId,
) -> Result<Option<Run>, StoreError> {
    let sql = format!("SELECT {} FROM actions WHERE id = ?1", rows::ACTION);
    let found = one(connection, &sql, (Key(id.0),), |fields| {
        rows::action(fields, Some(root))
    })?;
    let Some(mut action) = found.filter(|action| !action.state.is_completed()) else {
        return Ok(None);
    };
    fill(&mut action, &mut Values::new(connection))?;
    let (name, input) = action.real();
    Ok(Some(Run {
        workflow_name: match action.execution {
            Some(execution) => workflow_name(connection, execution)?,
            None => None,
        },
        action,
        name,
        input,
    }))
}

fn workflow_name(
    connection: &Connection,
    execution: ExecutionId,
) -> Result<Option<Arc<str>>, StoreError> {
    one(connection, WORKFLOW, (Key(execution.0),), |fields| {
        fields.text()
    })
}
