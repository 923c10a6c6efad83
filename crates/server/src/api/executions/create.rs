//! `POST /v2/executions` (REST API §9.2).

use std::sync::Arc;

use axum::extract::{Extension, State};
use engine::event::{Answer, Definition, Event, WorkflowRequest};
use engine::model::{ExecutionId, Id};
use store::ExecutionKey;
use store::query::Projects;
use store::record::ExecutionRecord;
use yaql::{Dict, Value};

use super::{SCHEMA, View, environment, find, render};
use crate::api::body::JsonBody;
use crate::api::caller::Caller;
use crate::api::definitions::workflows;
use crate::api::error::{ApiError, ApiResult};
use crate::api::fields::{Given, shown};
use crate::api::list;
use crate::api::merge::merge;
use crate::api::query::Query;
use crate::api::repeatable::KeyedId;
use crate::api::reply;
use crate::api::state::{App, Reading};

/// The longest id that a caller may choose, in characters.
const MAX_ID_LENGTH: usize = 36;

/// Params that only the server sets; they are not taken from another execution.
const INNER_PARAMS: &[&str] = &["root_execution_id", "task_execution_id", "index", FROM_TASK];

/// The param that names the task of the source execution to go on from; an own addition.
const FROM_TASK: &str = "from_task";

/// Starts a workflow, or answers the execution that has the given id already.
pub(crate) async fn create(
    State(app): State<App>,
    caller: Caller,
    arguments: Query,
    keyed: Option<Extension<KeyedId>>,
    body: JsonBody,
) -> ApiResult {
    arguments.check_known(&[])?;
    let given = body.check(&SCHEMA)?;
    let id = match (given.filled_text("id"), keyed) {
        (None, Some(Extension(KeyedId(id)))) => ChosenId::of_key(id),
        (text, _) => ChosenId::parse(&app, text)?,
    };
    let wanted = Wanted { id, given, caller };
    let prepared = match wanted.is_at_hand(&app) {
        true => app.look(move |reading| wanted.prepare(reading)).await?,
        false => app.read(move |reading| wanted.prepare(reading)).await?,
    };
    let (root, event) = match prepared {
        Prepared::Existing(record) => return Ok(created(&record)),
        Prepared::New(root, event) => (root, event),
    };
    match app.send(root, "start_workflow", event).await? {
        Answer::Execution(image) => Ok(created(&ExecutionRecord::of(&image, None))),
        _ => existing(&app, root).await,
    }
}

/// Somebody else's request with the same id came first.
async fn existing(app: &App, id: ExecutionId) -> ApiResult {
    let record = app
        .read(move |reading| find(reading, &id.to_string()))
        .await?;
    Ok(created(&record))
}

fn created(record: &ExecutionRecord) -> axum::response::Response {
    reply::created(render(record, View::CHANGED))
}

/// The id of a new execution.
struct ChosenId {
    id: ExecutionId,
    /// The caller's own words, unless they are the id's usual form.
    external: Option<Arc<str>>,
    is_chosen: bool,
}

/// What the caller wants to be started.
struct Wanted {
    id: ChosenId,
    given: Given,
    caller: Caller,
}

enum Prepared {
    Existing(Box<ExecutionRecord>),
    New(ExecutionId, Event),
}

/// What an execution is started from.
struct Plan {
    workflow: String,
    namespace: String,
    input: Dict,
    params: Dict,
    description: String,
    /// The execution and its task to go on from.
    from: Option<(ExecutionId, Arc<str>)>,
}

impl ChosenId {
    /// The id that belongs to the request's key.
    fn of_key(id: ExecutionId) -> Self {
        Self {
            id,
            external: None,
            is_chosen: true,
        }
    }

    fn parse(app: &App, text: Option<&str>) -> ApiResult<Self> {
        let Some(text) = text else {
            let id = ExecutionId(app.new_root());
            return Ok(Self {
                id,
                external: None,
                is_chosen: false,
            });
        };
        if text.chars().count() > MAX_ID_LENGTH {
            return Err(ApiError::invalid_input(
                "id",
                shown(text),
                format!("Value should have a maximum character requirement of {MAX_ID_LENGTH}"),
            ));
        }
        let id = ExecutionId(text.parse().unwrap_or_else(|_| id_of(text)));
        let external = (id.to_string() != text).then(|| text.into());
        Ok(Self {
            id,
            external,
            is_chosen: true,
        })
    }

    fn key(&self) -> ExecutionKey {
        let text = self.external.as_deref();
        text.map_or(ExecutionKey::Id(self.id), ExecutionKey::parse)
    }
}

/// The inner id for an id that is no UUID: always the same one, so that two
/// requests with the same id meet in the engine (a UUID of version 8).
fn id_of(text: &str) -> Id {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&blake3::hash(text.as_bytes()).as_bytes()[..16]);
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    Id::from_bytes(bytes)
}

impl Wanted {
    /// Whether the workflow need not be compiled, which may take long.
    fn is_at_hand(&self, app: &App) -> bool {
        let name = self.workflow().unwrap_or_default();
        let namespace = self.given.text("workflow_namespace").unwrap_or_default();
        let projects = list::visible(&self.caller);
        app.definitions().has_at_hand(name, namespace, &projects)
    }

    /// The id or name that the caller gave.
    fn workflow(&self) -> Option<&str> {
        let given = &self.given;
        given
            .filled_text("workflow_id")
            .or(given.filled_text("workflow_name"))
    }

    fn prepare(self, reading: &Reading<'_>) -> ApiResult<Prepared> {
        if self.id.is_chosen
            && let Some(record) = reading.catalog.execution(&self.id.key())?
        {
            return Ok(Prepared::Existing(Box::new(record)));
        }
        let plan = self.plan(reading)?;
        let definition = plan.definition(reading, &self.caller)?;
        let projects = list::visible(&self.caller);
        let params = plan.resolved_params(reading, &projects)?;
        let root = self.id.id;
        let request = Box::new(WorkflowRequest {
            id: root,
            external_id: self.id.external,
            definition,
            input: plan.input,
            params,
            description: plan.description.into(),
            project_id: self.caller.project_id,
            is_new: !self.id.is_chosen,
        });
        let event = match plan.from {
            None => Event::WorkflowRequested(request),
            Some((source, task)) => Event::WorkflowTakenUp {
                request,
                source,
                task,
            },
        };
        Ok(Prepared::New(root, event))
    }

    fn plan(&self, reading: &Reading<'_>) -> ApiResult<Plan> {
        let given = &self.given;
        let dict = |name| given.dict(name).cloned().unwrap_or_default();
        let plan = Plan {
            workflow: self.workflow().unwrap_or_default().to_owned(),
            namespace: given
                .text("workflow_namespace")
                .unwrap_or_default()
                .to_owned(),
            input: dict("input"),
            params: dict("params"),
            description: given.text("description").unwrap_or_default().to_owned(),
            from: None,
        };
        let from = from_task(&plan.params)?;
        let plan = match (given.filled_text("source_execution_id"), from) {
            (Some(source), from) => plan.over(find(reading, source)?, given, from),
            (None, Some(_)) => {
                return Err(ApiError::bad_request(
                    "'from_task' needs 'source_execution_id': the execution that has the task.",
                ));
            }
            (None, None) => plan,
        };
        if plan.workflow.is_empty() {
            return Err(ApiError::bad_request(
                "Workflow ID or workflow name must be provided. Workflow ID is recommended.",
            ));
        }
        Ok(plan)
    }
}

/// The task to go on from.
fn from_task(params: &Dict) -> ApiResult<Option<Arc<str>>> {
    match params.get(FROM_TASK) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(name)) => Ok(Some(name.clone())),
        Some(other) => Err(ApiError::bad_request(format!(
            "'from_task' must be the name of a task, not {}.",
            yaql::python::repr(other)
        ))),
    }
}

impl Plan {
    /// Lays this plan over what another execution was started with.
    fn over(self, source: ExecutionRecord, given: &Given, from: Option<Arc<str>>) -> Self {
        let mut params = source.params.unwrap_or_default();
        for name in INNER_PARAMS {
            params.remove(name);
        }
        let description = format!(
            "{} Based on the execution '{}'",
            self.description, source.id
        );
        let named = |own: String, other: String| if own.is_empty() { other } else { own };
        Self {
            from: from.map(|task| (source.id.id, task)),
            workflow: named(self.workflow, source.workflow_id.to_string()),
            namespace: match given.has("workflow_namespace") {
                true => self.namespace,
                false => source.workflow_namespace.to_string(),
            },
            input: merge(source.input.unwrap_or_default(), &self.input),
            params: merge(params, &self.params),
            description: description.trim().to_owned(),
        }
    }

    fn definition(&self, reading: &Reading<'_>, caller: &Caller) -> ApiResult<Definition> {
        let projects = list::visible(caller);
        let found = reading
            .definitions
            .workflow(&self.workflow, &self.namespace, &projects)?;
        found.ok_or_else(|| workflows::not_found(&self.workflow, &self.namespace))
    }

    fn resolved_params(&self, reading: &Reading<'_>, projects: &Projects) -> ApiResult<Dict> {
        let mut params = self.params.clone();
        let env = environment::resolve(reading, params.get("env"), projects)?;
        params.insert("env", Value::from(env));
        Ok(params)
    }
}
