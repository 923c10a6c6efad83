//! What expressions see: layered variables and the functions that read the tree
//! (workflow language §7.3, §9.4).

use std::cell::OnceCell;
use std::sync::Arc;

use language::expression::{
    ExecutionsFilter, ExpressionError, FunctionError, Functions, Interrupt, Random, Scope,
    TasksFilter, Template,
};
use yaql::{DateTime, Dict, Timespan, Value, json};

use super::{Halt, Step};
use crate::context::Context;
use crate::model::{Execution, ExecutionId, TaskId};
use crate::tree::{ItemResult, Results, Running};
use crate::world::{QueryError, Unavailable};

/// What one or more evaluations see. The variables are laid over each other when the
/// first expression needs them: most tasks need none.
pub(super) struct View {
    execution: Option<ExecutionId>,
    task: Option<TaskId>,
    context: Context,
    items: Vec<Named>,
    variables: OnceCell<Value>,
}

type Named = (Arc<str>, Value);

impl View {
    /// Variables without any workflow around them.
    pub(super) fn alone(variables: Dict) -> Self {
        Self::of_data(None, variables.into())
    }

    /// `$` is the data itself.
    pub(super) fn of_data(execution: Option<ExecutionId>, data: Value) -> Self {
        Self {
            execution,
            task: None,
            context: Context::default(),
            items: Vec::new(),
            variables: data.into(),
        }
    }

    fn layered(execution: ExecutionId, task: Option<TaskId>, context: Context) -> Self {
        Self {
            execution: Some(execution),
            task,
            context,
            items: Vec::new(),
            variables: OnceCell::new(),
        }
    }
}

impl Step<'_> {
    /// The branch variables that a task sees.
    pub(super) fn inbound(&self, task: TaskId) -> Result<Context, Unavailable> {
        self.tree.inbound(task, self.world)
    }

    /// The branch variables that a task's successors see.
    pub(super) fn outbound(&self, task: TaskId) -> Result<Context, Unavailable> {
        self.tree.outbound(task, self.world)
    }

    /// What several tasks leave behind, later ones over earlier ones.
    pub(super) fn united(&self, tasks: &[TaskId]) -> Result<Context, Unavailable> {
        let contexts = tasks.iter().map(|&task| self.outbound(task));
        let contexts: Vec<_> = contexts.collect::<Result<_, _>>()?;
        Ok(Context::union(contexts))
    }

    /// What a task's own expressions see.
    pub(super) fn task_view(&self, task: TaskId) -> Result<View, Unavailable> {
        let execution = self.node(task).task.execution;
        Ok(View::layered(execution, Some(task), self.inbound(task)?))
    }

    /// The same with the variables of an item on top.
    pub(super) fn item_view(&self, task: TaskId, items: Vec<Named>) -> Result<View, Unavailable> {
        let view = self.task_view(task)?;
        Ok(View { items, ..view })
    }

    /// What a completed task's transitions and policies see.
    pub(super) fn outbound_view(&self, task: TaskId) -> Result<View, Unavailable> {
        let execution = self.node(task).task.execution;
        Ok(View::layered(execution, Some(task), self.outbound(task)?))
    }

    /// What the workflow's own expressions see.
    pub(super) fn workflow_view(&self, execution: ExecutionId, context: &Context) -> View {
        View::layered(execution, None, context.clone())
    }

    fn variables(&self, view: &View) -> Value {
        view.variables.get_or_init(|| self.lay(view).into()).clone()
    }

    fn lay(&self, view: &View) -> Dict {
        let base = view.execution.map(|id| self.base(id));
        let mut variables = base.unwrap_or_default();
        let named = view
            .context
            .iter()
            .chain(view.items.iter().map(|(k, v)| (k, v)));
        for (name, value) in named {
            variables.insert(name.clone(), value.clone());
        }
        variables.insert("__env", self.env());
        if let Some(task) = view.task {
            let itself: Dict = [
                ("id", Value::from(task.to_string())),
                ("name", Value::from(self.node(task).task.name.clone())),
            ]
            .into_iter()
            .collect();
            variables.insert("__task_execution", itself);
        }
        variables
    }

    /// Input, variables and globals of an execution.
    fn base(&self, id: ExecutionId) -> Dict {
        let running = self.running(id);
        let base = running.base.get_or_init(|| {
            let mut base = running.execution.origin.input.clone();
            let context = running.execution.context.iter();
            base.extend(context.map(|(k, v)| (k.clone(), v.clone())));
            let itself: Dict = [("id", shown_id(&running.execution))].into_iter().collect();
            base.insert("__execution", itself);
            base
        });
        base.clone()
    }

    /// The id of the root as its caller knows it.
    pub(super) fn root_shown(&self) -> String {
        let root = self.tree.root_execution();
        root.map_or_else(|| self.tree.root().to_string(), shown_id)
    }

    /// The environment of the root.
    pub(super) fn env(&self) -> Value {
        let root = self.tree.root_execution();
        let env = root.and_then(|root| root.params.get("env").cloned());
        env.unwrap_or_else(|| Dict::new().into())
    }

    pub(super) fn evaluate(&self, template: &Template, view: &View) -> Result<Value, Halt> {
        if let Some(value) = template.as_literal() {
            return Ok(value.clone());
        }
        let random = Random::seeded(self.ids.borrow_mut().next_random());
        let functions = Reader { step: self, view };
        let expired = || self.world.is_late();
        let scope = Scope {
            view: self.variables(view),
            functions: &functions,
            now: self.wall_clock(),
            random: &random,
            limits: &self.world.settings().expressions,
            expired: Some(&expired),
        };
        self.world.begin_evaluation();
        let value = template.evaluate(&scope);
        self.world.end_evaluation();
        value.map_err(|error| match error {
            ExpressionError::Interrupted(interrupt) => match interrupt.downcast::<Unavailable>() {
                Ok(unavailable) => Halt::Unavailable(*unavailable),
                Err(other) => Halt::Failed(other.to_string()),
            },
            other => Halt::Failed(other.to_string()),
        })
    }

    fn wall_clock(&self) -> DateTime {
        let utc = Timespan::default();
        DateTime::from_unix_micros(self.now.micros(), utc).unwrap_or(DateTime::EPOCH)
    }

    pub(super) fn evaluate_all(
        &self,
        templates: &[(Arc<str>, Template)],
        view: &View,
    ) -> Result<Dict, Halt> {
        let mut values = Dict::with_capacity(templates.len());
        for (name, template) in templates {
            values.insert(name.clone(), self.evaluate(template, view)?);
        }
        Ok(values)
    }

    /// A task's result as expressions and the API see it (workflow language §9.7).
    pub(super) fn result(&self, task: TaskId) -> Result<Value, Unavailable> {
        let node = self.node(task);
        if node.task.runtime.result_dropped {
            let items = node.task.runtime.items.as_ref();
            return Ok(items.map_or(Value::Null, |items| {
                vec![Value::Null; items.count as usize].into()
            }));
        }
        match &node.results {
            Results::Plain(values) => Ok(single(values.clone())),
            Results::Items(items) if !items.iter().any(ItemResult::is_stored) => {
                Ok(items.iter().filter_map(ItemResult::value).collect())
            }
            Results::Items(_) | Results::Stored => {
                let accepted = self.children(task)?.into_iter();
                let values = accepted
                    .filter(|child| child.accepted)
                    .map(|child| child.value);
                Ok(match node.task.runtime.items {
                    Some(_) => values.collect(),
                    None => single(values.collect()),
                })
            }
        }
    }

    /// What `task(…)` gives.
    pub(super) fn task_record(&self, id: TaskId) -> Result<Value, Unavailable> {
        let node = self.node(id);
        let task = &node.task;
        let running = self.running(task.execution);
        let published = node.published(self.world)?.map_or(Value::Null, Value::from);
        let record: Dict = [
            ("id", Value::from(id.to_string())),
            ("name", task.name.clone().into()),
            ("spec", running.program.task(task.index).spec.clone()),
            ("state", task.state.as_str().into()),
            ("state_info", task.state_info.clone().into()),
            ("result", self.result(id)?),
            ("published", published),
            ("type", task.kind.as_str().into()),
            ("workflow_execution_id", shown_id(&running.execution).into()),
            ("created_at", task.created_at.to_string().into()),
            ("updated_at", task.updated_at.to_string().into()),
        ]
        .into_iter()
        .collect();
        Ok(record.into())
    }
}

/// The id a caller knows an execution by.
pub(super) fn shown_id(execution: &Execution) -> String {
    match &execution.origin.external_id {
        Some(id) => id.to_string(),
        None => execution.id.to_string(),
    }
}

fn single(mut values: Vec<Value>) -> Value {
    if values.len() == 1 {
        values.remove(0)
    } else {
        values.into()
    }
}

impl ItemResult {
    /// Data or error of an item that ended.
    pub(crate) fn value(&self) -> Option<Value> {
        match self {
            Self::Ended(_, value) => Some(value.clone()),
            Self::Pending | Self::Running | Self::Stored(_) => None,
        }
    }

    /// Its data must be read from its row.
    fn is_stored(&self) -> bool {
        matches!(self, Self::Stored(_))
    }
}

/// The functions that read the tree at hand.
struct Reader<'a, 's> {
    step: &'a Step<'s>,
    view: &'a View,
}

impl Reader<'_, '_> {
    fn running(&self) -> Option<&Running> {
        self.view
            .execution
            .map(|execution| self.step.running(execution))
    }

    fn project(&self) -> &str {
        let running = self.running();
        running.map_or("", |running| &running.execution.origin.project_id)
    }
}

impl Functions for Reader<'_, '_> {
    fn env(&self) -> Result<Value, Interrupt> {
        Ok(self.step.env())
    }

    fn execution(&self) -> Result<Value, Interrupt> {
        let Some(running) = self.running() else {
            return Ok(Value::Null);
        };
        let execution = &running.execution;
        let root = self
            .step
            .tree
            .root_execution()
            .filter(|_| !execution.is_root());
        let root = root.map_or(Value::Null, |root| Value::from(shown_id(root)));
        let record: Dict = [
            ("id", Value::from(shown_id(execution))),
            ("name", execution.origin.workflow_name.clone().into()),
            ("spec", running.program.spec.clone()),
            ("input", execution.origin.input.clone().into()),
            ("params", execution.params.clone().into()),
            ("created_at", execution.origin.created_at.to_string().into()),
            ("updated_at", execution.updated_at.to_string().into()),
            ("root_execution_id", root),
        ]
        .into_iter()
        .collect();
        Ok(record.into())
    }

    fn executions(&self, filter: ExecutionsFilter) -> Result<Value, Interrupt> {
        let found = self.step.executions(&filter, self.project());
        found.map_err(interrupt)
    }

    fn global(&self, name: &str) -> Result<Value, Interrupt> {
        let context = self.running().map(|running| &running.execution.context);
        Ok(context
            .and_then(|context| context.get(name))
            .cloned()
            .into())
    }

    fn task(&self, name: Option<&str>) -> Result<Value, Interrupt> {
        let current = self.view.task;
        let is_current =
            |id: TaskId| name.is_none_or(|name| *self.step.node(id).task.name == *name);
        let found = match (current.filter(|&id| is_current(id)), name) {
            (Some(id), _) => Some(id),
            (None, None) => None,
            (None, Some(name)) => self.running().and_then(|running| {
                let index = running.program.task_names.get(name)?;
                running.graph.latest(*index)
            }),
        };
        Ok(match found {
            Some(id) => self.step.task_record(id)?,
            None => Value::Null,
        })
    }

    fn tasks(&self, filter: TasksFilter) -> Result<Value, Interrupt> {
        if let Some(execution) = self.step.execution_in_tree(&filter) {
            let found = self.step.tasks_in_tree(execution, &filter, self.project());
            return found.map_err(interrupt);
        }
        let found = self.step.world.tasks(&filter, self.project());
        found.map_err(interrupt)
    }
}

fn interrupt(error: QueryError) -> Interrupt {
    match error {
        QueryError::Unavailable(unavailable) => unavailable.into(),
        QueryError::Refused(message) => FunctionError { message }.into(),
    }
}

/// How deep a stored value may nest; the store's own layers come on top.
const DEPTH_LIMIT: usize = yaql::MAX_DEPTH - 16;

/// Refuses a value whose JSON is larger than the limit (workflow language §12.4).
pub(super) fn check_size(
    limit: Option<usize>,
    class: &str,
    field: &str,
    value: &Value,
) -> Result<(), Halt> {
    if value.as_str().is_none() && value.as_list().is_none() && value.as_dict().is_none() {
        return Ok(());
    }
    let depth = value.depth();
    if depth > DEPTH_LIMIT {
        return Err(Halt::Failed(format!(
            "Field nests too deeply [class={class}, field={field}, depth={depth}, limit={DEPTH_LIMIT}]"
        )));
    }
    let Some(limit) = limit else { return Ok(()) };
    // Whole kilobytes are compared, as the original does.
    let (size, limit) = (json::to_string(value).len() / 1024, limit / 1024);
    if size <= limit {
        return Ok(());
    }
    Err(Halt::Failed(format!(
        "Field size limit exceeded [class={class}, field={field}, size={size}KB, limit={limit}KB]"
    )))
}
