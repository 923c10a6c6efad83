//! Where the columns of fires are.

use std::sync::Arc;

use crate::sql::Connection;
use engine::model::Id;
use yaql::{Dict, Value};

use super::{Listed, filled, in_pieces, limit, statement};
use crate::codec::{damaged, read_dict, read_value};
use crate::query::{FireColumn as C, ListQuery, Page, Projects};
use crate::sql::fields::Fields;
use crate::trigger::{Fire, FireKind, FireState, StartRequest};
use crate::{Resource, StoreError};

impl Listed for C {
    type Record = Fire;

    const RESOURCE: Resource = Resource::Fire;
    const SELECT: &'static str = "
        v.id, v.owner, v.kind, v.state, v.scheduled_at, v.created_at, v.started_at,
        v.reason, v.request";
    const FROM: &'static str = "fires v";
    const PROJECT: &'static str = "NULL";
    const IDS_IN_TIME_ORDER: bool = true;

    fn sql(self) -> &'static str {
        match self {
            C::Id => "v.id",
            C::Kind => "v.kind",
            C::State => "v.state",
            C::ScheduledTime => "v.scheduled_at",
            C::CreatedAt => "v.created_at",
        }
    }

    fn read(fields: &mut Fields<'_>) -> Result<Fire, StoreError> {
        Ok(Fire {
            id: fields.execution()?,
            owner: fields.id()?,
            kind: FireKind::by_name(fields.str()?).ok_or_else(|| damaged("a kind"))?,
            state: FireState::by_name(fields.str()?).ok_or_else(|| damaged("a state"))?,
            scheduled_at: fields.time()?,
            created_at: fields.time()?,
            started_at: fields.optional_time()?,
            reason: fields.optional_text()?,
            request: fields.optional_str()?.map(request).transpose()?,
        })
    }
}

/// The fires of one trigger that a query asks for.
pub(crate) fn list_of(
    connection: &Connection,
    query: &ListQuery<C>,
    owner: Id,
) -> Result<Page<Fire>, StoreError> {
    // Who sees the owner sees its fires.
    let query = &ListQuery {
        projects: Projects::All,
        ..query.clone()
    };
    let limit = limit(query);
    let rows = in_pieces(connection, query, None, limit, |piece, limit| {
        statement::list_of(connection, query, ("v.owner", owner), piece, limit)
    })?;
    filled(connection, rows, &query.wide, limit)
}

fn request(text: &str) -> Result<StartRequest, StoreError> {
    let dict = read_dict(read_value(text)?)?;
    let text = |name| dict.get(name).and_then(Value::as_str).map(Arc::from);
    let inner = |name| dict.get(name).and_then(Value::as_dict).cloned();
    let lost = || damaged("the request of a fire");
    let workflow_id = dict.get("workflow_id").and_then(Value::as_str);
    Ok(StartRequest {
        workflow_id: workflow_id
            .and_then(|id| id.parse().ok())
            .ok_or_else(lost)?,
        workflow_name: text("workflow_name").ok_or_else(lost)?,
        input: inner("input").unwrap_or_else(Dict::new),
        params: inner("params").unwrap_or_else(Dict::new),
        description: text("description").unwrap_or_default(),
        project_id: text("project_id").ok_or_else(lost)?,
        cancel_previous: dict.get("cancel_previous").is_some_and(Value::is_truthy),
    })
}
