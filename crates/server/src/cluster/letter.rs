//! Events and answers as texts.
//!
//! Only what a request or an executor sends travels: timers and left-over work are
//! found in the rows by whoever owns them.

use std::sync::Arc;

use engine::event::{
    ActionRequest, Answer, Definition, Event, ExecutionUpdate, Outcome, Refusal, WorkflowRequest,
};
use engine::model::{ActionId, ExecutionId, Id, State, TaskId};
use language::program::Program;
use yaql::{Dict, Value, json};

use super::reasons;
use crate::definitions::{DefinitionError, Definitions};

/// The text of an event; `None` for those that do not travel.
pub(super) fn write(root: ExecutionId, event: &Event) -> Option<String> {
    let mut fields = fields(event)?;
    fields.insert("root", root.to_string());
    Some(json::to_string(&fields.into()))
}

/// The event of a text; `None` if this program did not write it.
///
/// # Errors
/// The program of the workflow cannot be read.
pub(super) fn read(
    text: &str,
    definitions: &Definitions,
) -> Result<Option<(ExecutionId, Event)>, DefinitionError> {
    let Ok(value) = json::parse(text) else {
        return Ok(None);
    };
    let Some(fields) = value.as_dict().map(Fields) else {
        return Ok(None);
    };
    let program = match fields.text("program").and_then(|hash| unhex(&hash)) {
        Some(hash) => definitions.program(&hash)?.map(|program| (hash, program)),
        None => None,
    };
    let root = fields.id("root").map(ExecutionId);
    Ok(root.zip(event(fields, program)))
}

/// An order to stop an action.
pub(super) fn write_abort(action: ActionId) -> String {
    action.to_string()
}

/// The inverse of [`write_abort`].
pub(super) fn read_abort(text: &str) -> Option<ActionId> {
    text.parse().ok()
}

/// What the sender learns: that it is done, or why not. It reads the rows itself, but
/// for what is in no row.
pub(crate) fn write_answer(answer: &Answer) -> String {
    let fields: Dict = match answer {
        Answer::Waits(reasons) => dict([("waits", reasons::write(reasons))]),
        Answer::Refused(refusal) => {
            let kind = match refusal {
                Refusal::NotFound(_) => "not found",
                Refusal::Invalid(_) => "invalid",
                Refusal::Forbidden(_) => "forbidden",
            };
            dict([
                ("refused", kind.into()),
                ("text", refusal.to_string().into()),
            ])
        }
        _ => Dict::new(),
    };
    json::to_string(&fields.into())
}

/// The inverse of [`write_answer`].
pub(super) fn read_answer(text: &str) -> Option<Answer> {
    let value = json::parse(text).ok()?;
    let fields = Fields(value.as_dict()?);
    let text = || fields.text("text").map(|text| text.to_string());
    if let Some(waits) = fields.0.get("waits") {
        return Some(Answer::Waits(reasons::read(waits)?));
    }
    Some(match fields.text("refused").as_deref() {
        None => Answer::Done,
        Some("not found") => Answer::Refused(Refusal::NotFound(text()?)),
        Some("forbidden") => Answer::Refused(Refusal::Forbidden(text()?)),
        Some(_) => Answer::Refused(Refusal::Invalid(text()?)),
    })
}

fn fields(event: &Event) -> Option<Dict> {
    Some(match event {
        Event::WorkflowRequested(request) => start(request),
        Event::WorkflowTakenUp {
            request,
            source,
            task,
        } => {
            let mut fields = start(request);
            fields.insert("source", id(source.0));
            fields.insert("task", task.clone());
            fields
        }
        Event::WaitsAsked { execution } => event_of("why", [("execution", id(execution.0))]),
        Event::ActionRequested(request) => run(request),
        Event::ActionCompleted { action, outcome } => {
            let (how, value) = match outcome {
                Outcome::Success(value) => ("success", value.clone()),
                Outcome::Error(value) => ("error", value.clone()),
                Outcome::Cancelled => ("cancelled", Value::Null),
            };
            event_of(
                "completed",
                [
                    ("action", id(action.0)),
                    ("outcome", how.into()),
                    ("value", value),
                ],
            )
        }
        Event::ActionStarted { action } => event_of("started", [("action", id(action.0))]),
        Event::ActionStateReported { action, state } => event_of(
            "reported",
            [("action", id(action.0)), ("state", state.as_str().into())],
        ),
        Event::ExecutionUpdated { execution, update } => self::update(*execution, update),
        Event::TaskRerun { task, reset, env } => event_of(
            "rerun",
            [
                ("task", id(task.0)),
                ("reset", (*reset).into()),
                ("env", env.clone().into()),
            ],
        ),
        Event::TaskSkipped { task, env } => {
            event_of("skip", [("task", id(task.0)), ("env", env.clone().into())])
        }
        Event::ExecutionDeleted { execution, force } => event_of(
            "delete",
            [("execution", id(execution.0)), ("force", (*force).into())],
        ),
        Event::ActionDeleted { action } => event_of("delete action", [("action", id(action.0))]),
        Event::ActionInterrupted { .. } | Event::TimerFired { .. } | Event::Continued => {
            return None;
        }
    })
}

fn start(request: &WorkflowRequest) -> Dict {
    let definition = &request.definition;
    event_of(
        "start",
        [
            ("id", id(request.id.0)),
            ("external", request.external_id.clone().into()),
            ("definition", id(definition.id)),
            ("name", definition.name.clone().into()),
            ("namespace", definition.namespace.clone().into()),
            ("workbook", definition.workbook.clone().into()),
            ("program", hex(&definition.hash).into()),
            ("input", request.input.clone().into()),
            ("params", request.params.clone().into()),
            ("description", request.description.clone().into()),
            ("project", request.project_id.clone().into()),
        ],
    )
}

fn run(request: &ActionRequest) -> Dict {
    let timeout = request
        .timeout
        .and_then(|seconds| i64::try_from(seconds).ok());
    event_of(
        "run",
        [
            ("id", id(request.id.0)),
            ("name", request.name.clone().into()),
            ("namespace", request.namespace.clone().into()),
            ("input", request.input.clone().into()),
            ("target", request.target.clone().into()),
            ("timeout", timeout.into()),
            ("description", request.description.clone().into()),
            ("project", request.project_id.clone().into()),
        ],
    )
}

fn update(execution: ExecutionId, update: &ExecutionUpdate) -> Dict {
    let execution = ("execution", id(execution.0));
    match update {
        ExecutionUpdate::Describe { description, env } => event_of(
            "describe",
            [
                execution,
                ("description", description.clone().into()),
                ("env", env.clone().into()),
            ],
        ),
        ExecutionUpdate::Pause => event_of("pause", [execution]),
        ExecutionUpdate::Resume { env } => {
            event_of("resume", [execution, ("env", env.clone().into())])
        }
        ExecutionUpdate::Stop { state, message } => event_of(
            "stop",
            [
                execution,
                ("state", state.as_str().into()),
                ("message", message.clone().into()),
            ],
        ),
    }
}

/// A program with its hash.
type Compiled = ([u8; 32], Arc<Program>);

fn event(fields: Fields<'_>, program: Option<Compiled>) -> Option<Event> {
    let action = || fields.id("action").map(ActionId);
    let execution = || fields.id("execution").map(ExecutionId);
    let task = || fields.id("task").map(TaskId);
    let updated = |update| Some((execution()?, update));
    let (execution, update) = match &*fields.text("event")? {
        "start" => return read_start(fields, program?),
        "why" => {
            return Some(Event::WaitsAsked {
                execution: execution()?,
            });
        }
        "run" => return read_run(fields),
        "completed" => {
            let outcome = read_outcome(fields)?;
            return Some(Event::ActionCompleted {
                action: action()?,
                outcome,
            });
        }
        "started" => return Some(Event::ActionStarted { action: action()? }),
        "reported" => {
            let state = fields.state("state")?;
            return Some(Event::ActionStateReported {
                action: action()?,
                state,
            });
        }
        "rerun" => {
            let (reset, env) = (fields.flag("reset")?, fields.dict("env"));
            return Some(Event::TaskRerun {
                task: task()?,
                reset,
                env,
            });
        }
        "skip" => {
            return Some(Event::TaskSkipped {
                task: task()?,
                env: fields.dict("env"),
            });
        }
        "delete" => {
            let force = fields.flag("force")?;
            return Some(Event::ExecutionDeleted {
                execution: execution()?,
                force,
            });
        }
        "delete action" => return Some(Event::ActionDeleted { action: action()? }),
        "describe" => updated(ExecutionUpdate::Describe {
            description: fields.text("description"),
            env: fields.dict("env"),
        })?,
        "pause" => updated(ExecutionUpdate::Pause)?,
        "resume" => updated(ExecutionUpdate::Resume {
            env: fields.dict("env"),
        })?,
        "stop" => updated(ExecutionUpdate::Stop {
            state: fields.state("state")?,
            message: fields.text("message"),
        })?,
        _ => return None,
    };
    Some(Event::ExecutionUpdated { execution, update })
}

fn read_outcome(fields: Fields<'_>) -> Option<Outcome> {
    let value = fields.0.get("value").cloned().unwrap_or_default();
    Some(match &*fields.text("outcome")? {
        "success" => Outcome::Success(value),
        "error" => Outcome::Error(value),
        _ => Outcome::Cancelled,
    })
}

fn read_start(fields: Fields<'_>, (hash, program): Compiled) -> Option<Event> {
    let request = Box::new(WorkflowRequest {
        id: ExecutionId(fields.id("id")?),
        external_id: fields.text("external"),
        // The letter may come late, when it was sent again in another one.
        is_new: false,
        definition: Definition {
            id: fields.id("definition")?,
            name: fields.text("name")?,
            namespace: fields.text("namespace")?,
            workbook: fields.text("workbook"),
            hash,
            program,
        },
        input: fields.dict("input")?,
        params: fields.dict("params")?,
        description: fields.text("description")?,
        project_id: fields.text("project")?,
    });
    Some(match (fields.id("source"), fields.text("task")) {
        (Some(source), Some(task)) => Event::WorkflowTakenUp {
            request,
            source: ExecutionId(source),
            task,
        },
        _ => Event::WorkflowRequested(request),
    })
}

fn read_run(fields: Fields<'_>) -> Option<Event> {
    let timeout = fields.0.get("timeout").and_then(Value::as_i64);
    Some(Event::ActionRequested(Box::new(ActionRequest {
        id: ActionId(fields.id("id")?),
        name: fields.text("name")?,
        namespace: fields.text("namespace")?,
        input: fields.dict("input")?,
        target: fields.text("target"),
        timeout: timeout.and_then(|seconds| u64::try_from(seconds).ok()),
        description: fields.text("description")?,
        project_id: fields.text("project")?,
    })))
}

/// The fields of a text that was read.
#[derive(Clone, Copy)]
pub(super) struct Fields<'v>(pub(super) &'v Dict);

impl Fields<'_> {
    pub(super) fn text(&self, name: &str) -> Option<Arc<str>> {
        self.0.get(name)?.as_str().map(Arc::from)
    }

    pub(super) fn id(&self, name: &str) -> Option<Id> {
        self.0.get(name)?.as_str()?.parse().ok()
    }

    fn flag(&self, name: &str) -> Option<bool> {
        self.0.get(name)?.as_bool()
    }

    fn dict(&self, name: &str) -> Option<Dict> {
        self.0.get(name)?.as_dict().cloned()
    }

    fn state(&self, name: &str) -> Option<State> {
        State::by_name(self.0.get(name)?.as_str()?)
    }
}

fn event_of<const N: usize>(name: &str, fields: [(&str, Value); N]) -> Dict {
    let mut event = dict(fields);
    event.insert("event", name);
    event
}

pub(super) fn dict<const N: usize>(fields: [(&str, Value); N]) -> Dict {
    fields.into_iter().collect()
}

pub(super) fn id(id: Id) -> Value {
    id.to_string().into()
}

fn hex(hash: &[u8; 32]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut hash = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (at, byte) in hash.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * at..2 * at + 2], 16).ok()?;
    }
    Some(hash)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc as Shared;

    use actions::Registry;
    use store::sqlite::Sqlite;

    use super::*;
    use crate::config::Config;

    fn definitions() -> Definitions {
        let config = Config::default();
        let store = Shared::new(Sqlite::in_memory().unwrap());
        let registry = Registry::standard(&config.actions());
        let languages = config.languages();
        Definitions::new(store.clone(), store, registry, languages).unwrap()
    }

    #[test]
    fn events_arrive_as_they_were_sent() {
        let definitions = definitions();
        let some = Id::from_bytes([7; 16]);
        let env = || Some(dict([("a", 1.into())]));
        let updated = |update| Event::ExecutionUpdated {
            execution: ExecutionId(some),
            update,
        };
        let events = [
            Event::ActionCompleted {
                action: ActionId(some),
                outcome: Outcome::Success("x".into()),
            },
            Event::ActionCompleted {
                action: ActionId(some),
                outcome: Outcome::Cancelled,
            },
            Event::ActionStarted {
                action: ActionId(some),
            },
            Event::ActionStateReported {
                action: ActionId(some),
                state: State::Paused,
            },
            Event::TaskRerun {
                task: TaskId(some),
                reset: true,
                env: env(),
            },
            Event::TaskSkipped {
                task: TaskId(some),
                env: None,
            },
            Event::ExecutionDeleted {
                execution: ExecutionId(some),
                force: false,
            },
            Event::ActionDeleted {
                action: ActionId(some),
            },
            Event::WaitsAsked {
                execution: ExecutionId(some),
            },
            updated(ExecutionUpdate::Pause),
            updated(ExecutionUpdate::Resume { env: env() }),
            updated(ExecutionUpdate::Describe {
                description: Some("d".into()),
                env: None,
            }),
            updated(ExecutionUpdate::Stop {
                state: State::Error,
                message: Some("no".into()),
            }),
        ];
        for event in events {
            let text = write(ExecutionId(some), &event).unwrap();
            let (root, found) = read(&text, &definitions).unwrap().unwrap();
            assert_eq!(root, ExecutionId(some));
            assert_eq!(format!("{found:?}"), format!("{event:?}"));
        }
        assert_eq!(write(ExecutionId(some), &Event::Continued), None);
    }

    #[test]
    fn refusals_keep_their_kind() {
        let refused = Answer::Refused(Refusal::Forbidden("not you".into()));
        let found = read_answer(&write_answer(&refused)).unwrap();
        assert_eq!(format!("{found:?}"), format!("{refused:?}"));
        assert!(matches!(
            read_answer(&write_answer(&Answer::Done)),
            Some(Answer::Done)
        ));
    }
}
