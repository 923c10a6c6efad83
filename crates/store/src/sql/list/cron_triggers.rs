//! Where the columns of cron triggers are.

use super::Listed;
use super::definitions::scope;
use crate::codec::{damaged, read_dict, read_value};
use crate::query::CronTriggerColumn as C;
use crate::sql::fields::Fields;
use crate::trigger::{CronTrigger, Overlap, Schedule};
use crate::{Resource, StoreError};

impl Listed for C {
    type Record = CronTrigger;

    const RESOURCE: Resource = Resource::CronTrigger;
    const SELECT: &'static str = "
        v.id, v.name, v.project_id, v.scope, v.workflow_id, v.workflow_name,
        v.workflow_input, v.workflow_params, v.pattern, v.first_at, v.timezone,
        v.catch_up, v.overlap, v.enabled, v.jitter, v.remaining, v.next_at, v.due_at,
        v.version, v.created_at, v.updated_at";
    const FROM: &'static str = "cron_triggers v";
    const PROJECT: &'static str = "v.project_id";
    const SCOPE: Option<&'static str> = Some("v.scope");
    const NAME: Option<&'static str> = Some("v.name");

    fn sql(self) -> &'static str {
        match self {
            C::Id => "v.id",
            C::Name => "v.name",
            C::WorkflowName => "v.workflow_name",
            C::WorkflowId => "v.workflow_id",
            C::WorkflowInput => "v.workflow_input",
            C::WorkflowParams => "v.workflow_params",
            C::ProjectId => "v.project_id",
            C::Scope => "v.scope",
            C::Pattern => "ifnull(v.pattern, '0 0 30 2 0')",
            C::RemainingExecutions => "v.remaining",
            C::FirstExecutionTime => "v.first_at",
            C::NextExecutionTime => "v.next_at",
            C::Enabled => "v.enabled",
            C::CreatedAt => "v.created_at",
            C::UpdatedAt => "v.updated_at",
        }
    }

    fn read(fields: &mut Fields<'_>) -> Result<CronTrigger, StoreError> {
        Ok(CronTrigger {
            id: fields.id()?,
            name: fields.text()?,
            project_id: fields.text()?,
            scope: scope(fields)?,
            workflow_id: fields.id()?,
            workflow_name: fields.text()?,
            input: read_dict(read_value(fields.str()?)?)?,
            params: read_dict(read_value(fields.str()?)?)?,
            schedule: schedule(fields)?,
            remaining: fields.optional_u32()?,
            next_at: fields.optional_time()?,
            due_at: fields.optional_time()?,
            version: u64::try_from(fields.integer()?).map_err(|_| damaged("a version"))?,
            created_at: fields.time()?,
            updated_at: fields.optional_time()?,
        })
    }
}

fn schedule(fields: &mut Fields<'_>) -> Result<Schedule, StoreError> {
    Ok(Schedule {
        pattern: fields.optional_text()?,
        first_at: fields.optional_time()?,
        timezone: fields.optional_text()?,
        catch_up: fields.str()?.parse().map_err(|()| damaged("a catch_up"))?,
        overlap: Overlap::by_name(fields.str()?).ok_or_else(|| damaged("an overlap"))?,
        enabled: fields.flag()?,
        jitter: fields.u32()?,
    })
}
