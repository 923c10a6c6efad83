//! Starting a workflow (workflow language §10.1): all is checked before anything is created.

use std::cell::OnceCell;
use std::sync::Arc;

use language::expression::Template;
use language::program::{Input, Kind, Program};
use yaql::{Dict, Value};

use super::dispatch::Next;
use super::evaluation::{View, check_size};
use super::{Halt, Soon, Step};
use crate::context::Context;
use crate::event::{Answer, Definition, WorkflowRequest};
use crate::model::{Execution, ExecutionId, Origin, Parent, State};
use crate::signature::Mismatch;
use crate::tree::Running;

/// A start whose input is complete and whose parameters are resolved.
pub(super) struct Start {
    pub(super) id: ExecutionId,
    pub(super) external_id: Option<Arc<str>>,
    pub(super) parent: Option<Parent>,
    pub(super) definition: Definition,
    pub(super) input: Dict,
    pub(super) params: Dict,
    pub(super) description: Arc<str>,
    pub(super) project_id: Arc<str>,
    pub(super) depth: u32,
}

impl Step<'_> {
    pub(super) fn start_root(&mut self, request: &WorkflowRequest) -> Result<Answer, Halt> {
        if let Some(root) = self.tree.root_execution() {
            return Ok(Answer::Execution(Box::new(root.clone())));
        }
        let program = &request.definition.program;
        let input = complete_input(program, &request.input)?;
        let mut params = request.params.clone();
        params.insert("namespace", request.definition.namespace.clone());
        let id = request.id;
        self.create(Start {
            id,
            external_id: request.external_id.clone(),
            parent: None,
            definition: request.definition.clone(),
            input,
            params,
            description: request.description.clone(),
            project_id: request.project_id.clone(),
            depth: 0,
        })?;
        let snapshot = self.running(id).execution.clone();
        Ok(Answer::Execution(Box::new(snapshot)))
    }

    /// Creates an execution and dispatches its first tasks. On a failure nothing is left behind.
    pub(super) fn create(&mut self, start: Start) -> Result<(), Halt> {
        let id = start.id;
        let first = self.enter_execution(start)?;
        self.dispatch(id, first.unwrap_or_default())?;
        if self.running(id).program.kind == Kind::Reverse {
            self.dispatch_reverse(id)?;
        }
        self.soon.push_back(Soon::CheckEnd(id));
        Ok(())
    }

    /// Creates an execution; gives the first commands of a direct workflow.
    pub(super) fn enter_execution(&mut self, start: Start) -> Result<Option<Vec<Next>>, Halt> {
        let id = start.id;
        let first = self.check_target(&start)?;
        self.insert(start);
        match self.prepare(id) {
            Ok(()) => {}
            Err(halt) => {
                self.tree.remove_execution(id);
                return Err(halt);
            }
        }
        self.tree.dirty.execution(id).created = true;
        self.journal_execution(id, None);
        Ok(first)
    }

    /// The first commands; a reverse workflow needs an existing target.
    fn check_target(&self, start: &Start) -> Result<Option<Vec<Next>>, Halt> {
        let program = &start.definition.program;
        if program.kind == Kind::Direct {
            return Ok(Some(
                program
                    .starts
                    .iter()
                    .map(|&task| Next::start(task))
                    .collect(),
            ));
        }
        let target = start
            .params
            .get("task_name")
            .cloned()
            .unwrap_or(Value::Null);
        let known = target
            .as_str()
            .is_some_and(|name| program.task_names.contains_key(name));
        if known {
            return Ok(None);
        }
        Err(Halt::Failed(format!(
            "Invalid task name [wf_spec={}, task_name={}]",
            program.name,
            yaql::python::str(&target)
        )))
    }

    fn insert(&mut self, start: Start) {
        let program = start.definition.program;
        let origin = Origin {
            external_id: start.external_id,
            root: self.tree.root(),
            parent: start.parent,
            workflow_id: start.definition.id,
            workflow_name: start.definition.name,
            workflow_namespace: start.definition.namespace,
            workbook: start.definition.workbook,
            program: start.definition.hash,
            project_id: start.project_id,
            tags: program.tags.iter().cloned().collect(),
            input: start.input,
            created_at: self.now,
        };
        let execution = Execution {
            id: start.id,
            origin: Arc::new(origin),
            state: State::Running,
            state_info: None,
            description: start.description,
            params: start.params,
            context: Dict::new(),
            output: Dict::new(),
            accepted: false,
            backlog: Arc::default(),
            counters: Default::default(),
            updated_at: self.now,
        };
        let running = Running::new(execution, program, start.depth);
        self.tree.add_execution(running);
    }

    /// Environment and variables, and the size limits.
    fn prepare(&mut self, id: ExecutionId) -> Result<(), Halt> {
        self.evaluate_env(id)?;
        let program = self.running(id).program.clone();
        let view = self.workflow_view(id, &Context::default());
        let vars = self.evaluate_all(&program.vars, &view)?;
        let limit = self.world.settings().field_size_limit;
        check_size(None, "WorkflowExecution", "context", &vars.clone().into())?;
        let execution = &self.running(id).execution;
        let input = execution.origin.input.clone().into();
        check_size(limit, "WorkflowExecution", "input", &input)?;
        check_size(
            limit,
            "WorkflowExecution",
            "params",
            &execution.params.clone().into(),
        )?;
        let running = self.running_mut(id);
        running.execution.context = vars;
        running.base = OnceCell::new();
        Ok(())
    }

    /// Evaluates the expressions of `params.env` once (workflow language §10.1).
    fn evaluate_env(&mut self, id: ExecutionId) -> Result<(), Halt> {
        let params = self.running(id).execution.params.clone();
        let env = params
            .get("env")
            .cloned()
            .unwrap_or_else(|| Dict::new().into());
        let wanted = params.get("evaluate_env").is_none_or(Value::is_truthy);
        let env = if wanted {
            let view = self.workflow_view(id, &Context::default());
            self.evaluate_data(&env, &view)?
        } else {
            env
        };
        self.change_execution(id).params.insert("env", env);
        Ok(())
    }

    /// Evaluates expressions in data that came at run time.
    pub(super) fn evaluate_data(&self, data: &Value, view: &View) -> Result<Value, Halt> {
        let template = Template::compile(data, &self.world.settings().languages)
            .map_err(|error| Halt::Failed(error.to_string()))?;
        self.evaluate(&template, view)
    }
}

/// The given input with defaults filled in, in declaration order (workflow language §4.1).
pub(super) fn complete_input(program: &Program, given: &Dict) -> Result<Dict, Halt> {
    let mismatch = Mismatch {
        missing: missing(program, given),
        unexpected: given
            .keys()
            .map(yaql::python::str)
            .filter(|name| !declares(program, name))
            .map(Arc::from)
            .collect(),
    };
    if mismatch.missing.is_empty() && mismatch.unexpected.is_empty() {
        return Ok(with_defaults(program, given));
    }
    Err(Halt::Failed(mismatch.text(&program.name, program.class())))
}

/// Checks an input as a start does.
///
/// # Errors
/// What is missing and what is unexpected, in the words of the API contract.
pub fn check_input(program: &Program, given: &Dict) -> Result<(), String> {
    match complete_input(program, given) {
        Ok(_) => Ok(()),
        Err(Halt::Failed(text)) => Err(text),
        Err(_) => Err(format!("The input does not fit {}", program.name)),
    }
}

pub(super) fn missing(program: &Program, given: &Dict) -> Vec<Arc<str>> {
    let required = program.input.iter().filter(|input| input.default.is_none());
    let absent = required.filter(|input| !given.contains_key(&input.name));
    absent.map(|input| input.name.clone()).collect()
}

pub(super) fn declares(program: &Program, name: &str) -> bool {
    program.input.iter().any(|input| *input.name == *name)
}

pub(super) fn with_defaults(program: &Program, given: &Dict) -> Dict {
    let mut input = given.clone();
    for Input { name, default } in &program.input {
        if let (Some(default), false) = (default, given.contains_key(name)) {
            input.insert(name.clone(), default.clone());
        }
    }
    input
}
