//! Specifications to programs: defaults applied, names resolved to indices,
//! publishing merged, every expression parsed.
//!
//! Compiling does no checks of its own. A specification that was stored without
//! validation may name tasks that do not exist; that is the only error.

mod graph;
mod publish;

use std::sync::Arc;

use indexmap::IndexMap;
use yaql::{Dict, Value, python};

use self::graph::Graph;
use crate::expression::{Languages, Template};
use crate::program::{
    EngineCommand, Input, Kind, Policies, Program, Retry, Target, Task, TaskIndex, TaskInput,
    Templates, Transition, Transitions, WithItems, Work,
};
use crate::spec::{
    InputValue, PoliciesSpec, RetrySpec, TaskSpec, TransitionSpec, WorkKind, WorkflowSpec, links,
    merge_deep,
};

/// A specification that cannot run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompileError {
    /// A transition or a requirement names a task that does not exist.
    #[error("Task '{0}' not found.")]
    UnknownTask(Arc<str>),
}

/// Compiles a workflow.
///
/// # Errors
/// If it names a task that does not exist, which validation would have found.
pub fn compile(spec: &WorkflowSpec, languages: &Languages) -> Result<Program, CompileError> {
    let compiler = Compiler {
        spec,
        languages,
        names: task_names(spec),
    };
    compiler.program()
}

fn task_names(spec: &WorkflowSpec) -> IndexMap<Arc<str>, TaskIndex> {
    let names = (0..).map(TaskIndex).zip(spec.tasks.keys());
    names.map(|(index, name)| (name.clone(), index)).collect()
}

struct Compiler<'s> {
    spec: &'s WorkflowSpec,
    languages: &'s Languages,
    names: IndexMap<Arc<str>, TaskIndex>,
}

impl Compiler<'_> {
    fn program(self) -> Result<Program, CompileError> {
        let spec = self.spec;
        let mut graph = Graph::new(spec.tasks.len());
        let tasks = spec.tasks.values();
        let mut tasks = tasks
            .map(|task| self.task(task, &mut graph))
            .collect::<Result<Box<[_]>, _>>()?;
        let links = graph.finish();
        for (task, links) in tasks.iter_mut().zip(links.tasks) {
            task.inbound = links.inbound;
            task.outbound = links.outbound;
        }
        let starts = match spec.kind {
            Kind::Direct => self.starts(),
            Kind::Reverse => Box::default(),
        };
        Ok(Program {
            name: spec.name.text.clone(),
            kind: spec.kind,
            description: spec.description.clone(),
            tags: spec.tags.clone().into(),
            input: spec.input.iter().map(input).collect(),
            vars: self.templates(&spec.vars),
            output: spec.output.as_ref().map(|output| self.templates(output)),
            output_on_error: spec
                .output_on_error
                .as_ref()
                .map(|output| self.templates(output)),
            tasks,
            edges: links.edges,
            starts,
            components: links.components,
            spec: spec.json.clone(),
            task_names: self.names,
        })
    }

    /// Tasks that no transition names. A task with the name of an engine command is
    /// named by what leads to the command, though nothing ever leads to the task.
    fn starts(&self) -> Box<[TaskIndex]> {
        let inbound = links::inbound(self.spec);
        let starts = self
            .names
            .iter()
            .filter(|(name, _)| !inbound.contains_key(*name));
        starts.map(|(_, index)| *index).collect()
    }

    fn task(&self, task: &TaskSpec, graph: &mut Graph) -> Result<Task, CompileError> {
        let optional = |value: &Option<Value>| value.as_ref().map(|value| self.template(value));
        let safe_rerun = task.safe_rerun.as_ref();
        let safe_rerun = safe_rerun.or(self.spec.task_defaults.safe_rerun.as_ref());
        let name = self.text(&task.work.name.text);
        Ok(Task {
            name: task.name.text.clone(),
            tags: task.tags.clone().into(),
            work: match task.work.kind {
                WorkKind::Action => Work::Action(name),
                WorkKind::Workflow => Work::Workflow(name),
            },
            input: self.input(task),
            with_items: self.with_items(task),
            join: task.join,
            transitions: self.transitions(task, graph)?,
            publish: publish::merge(task, &|dict| self.templates(dict)),
            policies: self.policies(&task.policies, &self.spec.task_defaults.policies),
            keep_result: optional(&task.keep_result),
            safe_rerun: safe_rerun.map(|value| self.template(value)),
            target: task.target.as_ref().map(|text| self.text(text)),
            requires: self.requires(task)?,
            inbound: Box::default(),
            outbound: Box::default(),
            spec: task.json.clone(),
        })
    }

    /// Inline parameters win over `input`; dicts are merged (workflow language §5.1).
    fn input(&self, task: &TaskSpec) -> TaskInput {
        match &task.input {
            InputValue::Named(dict) => {
                let merged = merge_deep(dict.clone(), &task.work.parameters);
                TaskInput::Named(self.templates(&merged))
            }
            InputValue::Whole(text) => TaskInput::Whole(self.text(text)),
        }
    }

    fn with_items(&self, task: &TaskSpec) -> Box<[WithItems]> {
        let entries = task.with_items.iter().map(|entry| WithItems {
            variable: entry.variable.clone(),
            list: self.template(&entry.list),
        });
        entries.collect()
    }

    fn transitions(&self, task: &TaskSpec, graph: &mut Graph) -> Result<Transitions, CompileError> {
        let mut clause = |key| {
            let effective = self.spec.effective_clause(task, key);
            let transitions = effective.map(|next| self.transition(task, next, graph));
            transitions.collect::<Result<Box<[_]>, _>>()
        };
        Ok(Transitions {
            on_success: clause("on-success")?,
            on_error: clause("on-error")?,
            on_complete: clause("on-complete")?,
            on_skip: clause("on-skip")?,
        })
    }

    /// The names of engine commands always mean the command (workflow language §5.6).
    fn transition(
        &self,
        task: &TaskSpec,
        next: &TransitionSpec,
        graph: &mut Graph,
    ) -> Result<Transition, CompileError> {
        let target = match EngineCommand::by_name(&next.target.text) {
            Some(command) => {
                let message = next.parameters.get("msg").map(|value| self.template(value));
                Target::Command(command, message)
            }
            None => {
                let from = self.index(&task.name.text)?;
                let to = self.index(&next.target.text)?;
                Target::Task(to, graph.edge(from, to))
            }
        };
        Ok(Transition {
            target,
            guard: next.guard.as_ref().map(|text| self.text(text)),
        })
    }

    /// The own value of a policy counts if it is set and not 0 or false.
    fn policies(&self, own: &PoliciesSpec, default: &PoliciesSpec) -> Policies {
        let policy = |own: &Option<Value>, default: &Option<Value>| {
            let is_set = |value: &&Value| value.is_truthy();
            let own = own.as_ref().filter(is_set);
            let value = own.or_else(|| default.as_ref().filter(is_set))?;
            Some(self.template(value))
        };
        Policies {
            retry: own
                .retry
                .as_ref()
                .or(default.retry.as_ref())
                .map(|retry| self.retry(retry)),
            wait_before: policy(&own.wait_before, &default.wait_before),
            wait_after: policy(&own.wait_after, &default.wait_after),
            timeout: policy(&own.timeout, &default.timeout),
            pause_before: policy(&own.pause_before, &default.pause_before),
            concurrency: policy(&own.concurrency, &default.concurrency),
            fail_on: policy(&own.fail_on, &default.fail_on),
        }
    }

    fn retry(&self, retry: &RetrySpec) -> Retry {
        let optional = |value: &Option<Value>| value.as_ref().map(|value| self.template(value));
        Retry {
            count: self.template(&retry.count),
            delay: self.template(&retry.delay),
            break_on: optional(&retry.break_on),
            continue_on: optional(&retry.continue_on),
        }
    }

    fn requires(&self, task: &TaskSpec) -> Result<Box<[TaskIndex]>, CompileError> {
        let requires = self.spec.effective_requires(task);
        requires.map(|name| self.index(&name.text)).collect()
    }

    fn index(&self, name: &Arc<str>) -> Result<TaskIndex, CompileError> {
        let index = self.names.get(name).copied();
        index.ok_or_else(|| CompileError::UnknownTask(name.clone()))
    }

    fn templates(&self, dict: &Dict) -> Templates {
        let entries = dict.iter().map(|(key, value)| {
            let name = key
                .as_str()
                .map_or_else(|| python::str(key).into(), Arc::from);
            (name, self.template(value))
        });
        entries.collect()
    }

    /// What cannot be parsed fails when it is evaluated: validation looks at most, but
    /// not at all of the texts.
    fn template(&self, value: &Value) -> Template {
        Template::lenient(value, self.languages)
    }

    fn text(&self, text: &Arc<str>) -> Template {
        self.template(&Value::from(text.clone()))
    }
}

fn input(input: &crate::spec::InputSpec) -> Input {
    Input {
        name: input.name.clone(),
        default: input.default.clone(),
    }
}

#[cfg(test)]
mod tests;
