//! What an execution waits for, as a text between nodes.

use std::sync::Arc;

use engine::model::{ActionId, ExecutionId, Id, TaskId, Timestamp};
use engine::why::{Cause, Reason};
use yaql::{Dict, List, Value};

use super::letter::{Fields, dict, id};

/// Reasons as a list of dicts.
pub(super) fn write(reasons: &[Reason]) -> Value {
    let reasons: List = reasons.iter().map(one).map(Value::from).collect();
    reasons.into()
}

/// The inverse of [`write`].
pub(super) fn read(value: &Value) -> Option<Vec<Reason>> {
    let reasons = value.as_list()?.iter();
    reasons.map(|one| reason(Fields(one.as_dict()?))).collect()
}

fn one(reason: &Reason) -> Dict {
    let (kind, of, name, more) = cause(&reason.cause);
    let task = reason.task.as_ref();
    dict([
        ("execution", id(reason.execution.0)),
        ("task", task.map(|(task, _)| id(task.0)).into()),
        ("task_name", task.map(|(_, name)| name.clone()).into()),
        ("kind", kind.into()),
        ("of", of.map(id).into()),
        ("name", name.into()),
        ("more", more),
        ("since", reason.since.micros().into()),
        ("until", reason.until.map(Timestamp::micros).into()),
    ])
}

type Parts = (&'static str, Option<Id>, Option<Arc<str>>, Value);

fn cause(cause: &Cause) -> Parts {
    let alone = |kind| (kind, None, None, Value::Null);
    let of = |kind, id: Id, name: &Arc<str>| (kind, Some(id), Some(name.clone()), Value::Null);
    match cause {
        Cause::Resume => alone("resume"),
        Cause::PauseBefore => alone("pause-before"),
        Cause::WaitBefore => alone("wait-before"),
        Cause::WaitAfter => alone("wait-after"),
        Cause::Retry => alone("retry"),
        Cause::Turn => alone("turn"),
        Cause::Join(tasks) => {
            let names: List = tasks.iter().map(|name| Value::from(name.clone())).collect();
            ("join", None, None, names.into())
        }
        Cause::Concurrency(items) => ("concurrency", None, None, i64::from(*items).into()),
        Cause::Action(id, name) => of("action", id.0, name),
        Cause::Place(id, name) => of("place", id.0, name),
        Cause::Report(id, name) => of("report", id.0, name),
        Cause::PausedAction(id, name) => of("paused", id.0, name),
        Cause::Sleep(id, name) => of("sleep", id.0, name),
        Cause::SubWorkflow(id, name) => of("sub-workflow", id.0, name),
        Cause::Target(id, name, target) => (
            "target",
            Some(id.0),
            Some(name.clone()),
            target.clone().into(),
        ),
    }
}

fn reason(fields: Fields<'_>) -> Option<Reason> {
    let task = match (fields.id("task"), fields.text("task_name")) {
        (Some(task), Some(name)) => Some((TaskId(task), name)),
        _ => None,
    };
    let time = |name| fields.0.get(name).and_then(Value::as_i64);
    Some(Reason {
        execution: ExecutionId(fields.id("execution")?),
        task,
        cause: read_cause(fields)?,
        since: Timestamp::from_micros(time("since")?),
        until: time("until").map(Timestamp::from_micros),
    })
}

fn read_cause(fields: Fields<'_>) -> Option<Cause> {
    let action = || Some((ActionId(fields.id("of")?), fields.text("name")?));
    let of_action =
        |make: fn(ActionId, Arc<str>) -> Cause| action().map(|(id, name)| make(id, name));
    Some(match &*fields.text("kind")? {
        "resume" => Cause::Resume,
        "pause-before" => Cause::PauseBefore,
        "wait-before" => Cause::WaitBefore,
        "wait-after" => Cause::WaitAfter,
        "retry" => Cause::Retry,
        "turn" => Cause::Turn,
        "join" => {
            let names = fields.0.get("more")?.as_list()?.iter();
            Cause::Join(
                names
                    .map(|name| name.as_str().map(Arc::from))
                    .collect::<Option<_>>()?,
            )
        }
        "concurrency" => {
            let items = fields.0.get("more")?.as_i64()?;
            Cause::Concurrency(u32::try_from(items).ok()?)
        }
        "action" => of_action(Cause::Action)?,
        "place" => of_action(Cause::Place)?,
        "report" => of_action(Cause::Report)?,
        "paused" => of_action(Cause::PausedAction)?,
        "sleep" => of_action(Cause::Sleep)?,
        "sub-workflow" => Cause::SubWorkflow(ExecutionId(fields.id("of")?), fields.text("name")?),
        "target" => {
            let (id, name) = action()?;
            Cause::Target(id, name, fields.text("more")?)
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_arrive_as_they_were_sent() {
        let (some, name) = (Id::from_bytes([7; 16]), || Arc::<str>::from("n"));
        let action = ActionId(some);
        let causes = [
            Cause::Resume,
            Cause::PauseBefore,
            Cause::WaitBefore,
            Cause::WaitAfter,
            Cause::Retry,
            Cause::Turn,
            Cause::Join(vec!["a".into(), "b".into()]),
            Cause::Concurrency(3),
            Cause::Action(action, name()),
            Cause::Place(action, name()),
            Cause::Report(action, name()),
            Cause::PausedAction(action, name()),
            Cause::Sleep(action, name()),
            Cause::SubWorkflow(ExecutionId(some), name()),
            Cause::Target(action, name(), "there".into()),
        ];
        let reasons: Vec<_> = causes
            .into_iter()
            .enumerate()
            .map(|(number, cause)| Reason {
                execution: ExecutionId(some),
                task: (number % 2 == 0).then(|| (TaskId(some), "t".into())),
                cause,
                since: Timestamp::from_micros(5),
                until: (number % 3 == 0).then(|| Timestamp::from_micros(9)),
            })
            .collect();
        assert_eq!(read(&write(&reasons)), Some(reasons));
    }
}
