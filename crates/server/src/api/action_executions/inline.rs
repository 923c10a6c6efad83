//! Runs an action while its caller waits, and stores nothing.
//!
//! The engine decides what runs and what the result is, as for a stored action:
//! it steps a tree that lives only here. An explicit target keeps it from running
//! pure actions within the step, so every action takes the same way.

use std::sync::Arc;
use std::time::Duration;

use actions::ActionContext;
use engine::event::{ActionRequest, Answer, Command, Event, Outcome, Run};
use engine::model::{Action, ExecutionId, IdSource};
use engine::pure;
use engine::tree::Tree;
use engine::world::World;

use crate::api::error::{ApiError, ApiResult};
use crate::api::state::{App, now};

/// The target of actions that run here.
const HERE: &str = "caller";

/// An action that the engine has accepted, and that was not started.
pub(super) struct Prepared {
    tree: Tree,
    ids: IdSource,
    action: Action,
}

impl Prepared {
    /// Has the engine check a request.
    ///
    /// # Errors
    /// 400 if there is no such action, or its input is wrong.
    pub(super) fn new(world: &dyn World, request: &ActionRequest) -> ApiResult<Self> {
        let root = ExecutionId(request.id.0);
        let mut ids = IdSource::new(now(), 0, 0);
        let mut tree = Tree::new(root);
        let mut request = request.clone();
        request.target = Some(HERE.into());
        let event = Event::ActionRequested(Box::new(request));
        match step(&mut tree, &event, world, &mut ids)? {
            (Answer::Action(action), _) => Ok(Self {
                tree,
                ids,
                action: *action,
            }),
            (Answer::Refused(refusal), _) => Err(refusal.into()),
            (answer, _) => Err(ApiError::unavailable(&format!(
                "unexpected answer {answer:?}"
            ))),
        }
    }

    /// Whether the action answers by itself when it is done.
    pub(super) fn is_sync(&self) -> bool {
        self.action.is_sync
    }

    /// Runs it, and answers its image at the end.
    pub(super) async fn run(self, app: &App) -> ApiResult<Action> {
        let Self {
            mut tree,
            mut ids,
            action,
        } = self;
        let id = action.id;
        let Some(run) = tree.run_of(id) else {
            return Ok(action);
        };
        let outcome = perform(app, &run).await?;
        let ended = app.think(move |world| {
            let event = Event::ActionCompleted {
                action: id,
                outcome,
            };
            match step(&mut tree, &event, world, &mut ids)? {
                (Answer::Action(action), _) => Ok(*action),
                (Answer::Refused(refusal), _) => Err(refusal.into()),
                _ => Ok(action),
            }
        });
        ended.await
    }
}

fn step(
    tree: &mut Tree,
    event: &Event,
    world: &dyn World,
    ids: &mut IdSource,
) -> ApiResult<(Answer, Vec<Command>)> {
    let effects = tree
        .step(event, world, now(), ids)
        .map_err(|error| ApiError::unavailable(&error))?;
    Ok((effects.answer, effects.commands))
}

/// The outcome of a run: bounded in time, and in how many run at once.
async fn perform(app: &App, run: &Run) -> ApiResult<Outcome> {
    let limits = &app.config().limits;
    let seconds = run.action.timeout.map_or(limits.action_timeout, |asked| {
        asked.min(limits.action_timeout)
    });
    let Some(action) = app.definitions().registry().get(&run.name).cloned() else {
        let text = format!("Failed to find action [action_name={}]", run.name);
        return Err(ApiError::bad_request(text));
    };
    let work = async {
        let place = app.waiting_actions().acquire().await;
        let outcome = action.run(run.input.clone(), context(run)).await;
        drop(place);
        outcome
    };
    let timed = tokio::time::timeout(Duration::from_secs(seconds), work);
    let outcome = tokio::select! {
        outcome = timed => outcome.unwrap_or_else(|_| {
            let text = format!("Timeout after {seconds} seconds");
            pure::Outcome::raised(&run.name, None, &text)
        }),
        () = app.shutdown().cancelled() => {
            return Err(ApiError::stopping());
        }
    };
    Ok(outcome.into())
}

/// The run is not stored, so it has no id.
fn context(run: &Run) -> ActionContext {
    ActionContext {
        project_id: Some(Arc::clone(&run.action.project_id)),
        ..ActionContext::default()
    }
}
